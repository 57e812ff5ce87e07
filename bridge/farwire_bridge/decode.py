"""Events of a device -> entries for the cloud, and happenings for the downlinks. Pure.

Bytes are decoded by FPort with `farwire_codecs.uplink`, or by the device's codec file (`dialects`); history
batches by what remembers the batches before (`histories`). What cannot be decoded becomes a Refused entry
that keeps the payload. Times of records and alarms: when the frame was heard minus the age that it carries.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import integration

from farwire_bridge import dialects, times
from farwire_bridge.dialects import Dialect, Dialects
from farwire_bridge.errors import UnknownDialectError
from farwire_bridge.happenings import Confirmed, Discarded, Happening, Heard, Rejoined, Transmitted
from farwire_bridge.payload_limits import payload_limit
from farwire_codecs import ports, ts013_readings, uplink
from farwire_codecs.batch import Batch
from farwire_codecs.command import CommandAnswer
from farwire_codecs.errors import CodecError, UnknownBaseError, UnknownSchemaError, UnknownTypeError
from farwire_codecs.log_piece import LogPiece
from farwire_codecs.model import ALL_CHANNELS
from farwire_codecs.schema import Schema
from farwire_codecs.state_report import StateReport
from farwire_codecs.ts013_readings import Readings
from farwire_contract.v1 import telemetry_pb2 as contract

MOST_RECORDS = 256
"""Records in one entry; a frame of many well compressed ones makes several, so that no entry grows large."""

FULL_PERCENT = 100

# The contract has no entry for what comes on other ports (LPP's history and periods).
_TAKEN = frozenset(
    (
        ports.LPP_DYNAMIC,
        ports.LPP_PACKED,
        ports.LPP_GPS,
        ports.HISTORY,
        ports.ALARM,
        ports.STATE,
        ports.COMMAND_ANSWER,
        ports.LOG,
    )
)

LONGEST_WARNINGS = 500
"""Characters of a codec's warnings in a log line."""

ReadBatch = Callable[[bytes, int], Batch]
"""A history batch's payload, and when it was heard (UTC ms) -> the batch with whole records alone, or
CodecError."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one event gave."""

    entries: tuple[contract.Entry, ...] = ()
    happenings: tuple[Happening, ...] = ()
    counts: tuple[tuple[str, int], ...] = field(default=())  # names of `counters`
    facts: tuple[tuple[str, str], ...] = field(default=())  # more for the log line


def decode_uplink(
    event: Any,
    read_batch: ReadBatch,
    now_ms: int,
    limits: times.Limits,
    reserve: int,
    known: Dialects = dialects.NONE,
) -> Decoded:
    """Return what an `up` event carries, and that it is a chance for downlinks."""
    heard_ms, corrected = times.heard_ms(event, now_ms, limits)
    entry = contract.Entry(device=_device(event), uplink=_uplink(event), time_ms=heard_ms)
    counts = [("uplinks", 1)] + [("times_corrected", 1)] * corrected
    answered = configuration_hash = None
    schema_missing = base_missing = False
    facts: list[tuple[str, str]] = []
    try:
        dialect = known.of(event.device_info)
        if dialect.codec is not None:
            facts.append(("codec", dialect.codec.name))
        content = _content(event, read_batch, dialect, heard_ms)
    except UnknownSchemaError as error:
        _refuse(entry, error)
        schema_missing = True
        counts += [("refused", 1), ("unknown_schemas", 1)]
    except UnknownBaseError as error:
        _refuse(entry, error)
        base_missing = True
        counts += [("refused", 1), ("unknown_bases", 1)]
    except (CodecError, UnknownDialectError) as error:
        _refuse(entry, error)
        counts.append(("refused", 1))
    else:
        counts += _put(entry, event.f_port, content, heard_ms, dialect)
        if isinstance(content, CommandAnswer):
            answered = content.number
        elif isinstance(content, StateReport):
            configuration_hash = content.configuration_hash
        elif isinstance(content, Readings) and content.warnings:
            facts.append(("warnings", "; ".join(content.warnings)[:LONGEST_WARNINGS]))
    limit = payload_limit(event.region_config_id, event.dr, reserve)
    heard = Heard(
        event.device_info.dev_eui, limit, answered, configuration_hash, schema_missing, base_missing
    )
    return Decoded(_split(entry), (heard,), tuple(counts), tuple(facts))


