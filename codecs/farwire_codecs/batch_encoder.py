"""Encoder of the history batch: record by record, until the frame is full.

Its memory is the same however many records wait. Its loops go by index, because MicroPython takes heap for
every step of a zip or enumerate.
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

_LONGEST_END = 8  # bytes that the end may take: two for the last row, 36 bits of age, and rounding
_TYPICAL = 15  # intervals of which the usual one is the median
_OLDEST_S = (1 << 29) - 2  # an age in 1/8 s plus 1 is less than 2^32
_TRIED, _FITTING = 0, 1  # marks in the coder


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
    CodecError otherwise. (b"", 0) when there are no records or not one fits; no batch ends with a record that
    is 17 years old. The same call with only those first records gives the same frame.

    `base`: the model that the frame builds on; it is left out where it cannot serve (another schema, records
    not after it, values off their steps, an inline schema, one channel). `only`: index of the one channel to
    carry.
    `flat`: start untrained, which no decoder does: to measure what the training gains.
    """
    check(schema)
    fields.checked("only", only, ALL_CHANNELS, len(schema.channels) - 1)
    records = records[:MAXIMUM_RECORDS]
    if not records:
        return b"", 0
    _check(schema, records, tx_end_ms)
    model = model_of(schema, only)
    on_grid = 0  # of the first records
    while on_grid < len(records) and model.fits_grid(records[on_grid].values):
        on_grid += 1
    off_grid = on_grid < len(records)
    if off_grid:
        model = model_of(schema, only, True)
    flags = (ACKNOWLEDGEMENT_WANTED if acknowledgement_wanted else 0) | (OFF_GRID if off_grid else 0)
    building_on = base
    if off_grid or inline_schema or only != ALL_CHANNELS or (base and not base.serves(schema, records)):
        building_on = None
    out = _head(schema, flags, inline_schema, only, building_on)
    if building_on:
        model.copy(building_on.model)
    if flat:
        model.contexts.start(True)
    interval_s = _usual(records, schema.interval_s)
    frame, count = b"", 0
    if limit > len(out):
        coder = RangeEncoder(model.contexts, limit - len(out))
        _put_number(coder, records[0].number, building_on)
        _put_interval(coder, interval_s, schema.interval_s)
        count = _put_rows(coder, model, interval_s, records, tx_end_ms)
        if count:
            _put_end(coder, count, records[count - 1], tx_end_ms)
            frame = bytes(out) + coder.close()
    # What does not fit must not shape what does.
    if off_grid and count <= on_grid:
        records = records[:on_grid]
    elif 0 < count < len(records) and _usual(records[:count], schema.interval_s) != interval_s:
        records = records[:count]
    else:
        return frame, count
    return encode(schema, records, tx_end_ms, limit, acknowledgement_wanted, inline_schema, base, only, flat)


def _head(
    schema: Schema, flags: int, inline_schema: bool, only: int, building_on: "Base | None"
) -> bytearray:
    """Return the bytes before the coded part."""
    out = bytearray(1)
    if building_on:
        flags |= CARRIED
        out.append(building_on.number & 0xFF)
        out.append(building_on.check())
    else:
        out.append(schema.schema_id)
        if inline_schema:
            flags |= INLINE_SCHEMA
            schema_table.put(out, schema)
        if only != ALL_CHANNELS:
            flags |= ONE_CHANNEL
            out.append(only)
    out[0] = fields.header(flags)
    return out


def _put_rows(
    coder: RangeEncoder,
    model: Model,
    interval_s: int,
    records: list[Record] | tuple[Record, ...],
    tx_end_ms: int,
) -> int:
    """Code the most records that fit with the end behind them, and return how many; the model is used up."""
    fitting = 0
    oldest_s = tx_end_ms // 1000 - _OLDEST_S
    magnitude = last = 0
    for index in range(len(records)):
        if index:
            coder.put_chance(last_row_chance(index), 0)
            late = records[index].time_s - records[index - 1].time_s - interval_s
            put_residual(coder, RARE, scale_of(magnitude), last, LEAN_NEITHER, late)
            magnitude, last = averaged(magnitude, late), late
        model.put(coder, records[index].values)
        size = coder.size()
        if size > coder.limit:
            break
        if records[index].time_s < oldest_s:
            continue
        coder.mark(_TRIED)
        if size + _LONGEST_END > coder.limit:  # one more record may fit where this does not: it is younger
            _put_end(coder, index + 1, records[index], tx_end_ms)
            size = coder.size()
            coder.rewind(_TRIED)
        if size <= coder.limit:
            coder.mark(_FITTING)
            fitting = index + 1
    coder.rewind(_FITTING)
    return fitting


def _put_end(coder: RangeEncoder, count: int, newest: Record, tx_end_ms: int) -> None:
    """Code that the batch ends here, and the age of its newest record."""
    coder.put_chance(last_row_chance(count), 1)
    # Apart from the rest of a second: times in ms are no small integers on a board.
    eighths = 8 * (tx_end_ms // 1000 - newest.time_s) + fields.eighths("rest of a second", tx_end_ms % 1000)
    _put_natural(coder, eighths + 1)


def _put_number(coder: RangeEncoder, number: int, building_on: "Base | None") -> None:
    if building_on is None:
        _put_natural(coder, number)
    elif number == building_on.number + 1:
        coder.put_even(0, 1)
    else:
        coder.put_even(1, 1)
        _put_natural(coder, number - building_on.number - 1)


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
    end_s = tx_end_ms // 1000
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
        if record.time_s > end_s:
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
