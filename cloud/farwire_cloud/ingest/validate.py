"""Entries of the contract -> deliveries, every field checked. Raises InvalidError. Pure."""

from collections.abc import Callable
from typing import Any

from farwire_cloud.errors import InvalidError
from farwire_cloud.ingest import bounds
from farwire_cloud.model.deliveries import (
    About,
    Alarm,
    Alarms,
    Answer,
    Body,
    Delivery,
    FateReport,
    Heard,
    Joined,
    LiveValues,
    LogPiece,
    NetworkLog,
    Records,
    RefusedFrame,
    StateReport,
    Status,
)
from farwire_cloud.model.readings import NamedReading, Reading, Record, named_to_text
from farwire_codecs import log_piece, lpp_types
from farwire_codecs.errors import CodecError
from farwire_codecs.state_report import RESET_REASONS
from farwire_contract.v1 import telemetry_pb2 as contract


def check_request(request: contract.DeliverRequest) -> None:
    """Raise unless the request as a whole is in its limits."""
    bounds.matching(
        "bridge_id", request.bridge_id, bounds.BRIDGE_ID, "1 to 64 characters of A-Z a-z 0-9 . _ -"
    )
    bounds.at_most("entries", len(request.entries), bounds.MOST_ENTRIES, "entries")
    bounds.at_most("request", request.ByteSize(), bounds.MOST_BYTES, "bytes")


def delivery(entry: contract.Entry) -> Delivery:
    """Return what an entry delivers."""
    kind = entry.WhichOneof("body")
    if kind is None:
        raise InvalidError("body", None, f"one of {', '.join(_BODIES)}")
    heard = _heard(entry.uplink) if entry.HasField("uplink") else None
    if heard is None and kind in _NEEDS_UPLINK:
        raise InvalidError("uplink", None, f"the frame that the {kind} came in")
    return Delivery(
        about=_about(entry.device),
        heard=heard,
        time_ms=bounds.time_ms("time_ms", entry.time_ms),
        body=_BODIES[kind](getattr(entry, kind)),
    )


def _about(device: contract.Device) -> About:
    return About(
        bounds.dev_eui("device.dev_eui", device.dev_eui),
        bounds.cut(device.name),
        bounds.cut(device.application_id),
        bounds.cut(device.profile_name),
        bounds.cut_map(device.tags),
    )


def _heard(uplink: contract.Uplink) -> Heard:
    bounds.at_most("uplink.payload", len(uplink.payload), bounds.MOST_PAYLOAD, "bytes")
    return Heard(
        bounds.matching(
            "uplink.deduplication_id",
            uplink.deduplication_id,
            bounds.IDENTITY,
            "1 to 100 characters of A-Z a-z 0-9 . _ : / + = -",
        ),
        bounds.matching("uplink.dev_addr", uplink.dev_addr, bounds.DEV_ADDR, "8 lower-case hex digits"),
        uplink.f_cnt,
        bounds.between("uplink.f_port", uplink.f_port, 0, 255),
        bounds.between("uplink.data_rate", uplink.data_rate, 0, 15),
        uplink.frequency_hz,
        uplink.rssi_dbm,
        round(bounds.finite("uplink.snr_db", uplink.snr_db), 2),
        uplink.gateways,
        uplink.payload,
    )


def _records(body: contract.Records) -> Records:
    bounds.at_most("records", len(body.records), bounds.MOST_RECORDS, "records")
    records = tuple(_record(f"records[{index}]", record) for index, record in enumerate(body.records))
    return Records(records, body.acknowledgement_wanted)


def _record(field: str, record: contract.Record) -> Record:
    return Record(
        bounds.between(f"{field}.number", record.number, 1, bounds.LARGEST_U32),
        bounds.time_ms(f"{field}.time_ms", record.time_ms),
        _readings(f"{field}.readings", record.readings),
    )


def _readings(field: str, readings: Any) -> tuple[Reading, ...]:
    bounds.at_most(field, len(readings), bounds.MOST_READINGS, "readings")
    return tuple(sorted(_reading(f"{field}[{index}]", reading) for index, reading in enumerate(readings)))


def _reading(field: str, reading: contract.Reading) -> Reading:
    channel = bounds.between(f"{field}.channel", reading.channel, 0, 255)
    lpp_type = bounds.between(f"{field}.lpp_type", reading.lpp_type, 0, bounds.LARGEST_TYPE)
    raw = tuple(reading.raw)
    if not 1 <= len(raw) <= bounds.MOST_AXES:
        raise InvalidError(f"{field}.raw", len(raw), f"1 to {bounds.MOST_AXES} numbers")
    if lpp_type in lpp_types.TYPES:  # one that this version does not know is kept as it is
        try:
            lpp_types.check_raw(lpp_type, raw)
        except CodecError as error:
            raise InvalidError(f"{field}.raw", list(raw), str(error)) from error
    return Reading(channel, lpp_type, raw)


def _live(body: contract.LiveValues) -> LiveValues:
    return LiveValues(_readings("live.readings", body.readings), _named("live.named", body.named))


