"""Alarm frame (FPort 211, up): starts and ends of alarms, in the order of their numbers."""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.lpp_types import check_raw, pack, type_of, unpack

Alarm = namedtuple("Alarm", ("number", "channel", "type_id", "condition", "active", "age_ms", "raw"))
"""`number` from 1, one for each start and each end; `condition` one of CONDITIONS; `active`: True it started,
False it ended; `age_ms` at the end of the frame's transmission, carried in 1/8 s; `raw` the value's integers
(one per axis of the type), None where there is none (a failed sensor)."""

HIGH = 1
LOW = 2
RATE = 3
STUCK = 4
SENSOR_FAILED = 5
OUT_OF_NORMAL = 6
CONDITIONS = (HIGH, LOW, RATE, STUCK, SENSOR_FAILED, OUT_OF_NORMAL)  # the numbers of farwire.v1.Condition

MAXIMUM_ALARMS = 31  # the header's five bits
_ACTIVE = 0x80
_NO_VALUE = 0x40


def encode(alarms: tuple[Alarm, ...] | list[Alarm], limit: int) -> tuple[bytes, int]:
    """Return a frame with as many of the first alarms as fit `limit` bytes, and their count.

    Numbers must grow from each alarm to the next. (b"", 0) when there are none or not one fits.
    """
    out = bytearray(1)
    count = 0
    previous = 0
    for alarm in alarms[:MAXIMUM_ALARMS]:
        size = len(out)
        _put(out, alarm, previous)
        if len(out) > limit:
            out = out[:size]
            break
        previous = alarm.number
        count += 1
    if not count:
        return b"", 0
    out[0] = fields.header(count)
    return bytes(out), count


def decode(payload: bytes) -> list[Alarm]:
    """Return the alarms; raises CodecError."""
    cursor = fields.Cursor("alarm frame", payload)
    count = cursor.header(MAXIMUM_ALARMS)
    if not count:
        raise MalformedError(f"alarm frame: the count is 0, expected 1 to {MAXIMUM_ALARMS}")
    alarms: list[Alarm] = []
    number = 0
    for _ in range(count):
        alarm = _take(cursor, number)
        number = alarm.number
        alarms.append(alarm)
    cursor.end()
    return alarms


def _put(out: bytearray, alarm: Alarm, previous: int) -> None:
    if alarm.number <= previous:
        raise RangeError(f"alarm number {alarm.number} follows {previous}, expected a larger one")
    if alarm.condition not in CONDITIONS:
        raise RangeError(f"alarm condition is {alarm.condition}, expected one of {CONDITIONS}")
    fields.checked("alarm number", alarm.number, 1, fields.MAXIMUM_U32)
    fields.put_varint(out, "alarm number", alarm.number - previous - 1)
    fields.put_unsigned(out, "alarm channel", alarm.channel, 1)
    fields.put_unsigned(out, "alarm type", alarm.type_id, 1)
    shape = alarm.condition | (_ACTIVE if alarm.active else 0) | (_NO_VALUE if alarm.raw is None else 0)
    out.append(shape)
    fields.put_varint(out, "alarm age", fields.eighths("alarm age", alarm.age_ms))
    if alarm.raw is not None:
        out.extend(pack(check_raw(alarm.type_id, alarm.raw), alarm.raw))


def _take(cursor: fields.Cursor, previous: int) -> Alarm:
    number = previous + 1 + cursor.varint("alarm number")
    if number > fields.MAXIMUM_U32:
        raise MalformedError(f"alarm frame: alarm number {number} needs more than 32 bits")
    channel = cursor.unsigned("alarm channel", 1)
    type_id = cursor.unsigned("alarm type", 1)
    shape = cursor.unsigned("alarm condition", 1)
    condition = shape & 0x3F
    if condition not in CONDITIONS:
        raise MalformedError(f"alarm frame: condition {condition}, expected one of {CONDITIONS}")
    age_ms = cursor.varint("alarm age") * fields.EIGHTH_MS
    raw = None
    if not shape & _NO_VALUE:
        found = type_of(type_id)
        raw = unpack(found, cursor.chunk("alarm value", found.size), 0)
    return Alarm(number, channel, type_id, condition, bool(shape & _ACTIVE), age_ms, raw)
