"""One MQTT message -> what to spool and what happened; each event is handled once, however often it comes.

Keys of events: the deduplication id where there is one; the queue item and its counter for txack and ack
(ack's id is empty when a class B or C timeout made it); the content for log, which has no id.
"""

import functools
import logging
import sqlite3
import uuid
from dataclasses import replace
from typing import Any

from farwire_bridge import decode, dialects, events, ip_topics, ip_uplink, times, topics
from farwire_bridge.counters import Counters
from farwire_bridge.decode import Decoded
from farwire_bridge.dialects import Dialects
from farwire_bridge.errors import MalformedEventError
from farwire_bridge.happenings import Confirmed
from farwire_bridge.histories import Histories
from farwire_bridge.ip_items import item_id
from farwire_bridge.ip_ways import Ways
from farwire_bridge.memory import Seen, SetAside
from farwire_bridge.messages import CHIRPSTACK
from farwire_codecs import ip_frame
from farwire_codecs.errors import CodecError
from farwire_contract.v1.telemetry_pb2 import Entry

LOG = logging.getLogger("farwire.bridge")

MALFORMED_KEPT = 1_024
"""Bytes of a malformed event that its Refused entry carries."""

_NAMESPACE = uuid.UUID("5b1f9a3e-6d0c-5f8e-9c41-0a7f6f2d9b10")  # any fixed one: the same bytes, the same id
_NOTHING = Decoded()


class Intake:
    """Turns messages into entries and happenings, inside the database's transactions."""

    def __init__(
        self,
        seen: Seen,
        histories: Histories,
        set_aside: SetAside,
        counters: Counters,
        limits: times.Limits,
        mac_reserve: int,
        known: Dialects = dialects.NONE,
        ways: Ways | None = None,
        ip_application: str = "",
    ) -> None:
        self._seen = seen
        self._histories = histories
        self._set_aside = set_aside
        self._counters = counters
        self._limits = limits
        self._mac_reserve = mac_reserve
        self._dialects = known
        self._ways = ways
        self._ip_application = ip_application

    def take(self, topic_name: str, payload: bytes, now_ms: int, source: str = CHIRPSTACK) -> Decoded:
        """Return what a message gives; nothing for one that was handled before. Bad input raises nothing."""
        self._counters.add("received")
        is_event = source == CHIRPSTACK
        topic = topics.parse(topic_name) if is_event else ip_topics.parse(topic_name, self._ip_application)
        if topic is None:
            return self._strange(topic_name, payload, now_ms)
        if topic.event not in events.KINDS:
            self._counters.add("ignored")
            return _NOTHING
        try:
            if not is_event:
                return self._taken_over_ip(topic, payload, now_ms, source)
            event = events.parse(topic.event, topic.dev_eui, payload)
            if not self._seen.first_time(*_key(topic, event, payload)):
                self._counters.add("duplicates")
                return _NOTHING
            if topic.event == "up":
                self._came(topic.dev_eui, source)
            return self._decoded(topic, event, now_ms)
        except MalformedEventError as error:
            return self._malformed(topic, payload, error)
        except sqlite3.Error:
            raise  # the disk, not the message
        except Exception as error:
            # A bug of ours or of a codec must not stop the plant: the event is kept like any other bad one.
            LOG.exception("event failed", extra={"dev_eui": topic.dev_eui, "event": topic.event})
            return self._malformed(topic, payload, error)

    def _taken_over_ip(self, topic: topics.EventTopic, payload: bytes, now_ms: int, source: str) -> Decoded:
        """Return what a frame gives that a node sent without a radio."""
        try:
            frame = ip_frame.decode_up(payload)
        except CodecError as error:
            raise MalformedEventError(f"{type(error).__name__}: {error}") from error
        self._came(topic.dev_eui, source)
        confirmed = (Confirmed(topic.dev_eui, item_id(frame.heard), True),) if frame.heard else ()
        if frame.port == ip_frame.NOTHING:
            return Decoded((), confirmed)
        if not self._seen.first_time("ip", topic.dev_eui, frame.session, frame.counter):
            self._counters.add("duplicates")
            return Decoded((), confirmed)
        decoded = self._decoded(topic, ip_uplink.event(topic, frame, now_ms), now_ms)
        return replace(decoded, happenings=confirmed + decoded.happenings)

    def _came(self, dev_eui: str, source: str) -> None:
        if self._ways is not None:
            self._ways.note(dev_eui, source)

    def _decoded(self, topic: topics.EventTopic, event: Any, now_ms: int) -> Decoded:
        if topic.event == "up":
            decoded = decode.decode_uplink(
                event,
                functools.partial(self._histories.read, topic.dev_eui),
                now_ms,
                self._limits,
                self._mac_reserve,
                self._dialects,
            )
        else:
            decoded = decode.decode_other(topic.event, event, now_ms)
        for name, count in decoded.counts:
            self._counters.add(name, count)
        for entry in decoded.entries:
            LOG.info(topic.event, extra={**facts(entry), **dict(decoded.facts)})
        return decoded

    def _malformed(self, topic: topics.EventTopic, payload: bytes, error: Exception) -> Decoded:
        self._counters.add("malformed")
        identity = str(uuid.uuid5(_NAMESPACE, f"{topic.event} {topic.dev_eui} {payload.hex()}"))
        if not self._seen.first_time("malformed", identity):
            self._counters.add("duplicates")
            return _NOTHING
        LOG.warning("malformed event", extra={"dev_eui": topic.dev_eui, "detail": str(error)[:500]})
        kept = payload[:MALFORMED_KEPT]
        return Decoded((decode.refused_event(topic.dev_eui, topic.application_id, kept, identity, error),))

    def _strange(self, topic_name: str, payload: bytes, now_ms: int) -> Decoded:
        """Keep a message of no device: the cloud has no place for it."""
        self._counters.add("malformed")
        LOG.warning("message on a strange topic", extra={"topic": topic_name[:200]})
        self._set_aside.keep("the topic is not one of ChirpStack's", topic_name, payload, now_ms)
        return _NOTHING


def facts(entry: Entry) -> dict[str, Any]:
    """Return what a log line says of an entry."""
    found: dict[str, Any] = {"dev_eui": entry.device.dev_eui, "body": entry.WhichOneof("body")}
    if entry.HasField("uplink"):
        found["f_cnt"] = entry.uplink.f_cnt
    if entry.HasField("records") and entry.records.records:
        found["records"] = f"{entry.records.records[0].number}-{entry.records.records[-1].number}"
    if entry.HasField("alarms"):
        found["alarms"] = ",".join(str(alarm.number) for alarm in entry.alarms.alarms)
    if entry.live.named:
        found["named"] = len(entry.live.named)
    if entry.HasField("refused"):
        found["reason"] = entry.refused.reason
        found["detail"] = entry.refused.detail
    return found


def _key(topic: topics.EventTopic, event: Any, payload: bytes) -> tuple[str | int | bytes, ...]:
    match topic.event:
        case "txack":
            own: tuple[str | int | bytes, ...] = (event.queue_item_id, event.downlink_id, event.f_cnt_down)
        case "ack":
            own = (event.queue_item_id, event.f_cnt_down, event.acknowledged)
        case "log":
            own = (payload,)
        case _:
            own = (event.deduplication_id or payload,)
    return topic.event, topic.dev_eui, *own
