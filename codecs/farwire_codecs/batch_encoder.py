"""Encoder of the history batch: record by record, until the frame is full.

It keeps one Column per axis of a channel, so its memory is the frame and a few integers a column, however
many records wait. Its loops go by index, because MicroPython takes heap for every step of a zip or enumerate.
"""

from farwire_codecs import fields
from farwire_codecs.batch_layout import (
    ACKNOWLEDGEMENT_WANTED,
    INLINE_SCHEMA,
    MAXIMUM_INTERVAL_S,
    MAXIMUM_RECORDS,
    MISSING,
    TIME_BITS,
    UNEVEN,
    Record,
    columns_of,
)
from farwire_codecs.bits import BitWriter
from farwire_codecs.column import Column
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.schema import Schema, check

_FEW = 6  # with fewer records a step costs more than it saves
_TYPICAL = 15  # intervals of which the usual one is the median


def encode(
    schema: Schema,
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
    limit: int,
    acknowledgement_wanted: bool,
    inline_schema: bool,
) -> tuple[bytes, int]:
    """Return a frame of at most `limit` bytes with as many of the first records as fit, and their count.

    The records' numbers must be consecutive, their times not falling and none after `tx_end_ms`; raises
    CodecError otherwise. (b"", 0) when there are no records or not one fits. The same call with only those
    first records gives the same frame; with an earlier `tx_end_ms` it has the same records and is not longer.
    """
    head = _head(schema, inline_schema)
    flags = (ACKNOWLEDGEMENT_WANTED if acknowledgement_wanted else 0) | (
        INLINE_SCHEMA if inline_schema else 0
    )
    axes = sum([len(group) for group in columns_of(schema)])
    count = min(len(records), MAXIMUM_RECORDS, 8 * limit // axes)  # a value takes a bit at least
    while count:
        records = records[:count]
        payload, count = _fill(flags, head, columns_of(schema), records, tx_end_ms, limit)
        # What is chosen by looking at all records (step, start of k, flags) may suit the ones that fit
        # less well than what those alone would get; so once more with those alone.
        if count == len(records):
            return payload, count
    return b"", 0


def _fill(
    flags: int,
    head: bytearray,
    columns: list[list[Column]],
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
    limit: int,
) -> tuple[bytes, int]:
    """Return the frame with as many of the records as fit when step and start are chosen for all of them."""
    smooth, missing, uneven = _survey(columns, records, tx_end_ms)
    # Without a flag each record is shorter, so first try whether the frame is full before the first record
    # that needs one.
    payload, count = _encode(flags, head, columns, records[:smooth], tx_end_ms, limit)
    if count == smooth < len(records):
        more = flags | (MISSING if missing else 0) | (UNEVEN if uneven else 0)
        longer, longer_count = _encode(more, head, columns, records, tx_end_ms, limit)
        if longer_count > count:
            payload, count = longer, longer_count
    if count > 1:
        return payload, count
    if None in records[0].values:
        flags |= MISSING
    return _encode(flags, head, columns, records[:1], tx_end_ms, limit)


def _head(schema: Schema, inline_schema: bool) -> bytearray:
    """Return the frame up to the records' number; the header's byte is still 0."""
    check(schema)
    head = bytearray((0, schema.schema_id))
    if inline_schema:
        head.append(len(schema.channels))
        for channel in schema.channels:
            head.append(channel.channel)
            head.append(channel.type_id)
    return head


def _survey(
    columns: list[list[Column]], records: list[Record] | tuple[Record, ...], tx_end_ms: int
) -> tuple[int, bool, bool]:
    """Check the records and settle each column's step and start.

    Returns how many of the first records need no flag, whether a value is missing anywhere, and whether the
    intervals differ.
    """
    smooth = 0
    missing = uneven = False
    previous = records[0]
    interval_s = records[1].time_s - previous.time_s if len(records) > 1 else 0
    for index in range(len(records)):
        record = records[index]
        _check(record, previous, index, tx_end_ms, len(columns))
        if index and record.time_s - previous.time_s != interval_s:
            uneven = True
        for at in range(len(columns)):
            raw = record.values[at]
            if raw is None:
                missing = True
            else:
                _look(columns[at], raw)
        if not missing and not uneven:
            smooth = index + 1
        previous = record
    for group in columns:
        for column in group:
            column.settle(len(records) >= _FEW)
    return smooth, missing, uneven


def _check(record: Record, previous: Record, index: int, tx_end_ms: int, channels: int) -> None:
    if index and record.number != previous.number + 1:
        raise RangeError(f"record {record.number} follows {previous.number}, expected consecutive numbers")
    fields.checked("record number", record.number, 1, fields.MAXIMUM_U32)
    if record.time_s < previous.time_s or record.time_s - previous.time_s > MAXIMUM_INTERVAL_S:
        raise RangeError(
            f"record {record.number} is of {record.time_s} s, the one before of {previous.time_s} s; "
            f"expected 0 to {MAXIMUM_INTERVAL_S} s between"
        )
    if record.time_s * 1000 > tx_end_ms:
        raise RangeError(f"record {record.number} is of {record.time_s} s, after the end of transmission")
    if len(record.values) != channels:
        raise MalformedError(
            f"record {record.number} has {len(record.values)} values, its schema {channels} channels"
        )


def _look(group: list[Column], raw: tuple[int, ...]) -> None:
    if len(raw) != len(group):
        raise MalformedError(f"history batch: a value has {len(raw)} axes, its type {len(group)}")
    for axis in range(len(group)):
        group[axis].look(raw[axis])


def _encode(
    flags: int,
    head: bytearray,
    columns: list[list[Column]],
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
    limit: int,
) -> tuple[bytes, int]:
    """Return the frame with these flags and as many of the records as fit, and their count."""
    if not records:
        return b"", 0
    out = bytearray(head)
    out[0] = fields.header(flags)
    fields.put_varint(out, "record number", records[0].number)
    interval_s, times = _intervals(records, flags)
    writer = BitWriter(max(0, limit - len(out)))
    if flags & UNEVEN:
        times.put_start(writer)
    for group in columns:
        _start(writer, group, len(records) > 1)
    count = 0
    presence = -1
    for record in records:
        before = writer.position
        if count and flags & UNEVEN:
            apart = record.time_s - records[count - 1].time_s - interval_s
            times.put_folded(writer, fields.zigzag(apart // times.step))
        if flags & MISSING:
            presence = _put_presence(writer, record.values, presence)
        _put_values(writer, columns, record.values)
        size = len(out) + (writer.position + 7 >> 3) + _tail_size(count + 1, record, interval_s, tx_end_ms)
        if size > limit:
            writer.rewind(before)
            break
        count += 1
    if not count:
        return b"", 0
    fields.put_varint(out, "count", count)
    fields.put_varint(out, "age of the newest record", _age(records[count - 1], tx_end_ms))
    if count > 1:
        fields.put_varint(out, "interval", interval_s)
    return bytes(out) + writer.bytes(), count


def _start(writer: BitWriter, group: list[Column], many: bool) -> None:
    for column in group:
        column.start()
        if many:
            column.put_start(writer)


def _put_values(
    writer: BitWriter, columns: list[list[Column]], values: tuple[tuple[int, ...] | None, ...]
) -> None:
    for at in range(len(columns)):
        raw = values[at]
        if raw is not None:
            group = columns[at]
            for axis in range(len(group)):
                group[axis].put(writer, raw[axis])


def _age(record: Record, tx_end_ms: int) -> int:
    return fields.eighths("age of the newest record", tx_end_ms - 1000 * record.time_s)


def _tail_size(count: int, newest: Record, interval_s: int, tx_end_ms: int) -> int:
    """Return the bytes of count, age and interval."""
    size = fields.varint_size(count) + fields.varint_size(_age(newest, tx_end_ms))
    return size + fields.varint_size(interval_s) if count > 1 else size


def _intervals(records: list[Record] | tuple[Record, ...], flags: int) -> tuple[int, Column]:
    """Return the usual interval, and the column of the deviations from it (settled only for UNEVEN)."""
    times = Column(TIME_BITS, False)
    if len(records) < 2:
        return 0, times
    if not flags & UNEVEN:
        return records[1].time_s - records[0].time_s, times
    apart = sorted(
        [
            records[index + 1].time_s - records[index].time_s
            for index in range(min(_TYPICAL, len(records) - 1))
        ]
    )
    interval_s = apart[(len(apart) - 1) // 2]
    for index in range(len(records) - 1):
        times.look_at_difference(records[index + 1].time_s - records[index].time_s - interval_s)
    times.settle(len(records) >= _FEW)
    times.start()
    return interval_s, times


def _put_presence(writer: BitWriter, values: tuple[tuple[int, ...] | None, ...], previous: int) -> int:
    """Write which channels have a value, if that changed; return it as an integer, first channel highest."""
    presence = 0
    for raw in values:
        presence = presence << 1 | (raw is not None)
    if previous >= 0:
        writer.put(presence != previous, 1)
    if presence != previous:
        writer.put(presence, len(values))
    return presence
