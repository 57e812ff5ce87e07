"""The MQTT edge against a real Mosquitto."""

import dataclasses
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from farwire_bridge import mqtt
from farwire_bridge.counters import Counters
from farwire_bridge.messages import MqttMessage
from farwire_bridge.mqtt import MqttSource
from farwire_bridge.settings import Settings
from tests.bridge.certificates import Authority, Pair
from tests.bridge.conftest import wait_until
from tests.bridge.events_made import APPLICATION, DEV_EUI, topic
from tests.bridge.fake_chirpstack import FakeChirpStack
from tests.servers import Server, mosquitto

UP = topic(DEV_EUI, "up")


class Listener:
    """A source whose messages are in a queue."""

    def __init__(self, settings: Settings) -> None:
        self.inbox: queue.SimpleQueue[MqttMessage] = queue.SimpleQueue()
        self.counters = Counters()
        self.source = MqttSource(settings, self.inbox.put, self.counters)
        self.source.start()
        wait_until(lambda: self.counters.snapshot()["mqtt_subscriptions"])

    def get(self, count: int) -> list[MqttMessage]:
        return [self.inbox.get(timeout=5) for _ in range(count)]


Listen = Callable[..., Listener]


@pytest.fixture
def listen(broker: Server) -> Iterator[Listen]:
    """Start sources on the broker; settings by name."""
    listeners: list[Listener] = []

    def starter(**facts: Any) -> Listener:
        needed = dict.fromkeys(("spool_path", "cloud_ca", "cloud_cert", "cloud_key"), Path("unused"))
        settings = Settings(**{**needed, "mqtt_port": broker.port, **facts})
        listeners.append(Listener(settings))
        return listeners[-1]

    yield starter
    for listener in listeners:
        listener.source.close()


PROTOCOLS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


@PROTOCOLS
def test_what_was_not_acknowledged_comes_again(
    listen: Listen, chirpstack: FakeChirpStack, protocol: str
) -> None:
    listener = listen(mqtt_protocol=protocol)
    for number in range(4):
        chirpstack.publish_raw(UP, b"%d" % number)
    messages = listener.get(4)
    listener.source.acknowledge(messages[:2])
    time.sleep(0.2)
    listener.source.close()

    again = listen(mqtt_protocol=protocol)

    assert [message.payload for message in again.get(2)] == [b"2", b"3"]
    assert again.inbox.empty()


def test_an_acknowledgement_is_not_sent_on_a_later_connection(
    listen: Listen, chirpstack: FakeChirpStack
) -> None:
    listener = listen()
    chirpstack.publish_raw(UP, b"x")
    (message,) = listener.get(1)

    listener.source.acknowledge([dataclasses.replace(message, connection=message.connection - 1)])

    assert listener.counters.snapshot()["acknowledged"] == 0


def test_a_second_bridge_of_the_same_name_takes_the_session_over(
    listen: Listen, chirpstack: FakeChirpStack
) -> None:
    first = listen()
    second = listen()
    wait_until(lambda: first.counters.snapshot()["mqtt_disconnects"])
    first.source.close()

    chirpstack.publish_raw(UP, b"x")

    wait_until(lambda: not second.inbox.empty())


@PROTOCOLS
def test_messages_that_nobody_takes_do_not_pile_up(
    listen: Listen, chirpstack: FakeChirpStack, protocol: str
) -> None:
    listener = listen(mqtt_protocol=protocol, mqtt_receive_maximum=3)
    for number in range(40):
        chirpstack.publish_raw(UP, b"%d" % number)
    time.sleep(0.3)
    assert listener.inbox.qsize() <= 3 * mqtt.ROOM_FACTOR

    got: list[bytes] = []
    while len(got) < 40:
        messages = listener.get(1)
        got += [message.payload for message in messages]
        listener.source.acknowledge(messages)

    assert got == [b"%d" % number for number in range(40)]


def test_only_the_applications_that_are_named_are_served(listen: Listen, chirpstack: FakeChirpStack) -> None:
    listener = listen(applications=("another", APPLICATION))

    chirpstack.publish_raw(f"application/strange/device/{DEV_EUI}/event/up", b"strange")
    chirpstack.publish_raw(UP, b"ours")

    assert [message.payload for message in listener.get(1)] == [b"ours"]


def test_bridges_of_a_group_share_the_messages(listen: Listen, chirpstack: FakeChirpStack) -> None:
    listeners = [listen(bridge_id=name, mqtt_shared_group="bridges") for name in ("one", "two")]

    for number in range(20):
        chirpstack.publish_raw(UP, b"%d" % number)
    wait_until(lambda: sum(listener.inbox.qsize() for listener in listeners) == 20)

    assert all(not listener.inbox.empty() for listener in listeners)


def test_a_refused_subscription_is_tried_again(
    listen: Listen, chirpstack: FakeChirpStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "SUBSCRIBE_AGAIN_S", 0.0)
    listener = listen()
    source = listener.source
    source._client.unsubscribe("application/+/device/+/event/+")
    source._on_subscribe(None, None, 1, [ReasonCode(PacketTypes.SUBACK, "Not authorized")], None)

    source.keep_running()
    wait_until(lambda: listener.counters.snapshot()["mqtt_subscriptions"] == 2)
    chirpstack.publish_raw(UP, b"x")

    assert len(listener.get(1)) == 1


def test_a_broker_behind_tls_sees_the_bridges_certificate(
    listen: Listen, authority: Authority, server_pair: Pair, bridge_pair: Pair
) -> None:
    options = [
        f"cafile {authority.ca}",
        f"certfile {server_pair.cert}",
        f"keyfile {server_pair.key}",
        "require_certificate true",
        "user root",  # where the tests run as root, it must read their files; elsewhere it is ignored
    ]
    with mosquitto(options=options) as broker:
        listener = listen(
            mqtt_port=broker.port,
            mqtt_ca=authority.ca,
            mqtt_cert=bridge_pair.cert,
            mqtt_key=bridge_pair.key,
        )

        assert listener.counters.snapshot()["mqtt_connects"] == 1
        listener.source.close()
