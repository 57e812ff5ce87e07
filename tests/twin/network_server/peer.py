"""The other ends of the broker: a gateway and an application, as bare MQTT clients."""

import contextlib
import queue
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as paho
from chirpstack_api import gw
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.servers import LOOPBACK, Server


class Peer:
    """One client; what it subscribed to arrives in `messages` as (topic, payload)."""

    def __init__(self, client: paho.Client) -> None:
        self.client = client
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.qos: list[int] = []

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self.client.publish(topic, payload, qos=qos).wait_for_publish(5)

    def take(self, end: str, timeout_s: float = 30) -> bytes:
        """The payload of the next message whose topic ends so; others before it are dropped."""
        while True:
            topic, payload = self.messages.get(timeout=timeout_s)
            if topic.endswith(end):
                return payload

    def is_quiet(self, for_s: float = 0.5) -> bool:
        try:
            self.messages.get(timeout=for_s)
        except queue.Empty:
            return True
        return False

    def downlink(self) -> gw.DownlinkFrame:
        return gw.DownlinkFrame.FromString(self.take("/command/down"))


@contextlib.contextmanager
def peer(
    broker: Server | int,
    *filters: str,
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
    password: str = "",
) -> Iterator[Peer]:
    """A client of `broker`, or of the one on a loopback port."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=protocol)
    if password:
        client.username_pw_set("peer", password)
    made = Peer(client)
    ready: queue.Queue[Any] = queue.Queue()

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        made.qos.append(message.qos)
        made.messages.put((message.topic, bytes(message.payload)))

    client.on_message = on_message
    client.on_connect = lambda *_: ready.put(None)
    client.on_subscribe = lambda *_: ready.put(None)
    client.connect(LOOPBACK, broker if isinstance(broker, int) else broker.port)
    client.loop_start()
    ready.get(timeout=5)
    for each in filters:
        client.subscribe(each, qos=1)
        ready.get(timeout=5)
    try:
        yield made
    finally:
        client.disconnect()
        client.loop_stop()
