"""Decoder of the history batch."""

from farwire_codecs import fields
from farwire_codecs.batch_layout import (
    ACKNOWLEDGEMENT_WANTED,
    FLAGS,
    INLINE_SCHEMA,
    MAXIMUM_INTERVAL_S,
    MAXIMUM_RECORDS,
    MISSING,
    TIME_BITS,
    UNEVEN,
    AgedRecord,
    Batch,
    columns_of,
)
from farwire_codecs.bits import BitReader
from farwire_codecs.column import Column
from farwire_codecs.errors import MalformedError, TruncatedError, UnknownSchemaError
from farwire_codecs.schema import Channel, Schema, check

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from collections.abc import Callable


def decode(payload: bytes, schema_for: "Callable[[int], Schema | None]") -> Batch:
    """Return the batch; raises CodecError.

    `schema_for` is a callable: schema id -> Schema, or None, which raises UnknownSchemaError unless the
    batch carries its schema itself.
    """
    cursor = fields.Cursor("history batch", payload)
    flags = cursor.header(FLAGS)
    schema = _take_schema(cursor, flags, schema_for)
    number = cursor.varint("number")
    count = cursor.varint("count")
    if not number or not 1 <= count <= MAXIMUM_RECORDS or number + count - 1 > fields.MAXIMUM_U32:
        raise MalformedError(f"history batch: {count} records from number {number}")
    if count > 8 * len(payload):
        raise TruncatedError(f"history batch: {len(payload)} bytes cannot hold {count} records")
    newest_age_ms = cursor.varint("age") * fields.EIGHTH_MS
    interval_s = cursor.varint("interval") if count > 1 else 0
    reader = BitReader(payload, cursor.position)
    columns = columns_of(schema)
    times = Column(TIME_BITS, False)
    if count > 1:
        if flags & UNEVEN:
            times.take_start(reader)
        for group in columns:
            for column in group:
                column.take_start(reader)
    elif flags & UNEVEN:
        raise MalformedError("history batch: uneven times with one record")
    presence = (1 << len(columns)) - 1
    rows = []
    time_s = 0
    for index in range(count):
        if index:
            time_s += _take_interval(reader, times, interval_s) if flags & UNEVEN else interval_s
        if flags & MISSING and (not index or reader.get(1)):
            presence = reader.get(len(columns))
        rows.append((time_s, _take_values(reader, columns, presence)))
    reader.end()
    return Batch(schema, _aged(rows, number, newest_age_ms), bool(flags & ACKNOWLEDGEMENT_WANTED))


def _take_schema(cursor: fields.Cursor, flags: int, schema_for: "Callable[[int], Schema | None]") -> Schema:
    schema_id = cursor.unsigned("schema id", 1)
    if flags & INLINE_SCHEMA:
        channels = []
        for _ in range(cursor.unsigned("number of channels", 1)):
            channel = cursor.unsigned("channel", 1)
            channels.append(Channel(channel, cursor.unsigned("type", 1)))
        schema = Schema(schema_id, tuple(channels))
        check(schema)
        return schema
    known = schema_for(schema_id)
    if known is None:
        raise UnknownSchemaError(schema_id)
    return known


def _take_interval(reader: BitReader, times: Column, usual_s: int) -> int:
    interval_s: int = usual_s + fields.unzigzag(times.take_folded(reader)) * times.step
    if not 0 <= interval_s <= MAXIMUM_INTERVAL_S:
        raise MalformedError(f"history batch: {interval_s} s between two records")
    return interval_s


def _take_values(
    reader: BitReader, columns: list[list[Column]], presence: int
) -> tuple[tuple[int, ...] | None, ...]:
    values: list[tuple[int, ...] | None] = []
    bit = 1 << len(columns) - 1
    for group in columns:
        values.append(tuple([column.take(reader) for column in group]) if presence & bit else None)
        bit >>= 1
    return tuple(values)


def _aged(
    rows: list[tuple[int, tuple[tuple[int, ...] | None, ...]]], number: int, newest_age_ms: int
) -> tuple[AgedRecord, ...]:
    newest_s = rows[-1][0]
    return tuple(
        [
            AgedRecord(number + index, newest_age_ms + 1000 * (newest_s - time_s), values)
            for index, (time_s, values) in enumerate(rows)
        ]
    )
