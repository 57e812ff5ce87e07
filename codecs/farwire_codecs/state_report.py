"""State report (FPort 212, up): what a node says of itself."""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError

StateReport = namedtuple(
    "StateReport",
    (
        "configuration_hash",
        "reset_reason",
        "uptime_s",
        "battery_mv",
        "oldest_record",
        "next_record",
        "dropped_records",
        "sampling_interval_s",
        "oldest_alarm",
    ),
)
"""`configuration_hash` as `configuration.document_hash`; `reset_reason` an index into RESET_REASONS;
`battery_mv` 0: mains or unknown; `oldest_record` the oldest one still held (equal to `next_record`: none);
`next_record` the number that the next one will get; `dropped_records` given up since the first start;
`oldest_alarm`: alarms before it were erased, and those that did not come will not; 0: none was erased that is
not acknowledged."""

RESET_REASONS = (
    "unknown",
    "power_on",
    "watchdog",
    "brown_out",
    "command",
    "crash",
    "deep_sleep",
    "pin",
    "safe_mode",  # after repeated crashes: no sensor runs until a Reboot, or for some hours
)

MAXIMUM_SIZE = 39
_OLDEST_ALARM = 0x01


def encode(report: StateReport) -> bytes:
    """Return the frame: 12 to 39 bytes, about 18 as a rule."""
    out = bytearray((fields.header(_OLDEST_ALARM if report.oldest_alarm else 0),))
    fields.put_unsigned(out, "configuration_hash", report.configuration_hash, 4)
    out.append(fields.checked("reset_reason", report.reset_reason, 0, len(RESET_REASONS) - 1))
    fields.put_varint(out, "uptime_s", report.uptime_s)
    fields.put_varint(out, "battery_mv", fields.checked("battery_mv", report.battery_mv, 0, 0xFFFF))
    fields.put_varint(out, "oldest_record", report.oldest_record)
    fields.put_varint(out, "next_record - oldest_record", report.next_record - report.oldest_record)
    fields.checked("next_record", report.next_record, 0, fields.MAXIMUM_U32)
    fields.put_varint(out, "dropped_records", report.dropped_records)
    fields.put_varint(out, "sampling_interval_s", report.sampling_interval_s)
    if report.oldest_alarm:
        fields.put_varint(out, "oldest_alarm", report.oldest_alarm)
    return bytes(out)


def decode(payload: bytes) -> StateReport:
    """Return the report; raises CodecError."""
    cursor = fields.Cursor("state report", payload)
    flags = cursor.header(_OLDEST_ALARM)
    configuration_hash = cursor.unsigned("configuration_hash", 4)
    reset_reason = cursor.unsigned("reset_reason", 1)
    if reset_reason >= len(RESET_REASONS):
        raise RangeError(
            f"state report: reset_reason is {reset_reason}, expected 0 to {len(RESET_REASONS) - 1}"
        )
    uptime_s = cursor.varint("uptime_s")
    battery_mv = cursor.varint("battery_mv")
    oldest_record = cursor.varint("oldest_record")
    next_record = oldest_record + cursor.varint("next_record - oldest_record")
    dropped_records = cursor.varint("dropped_records")
    sampling_interval_s = cursor.varint("sampling_interval_s")
    oldest_alarm = cursor.varint("oldest_alarm") if flags & _OLDEST_ALARM else 0
    cursor.end()
    if battery_mv > 0xFFFF or next_record > fields.MAXIMUM_U32:
        raise MalformedError(
            f"state report: battery_mv {battery_mv} or next_record {next_record} is out of range"
        )
    if flags and not oldest_alarm:
        raise MalformedError("state report: oldest_alarm is 0, expected 1 or more, or none")
    return StateReport(
        configuration_hash,
        reset_reason,
        uptime_s,
        battery_mv,
        oldest_record,
        next_record,
        dropped_records,
        sampling_interval_s,
        oldest_alarm,
    )
