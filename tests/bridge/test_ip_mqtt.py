"""Downlinks over MQTT in place of a network server's queue, against a real Mosquitto with passwords."""

import base64
import hashlib
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from farwire_bridge.calls import AskQueue, Enqueue, Enqueued, EnqueueFailed, QueueSeen, QueueUnknown, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.happenings import Transmitted
from farwire_bridge.ip_items import Tags
from farwire_bridge.ip_mqtt import IpMqtt
from farwire_bridge.messages import MQTT, Happened, MqttMessage
from farwire_bridge.settings import Settings
from farwire_codecs import ip_frame
from farwire_codecs.ip_frame import DownFrame
from tests.bridge.conftest import wait_until
from tests.bridge.ip_plant import ACL, NODE_EUI
from tests.servers import Server, mosquitto

PASSWORD = "a password"
DOWN = f"farwire/{NODE_EUI}/down"


def password_line(user: str) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512, 101 rounds."""
    salt = b"twelve bytes"
    digest = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 101)
    return f"{user}:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.write_text("".join(password_line(user) for user in ("bridge", NODE_EUI)))
    acl.write_text(ACL)
    for path in (passwords, acl):
        path.chmod(0o600)
    options = ["user root", "allow_anonymous false", f"password_file {passwords}", f"acl_file {acl}"]
    with mosquitto(options=options) as server:
        yield server


class Edge:
    """The bridge's end; what it delivers is in a queue, replies too."""

    def __init__(self, port: int, password: str = PASSWORD) -> None:
        needed: dict[str, Any] = dict.fromkeys(
            ("spool_path", "cloud_ca", "cloud_cert", "cloud_key"), Path("x")
        )
        settings = Settings(
            **needed,
            ip_mqtt_host="127.0.0.1",
            ip_mqtt_port=port,
            ip_mqtt_username="bridge",
            ip_mqtt_password=password,
        )
        self.counters = Counters()
        self.came: queue.SimpleQueue[MqttMessage | Happened] = queue.SimpleQueue()
        self.replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self.inner = IpMqtt(settings, self.came.put, self.counters, Tags(0))

    def start(self) -> "Edge":
        self.inner.start()
        wait_until(lambda: self.counters.snapshot()["ip_mqtt_subscriptions"])
        return self

    def enqueue(self, payload: bytes = b"\x01", expires_ms: int = 0) -> Reply:
        self.inner.call(Enqueue(NODE_EUI, 7, 221, payload, False, expires_ms), self.replies.put)
        return self.replies.get(timeout=5)


@pytest.fixture
def edge(guarded: Server) -> Iterator[Edge]:
    found = Edge(guarded.port).start()
    yield found
    found.inner.close()


class Node:
    """A client as a node has it; a session that the broker keeps."""

    def __init__(self, port: int) -> None:
        self.came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._subscribed = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="node", clean_session=False)
        self._client.username_pw_set(NODE_EUI, PASSWORD)
        self._client.on_message = lambda _c, _u, message: self.came.put(bytes(message.payload))
        self._client.on_subscribe = self._on_subscribe
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(DOWN, 1)
        self._client.loop_start()
        wait_until(lambda: self._subscribed)

    def publish(self, payload: bytes) -> None:
        self._client.publish(f"farwire/{NODE_EUI}/up", payload, 1)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed = True


def test_a_downlink_is_sent_when_the_broker_has_it_and_reaches_the_node(edge: Edge, guarded: Server) -> None:
    node = Node(guarded.port)

    assert edge.enqueue() == Enqueued(NODE_EUI, 7, "ip-00000001")

    assert edge.came.get(timeout=5) == Happened(Transmitted(NODE_EUI, "ip-00000001"))
    assert ip_frame.decode_down(node.came.get(timeout=5)) == DownFrame(1, 221, b"\x01")
    edge.inner.call(AskQueue(NODE_EUI), edge.replies.put)
    assert edge.replies.get(timeout=5) == QueueSeen(NODE_EUI, ())
    node.leave()


def test_the_broker_keeps_a_downlink_for_a_node_that_is_away_until_it_expires(
    edge: Edge, guarded: Server
) -> None:
    Node(guarded.port).leave()
    now_ms = time.time_ns() // 1_000_000
    edge.enqueue(b"\x01", now_ms + 1_000)
    edge.enqueue(b"\x02", now_ms + 600_000)
    edge.enqueue(b"\x03")
    time.sleep(2.5)

    node = Node(guarded.port)

    kept = [ip_frame.decode_down(node.came.get(timeout=5)).payload for _ in range(2)]
    assert kept == [b"\x02", b"\x03"]
    assert node.came.empty()
    node.leave()


def test_a_downlink_that_nobody_subscribed_to_is_not_sent(edge: Edge) -> None:
    reply = edge.enqueue()

    assert isinstance(reply, EnqueueFailed)
    assert not reply.permanent
    assert "No matching subscribers" in reply.detail
    assert edge.counters.snapshot()["enqueue_failures"] == 1


def test_without_a_connection_nothing_is_sent_and_the_queue_is_not_known() -> None:
    edge = Edge(1)

    reply = edge.enqueue()
    edge.inner.call(AskQueue(NODE_EUI), edge.replies.put)

    assert isinstance(reply, EnqueueFailed)
    assert not reply.permanent
    assert isinstance(edge.replies.get(timeout=5), QueueUnknown)


def test_an_uplink_is_delivered_with_its_way_and_acknowledged_by_us(edge: Edge, guarded: Server) -> None:
    node = Node(guarded.port)
    node.publish(b"frame")

    message = edge.came.get(timeout=5)
    assert isinstance(message, MqttMessage)
    assert (message.topic, message.payload, message.source) == (f"farwire/{NODE_EUI}/up", b"frame", MQTT)
    edge.inner.acknowledge([message])

    assert edge.counters.snapshot()["acknowledged"] == 1
    node.leave()


def test_a_wrong_password_gets_nothing(guarded: Server) -> None:
    edge = Edge(guarded.port, "another")
    edge.inner.start()

    wait_until(lambda: "not authorised" in guarded.log.read_text())

    assert edge.counters.snapshot()["ip_mqtt_subscriptions"] == 0
    edge.inner.close()
