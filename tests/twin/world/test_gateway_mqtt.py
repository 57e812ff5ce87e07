"""Gateways against a real Mosquitto, seen through a client and ChirpStack's messages."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from chirpstack_api import gw
from paho.mqtt.enums import CallbackAPIVersion

from farwire_twin.world.barrier import Barrier
from farwire_twin.world.gateway_mqtt import BrokerSettings, GatewayMqtt
from tests.servers import Server, mosquitto

ID = "0016c001f1500812"
TOPIC = f"eu868/gateway/{ID}"


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    with mosquitto() as server:
        yield server


class Listener:
    """Hears what ChirpStack would hear, and what a newcomer would."""

    def __init__(self, broker: Server, topic: str) -> None:
        self.messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _data, message: self.messages.put(message)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe(topic)
        assert subscribed.wait(5)

    def next(self) -> mqtt.MQTTMessage:
        return self.messages.get(timeout=5)

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload).wait_for_publish(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def listening(broker: Server, topic: str) -> Iterator[Listener]:
    listener = Listener(broker, topic)
    try:
        yield listener
    finally:
        listener.close()


@contextmanager
def connected(
    broker: Server, barrier: Barrier | None = None
) -> Iterator[tuple[GatewayMqtt, list[gw.DownlinkFrame]]]:
    """A gateway whose posts run at once, in paho's thread."""
    obeyed: list[gw.DownlinkFrame] = []
    settings = BrokerSettings(broker.host, broker.port)
    gateway = GatewayMqtt(ID, settings, lambda action: action(), obeyed.append, barrier)
    with listening(broker, f"{TOPIC}/state/conn") as listener:
        gateway.start()
        while gw.ConnState.FromString(listener.next().payload).state != gw.ConnState.ONLINE:
            pass
    try:
        yield gateway, obeyed
    finally:
        gateway.stop()


def eventually(check: object) -> None:
    deadline = time.monotonic() + 5
    while not check():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(broker: Server) -> gw.ConnState:
    with listening(broker, f"{TOPIC}/state/conn") as listener:
        message = listener.next()
        assert message.retain
        return gw.ConnState.FromString(message.payload)


def test_a_connected_gateway_is_online_for_whoever_comes_later(broker: Server) -> None:
    with connected(broker):
        assert state(broker) == gw.ConnState(gateway_id=ID, state=gw.ConnState.ONLINE)


def test_a_stopped_gateway_is_offline(broker: Server) -> None:
    with connected(broker):
        pass

    assert state(broker) == gw.ConnState(gateway_id=ID, state=gw.ConnState.OFFLINE)


def test_a_gateway_that_vanishes_is_offline_by_its_last_will(broker: Server) -> None:
    with connected(broker) as (gateway, _), listening(broker, f"{TOPIC}/state/conn") as listener:
        listener.next()
        gateway._client.socket().close()  # type: ignore[union-attr]

        assert gw.ConnState.FromString(listener.next().payload).state == gw.ConnState.OFFLINE


def test_an_uplink_goes_out_in_protobuf_on_chirpstacks_topic(broker: Server) -> None:
    frame = gw.UplinkFrame(phy_payload=b"\x40hello")
    frame.rx_info.gateway_id = ID
    frame.rx_info.uplink_id = 77

    with connected(broker) as (gateway, _), listening(broker, f"{TOPIC}/event/+") as listener:
        gateway.send_uplink(frame)
        message = listener.next()

    assert message.topic == f"{TOPIC}/event/up"
    assert gw.UplinkFrame.FromString(message.payload) == frame


def test_acknowledgements_and_statistics_have_their_topics(broker: Server) -> None:
    ack = gw.DownlinkTxAck(gateway_id=ID, downlink_id=5)
    stats = gw.GatewayStats(gateway_id=ID, rx_packets_received=3)

    with connected(broker) as (gateway, _), listening(broker, f"{TOPIC}/event/+") as listener:
        gateway.send_ack(ack)
        gateway.send_stats(stats)
        first, second = listener.next(), listener.next()

    assert (first.topic, gw.DownlinkTxAck.FromString(first.payload)) == (f"{TOPIC}/event/ack", ack)
    assert (second.topic, gw.GatewayStats.FromString(second.payload)) == (f"{TOPIC}/event/stats", stats)


def test_a_downlink_command_is_obeyed(broker: Server) -> None:
    frame = gw.DownlinkFrame(gateway_id=ID, downlink_id=12)
    frame.items.add(phy_payload=b"\x60")

    with connected(broker) as (_, obeyed), listening(broker, "nothing") as client:
        client.publish(f"{TOPIC}/command/down", frame.SerializeToString())
        eventually(lambda: obeyed)

    assert obeyed == [frame]


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("down", b"\xff\xff\xff"),
        ("down", bytes(5_000)),
        ("down", gw.DownlinkFrame(gateway_id="0000000000000000").SerializeToString()),
        ("exec", b""),
    ],
)
def test_a_command_that_is_no_downlink_for_this_gateway_is_refused(
    broker: Server, command: str, payload: bytes
) -> None:
    with connected(broker) as (gateway, obeyed), listening(broker, "nothing") as client:
        client.publish(f"{TOPIC}/command/{command}", payload)
        eventually(lambda: gateway.refused)

    assert gateway.refused == 1
    assert not obeyed


def test_what_a_gateway_publishes_is_under_way_until_it_was_processed(broker: Server) -> None:
    barrier = Barrier()
    frame = gw.UplinkFrame()
    frame.rx_info.uplink_id = 77

    with connected(broker, barrier) as (gateway, _):
        gateway.send_uplink(frame)
        busy_after_sending = barrier.busy
        barrier.leave(("up", ID, 77))

    assert busy_after_sending
    assert not barrier.busy


def test_a_downlink_is_no_longer_under_way_when_the_gateway_has_obeyed(broker: Server) -> None:
    barrier = Barrier()
    barrier.enter(("down", ID, 12))
    frame = gw.DownlinkFrame(gateway_id=ID, downlink_id=12)

    with connected(broker, barrier), listening(broker, "nothing") as client:
        client.publish(f"{TOPIC}/command/down", frame.SerializeToString())

        eventually(lambda: not barrier.busy)


def test_statistics_hold_nobody_up(broker: Server) -> None:
    barrier = Barrier()

    with connected(broker, barrier) as (gateway, _):
        gateway.send_stats(gw.GatewayStats(gateway_id=ID))

        assert not barrier.busy


def test_a_gateway_without_a_broker_counts_what_it_could_not_send_and_holds_nobody_up() -> None:
    barrier = Barrier()
    gateway = GatewayMqtt(
        ID, BrokerSettings("127.0.0.1", 1), lambda action: action(), lambda _: None, barrier
    )

    gateway.send_uplink(gw.UplinkFrame())

    assert gateway.unsent == 1
    assert not barrier.busy


def test_a_gateway_comes_back_when_the_broker_does() -> None:
    with mosquitto() as server:
        port = server.port
        obeyed: list[gw.DownlinkFrame] = []
        gateway = GatewayMqtt(ID, BrokerSettings(server.host, port), lambda action: action(), obeyed.append)
        gateway.start()
    try:
        with mosquitto(port=port) as server:
            frame = gw.DownlinkFrame(gateway_id=ID, downlink_id=1)
            with listening(server, f"{TOPIC}/state/conn") as client:
                assert gw.ConnState.FromString(client.next().payload).state == gw.ConnState.ONLINE
                client.publish(f"{TOPIC}/command/down", frame.SerializeToString())
                eventually(lambda: obeyed)
    finally:
        gateway.stop()
