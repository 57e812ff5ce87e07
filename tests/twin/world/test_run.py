"""The twin as its command runs it: through a real Mosquitto, provisioned over the public API."""

import dataclasses
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import paho.mqtt.client as mqtt
import pytest
from chirpstack_api import api, gw, integration
from google.protobuf import json_format
from paho.mqtt.enums import CallbackAPIVersion

from farwire_twin.main import run
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.settings import TwinSettings
from tests.servers import Server, free_port, mosquitto
from tests.twin.world.application import Application
from tests.twin.world.direct import truth

TOKEN = "test-token"


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    with mosquitto() as server:
        yield server


def settings(broker: Server, **changes: Any) -> TwinSettings:
    return TwinSettings(
        **{
            "nodes": 2,
            "speed": 0,
            "mqtt_port": broker.port,
            "api_bind": f"127.0.0.1:{free_port()}",
            "api_token": TOKEN,
            **changes,
        }
    )


class MqttApplication:
    """`Application` on the far side of the broker, as a bridge would be: JSON events in, commands out."""

    def __init__(self, broker: Server) -> None:
        self.application = Application(self._enqueue)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe("application/+/device/+/event/+", qos=1)
        assert subscribed.wait(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        _, application_id, _, dev_eui, _, event = message.topic.split("/")
        up = integration.UplinkEvent()
        if event == "up":
            json_format.Parse(message.payload, up)
        self.application.on_event(PublishEvent(application_id, dev_eui, event, up))

    def _enqueue(self, application_id: str, dev_eui: str, command: integration.DownlinkCommand) -> None:
        topic = f"application/{application_id}/device/{dev_eui}/command/down"
        self._client.publish(topic, json_format.MessageToJson(command))


@pytest.fixture
def application(broker: Server) -> Iterator[Application]:
    connected = MqttApplication(broker)
    yield connected.application
    connected.close()


def test_a_run_of_minutes_tells_how_it_goes_and_ends_with_everything_acknowledged(
    broker: Server, application: Application, tmp_path: Path
) -> None:
    lines: list[dict[str, Any]] = []

    code = run(settings(broker, speed=300, minutes=10, data=tmp_path), threading.Event(), lines.append)

    assert code == 0
    ready, *stats, final = lines
    assert (ready["event"], final["event"]) == ("ready", "final")
    assert {line["event"] for line in stats} == {"stats"}
    assert json.dumps(lines)
    assert (final["joins"], final["pending"], final["barrier_timeouts"]) == (2, 0, 0)
    records = [line for line in truth(tmp_path) if line["kind"] == "record"]
    stored = [number for device in application.devices.values() for number in device.records]
    assert len(records) == len(stored) == final["sampled"] == final["acknowledged"]


def test_the_plant_is_registered_over_the_public_api(broker: Server) -> None:
    lines: list[dict[str, Any]] = []
    stop = threading.Event()
    seen: list[Any] = []

    def look(line: dict[str, Any]) -> None:
        lines.append(line)
        if line["event"] == "ready":
            with grpc.insecure_channel(line["api_address"]) as channel:
                request = api.ListDevicesRequest(limit=10, application_id=line["application_id"])
                metadata = (("authorization", f"Bearer {TOKEN}"),)
                seen.append(api.DeviceServiceStub(channel).List(request, metadata=metadata))
            stop.set()

    run(settings(broker), stop, look)

    assert {device.dev_eui for device in seen[0].result} == set(lines[0]["devices"])
    assert {device.name for device in seen[0].result} == {"machine-1", "room-2"}


def test_two_speeds_through_a_broker_put_the_same_frames_on_the_air(broker: Server) -> None:
    def frames(speed: float) -> list[tuple[str, bytes, int]]:
        stop, heard, lines = threading.Event(), [], []

        def look(line: dict[str, Any]) -> None:
            lines.append(line)
            assert line.get("barrier_timeouts", 0) == 0
            if line.get("now_ms", 0) > 400_000:
                stop.set()

        def on_message(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
            heard.append(gw.UplinkFrame.FromString(message.payload))

        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_message = on_message
        client.connect(broker.host, broker.port)
        client.subscribe("eu868/gateway/+/event/up")
        client.loop_start()
        run(settings(broker, speed=speed, minutes=600), stop, look)
        client.disconnect()
        client.loop_stop()
        epoch_ms = lines[0]["epoch_ms"]
        found = [
            (up.rx_info.gateway_id, up.phy_payload, up.rx_info.gw_time.ToMilliseconds() - epoch_ms)
            for up in heard
        ]
        return sorted(frame for frame in found if frame[2] < 400_000)

    one, other = frames(400), frames(0)
    assert len(one) > 6
    assert one == other


def test_a_run_after_a_kill_uses_no_number_and_no_time_again(
    broker: Server, application: Application, tmp_path: Path
) -> None:
    chosen = settings(broker, nodes=3, minutes=20, speed=600, data=tmp_path)
    told = {each.name: getattr(chosen, each.name) for each in dataclasses.fields(chosen)}
    program = (
        "import threading; from pathlib import Path, PosixPath\n"
        "from farwire_twin.main import run; from farwire_twin.settings import TwinSettings\n"
        f"run(TwinSettings(**{told!r}), threading.Event())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        sampled = (json.loads(line).get("sampled", 0) for line in process.stdout)
        before = next(number for number in sampled if number > 10)
        process.kill()

    lines: list[dict[str, Any]] = []
    run(settings(broker, nodes=3, minutes=20, speed=600, data=tmp_path), threading.Event(), lines.append)

    assert lines[-1]["pending"] == 0
    records = [line for line in truth(tmp_path) if line["kind"] == "record"]
    assert len(records) >= before + lines[-1]["sampled"]
    for dev_eui in lines[0]["devices"]:
        own = [(line["number"], line["time_ms"]) for line in records if line["dev_eui"] == dev_eui]
        assert own == sorted(own)
        assert len(own) == len({number for number, _ in own}) == len({time_ms for _, time_ms in own})


def test_a_broker_that_is_not_there_is_an_error_that_names_it(broker: Server) -> None:
    gone = settings(broker, mqtt_port=free_port())

    with pytest.raises(OSError, match=r"refused|broker"):
        run(gone, threading.Event(), lambda _line: None)


def test_a_port_that_is_taken_is_an_error_that_names_it(broker: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            run(settings(broker, api_bind=f"127.0.0.1:{port}"), threading.Event(), lambda _line: None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": 0}, "nodes is 0"),
        ({"loss": 1.0}, "loss is 1.0"),
        ({"speed": -1.0}, "speed is -1.0"),
        ({"network_server": "external", "speed": 60.0}, "expected 1"),
        ({"api_token": ""}, "api_token is empty"),
    ],
)
def test_settings_that_cannot_be_run_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TwinSettings(**{"api_token": TOKEN, **changes})
