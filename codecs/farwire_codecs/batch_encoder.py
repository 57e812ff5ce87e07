"""Encoder of the history batch: record by record, until the frame is full.

It holds one model and a copy of it as of the record before, so its memory is the same however many records
wait. Its loops go by index, because MicroPython takes heap for every step of a zip or enumerate.
"""

from farwire_codecs import fields, schema_table
from farwire_codecs.batch_layout import (
    ACKNOWLEDGEMENT_WANTED,
    CARRIED,
    INLINE_SCHEMA,
    LENGTH_BITS,
    MAXIMUM_INTERVAL_S,
    MAXIMUM_RECORDS,
    OFF_GRID,
    ONE_CHANNEL,
    Record,
    last_row_chance,
)
from farwire_codecs.contexts import RARE
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.lpp_types import check_raw
from farwire_codecs.model import ALL_CHANNELS, LEAN_NEITHER, Model, model_of
from farwire_codecs.range_coder import RangeEncoder
from farwire_codecs.residual import averaged, put_residual, scale_of
from farwire_codecs.schema import Schema, check

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from farwire_codecs.base import Base

_LONGEST_END = 8  # bytes that the end may take: two for the last row, 37 bits of age, and rounding
_TYPICAL = 15  # intervals of which the usual one is the median


def encode(
    schema: Schema,
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
    limit: int,
    acknowledgement_wanted: bool = False,
    inline_schema: bool = False,
    base: "Base | None" = None,
    only: int = ALL_CHANNELS,
    flat: bool = False,
) -> tuple[bytes, int]:
    """Return a frame of at most `limit` bytes with as many of the first records as fit, and their count.

    The records' numbers must be consecutive, their times not falling and none after `tx_end_ms`; raises
    CodecError otherwise. (b"", 0) when there are no records or not one fits. The same call with only those
    first records gives the same frame.

    `base`: the model that the frame builds on; it is left out where it cannot serve (another schema, records
    not after it, values off their steps, an inline schema). `only`: index of the one channel to carry.
    `flat`: start untrained, which no decoder does: to measure what the training gains.
    """
    check(schema)
    records = records[:MAXIMUM_RECORDS]
    if not records:
        return b"", 0
    _check(schema, records, tx_end_ms)
    model = model_of(schema, only)
    off_grid = False
    for record in records:
        if not model.fits_grid(record.values):
            off_grid = True
    if off_grid:
        model = model_of(schema, only, True)
    flags = (ACKNOWLEDGEMENT_WANTED if acknowledgement_wanted else 0) | (OFF_GRID if off_grid else 0)
    out = bytearray(1)
    if (
        base is not None
        and not off_grid
        and not inline_schema
        and only == ALL_CHANNELS
        and base.serves(schema, records)
    ):
        flags |= CARRIED
        out.append(base.number & 0xFF)
        out.append(base.check())
        model.copy(base.model)
    else:
        base = None
        out.append(schema.schema_id)
        if inline_schema:
            flags |= INLINE_SCHEMA
            schema_table.put(out, schema)
        if only != ALL_CHANNELS:
            flags |= ONE_CHANNEL
            out.append(only)
    out[0] = fields.header(flags)
    if limit <= len(out):
        return b"", 0
    if flat:
        model.contexts.start(True)
    coder = RangeEncoder(model.contexts, limit - len(out))
    if base is None:
        _put_natural(coder, records[0].number)
    elif records[0].number == base.number + 1:
        coder.put_even(0, 1)
    else:
        coder.put_even(1, 1)
        _put_natural(coder, records[0].number - base.number - 1)
    count = _put_rows(coder, model, model_of(schema, only, off_grid), schema.interval_s, records, tx_end_ms)
    if not count:
        return b"", 0
    _put_end(coder, count, records[count - 1], tx_end_ms)
    return bytes(out) + coder.close(), count


def _put_rows(
    coder: RangeEncoder,
    model: Model,
    saved: Model,
    schema_interval_s: int,
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
) -> int:
    """Code as many records as fit, and return how many. `saved` is overwritten."""
    interval_s = _usual(records, schema_interval_s)
    _put_interval(coder, interval_s, schema_interval_s)
    magnitude = last = 0
    for index in range(len(records)):
        mark = coder.mark()
        saved.copy(model)
        if index:
            coder.put_chance(last_row_chance(index), 0)
            late = records[index].time_s - records[index - 1].time_s - interval_s
            put_residual(coder, RARE, scale_of(magnitude), last, LEAN_NEITHER, late)
            magnitude, last = averaged(magnitude, late), late
        model.put(coder, records[index].values)
        if coder.size() + _LONGEST_END > coder.limit:
            closed = coder.mark()
            _put_end(coder, index + 1, records[index], tx_end_ms)
            size = coder.size()
            coder.rewind(closed)
            if size > coder.limit:
                coder.rewind(mark)
                model.copy(saved)
                return index
    return len(records)


def _put_end(coder: RangeEncoder, count: int, newest: Record, tx_end_ms: int) -> None:
    """Code that the batch ends here, and the age of its newest record."""
    coder.put_chance(last_row_chance(count), 1)
    _put_natural(coder, fields.eighths("age of the newest record", tx_end_ms - 1000 * newest.time_s) + 1)


def _put_natural(coder: RangeEncoder, value: int) -> None:
    """Code an integer from 1 to 2^32 - 1: how many bits follow its highest, and those."""
    bits = 0
    while value >> bits + 1:
        bits += 1
    coder.put_even(bits, LENGTH_BITS)
    coder.put_even(value, bits)


def _put_interval(coder: RangeEncoder, interval_s: int, schema_interval_s: int) -> None:
    if interval_s == schema_interval_s:
        coder.put_even(0, 1)
    else:
        coder.put_even(1, 1)
        _put_natural(coder, interval_s + 1)


def _usual(records: list[Record] | tuple[Record, ...], schema_interval_s: int) -> int:
    """Return the interval that most records keep: the median of the first ones, the schema's for one
    record."""
    if len(records) < 2:
        return schema_interval_s
    apart: list[int] = sorted(
        [
            records[index + 1].time_s - records[index].time_s
            for index in range(min(_TYPICAL, len(records) - 1))
        ]
    )
    return apart[(len(apart) - 1) // 2]


def _check(schema: Schema, records: list[Record] | tuple[Record, ...], tx_end_ms: int) -> None:
    previous = records[0]
    for index in range(len(records)):
        record = records[index]
        if index and record.number != previous.number + 1:
            raise RangeError(
                f"record {record.number} follows {previous.number}, expected consecutive numbers"
            )
        fields.checked("record number", record.number, 1, fields.MAXIMUM_U32)
        if record.time_s < previous.time_s or record.time_s - previous.time_s > MAXIMUM_INTERVAL_S:
            raise RangeError(
                f"record {record.number} is of {record.time_s} s, the one before of {previous.time_s} s; "
                f"expected 0 to {MAXIMUM_INTERVAL_S} s between"
            )
        if record.time_s * 1000 > tx_end_ms:
            raise RangeError(f"record {record.number} is of {record.time_s} s, after the end of transmission")
        if len(record.values) != len(schema.channels):
            raise MalformedError(
                f"record {record.number} has {len(record.values)} values, its schema "
                f"{len(schema.channels)} channels"
            )
        for at in range(len(record.values)):
            raw = record.values[at]
            if raw is not None:
                check_raw(schema.channels[at].type_id, raw)
        previous = record
