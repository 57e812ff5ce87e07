"""The MQTT shell against a real Mosquitto: topics, encodings, barrier, and a broker that comes and goes."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chirpstack_api import api, common, gw, integration
from google.protobuf import json_format
from paho.mqtt.enums import MQTTProtocolVersion

from farwire.embedded import broker as embedded_broker
from farwire_twin.network_server import MqttSettings, RegionSettings
from farwire_twin.provisioning import DeviceToProvision, GatewayToProvision, ProfileToProvision, Provisioner
from tests.servers import Server, free_port, mosquitto
from tests.twin.network_server.device import Device, uplink_frame
from tests.twin.network_server.peer import Peer, peer
from tests.twin.network_server.running import TOKEN, Running, eventually, running

GATEWAY = "0016c001ff10a235"
UP = f"eu868/gateway/{GATEWAY}/event/up"
ACK = f"eu868/gateway/{GATEWAY}/event/ack"
DOWN = f"eu868/gateway/{GATEWAY}/command/+"


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    with mosquitto() as made:
        yield made


class Site:
    """A running server with one device that is provisioned, seen from its broker."""

    def __init__(self, server: Running, application_id: str, device: Device) -> None:
        self.server = server
        self.application_id = application_id
        self.device = device

    def topic(self, end: str) -> str:
        return f"application/{self.application_id}/device/{self.device.eui}/{end}"

    def counter(self, name: str) -> int:
        return int(self.server.call(lambda: self.server.server.counters.get(name, 0)))

    def join(self, gateway: Peer) -> None:
        gateway.publish(UP, uplink_frame(self.device.join_request()).SerializeToString())
        frame = gateway.downlink()
        self.device.take_accept(frame.items[0].phy_payload)
        acknowledge(gateway, frame)


def acknowledge(gateway: Peer, frame: gw.DownlinkFrame) -> None:
    ack = gw.DownlinkTxAck(gateway_id=GATEWAY, downlink_id=frame.downlink_id)
    ack.items.add(status=gw.OK)
    gateway.publish(ACK, ack.SerializeToString())


def site(server: Running) -> Site:
    device = Device()
    with server.channel() as channel:
        made = Provisioner(channel, TOKEN).provision(
            tenant="plant",
            application="pumps",
            profile=ProfileToProvision("node", device_status_a_day=0),
            gateways=[GatewayToProvision(GATEWAY, "roof")],
            devices=[DeviceToProvision(device.eui, "pump 1", device.app_key.hex())],
        )
    backend: Any = server.server._backend
    eventually(lambda: backend.is_connected)
    return Site(server, made.application_id, device)


@pytest.fixture(params=["json", "protobuf"])
def marshaler(request) -> str:
    return str(request.param)


def settings(broker: Server, **fields: Any) -> MqttSettings:
    return MqttSettings(
        host=broker.host, port=broker.port, **{"gateway_qos": 1, "integration_qos": 1} | fields
    )


def test_reading_goes_up_and_a_command_comes_down(broker, marshaler):
    with (
        running(mqtt=settings(broker, marshaler=marshaler)) as server,
        peer(broker, DOWN) as gateway,
        peer(broker, "application/#") as application,
    ):
        here = site(server)
        device = here.device

        here.join(gateway)
        joined = read(application.take("/event/join"), integration.JoinEvent(), marshaler)
        assert joined.dev_addr == f"{device.dev_addr:08x}"

        command = integration.DownlinkCommand(dev_eui=device.eui, f_port=10, data=b"\x0a", confirmed=True)
        application.publish(here.topic("command/down"), written(command, marshaler))
        eventually(lambda: here.counter("commands") == 1)
        gateway.publish(UP, uplink_frame(device.uplink(b"\x01", 2)).SerializeToString())
        up = read(application.take("/event/up"), integration.UplinkEvent(), marshaler)
        assert (up.f_cnt, up.f_port, up.data) == (0, 2, b"\x01")
        frame = gateway.downlink()
        assert device.read(frame.items[0].phy_payload).payload == b"\x0a"
        acknowledge(gateway, frame)
        tx_ack = read(application.take("/event/txack"), integration.TxAckEvent(), marshaler)
        assert tx_ack.gateway_id == GATEWAY

        gateway.publish(UP, uplink_frame(device.uplink(b"\x02", 2, ack=True)).SerializeToString())
        ack = read(application.take("/event/ack"), integration.AckEvent(), marshaler)
        assert (ack.acknowledged, ack.queue_item_id) == (True, tx_ack.queue_item_id)


def read(payload: bytes, message: Any, marshaler: str) -> Any:
    if marshaler == "json":
        return json_format.Parse(payload, message)
    message.ParseFromString(payload)
    return message


def written(message: Any, marshaler: str) -> bytes:
    if marshaler == "json":
        return json_format.MessageToJson(message).encode()
    return bytes(message.SerializeToString())


def test_events_go_to_the_topics_of_chirpstack_unretained(broker):
    with (
        running(mqtt=settings(broker)) as server,
        peer(broker, DOWN) as gateway,
        peer(broker, "application/#") as application,
    ):
        here = site(server)
        here.join(gateway)

        topic, payload = application.messages.get(timeout=5)

        assert topic == here.topic("event/join")
        assert json.loads(payload)["deviceInfo"]["devEui"] == here.device.eui
        assert application.qos == [1]
        with peer(broker, "application/#") as late:
            assert late.is_quiet()


def test_gateway_that_speaks_json_is_answered_in_json(broker):
    with running(mqtt=settings(broker)) as server, peer(broker, DOWN) as gateway:
        here = site(server)

        gateway.publish(UP, json_format.MessageToJson(uplink_frame(here.device.join_request())).encode())

        frame = json_format.Parse(gateway.take("/command/down"), gw.DownlinkFrame())
        assert frame.gateway_id == GATEWAY
        assert len(frame.items) == 2


def test_stats_set_the_gateway_online_where_it_says_it_is(broker):
    with running(mqtt=settings(broker)) as server, peer(broker) as gateway, server.channel() as channel:
        site(server)
        stats = gw.GatewayStats(
            gateway_id=GATEWAY, location=common.Location(latitude=1.5), metadata={"model": "twin"}
        )

        gateway.publish(f"eu868/gateway/{GATEWAY}/event/stats", stats.SerializeToString())

        stub = api.GatewayServiceStub(channel)
        metadata = (("authorization", f"Bearer {TOKEN}"),)

        def online() -> Any:
            item = stub.List(api.ListGatewaysRequest(limit=1), metadata=metadata).result[0]
            return item if item.state == api.ONLINE else None

        item = eventually(online)
        assert item.location.latitude == 1.5
        assert dict(item.properties) == {
            "model": "twin",
            "region_config_id": "eu868",
            "region_common_name": "EU868",
        }


def test_barrier_is_left_when_the_server_has_taken_the_message(broker):
    with running(mqtt=settings(broker), waits=True) as server, peer(broker, DOWN) as gateway:
        here = site(server)
        barrier = server.barrier
        barrier.enter(("up", GATEWAY, 7))
        gateway.publish(UP, uplink_frame(here.device.join_request(), uplink_id=7).SerializeToString())
        eventually(lambda: not barrier.busy)

        frame = gateway.downlink()
        assert barrier.busy  # the gateway has not left ("down", ...)
        barrier.leave(("down", GATEWAY, frame.downlink_id))
        assert not barrier.busy

        barrier.enter(("ack", GATEWAY, frame.downlink_id))
        acknowledge(gateway, frame)
        eventually(lambda: not barrier.busy)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (UP, b"\xff\xff\xff"),
        (UP, b'{"gatewayId": '),
        (ACK, b"\x12\xff"),
        (f"eu868/gateway/{GATEWAY}/event/what", b""),
        ("command/down", b"not json"),
        ("command/down", b"[]"),
        ("command/reboot", b"{}"),
    ],
)
def test_malformed_message_is_counted_and_changes_nothing(broker, topic, payload):
    with running(mqtt=settings(broker)) as server, peer(broker, "application/+/device/+/event/+") as sender:
        here = site(server)
        before = server.call(lambda: dict(server.server.counters))

        sender.publish(topic if topic.startswith("eu868") else here.topic(topic), payload)

        eventually(lambda: here.counter("refused malformed message") == 1)
        after = server.call(lambda: dict(server.server.counters))
        assert after == before | {"refused malformed message": 1}
        assert sender.is_quiet(0.1)


def test_command_with_an_id_is_taken_once(broker):
    with running(mqtt=settings(broker)) as server, peer(broker) as application:
        here = site(server)
        command = integration.DownlinkCommand(
            id="c0ffee00-0000-4000-8000-000000000001", dev_eui=here.device.eui, f_port=10, data=b"\x0a"
        )

        for _ in range(2):
            application.publish(here.topic("command/down"), written(command, "json"))

        eventually(lambda: here.counter("refused command refused") == 1)
        registry = server.server.core.state.registry
        queue = server.call(lambda: [item.id for item in registry.queue(here.device.eui)])
        assert queue == [command.id]


def test_server_comes_back_with_its_broker():
    port = free_port()
    with mosquitto(port=port) as first, running(mqtt=settings(first)) as server:
        here = site(server)
        first.process.terminate()
        first.process.wait()
        backend: Any = server.server._backend
        eventually(lambda: not backend.is_connected)

        with mosquitto(port=port) as second, peer(second, DOWN) as gateway:
            eventually(lambda: backend.is_connected, 15)
            here.join(gateway)


def test_server_waits_for_a_broker_that_is_not_there_yet():
    port = free_port()
    with (
        running(mqtt=MqttSettings(port=port, gateway_qos=1)) as server,
        mosquitto(port=port) as broker,
        peer(broker, DOWN) as gateway,
    ):
        site(server).join(gateway)


def test_two_servers_of_one_share_name_share_the_uplinks(broker):
    """As ChirpStack's instances do: a gateway's message reaches one of them."""
    with running(mqtt=settings(broker)) as one, running(mqtt=settings(broker)) as other:
        sites = [site(one), site(other)]
        with peer(broker) as gateway:
            for number in range(10):
                phy = bytes([number]) * 23
                gateway.publish(UP, uplink_frame(phy, uplink_id=number).SerializeToString())
            eventually(lambda: sum(each.counter("uplink copies") for each in sites) == 10)


def test_embedded_broker_is_spoken_to_in_mqtt_3_1_1():
    port, stop = free_port(), threading.Event()
    embedded = threading.Thread(target=embedded_broker.run, args=("127.0.0.1", port, "secret", stop))
    embedded.start()
    try:
        mqtt = MqttSettings(
            port=port, protocol="3.1.1", username="twin", password="secret", gateway_qos=1, integration_qos=1
        )
        with running(mqtt=mqtt) as server:
            here = site(server)
            with peer(
                port, DOWN, "application/#", protocol=MQTTProtocolVersion.MQTTv311, password="secret"
            ) as both:
                here.join(both)
                assert json.loads(both.take("/event/join"))["devAddr"] == f"{here.device.dev_addr:08x}"
    finally:
        stop.set()
        embedded.join()


def test_prefix_may_be_empty(broker):
    region = RegionSettings(topic_prefix="")
    with (
        running(mqtt=settings(broker), region=region) as server,
        peer(broker, f"gateway/{GATEWAY}/command/+") as gateway,
    ):
        here = site(server)

        phy = here.device.join_request()
        gateway.publish(f"gateway/{GATEWAY}/event/up", uplink_frame(phy).SerializeToString())

        assert len(gateway.downlink().items) == 2