def decode_other(kind: str, event: Any, now_ms: int) -> Decoded:
    """Return what a `join`, `ack`, `txack`, `log` or `status` event carries."""
    dev_eui = event.device_info.dev_eui
    entry = contract.Entry(device=_device(event), time_ms=times.event_ms(event, now_ms))
    match kind:
        case "join":
            entry.joined.dev_addr = event.dev_addr
            return Decoded((entry,), (Rejoined(dev_eui),))
        case "status":
            entry.status.CopyFrom(_status(event))
            return Decoded((entry,))
        case "txack":
            return Decoded((), (Transmitted(dev_eui, event.queue_item_id),))
        case "ack":
            return Decoded((), (Confirmed(dev_eui, event.queue_item_id, event.acknowledged),))
        case _:
            entry.log.CopyFrom(_log(event))
            return Decoded((entry,), _discarded(event))


def refused_event(
    dev_eui: str, application_id: str, payload: bytes, identity: str, reason: Exception
) -> contract.Entry:
    """Return the entry of a message on a device's topic that is no event; `identity` names it for good."""
    entry = contract.Entry(device=contract.Device(dev_eui=dev_eui, application_id=application_id))
    entry.uplink.deduplication_id = identity
    entry.uplink.payload = payload
    _refuse(entry, reason)
    return entry


def _content(event: Any, read_batch: ReadBatch, dialect: Dialect, heard_ms: int) -> Any:
    if event.f_port == 0 or not event.data:
        return []  # MAC commands only: the device lives, and says no more
    if dialect.codec is not None:
        return ts013_readings.of_uplink(dialect.codec, event.data, event.f_port, heard_ms)
    if event.f_port == ports.HISTORY:
        return read_batch(event.data, heard_ms)
    lpp = dialect.lpp
    content = uplink.decode_uplink(
        event.f_port, event.data, lambda _: None, lpp.types, lpp.readers, dialect.padded
    )
    if event.f_port not in _TAKEN:
        raise UnknownTypeError(f"FPort {event.f_port} carries nothing that the cloud takes")
    return content


def _put(
    entry: contract.Entry, f_port: int, content: Any, heard_ms: int, dialect: Dialect
) -> list[tuple[str, int]]:
    """Set the entry's body; return what to count."""
    if isinstance(content, Batch):
        for record in content.records:
            entry.records.records.append(_record(content.schema, record, heard_ms))
        entry.records.acknowledgement_wanted = content.acknowledgement_wanted
        carried, parts = content.base > 0, content.only != ALL_CHANNELS
        return [("records", len(content.records)), ("carried", carried), ("parts", parts)]
    if isinstance(content, StateReport):
        entry.state.CopyFrom(contract.StateReport(**content._asdict()))
        return []
    if isinstance(content, CommandAnswer):
        entry.answer.command_number = content.number
        entry.answer.result = content.result
        return []
    if isinstance(content, LogPiece):
        entry.log_piece.CopyFrom(contract.LogPiece(**content._asdict()))
        return [("log_pieces", 1)]
    if f_port == ports.ALARM:
        entry.alarms.alarms.extend(_alarm(alarm, heard_ms) for alarm in content)
        return [("alarms", len(content))]
    entry.live.SetInParent()
    if isinstance(content, Readings):
        entry.live.named.extend(_named(reading) for reading in content.readings)
        return [("named", 1)]
    agreed, own = dialects.parted(content, dialect.lpp)
    entry.live.readings.extend(_reading(item.channel, item.type_id, item.raw) for item in agreed)
    entry.live.named.extend(_named(reading) for reading in own)
    return [("live", 1)] if content else []


