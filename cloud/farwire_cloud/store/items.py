"""Items <-> dataclasses, for what the radio brought. Pure functions; attribute names are in README.md."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from farwire_cloud.model.deliveries import About, Alarm, Heard, LiveValues, LogPiece, NetworkLog
from farwire_cloud.model.readings import (
    Reading,
    Record,
    named_from_text,
    named_to_text,
    readings_from_text,
    readings_to_text,
)
from farwire_cloud.store import keys
from farwire_cloud.store.keys import TTL_ATTRIBUTE, Key
from farwire_cloud.store.marshal import Item


def at(key: Key, attributes: Mapping[str, Any]) -> Item:
    """Return the item with `attributes` at `key`."""
    return {"pk": key.pk, "sk": key.sk, **attributes}


def record_to_item(dev_eui: str, record: Record, stored_ms: int) -> Item:
    """Return the item of a record; `stored_ms` is when it was stored."""
    content = {"t": record.time_ms, "r": readings_to_text(record.readings), "s": stored_ms}
    return at(keys.record(dev_eui, record.number), content)


def record_from_item(item: Item) -> Record:
    """Return the record of an item."""
    return Record(keys.number_in(item["sk"]), item["t"], readings_from_text(item["r"]))


def alarm_to_content(alarm: Alarm) -> dict[str, Any]:
    """Return the attributes of a start or an end of an alarm, wherever it is kept."""
    value = readings_to_text([alarm.value]) if alarm.value else ""
    return {
        "n": alarm.number,
        "c": alarm.channel,
        "k": alarm.condition,
        "a": alarm.active,
        "t": alarm.time_ms,
        "r": value,
    }


def alarm_from_item(item: Item) -> Alarm:
    """Return the start or end of an alarm."""
    return Alarm(item["n"], item["c"], item["k"], item["a"], item["t"], reading_of(item["r"]))


def reading_of(text: str) -> Reading | None:
    """Return the one reading of a text, None of an empty one."""
    readings = readings_from_text(text)
    return readings[0] if readings else None


def live_to_item(dev_eui: str, time_ms: int, deduplication_id: str, live: LiveValues) -> Item:
    """Return the item of live values."""
    key = keys.live(dev_eui, time_ms, deduplication_id)
    named = {"q": named_to_text(live.named)} if live.named else {}
    return at(key, {"t": time_ms, "r": readings_to_text(live.readings), **named})


def live_from_item(item: Item) -> LiveValues:
    """Return the live values of an item."""
    return LiveValues(readings_from_text(item["r"]), named_from_text(item["q"]) if "q" in item else ())


def frame_to_item(dev_eui: str, time_ms: int, heard: Heard, ttl_s: int) -> Item:
    """Return the item of a raw frame, which DynamoDB removes at `ttl_s`."""
    key = keys.frame(dev_eui, time_ms, heard.deduplication_id)
    return at(key, {"t": time_ms, TTL_ATTRIBUTE: ttl_s, **heard_to_content(heard)})


def heard_to_content(heard: Heard) -> dict[str, Any]:
    """Return the attributes of a radio frame."""
    return dataclasses.asdict(heard)


def heard_from_content(content: Mapping[str, Any]) -> Heard:
    """Return the radio frame of its attributes."""
    return Heard(**{field.name: content[field.name] for field in dataclasses.fields(Heard)})


def refused_to_item(
    dev_eui: str,
    time_ms: int,
    identity: str,
    reason: str,
    detail: str,
    heard: Heard | None,
    entry: bytes,
    ttl_s: int | None,
) -> Item:
    """Return the item of a frame or an entry that was refused: `entry` as it came, where it is known.

    `ttl_s` None: kept for good.
    """
    content: dict[str, Any] = {"t": time_ms, "reason": reason, "detail": detail}
    if ttl_s is not None:
        content[TTL_ATTRIBUTE] = ttl_s
    if heard is not None:
        content["heard"] = heard_to_content(heard)
    if entry:
        content["entry"] = entry
    return at(keys.refused(dev_eui, time_ms, identity), content)


def event_to_item(
    dev_eui: str, time_ms: int, identity: str, kind: str, content: dict[str, Any], ttl_s: int
) -> Item:
    """Return the item of a join, a status or a message of the network server."""
    key = keys.event(dev_eui, time_ms, identity)
    return at(key, {"t": time_ms, "kind": kind, "content": content, TTL_ATTRIBUTE: ttl_s})


def log_piece_to_item(dev_eui: str, time_ms: int, deduplication_id: str, piece: LogPiece, ttl_s: int) -> Item:
    """Return the item of a piece of a log or a crash report."""
    key = keys.log_piece(dev_eui, time_ms, deduplication_id)
    return at(key, {"t": time_ms, TTL_ATTRIBUTE: ttl_s, **dataclasses.asdict(piece)})


def log_piece_from_item(item: Item) -> LogPiece:
    """Return the piece of an item."""
    return LogPiece(**{field.name: item[field.name] for field in dataclasses.fields(LogPiece)})


def log_to_content(log: NetworkLog) -> dict[str, Any]:
    """Return the attributes of a message of the network server."""
    return {
        "level": log.level,
        "code": log.code,
        "description": log.description,
        "context": dict(log.context),
    }


def about_to_content(about: About) -> dict[str, Any]:
    """Return the attributes of what the network server says about a device."""
    return {
        "name": about.name,
        "application_id": about.application_id,
        "profile_name": about.profile_name,
        "tags": dict(about.tags),
    }


def about_from_content(dev_eui: str, content: Mapping[str, Any]) -> About:
    """Return what the network server says about a device."""
    return About(
        dev_eui,
        content["name"],
        content["application_id"],
        content["profile_name"],
        tuple(sorted(content["tags"].items())),
    )
