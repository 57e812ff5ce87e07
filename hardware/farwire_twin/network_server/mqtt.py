"""Gateways and integration over MQTT, as ChirpStack 4 speaks it: one client for each, protocol 5.

Threads of paho only decode and post; everything else happens in the world's thread.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import paho.mqtt.client as paho
from chirpstack_api import gw, integration
from google.protobuf.message import Message
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from farwire_twin.network_server import marshal, topics
from farwire_twin.network_server.backend import Barrier, Receiver, Token
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.network_server.settings import MqttSettings

log = logging.getLogger("farwire.twin")

Post = Callable[[Callable[[], None]], None]

PROTOCOLS: Mapping[str, MQTTProtocolVersion] = {
    "5": MQTTProtocolVersion.MQTTv5,
    "3.1.1": MQTTProtocolVersion.MQTTv311,
}
RECONNECT_S = (1, 30)
GATEWAY_EVENTS: Mapping[str, type[Message]] = {
    "up": gw.UplinkFrame,
    "ack": gw.DownlinkTxAck,
    "stats": gw.GatewayStats,
}


class MqttBackend:
    """Two MQTT clients. Connects in the background, and again whenever the broker is back."""

    def __init__(self, settings: MqttSettings, topic_prefix: str, post: Post, barrier: Barrier) -> None:
        self._settings = settings
        self._prefix = topic_prefix
        self._post = post
        self._barrier = barrier
        self._receiver: Receiver | None = None
        self._speaks_json: dict[str, bool] = {}  # gateway id -> the kind it spoke last; protobuf until then
        self._gateways = self._client("", topics.gateway_events(topic_prefix), settings.gateway_qos)
        self._gateways.on_message = self._on_gateway_message
        self._integration = self._client(settings.client_id, topics.ALL_COMMANDS, settings.integration_qos)
        self._integration.on_message = self._on_command_message

    def start(self, receiver: Receiver) -> None:
        """Connect; messages go to `receiver` from now on."""
        self._receiver = receiver
        for client in (self._gateways, self._integration):
            client.connect_async(
                self._settings.host, self._settings.port, keepalive=self._settings.keep_alive_s
            )
            client.loop_start()

    def stop(self) -> None:
        """Disconnect, after what was published is on its way."""
        for client in (self._gateways, self._integration):
            client.disconnect()
            client.loop_stop()

    @property
    def is_connected(self) -> bool:
        """Whether both clients are connected."""
        return bool(self._gateways.is_connected() and self._integration.is_connected())

    def send_downlink(self, frame: gw.DownlinkFrame) -> None:
        """Publish on the gateway's command topic, in the encoding that the gateway spoke last."""
        marshaler = "json" if self._speaks_json.get(frame.gateway_id, False) else "protobuf"
        topic = topics.gateway_command(self._prefix, frame.gateway_id, "down")
        token: Token = ("down", frame.gateway_id, frame.downlink_id)
        self._barrier.enter(token)  # the gateway leaves it
        sent = self._gateways.publish(
            topic, marshal.to_bytes(frame, marshaler), qos=self._settings.gateway_qos
        )
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._barrier.leave(token)
            log.warning("downlink found no broker", extra={"gateway_id": frame.gateway_id})

    def publish_event(self, event: PublishEvent) -> None:
        """Publish an integration event."""
        payload = marshal.to_bytes(event.message, self._settings.marshaler)
        topic = topics.event(event.application_id, event.dev_eui, event.event)
        self._integration.publish(topic, payload, qos=self._settings.integration_qos)

    # --- in paho's threads

    def _client(self, client_id: str, topic_filter: str, qos: int) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or secrets.token_hex(8),
            protocol=PROTOCOLS[settings.protocol],
        )
        client.reconnect_delay_set(*RECONNECT_S)
        if settings.username:
            client.username_pw_set(settings.username, settings.password)

        def on_connect(_client: paho.Client, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
            if reason.is_failure:
                log.error("broker refused", extra={"reason": str(reason)})
                return
            wanted = topic_filter
            # MQTT 5 §3.2.2.3.13: shared subscriptions are there unless the broker says they are not.
            if settings.protocol == "5" and getattr(properties, "SharedSubscriptionAvailable", True):
                wanted = topics.shared(settings.share_name, topic_filter)
            client.subscribe(wanted, qos=qos)

        def on_disconnect(
            _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
        ) -> None:
            if reason.is_failure:
                log.warning("broker lost", extra={"reason": str(reason)})

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        return client

    def _on_gateway_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        _, _, kind = message.topic.rpartition("/")
        if kind not in GATEWAY_EVENTS:
            self._malformed(message.topic, "unknown event type")
            return
        speaks_json = b"gatewayId" in message.payload
        decoded: Any = GATEWAY_EVENTS[kind]()
        try:
            marshal.from_bytes(bytes(message.payload), decoded, "json" if speaks_json else "protobuf")
        except RefusedError as error:
            self._malformed(message.topic, str(error.facts.get("error", error)))
            return
        self._post(lambda: self._handle_gateway_message(kind, decoded, speaks_json))

    def _on_command_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        found = topics.parse_command(message.topic)
        if found is None or found[2] != "down":
            self._malformed(message.topic, "unknown command type")
            return
        command = integration.DownlinkCommand()
        try:
            marshal.from_bytes(bytes(message.payload), command, self._settings.marshaler)
        except RefusedError as error:
            self._malformed(message.topic, str(error.facts.get("error", error)))
            return
        receiver = self._receiver
        if receiver is not None:
            self._post(lambda: receiver.on_command(found[0], found[1], command))

    def _malformed(self, topic: str, error: str) -> None:
        receiver = self._receiver
        if receiver is not None:
            self._post(lambda: receiver.on_malformed(topic, error))

    # --- in the world's thread

    def _handle_gateway_message(self, kind: str, message: Any, speaks_json: bool) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        gateway_id = message.rx_info.gateway_id if kind == "up" else message.gateway_id
        self._speaks_json[gateway_id] = speaks_json
        token: Token | None = None
        if kind == "up":
            token = ("up", gateway_id, message.rx_info.uplink_id)
            receiver.on_uplink(message)
        elif kind == "ack":
            token = ("ack", gateway_id, message.downlink_id)
            receiver.on_tx_ack(message)
        else:
            receiver.on_stats(message)
        if token is not None:
            self._barrier.leave(token)
