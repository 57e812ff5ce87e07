"""A gateway's connection to a broker, on ChirpStack's gateway topics, in protobuf.

    {prefix}/gateway/{gateway id}/event/up | ack | stats      published
    {prefix}/gateway/{gateway id}/state/conn                  gw.ConnState, retained; OFFLINE is the last will
    {prefix}/gateway/{gateway id}/command/+                   subscribed; `down` is obeyed, others are counted

paho's threads only post to the world. With a barrier, a message is counted as under way until the other side
has processed it; the network server enters ("down", gateway id, downlink id) for what it sends.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from chirpstack_api import gw
from google.protobuf.message import DecodeError, Message
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from farwire_twin.world.backhaul import DownlinkHandler
from farwire_twin.world.barrier import Barrier

log = logging.getLogger("farwire.twin")

ONLINE, OFFLINE = gw.ConnState.ONLINE, gw.ConnState.OFFLINE
# A downlink carries two items of at most 255 bytes; what is far larger is not one.
LARGEST_COMMAND = 4096
KEEP_ALIVE_S = 30


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where gateways connect, and the region's topic prefix ("" for none)."""

    host: str
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    topic_prefix: str = "eu868"


class GatewayMqtt:
    """One gateway's MQTT client: a Backhaul."""

    def __init__(
        self,
        gateway_id: str,
        broker: BrokerSettings,
        post: Callable[[Callable[[], None]], None],
        on_downlink: DownlinkHandler,
        barrier: Barrier | None = None,
    ) -> None:
        self.refused = 0  # commands that were not understood
        self.unsent = 0  # messages that found no broker
        self.subscribed = threading.Event()  # downlinks can come
        self._gateway_id = gateway_id
        self._broker = broker
        self._post = post
        self._on_downlink = on_downlink
        self._barrier = barrier
        self._topic = f"{broker.topic_prefix}/" if broker.topic_prefix else ""
        self._topic += f"gateway/{gateway_id}"
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"farwire-gateway-{gateway_id}", protocol=mqtt.MQTTv311
        )
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        self._client.will_set(f"{self._topic}/state/conn", self._state(OFFLINE), retain=True)
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received
        self._client.on_subscribe = self._has_subscribed

    def start(self) -> None:
        """Connect, and reconnect whenever the broker was away. Raises OSError if it cannot be reached now."""
        self._client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say OFFLINE and disconnect."""
        if self._client.is_connected():
            said = self._client.publish(f"{self._topic}/state/conn", self._state(OFFLINE), retain=True)
            said.wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()

    def send_uplink(self, frame: gw.UplinkFrame) -> None:
        """Publish a received frame."""
        self._publish("up", frame, frame.rx_info.uplink_id)

    def send_ack(self, ack: gw.DownlinkTxAck) -> None:
        """Publish what became of a downlink command."""
        self._publish("ack", ack, ack.downlink_id)

    def send_stats(self, stats: gw.GatewayStats) -> None:
        """Publish the statistics; nobody waits for them."""
        self._publish("stats", stats, None)

    def _publish(self, event: str, message: Message, message_id: int | None) -> None:
        token = (event, self._gateway_id, message_id or 0)
        if self._barrier is not None and message_id is not None:
            self._barrier.enter(token)
        sent = self._client.publish(f"{self._topic}/event/{event}", message.SerializeToString())
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.unsent += 1
            if self._barrier is not None:
                self._barrier.leave(token)

    def _connected(
        self, client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            log.error(
                "gateway refused by the broker", extra={"gateway_id": self._gateway_id, "reason": str(reason)}
            )
            return
        client.subscribe(f"{self._topic}/command/+")
        client.publish(f"{self._topic}/state/conn", self._state(ONLINE), retain=True)
        log.info("gateway connected", extra={"gateway_id": self._gateway_id})

    def _has_subscribed(self, *_: Any) -> None:
        self.subscribed.set()

    def _disconnected(
        self, _client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            log.warning(
                "gateway lost the broker", extra={"gateway_id": self._gateway_id, "reason": str(reason)}
            )

    def _received(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        self._post(lambda: self._obey(topic, payload))

    def _obey(self, topic: str, payload: bytes) -> None:
        frame = gw.DownlinkFrame()
        command = topic.rsplit("/", 1)[-1]
        try:
            if command != "down" or len(payload) > LARGEST_COMMAND:
                raise DecodeError(f"command {command} of {len(payload)} bytes")
            frame.ParseFromString(payload)
            if frame.gateway_id != self._gateway_id:
                raise DecodeError(f"a downlink for gateway {frame.gateway_id!r}")
        except DecodeError as error:
            self.refused += 1
            log.warning("command refused", extra={"gateway_id": self._gateway_id, "error": str(error)})
            return
        self._on_downlink(frame)
        if self._barrier is not None:
            self._barrier.leave(("down", self._gateway_id, frame.downlink_id))

    def _state(self, state: int) -> bytes:
        return bytes(gw.ConnState(gateway_id=self._gateway_id, state=state).SerializeToString())
