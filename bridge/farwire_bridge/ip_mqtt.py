"""The edge to nodes that speak MQTT themselves: their uplinks, and their downlinks in place of a network
server's queue.

A downlink is sent when the broker has it: it keeps it for a node that is away (persistent session), until the
order's end (message expiry, MQTT 5 §3.3.2.3.3).
"""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from farwire_bridge import ip_topics
from farwire_bridge.calls import Call, Enqueue, Enqueued, EnqueueFailed, QueueSeen, QueueUnknown, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.happenings import Transmitted
from farwire_bridge.ip_items import Item, Tags
from farwire_bridge.messages import MQTT, Happened, MqttMessage
from farwire_bridge.mqtt import REFUSED, MqttSource
from farwire_bridge.settings import Settings

LOG = logging.getLogger("farwire.bridge")

NO_SUBSCRIBER = 0x10  # "no matching subscribers" (MQTT 5 §3.4.2.1): the broker threw it away
NOT_AUTHORIZED = 0x87

Then = Callable[[Reply], None]


class IpMqtt(MqttSource):
    """Uplinks to `deliver`, and the queue of the nodes that send them."""

    SOURCE = MQTT
    COUNTED = "ip_mqtt"

    def __init__(
        self,
        settings: Settings,
        deliver: Callable[[MqttMessage | Happened], None],
        counters: Counters,
        tags: Tags,
    ) -> None:
        assert settings.ip_mqtt_host is not None
        super().__init__(
            dataclasses.replace(
                settings,
                mqtt_host=settings.ip_mqtt_host,
                mqtt_port=settings.ip_mqtt_port,
                mqtt_username=settings.ip_mqtt_username,
                mqtt_password=settings.ip_mqtt_password,
                mqtt_ca=settings.ip_mqtt_ca,
                mqtt_cert=settings.ip_mqtt_cert,
                mqtt_key=settings.ip_mqtt_key,
            ),
            deliver,
            counters,
        )
        self._happened = deliver
        self._tags = tags
        self._waiting: dict[int, tuple[Item, Then]] = {}  # by mid, until the broker's PUBACK
        self._early: dict[int, ReasonCode] = {}  # PUBACKs that came before `publish` returned
        self._mids = threading.Lock()  # of these two; never held in a call to paho
        self._client.on_publish = self._on_publish

    def call(self, call: Call, then: Then) -> None:
        """Start a call; `then` gets its reply, on this thread or paho's."""
        if not self._client.is_connected():
            self._failed(call, then, "no connection to the broker of IP nodes")
        elif isinstance(call, Enqueue):
            self._publish(Item(self._tags.next(), call), then)
        else:
            then(QueueSeen(call.dev_eui, ()))  # what the broker has is sent

    def _publish(self, item: Item, then: Then) -> None:
        topic = ip_topics.down(self._settings.ip_topic_prefix, item.call.dev_eui)
        info = self._client.publish(topic, item.data, qos=1, properties=self._properties(item.call))
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._failed(item.call, then, f"not published: {info.rc.name}")
            return
        with self._mids:
            reason = self._early.pop(info.mid, None)
            if reason is None:
                self._waiting[info.mid] = (item, then)
        if reason is not None:
            self._published(item, then, reason)

    def _properties(self, call: Enqueue) -> Properties | None:
        if self._settings.mqtt_protocol != "5" or not call.expires_ms:
            return None
        properties = Properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = max(1, call.expires_ms // 1000 - int(time.time()))
        return properties

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: ReasonCode, _p: Any) -> None:
        with self._mids:
            waiting = self._waiting.pop(mid, None)
            if waiting is None:
                self._early[mid] = reason
        if waiting is not None:
            self._published(*waiting, reason)

    def _published(self, item: Item, then: Then, reason: ReasonCode) -> None:
        if reason.value >= REFUSED or reason.value == NO_SUBSCRIBER:
            self._failed(item.call, then, f"broker: {reason}", reason.value == NOT_AUTHORIZED)
            return
        self._counters.add("enqueued")
        then(Enqueued(item.call.dev_eui, item.call.token, item.item_id))
        self._happened(Happened(Transmitted(item.call.dev_eui, item.item_id)))

    def _failed(self, call: Call, then: Then, detail: str, permanent: bool = False) -> None:
        LOG.warning("downlink not published", extra={"dev_eui": call.dev_eui, "detail": detail})
        if isinstance(call, Enqueue):
            self._counters.add("enqueue_failures")
            then(EnqueueFailed(call.dev_eui, call.token, permanent, detail))
        else:
            then(QueueUnknown(call.dev_eui, detail))

    def _filters(self) -> list[str]:
        group = self._settings.mqtt_shared_group
        share = f"$share/{group}/" if group else ""
        return [share + ip_topics.up(self._settings.ip_topic_prefix, "+")]

    def _client_id(self) -> str:
        return f"farwire-{self._settings.bridge_id}-ip"

    def _on_disconnect(self, _c: Any, _u: Any, flags: Any, reason: ReasonCode, _p: Any) -> None:
        super()._on_disconnect(_c, _u, flags, reason, _p)
        with self._mids:
            lost = list(self._waiting.values())
            self._waiting.clear()
            self._early.clear()
        for item, then in lost:  # perhaps the broker has it; then it comes twice, and counts once
            self._failed(item.call, then, "the connection to the broker was lost")
