"""Deliveries of one device + what is known of it -> what to write, and what is known afterwards. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from farwire_cloud.ingest import facts
from farwire_cloud.ingest.known import Known
from farwire_cloud.model.deliveries import (
    Alarm,
    Alarms,
    Delivery,
    Joined,
    LiveValues,
    LogPiece,
    NetworkLog,
    Records,
    RefusedFrame,
    StateReport,
    Status,
)
from farwire_cloud.model.device import DeviceState, merge
from farwire_cloud.model.readings import Record, readings_to_text
from farwire_cloud.store import device_items, items, keys
from farwire_cloud.store.items import at
from farwire_cloud.store.marshal import Item

# Two frames that carry one record may disagree on its time by the ages' resolution (1/8 s) and by what
# ChirpStack allows a gateway's clock to be off (`gateway.rx_timestamp_max_drift`, 30 s by default).
SAME_WITHIN_MS = 120_000
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Conflict:
    """A number that came with another content than the store has under it: the node counts anew."""

    what: str  # "record" or "alarm"
    number: int
    detail: str


@dataclass(slots=True)
class DevicePlan:
    """What to do for one device."""

    first: list[Item] = field(default_factory=list)  # durable before anything in `then` is written
    then: list[Item] = field(default_factory=list)  # no two with one key
    state: DeviceState = field(default_factory=lambda: DeviceState(""))  # to be learnt once `then` is durable
    records: list[Record] = field(default_factory=list)  # written
    blocks: list[tuple[int, int]] = field(default_factory=list)  # (hour, block) written
    alarms: list[Alarm] = field(default_factory=list)  # written
    reported_alarms: list[Alarm] = field(default_factory=list)  # all of them, known ones too
    reported: bool = False  # a state report came
    repeats: int = 0  # records that were stored before
    conflicts: list[Conflict] = field(default_factory=list)
    view_first: bool = False  # META must be durable before the answer: nothing else holds these facts
    acknowledge: bool = False  # records or alarms came
    wanted: bool = False  # the node wants an acknowledgement


def doubtful(deliveries: Iterable[Delivery], known: Known) -> list[keys.Key]:
    """Return the keys of records and alarms that are stored but whose content is not remembered."""
    found: set[keys.Key] = set()
    for delivery in deliveries:
        dev_eui = delivery.dev_eui
        if isinstance(delivery.body, Records):
            for record in delivery.body.records:
                if record.number in known.state.records and record.number not in known.records:
                    found.add(keys.record(dev_eui, record.number))
        elif isinstance(delivery.body, Alarms):
            for alarm in delivery.body.alarms:
                if alarm.number in known.state.alarm_numbers and alarm.number not in known.alarms:
                    found.add(keys.alarm(dev_eui, alarm.number))
    return sorted(found)


def plan(deliveries: Sequence[Delivery], known: Known, now_ms: int, kept_days: int) -> DevicePlan:
    """Return what to do. `now_ms` only dates the writing; `kept_days` is how long frames and logs stay."""
    dev_eui = known.state.dev_eui
    result = DevicePlan(state=DeviceState(dev_eui))
    if not known.listed:
        result.first.append(device_items.listed_to_item(dev_eui))
    ttl_s = now_ms // 1000 + max(1, kept_days) * DAY_S
    others: dict[keys.Key, Item] = {}
    for delivery in deliveries:
        result.state = merge(result.state, facts.of_delivery(delivery))
        for item in _plain_items(delivery, ttl_s, keeps_frames=kept_days > 0):
            others[keys.Key(item["pk"], item["sk"])] = item
        _note(delivery, result)
    _plan_records(deliveries, known, result, now_ms, others)
    _plan_alarms(deliveries, known, result, others)
    if result.conflicts:
        counted = DeviceState(dev_eui, conflicts=known.state.conflicts + len(result.conflicts))
        result.state = merge(result.state, counted)
    result.then.extend(others.values())
    return result


def identity_of(kind: str, content: object) -> str:
    """Return a name for what has none of its own: equal contents get equal names."""
    return hashlib.sha256(f"{kind} {content!r}".encode()).hexdigest()[:16]


def _note(delivery: Delivery, result: DevicePlan) -> None:
    match delivery.body:
        case Records(_, wanted):
            result.acknowledge = True
            result.wanted = result.wanted or wanted
        case Alarms():
            result.acknowledge = result.wanted = result.view_first = True
        case StateReport():
            result.reported = result.view_first = True
        case Joined() | Status():
            result.view_first = True


def _plain_items(delivery: Delivery, ttl_s: int, *, keeps_frames: bool) -> list[Item]:
    """Return the items that a delivery needs beside its records and alarms."""
    dev_eui, time_ms, heard, body = delivery.dev_eui, delivery.time_ms, delivery.heard, delivery.body
    found = []
    if heard and heard.payload and keeps_frames and not isinstance(body, RefusedFrame):
        found.append(items.frame_to_item(dev_eui, time_ms, heard, ttl_s))
    content: dict[str, Any]
    match body:
        case LiveValues() as live if heard and (live.readings or live.named):
            found.append(items.live_to_item(dev_eui, time_ms, heard.deduplication_id, live))
        case LogPiece() as piece if heard:
            identity = heard.deduplication_id
            found.append(items.log_piece_to_item(dev_eui, time_ms, identity, piece, ttl_s))
        case RefusedFrame(reason, detail) if heard:
            identity = heard.deduplication_id
            found.append(items.refused_to_item(dev_eui, time_ms, identity, reason, detail, heard, b"", ttl_s))
        case Joined(dev_addr):
            content = {"dev_addr": dev_addr}
            found.append(_event(dev_eui, time_ms, "joined", content, ttl_s))
        case Status(battery_percent, external_power, margin_db):
            content = {
                "battery_percent": battery_percent,
                "external_power": external_power,
                "margin_db": margin_db,
            }
            found.append(_event(dev_eui, time_ms, "status", content, ttl_s))
        case NetworkLog() as log:
            found.append(_event(dev_eui, time_ms, "log", items.log_to_content(log), ttl_s))
    return found


def _event(dev_eui: str, time_ms: int, kind: str, content: dict[str, Any], ttl_s: int) -> Item:
    return items.event_to_item(dev_eui, time_ms, identity_of(kind, content), kind, content, ttl_s)


def _plan_records(
    deliveries: Sequence[Delivery],
    known: Known,
    result: DevicePlan,
    now_ms: int,
    others: dict[keys.Key, Item],
) -> None:
    dev_eui = known.state.dev_eui
    planned: dict[int, Record] = {}
    blocks: dict[tuple[int, int], keys.Key] = {}  # by (hour, block)
    for delivery in deliveries:
        if not isinstance(delivery.body, Records):
            continue
        for record in delivery.body.records:
            number = record.number
            stored = planned.get(number) or known.records.get(number)
            if stored is None:
                planned[number] = record
                hour, block = keys.hour_of(record.time_ms), keys.block_of(number)
                if (hour, block) not in known.blocks:
                    blocks[hour, block] = keys.in_hour(dev_eui, hour, block)
            elif is_same(stored, record):
                result.repeats += 1
            else:
                conflict = Conflict("record", number, f"{_shown(record)}; stored is {_shown(stored)}")
                _keep_conflict(dev_eui, record.time_ms, conflict, result, others)
    result.records = list(planned.values())
    result.blocks = list(blocks)
    result.first += [at(key, {}) for key in blocks.values()]
    result.then += [items.record_to_item(dev_eui, record, now_ms) for record in result.records]
    result.state = merge(result.state, facts.of_records(dev_eui, result.records))


def _plan_alarms(
    deliveries: Sequence[Delivery],
    known: Known,
    result: DevicePlan,
    others: dict[keys.Key, Item],
) -> None:
    dev_eui = known.state.dev_eui
    planned: dict[int, Alarm] = {}
    for delivery in deliveries:
        if not isinstance(delivery.body, Alarms):
            continue
        for alarm in delivery.body.alarms:
            stored = planned.get(alarm.number) or known.alarms.get(alarm.number)
            if stored is None:
                planned[alarm.number] = alarm
            elif not _is_same_alarm(stored, alarm):
                conflict = Conflict("alarm", alarm.number, f"{alarm}; stored is {stored}")
                _keep_conflict(dev_eui, alarm.time_ms, conflict, result, others)
                continue
            result.reported_alarms.append(stored or alarm)
    result.alarms = list(planned.values())
    result.then += [
        at(keys.alarm(dev_eui, alarm.number), items.alarm_to_content(alarm)) for alarm in result.alarms
    ]
    result.state = merge(result.state, facts.of_alarms(dev_eui, result.reported_alarms))


def is_same(stored: Record, record: Record) -> bool:
    """Return whether two records with one number are one record.

    One without readings is of any: a node whose memory was full may have given up what it had sent before,
    and then sends its number alone.
    """
    if not record.readings:
        return True
    return stored.readings == record.readings and abs(stored.time_ms - record.time_ms) <= SAME_WITHIN_MS


def _is_same_alarm(stored: Alarm, alarm: Alarm) -> bool:
    facts_of_both = [(each.channel, each.condition, each.active) for each in (stored, alarm)]
    return facts_of_both[0] == facts_of_both[1] and abs(stored.time_ms - alarm.time_ms) <= SAME_WITHIN_MS


def _keep_conflict(
    dev_eui: str,
    time_ms: int,
    conflict: Conflict,
    result: DevicePlan,
    others: dict[keys.Key, Item],
) -> None:
    """Keep, for good, what cannot be stored under its own number: nothing is lost silently."""
    identity = identity_of(conflict.what, conflict.detail)
    reason = f"{conflict.what} {conflict.number} is stored with another content"
    item = items.refused_to_item(dev_eui, time_ms, identity, reason, conflict.detail, None, b"", None)
    others[keys.Key(item["pk"], item["sk"])] = item
    result.conflicts.append(conflict)


def _shown(record: Record) -> str:
    return f"{readings_to_text(record.readings)} at {record.time_ms}"
