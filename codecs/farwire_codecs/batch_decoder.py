"""Decoder of the history batch."""

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
    AgedRecord,
    Batch,
    last_row_chance,
)
from farwire_codecs.contexts import RARE, keep_start
from farwire_codecs.errors import MalformedError, UnknownBaseError, UnknownSchemaError
from farwire_codecs.model import ALL_CHANNELS, LEAN_NEITHER, Model, model_of
from farwire_codecs.range_coder import RangeDecoder
from farwire_codecs.residual import averaged, scale_of, take_residual
from farwire_codecs.schema import Schema

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_codecs.base import Base
    from farwire_codecs.contexts import Contexts

_KNOWN = ACKNOWLEDGEMENT_WANTED | INLINE_SCHEMA | CARRIED | ONE_CHANNEL | OFF_GRID


def decode(
    payload: bytes,
    schema_for: "Callable[[int], Schema | None]",
    base_for: "Callable[[int, int], Base | None] | None" = None,
    coder_of: "Callable[[Contexts, bytes, int], RangeDecoder]" = RangeDecoder,
) -> Batch:
    """Return the batch; raises CodecError.

    `schema_for` is a callable: schema id -> Schema, or None, which raises UnknownSchemaError unless the batch
    carries its schema itself. `base_for`: lowest byte of a record's number, check -> Base or None, which
    raises UnknownBaseError. `coder_of`: makes the decoder of the range-coded part: to watch it.
    """
    keep_start()  # a receiver reads many frames
    cursor = fields.Cursor("history batch", payload)
    flags = cursor.header(_KNOWN)
    if flags & CARRIED:
        if flags & (INLINE_SCHEMA | ONE_CHANNEL | OFF_GRID):
            raise MalformedError(f"history batch has flags 0x{flags:02x}, which exclude each other")
        low, check = cursor.unsigned("base", 1), cursor.unsigned("check", 1)
        base = base_for(low, check) if base_for is not None else None
        if base is None:
            raise UnknownBaseError(low)
        schema, only = base.schema, ALL_CHANNELS
        model = model_of(schema)
        model.copy(base.model)
    else:
        base = None
        schema = _take_schema(cursor, flags, schema_for)
        only = cursor.unsigned("channel index", 1) if flags & ONE_CHANNEL else ALL_CHANNELS
        if only >= len(schema.channels):
            raise MalformedError(f"history batch is of channel {only} of {len(schema.channels)}")
        model = model_of(schema, only, bool(flags & OFF_GRID))
    coder = coder_of(model.contexts, payload, cursor.position)
    if base is None:
        number = _take_natural(coder)
    else:
        number = base.number + 1 + (_take_natural(coder) if coder.take_even(1) else 0)
    rows = _take_rows(coder, model, schema)
    newest_age_ms = (_take_natural(coder) - 1) * fields.EIGHTH_MS
    coder.end()
    if number + len(rows) - 1 > fields.MAXIMUM_U32:
        raise MalformedError(f"history batch: {len(rows)} records from number {number}")
    wanted = bool(flags & ACKNOWLEDGEMENT_WANTED)
    return Batch(schema, _aged(rows, number, newest_age_ms), wanted, only, base.number if base else 0)


def _take_schema(cursor: fields.Cursor, flags: int, schema_for: "Callable[[int], Schema | None]") -> Schema:
    schema_id = cursor.unsigned("schema id", 1)
    if flags & INLINE_SCHEMA:
        return schema_table.take(cursor, schema_id)
    known = schema_for(schema_id)
    if known is None:
        raise UnknownSchemaError(schema_id)
    return known


def _take_rows(
    coder: RangeDecoder, model: Model, schema: Schema
) -> list[tuple[int, tuple[tuple[int, ...] | None, ...]]]:
    """Return (seconds since the first, values) of each record."""
    interval_s = _take_natural(coder) - 1 if coder.take_even(1) else schema.interval_s
    magnitude = last = time_s = 0
    rows: list[tuple[int, tuple[tuple[int, ...] | None, ...]]] = []
    values: list[tuple[int, ...] | None] = [None] * len(schema.channels)
    while True:
        if rows:
            late = take_residual(coder, RARE, scale_of(magnitude), last, LEAN_NEITHER)
            magnitude, last = averaged(magnitude, late), late
            if not 0 <= interval_s + late <= MAXIMUM_INTERVAL_S:
                raise MalformedError(f"history batch: {interval_s + late} s between two records")
            time_s += interval_s + late
        model.take(coder, values)
        rows.append((time_s, tuple(values)))
        if coder.take_chance(last_row_chance(len(rows))):
            return rows
        if len(rows) == MAXIMUM_RECORDS:
            raise MalformedError(f"history batch has more than {MAXIMUM_RECORDS} records")


def _take_natural(coder: RangeDecoder) -> int:
    bits = coder.take_even(LENGTH_BITS)
    return 1 << bits | coder.take_even(bits)


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
