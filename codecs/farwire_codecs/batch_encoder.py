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
    from collections.abc import Callable
    from typing import Protocol

    from farwire_codecs.base import Base

    class Records(Protocol):
        """A list, a tuple, or what takes records out of a store as they are asked for."""

        def __len__(self) -> int: ...
        def __getitem__(self, index: int) -> Record: ...


_LONGEST_END = 8  # bytes that the end may take: two for the last row, 36 bits of age, and rounding
_TYPICAL = 15  # intervals of which the usual one is the median
_OLDEST_S = (1 << 29) - 2  # an age in 1/8 s plus 1 is less than 2^32
_TRIED, _FITTING = 0, 1  # marks in the coder
_END_ROUNDS = 4  # until a frame's length agrees with the end of transmission that its ages assume


def encode(
    schema: Schema,
    records: "Records",
    tx_end_ms: int,
    limit: int,
    acknowledgement_wanted: bool = False,
    inline_schema: bool = False,
    base: "Base | None" = None,
    only: int = ALL_CHANNELS,
    flat: bool = False,
    airtime_ms: "Callable[[int], int] | None" = None,
) -> tuple[bytes, int]:
    """Return a frame of at most `limit` bytes with as many of the first records as fit, and their count.

    The records' numbers must be consecutive, their times not falling and none after `tx_end_ms`; raises
    CodecError otherwise, as far as it came to look at them. (b"", 0) when there are no records or not one
    fits; no batch ends with a record that is 17 years old. The same call with only those first records gives
    the same frame.

    `records` needs no more than a length and items by index; one at a time is held, and few are asked for
    twice.
    `base`: the model that the frame builds on; it is left out where it cannot serve (another schema, records
    not after it, values off their steps, an inline schema, one channel). `only`: index of the one channel to
    carry.
    `flat`: start untrained, which no decoder does: to measure what the training gains.
    `airtime_ms`: how long a frame of so many bytes takes. `tx_end_ms` is then when it starts, and ages are as
    of its own end; where two lengths lead to each other, they are wrong by the time of a byte.
    """
    check(schema)
    fields.checked("only", only, ALL_CHANNELS, len(schema.channels) - 1)
    most = min(len(records), MAXIMUM_RECORDS)
    latest_ms = tx_end_ms + (airtime_ms(limit) if airtime_ms else 0)
    while most:
        interval_s = _usual(records, most, schema.interval_s)
        frame, count = b"", 0
        for off_grid in (False, True):
            model = model_of(schema, only, off_grid)
            building_on = base
            if (
                off_grid
                or inline_schema
                or only != ALL_CHANNELS
                or (base and not base.serves(schema, records[0].number))
            ):
                building_on = None
            if building_on:
                model.copy(building_on.model)
            if flat:
                model.contexts.start(True)
            flags = (ACKNOWLEDGEMENT_WANTED if acknowledgement_wanted else 0) | (OFF_GRID if off_grid else 0)
            out = _head(schema, flags, inline_schema, only, building_on)
            if limit <= len(out):
                break
            coder = RangeEncoder(model.contexts, limit - len(out))
            _put_number(coder, records[0].number, building_on)
            _put_interval(coder, interval_s, schema.interval_s)
            fitting, left_grid = _put_rows(coder, model, interval_s, schema, records, most, latest_ms)
            if fitting > count:
                count = fitting
                newest_s = records[count - 1].time_s
                end_ms = latest_ms
                if airtime_ms:
                    end_ms = _end_ms(coder, count, newest_s, tx_end_ms, airtime_ms, len(out))
                _put_end(coder, count, newest_s, end_ms)
                frame = bytes(out) + coder.close()
            if not left_grid:
                break
        # What does not fit must not shape what does.
        if not 0 < count < most or _usual(records, count, schema.interval_s) == interval_s:
            return frame, count
        most = count
    return b"", 0


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
    schema: Schema,
    records: "Records",
    most: int,
    latest_ms: int,
) -> tuple[int, bool]:
    """Code the most records that fit with the end behind them; the model is used up.

    Return how many, and whether a record off its steps ended it.
    """
    fitting = 0
    oldest_s = latest_ms // 1000 - _OLDEST_S
    magnitude = last = before_s = 0
    number = records[0].number  # that is due
    left_grid = False
    for index in range(most):
        record = records[index]
        _check(schema, record, latest_ms // 1000)
        time_s = record.time_s
        if not model.fits_grid(record.values):
            left_grid = True
            break
        if index:
            if record.number != number:
                raise RangeError(f"record {record.number} follows {number - 1}, expected consecutive numbers")
            late = time_s - before_s - interval_s
            if not 0 <= late + interval_s <= MAXIMUM_INTERVAL_S:
                raise RangeError(
                    f"record {record.number} is of {time_s} s, the one before of {before_s} s; "
                    f"expected 0 to {MAXIMUM_INTERVAL_S} s between"
                )
            coder.put_chance(last_row_chance(index), 0)
            put_residual(coder, RARE, scale_of(magnitude), last, LEAN_NEITHER, late)
            magnitude, last = averaged(magnitude, late), late
        number, before_s = record.number + 1, time_s
        model.put(coder, record.values)
        size = coder.size()
        if size > coder.limit:
            break
        if time_s < oldest_s:
            continue
        coder.mark(_TRIED)
        if size + _LONGEST_END > coder.limit:  # one more record may fit where this does not: it is younger
            _put_end(coder, index + 1, time_s, latest_ms)
            size = coder.size()
            coder.rewind(_TRIED)
        if size <= coder.limit:
            coder.mark(_FITTING)
            fitting = index + 1
    coder.rewind(_FITTING)
    return fitting, left_grid


def _end_ms(
    coder: RangeEncoder,
    count: int,
    newest_s: int,
    start_ms: int,
    airtime_ms: "Callable[[int], int]",
    head: int,
) -> int:
    """Return when the transmission of the frame ends: it takes as long as the frame with this end in it."""
    best_ms = end_ms = start_ms + airtime_ms(head + coder.limit)  # with this one it fits
    least_ms = -1
    coder.mark(_TRIED)
    for _ in range(_END_ROUNDS):
        _put_end(coder, count, newest_s, end_ms)
        size = coder.size()
        coder.rewind(_TRIED)
        if size > coder.limit:
            break
        actual_ms = start_ms + airtime_ms(head + size)
        wrong_ms = abs(actual_ms - end_ms)
        if least_ms < 0 or wrong_ms < least_ms:
            best_ms, least_ms = end_ms, wrong_ms
        if not wrong_ms:
            break
        end_ms = actual_ms
    return best_ms


def _put_end(coder: RangeEncoder, count: int, newest_s: int, tx_end_ms: int) -> None:
    """Code that the batch ends here, and the age of its newest record."""
    coder.put_chance(last_row_chance(count), 1)
    # Apart from the rest of a second: times in ms are no small integers on a board.
    eighths = 8 * (tx_end_ms // 1000 - newest_s) + fields.eighths("rest of a second", tx_end_ms % 1000)
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


def _usual(records: "Records", count: int, schema_interval_s: int) -> int:
    """Return the interval that most of `count` records keep: the median of the first ones, the schema's for
    one record."""
    if count < 2:
        return schema_interval_s
    times: list[int] = [records[index].time_s for index in range(min(_TYPICAL + 1, count))]
    for index in range(len(times) - 1):
        times[index] = times[index + 1] - times[index]
    apart = sorted(times[:-1])
    return apart[(len(apart) - 1) // 2]


def _check(schema: Schema, record: Record, end_s: int) -> None:
    fields.checked("record number", record.number, 1, fields.MAXIMUM_U32)
    if record.time_s > end_s:
        raise RangeError(f"record {record.number} is of {record.time_s} s, after the end of transmission")
    values = record.values
    if len(values) != len(schema.channels):
        raise MalformedError(
            f"record {record.number} has {len(values)} values, its schema {len(schema.channels)} channels"
        )
    for at in range(len(values)):
        raw = values[at]
        if raw is not None:
            check_raw(schema.channels[at].type_id, raw)