def _named(field: str, readings: Any) -> tuple[NamedReading, ...]:
    bounds.at_most(field, len(readings), bounds.MOST_READINGS, "readings")
    found = tuple(_named_reading(f"{field}[{index}]", reading) for index, reading in enumerate(readings))
    if len({reading.name for reading in found}) < len(found):
        raise InvalidError(field, [reading.name for reading in found], "no two of one name")
    bounds.at_most(field, len(named_to_text(found).encode()), bounds.MOST_NAMED_BYTES, "bytes as text")
    return found


def _named_reading(field: str, reading: contract.NamedReading) -> NamedReading:
    name = bounds.printable(f"{field}.name", reading.name, 1, bounds.LONGEST_NAME)
    unit = bounds.printable(f"{field}.unit", reading.unit, 0, bounds.LONGEST_UNIT)
    match reading.WhichOneof("value"):
        case "number":
            return NamedReading(name, unit, bounds.finite(f"{field}.number", reading.number))
        case "text":
            return NamedReading(name, unit, bounds.cut(reading.text))
        case "flag":
            return NamedReading(name, unit, reading.flag)
        case _:
            raise InvalidError(f"{field}.value", None, "a number, a text or a flag")


def _alarms(body: contract.AlarmReport) -> Alarms:
    bounds.at_most("alarms", len(body.alarms), bounds.MOST_ALARMS, "alarms")
    return Alarms(tuple(_alarm(f"alarms[{index}]", alarm) for index, alarm in enumerate(body.alarms)))


def _alarm(field: str, alarm: contract.Alarm) -> Alarm:
    return Alarm(
        bounds.between(f"{field}.number", alarm.number, 1, bounds.LARGEST_U32),
        bounds.between(f"{field}.channel", alarm.channel, 0, 255),
        bounds.between(f"{field}.condition", alarm.condition, 1, max(contract.Condition.values())),
        alarm.active,
        bounds.time_ms(f"{field}.time_ms", alarm.time_ms),
        # A sensor that failed has no value.
        _reading(f"{field}.value", alarm.value) if alarm.value.raw else None,
    )


def _state(body: contract.StateReport) -> StateReport:
    if body.oldest_record > body.next_record:
        raise InvalidError(
            "state.oldest_record", body.oldest_record, f"at most next_record, {body.next_record}"
        )
    return StateReport(
        body.configuration_hash,
        bounds.between("state.reset_reason", body.reset_reason, 0, len(RESET_REASONS) - 1),
        body.uptime_s,
        body.battery_mv,
        body.oldest_record,
        body.next_record,
        body.dropped_records,
        body.sampling_interval_s,
        body.oldest_alarm,
    )


def _answer(body: contract.CommandAnswer) -> Answer:
    return Answer(
        bounds.between("answer.command_number", body.command_number, 0, bounds.LARGEST_COMMAND_NUMBER),
        bounds.between("answer.result", body.result, 1, max(contract.CommandResult.values())),
    )


def _refused(body: contract.Refused) -> RefusedFrame:
    return RefusedFrame(bounds.cut(body.reason), bounds.cut(body.detail))


def _joined(body: contract.Joined) -> Joined:
    return Joined(
        bounds.matching("joined.dev_addr", body.dev_addr, bounds.DEV_ADDR, "8 lower-case hex digits")
    )


def _status(body: contract.DeviceStatus) -> Status:
    percent = -1.0
    if body.HasField("battery_percent"):
        percent = round(bounds.finite("status.battery_percent", body.battery_percent), 1)
        if not 0 <= percent <= 100:
            raise InvalidError("status.battery_percent", percent, "0 to 100")
    return Status(percent, body.external_power, body.margin_db)


def _log(body: contract.NetworkLog) -> NetworkLog:
    return NetworkLog(
        bounds.cut(body.level),
        bounds.cut(body.code),
        bounds.cut(body.description),
        bounds.cut_map(body.context),
    )


def _log_piece(body: contract.LogPiece) -> LogPiece:
    bounds.at_most("log_piece.data", len(body.data), log_piece.MAXIMUM_DATA, "bytes")
    piece = log_piece.LogPiece(body.kind, body.number, body.offset, body.last, body.data)
    try:
        log_piece.encode(piece)
    except CodecError as error:
        raise InvalidError("log_piece", list(piece[:4]), str(error)) from error
    return LogPiece(*piece)


def _fate(body: contract.OrderFate) -> FateReport:
    return FateReport(
        bounds.matching("fate.order_id", body.order_id, bounds.IDENTITY, "the id of an order"),
        bounds.between("fate.fate", body.fate, 1, max(contract.Fate.values())),
        bounds.cut(body.detail),
        bounds.cut(body.queue_item_id),
        body.attempt,
    )


_BODIES: dict[str, Callable[[Any], Body]] = {
    "records": _records,
    "live": _live,
    "alarms": _alarms,
    "state": _state,
    "answer": _answer,
    "refused": _refused,
    "joined": _joined,
    "status": _status,
    "fate": _fate,
    "log": _log,
    "log_piece": _log_piece,
}
# Stored by the frame's deduplication id.
_NEEDS_UPLINK = ("live", "refused", "log_piece")
