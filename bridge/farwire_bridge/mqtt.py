"""The MQTT edge (paho): a durable session, QoS 1, and acknowledgements that we send ourselves.

The broker keeps what comes while the bridge is away, and repeats what the bridge had not acknowledged when a
connection ended. Subscriptions are made anew on every connection (P4).
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from farwire_bridge import topics
from farwire_bridge.counters import Counters
from farwire_bridge.messages import CHIRPSTACK, MqttMessage
from farwire_bridge.settings import Settings

LOG = logging.getLogger("farwire.bridge")

FIRST_RECONNECT_S = 1  # paho doubles it up to `retry_most_s`
SUBSCRIBE_AGAIN_S = 10.0  # after a refusal: permissions may have been mended at the broker
ROOM_FACTOR = 4
"""Messages in memory, in receive maxima: those of this connection, and those of earlier ones while the spool
is full. With MQTT 3.1.1, which has no receive maximum, reading stops there, until the broker hangs up."""
ROOM_S = 0.25  # how soon the end is noticed while there is no room
REFUSED = 0x80  # reason codes from here on are refusals (MQTT 5 §2.4)


class MqttSource:
    """Delivers messages to `deliver` (called from paho's thread) until it is closed."""

    SOURCE = CHIRPSTACK
    COUNTED = "mqtt"  # how the counters' names begin

    def __init__(
        self, settings: Settings, deliver: Callable[[MqttMessage], None], counters: Counters
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self._counters = counters
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._room = threading.Semaphore(ROOM_FACTOR * settings.mqtt_receive_maximum)
        self._connection = 0  # grows with every connection and every loss of one
        self._subscribe_at_s = math.inf
        self._client = self._make_client()

    def start(self) -> None:
        """Begin to connect; goes on trying."""
        least, most = FIRST_RECONNECT_S, max(FIRST_RECONNECT_S, round(self._settings.retry_most_s))
        self._client.reconnect_delay_set(least, most)
        self._client.connect_async(
            self._settings.mqtt_host,
            self._settings.mqtt_port,
            self._settings.mqtt_keep_alive_s,
            **self._session(),
        )
        self._client.loop_start()

    def keep_running(self) -> None:
        """Do what is due: subscribe again after a refusal, start paho's thread again if an error ended it."""
        if time.monotonic() >= self._subscribe_at_s:
            self._subscribe()
        if self._client.loop_start() == MQTTErrorCode.MQTT_ERR_SUCCESS:  # refused while the thread runs
            LOG.error("mqtt thread had ended")

    def acknowledge(self, messages: Iterable[MqttMessage]) -> None:
        """Acknowledge delivered messages, in the order in which they came (MQTT 5 §4.6), all in the end.

        What came on an earlier connection only makes room: the broker sends it again.
        """
        count = 0
        with self._lock:
            for message in messages:
                self._room.release()
                if message.connection == self._connection and message.mid:
                    self._client.ack(message.mid, 1)
                    count += 1
        self._counters.add("acknowledged", count)

    def close(self) -> None:
        """Disconnect; the broker keeps the session."""
        self._closing.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self) -> paho.Client:
        settings = self._settings
        is_5 = settings.mqtt_protocol == "5"
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id(),
            clean_session=None if is_5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        if settings.mqtt_username is not None:
            client.username_pw_set(settings.mqtt_username, settings.mqtt_password)
        if settings.mqtt_ca is not None:
            client.tls_set(
                str(settings.mqtt_ca),
                str(settings.mqtt_cert) if settings.mqtt_cert else None,
                str(settings.mqtt_key) if settings.mqtt_key else None,
            )
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _session(self) -> dict[str, Any]:
        """Return what asks for a durable session with a bounded flight of messages."""
        if self._settings.mqtt_protocol != "5":
            return {}  # clean_session=False says it all
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._settings.mqtt_session_expiry_s
        properties.ReceiveMaximum = self._settings.mqtt_receive_maximum
        return {"clean_start": False, "properties": properties}

    def _on_connect(self, _c: Any, _u: Any, flags: Any, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            LOG.error("mqtt connection refused", extra={"reason": str(reason)})
            return
        with self._lock:
            self._connection += 1
        self._counters.add(f"{self.COUNTED}_connects")
        LOG.info("mqtt connected", extra={"session_present": flags.session_present})
        self._subscribe()

    def _subscribe(self) -> None:
        self._subscribe_at_s = math.inf
        self._client.subscribe([(name, 1) for name in self._filters()])

    def _filters(self) -> list[str]:
        return topics.filters(self._settings.applications, self._settings.mqtt_shared_group)

    def _client_id(self) -> str:
        return f"farwire-{self._settings.bridge_id}"

    def _on_subscribe(self, _c: Any, _u: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.value >= REFUSED]
        if refused:
            LOG.error("mqtt subscription refused", extra={"reason": refused[0]})
            self._subscribe_at_s = time.monotonic() + SUBSCRIBE_AGAIN_S
            return
        self._counters.add(f"{self.COUNTED}_subscriptions")
        if any(reason.value == 0 for reason in reasons):
            LOG.error("mqtt subscription granted with QoS 0 only: events can be lost")

    def _on_connect_fail(self, _c: Any, _u: Any) -> None:
        LOG.warning("mqtt broker unreachable", extra={"host": self._settings.mqtt_host})

    def _on_disconnect(self, _c: Any, _u: Any, _flags: Any, reason: ReasonCode, _p: Any) -> None:
        with self._lock:
            self._connection += 1
        self._counters.add(f"{self.COUNTED}_disconnects")
        LOG.warning("mqtt disconnected", extra={"reason": str(reason)})

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        while not self._room.acquire(timeout=ROOM_S):
            if self._closing.is_set():
                return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # kept as a message on a strange topic
        self._deliver(
            MqttMessage(
                topic,
                bytes(message.payload),
                message.mid if message.qos else 0,
                self._connection,
                self.SOURCE,
            )
        )