def _split(entry: contract.Entry) -> tuple[contract.Entry, ...]:
    """Return an entry as several where it has more than MOST_RECORDS; the last one alone asks."""
    records = list(entry.records.records)
    if len(records) <= MOST_RECORDS:
        return (entry,)
    parts = []
    for at in range(0, len(records), MOST_RECORDS):
        part = contract.Entry(device=entry.device, uplink=entry.uplink, time_ms=entry.time_ms)
        part.records.records.extend(records[at : at + MOST_RECORDS])
        parts.append(part)
    parts[-1].records.acknowledgement_wanted = entry.records.acknowledgement_wanted
    return tuple(parts)


def _record(schema: Schema, record: Any, heard_ms: int) -> contract.Record:
    readings = [
        _reading(channel.channel, channel.type_id, raw)
        for channel, raw in zip(schema.channels, record.values, strict=True)
        if raw is not None
    ]
    return contract.Record(number=record.number, time_ms=heard_ms - record.age_ms, readings=readings)


def _alarm(alarm: Any, heard_ms: int) -> contract.Alarm:
    return contract.Alarm(
        number=alarm.number,
        channel=alarm.channel,
        condition=alarm.condition,
        active=alarm.active,
        time_ms=heard_ms - alarm.age_ms,
        value=_reading(alarm.channel, alarm.type_id, alarm.raw or ()),
    )


def _named(reading: ts013_readings.NamedReading) -> contract.NamedReading:
    named = contract.NamedReading(name=reading.name, unit=reading.unit)
    if isinstance(reading.value, bool):
        named.flag = reading.value
    elif isinstance(reading.value, str):
        named.text = reading.value
    else:
        named.number = reading.value
    return named


def _reading(channel: int, type_id: int, raw: tuple[int, ...]) -> contract.Reading:
    return contract.Reading(channel=channel, lpp_type=type_id, raw=raw)


def _refuse(entry: contract.Entry, error: Exception) -> None:
    entry.refused.reason = type(error).__name__
    entry.refused.detail = str(error)[:500]


def _device(event: Any) -> contract.Device:
    info = event.device_info
    return contract.Device(
        dev_eui=info.dev_eui,
        name=info.device_name,
        application_id=info.application_id,
        profile_name=info.device_profile_name,
        tags=dict(info.tags),
    )


def _uplink(event: Any) -> contract.Uplink:
    best = max(event.rx_info, key=lambda rx: (rx.snr, rx.rssi), default=None)
    return contract.Uplink(
        deduplication_id=event.deduplication_id,
        dev_addr=event.dev_addr,
        f_cnt=event.f_cnt,
        f_port=event.f_port,
        data_rate=event.dr,
        frequency_hz=event.tx_info.frequency,
        rssi_dbm=best.rssi if best is not None else 0,
        snr_db=best.snr if best is not None and math.isfinite(best.snr) else 0.0,
        gateways=len(event.rx_info),
        payload=event.data,
    )


def _status(event: Any) -> contract.DeviceStatus:
    status = contract.DeviceStatus(external_power=event.external_power_source, margin_db=event.margin)
    known = not event.battery_level_unavailable and not event.external_power_source
    if known and 0 <= event.battery_level <= FULL_PERCENT:
        status.battery_percent = event.battery_level
    return status


def _log(event: Any) -> contract.NetworkLog:
    return contract.NetworkLog(
        level=_name(integration.LogLevel, event.level),
        code=_name(integration.LogCode, event.code),
        description=event.description,
        context=dict(event.context),
    )


def _discarded(event: Any) -> tuple[Happening, ...]:
    """Return the loss of a queue item, if the event names one; DOWNLINK_GATEWAY names none (it stays)."""
    item_id = event.context.get("queue_item_id")
    code = _name(integration.LogCode, event.code)
    if not item_id or code not in ("DOWNLINK_PAYLOAD_SIZE", "EXPIRED", "F_CNT_DOWN"):
        return ()
    limit = event.context.get("max_payload_size", "")
    return (Discarded(event.device_info.dev_eui, item_id, code, int(limit) if limit.isdecimal() else None),)


def _name(enum: Any, number: int) -> str:
    """Return an enum value's name, or its number as text where a newer ChirpStack has more values."""
    return str(enum.Name(number)) if number in enum.values() else str(number)
