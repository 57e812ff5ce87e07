"""The one place where the bench calls Farwire's history codec."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from farwire_codecs import base, batch, contexts, schema, start_tables
from farwire_codecs.batch import Record
from farwire_codecs.schema import Schema
from farwire_codecs.shape_learner import ShapeLearner
from farwire_node.sending.learning import WINDOW
from tests.bench.compression.series import Series

Packed = list[tuple[bytes, int]]
"""Payloads in the order of their records, each with how many of them it carries."""
Heard = list[tuple[bytes, int]]
"""The same payloads as received, each with the time of its newest record in seconds."""

AFTER_MS = 2000  # from the newest record of a payload to the end of its transmission
LEARNED_FROM = WINDOW  # rows
_AT_FIRST = 32  # records offered to the encoder; later some more than the payload before took


def schema_of(series: Series, training: Series | None) -> Schema:
    """Return the schema of a series's channels, its shapes learned from the newest training rows, if any."""
    channels = tuple(schema.Channel(at, column.type_id) for at, column in enumerate(series.columns, 1))
    known = schema.plain(1, channels, series.interval_s)
    if training is None:
        return known
    rows = training.columns
    learner = ShapeLearner(
        schema.axes_of(known), lambda at: list[int | None](rows[at].values[-LEARNED_FROM:])
    )
    while not learner.done:
        learner.step()
    return Schema(1, channels, series.interval_s, tuple(learner.shapes))


def records_of(series: Series) -> list[Record]:
    """Return a record for each row, numbered from 1, on a clock that starts with the first."""
    start_s = series.times[0]
    columns = [[(value,) for value in column.values] for column in series.columns]
    rows = zip(series.times, zip(*columns, strict=True), strict=True)
    return [Record(number, time_s - start_s, values) for number, (time_s, values) in enumerate(rows, 1)]


def pack(known: Schema, records: list[Record], limit: int, flat: bool = False) -> Packed:
    """Return payloads of all channels, each of which decodes alone; [] if a record does not fit.

    `flat`: the coder starts untrained.
    """
    return _pack(records, lambda offered, end_ms: batch.encode(known, offered, end_ms, limit, flat=flat))


def pack_one_channel(known: Schema, records: list[Record], at: int, limit: int, flat: bool = False) -> Packed:
    """Return payloads of the channel with index `at` alone, each of which decodes alone."""
    return _pack(
        records, lambda offered, end_ms: batch.encode(known, offered, end_ms, limit, only=at, flat=flat)
    )


def pack_carried(known: Schema, records: list[Record], limit: int) -> Packed:
    """Return payloads of all channels, each building on the record before it: all acknowledged in time."""
    packed: Packed = []
    first = 0
    carried: base.Base | None = None
    guess = _AT_FIRST
    while first < len(records):
        built_on = carried

        def encode(offered: list[Record], end_ms: int, on: base.Base | None = built_on) -> tuple[bytes, int]:
            return batch.encode(known, offered, end_ms, limit, base=on)

        payload, count = _fullest(records, first, guess, encode)
        if not count:
            return []
        packed.append((payload, count))
        carried = _advanced(carried, known, records[first : first + count])
        first += count
        guess = count + 8
    return packed


def unpack(known: Schema, heard: Heard) -> list[Record]:
    """Return the records of self-contained payloads."""
    records = []
    for payload, newest_s in heard:
        message = batch.decode(payload, {known.schema_id: known}.get)
        assert not message.base, "a self-contained payload builds on nothing"
        records += _records(message, newest_s)
    return records


def unpack_flat(known: Schema, heard: Heard) -> list[Record]:
    """Return the records of payloads whose coder started untrained, which no decoder in use does."""
    with _untrained():
        return unpack(known, heard)


def unpack_carried(known: Schema, heard: Heard) -> list[Record]:
    """Return the records of payloads that build on the ones before; both ends learn from the same records."""
    records: list[Record] = []
    carried: base.Base | None = None
    for payload, newest_s in heard:
        known_base = carried

        def base_for(low: int, check: int, on: base.Base | None = known_base) -> base.Base | None:
            return on if on is not None and (on.number & 0xFF, on.check()) == (low, check) else None

        found = _records(batch.decode(payload, {known.schema_id: known}.get, base_for), newest_s)
        carried = _advanced(carried, known, found)
        records += found
    return records


def _advanced(carried: base.Base | None, known: Schema, records: list[Record]) -> base.Base | None:
    """Return the base after these records; a new one where a record off its steps has ended the old one."""
    for record in records:
        if carried is None or not carried.advance(record.number, record.values):
            carried = base.seed(known, record.number, record.values)
    return carried


def _records(message: batch.Batch, newest_s: int) -> list[Record]:
    end_ms = 1000 * newest_s + AFTER_MS
    return [Record(number, (end_ms - age_ms) / 1000, values) for number, age_ms, values in message.records]


_Encode = Callable[[list[Record], int], tuple[bytes, int]]


def _pack(records: list[Record], encode: _Encode) -> Packed:
    packed: Packed = []
    first, guess = 0, _AT_FIRST
    while first < len(records):
        payload, count = _fullest(records, first, guess, encode)
        if not count:
            return []
        packed.append((payload, count))
        first += count
        guess = count + 8
    return packed


def _fullest(records: list[Record], first: int, guess: int, encode: _Encode) -> tuple[bytes, int]:
    """Return the payload of the most records that is full on the moment of its newest record.

    The age in it grows with every record offered beyond it, so the last ones are offered one by one.
    """

    def offered(count: int) -> tuple[bytes, int]:
        some = records[first : first + count]
        return encode(some, 1000 * some[-1].time_s + AFTER_MS)

    left = len(records) - first
    guess = min(guess, left)
    payload, count = offered(guess)
    while count == guess < left:
        guess = min(2 * guess, left)
        payload, count = offered(guess)
    if count < guess:
        payload, count = offered(count) if count else (b"", 0)
        longer, longer_count = offered(count + 1)
        while longer_count == count + 1 < left:
            payload, count = longer, longer_count
            longer, longer_count = offered(count + 1)
        if longer_count > count:
            payload, count = longer, longer_count
    return payload, count


@contextmanager
def _untrained() -> Iterator[None]:
    """Let contexts start untrained: where contexts.py looks for them, there are no start tables."""
    seen_as = vars(contexts)
    seen_as["START"] = bytes(len(start_tables.START))
    seen_as["_kept"].clear()
    try:
        yield
    finally:
        seen_as["START"] = start_tables.START
        seen_as["_kept"].clear()


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to use the codec that has a row of its own in the tables."""

    name: str
    pack: Callable[[Schema, list[Record], int], Packed]
    unpack: Callable[[Schema, Heard], list[Record]]
    pack_one_channel: Callable[[Schema, list[Record], int, int], Packed] | None = None
    shaped: bool = True  # the schema knows how its channels behave, from the training prefix


SELF_CONTAINED = Mode("Farwire, self-contained", pack, unpack, pack_one_channel)
CARRIED = Mode("Farwire, model carried on", pack_carried, unpack_carried)
SHAPELESS = Mode("Farwire, no shapes", pack, unpack, pack_one_channel, shaped=False)
FLAT = Mode(
    "Farwire, flat start",
    lambda known, records, limit: pack(known, records, limit, flat=True),
    unpack_flat,
    lambda known, records, at, limit: pack_one_channel(known, records, at, limit, flat=True),
)
MODES = (SELF_CONTAINED, CARRIED)
MODES_UNSEEN = (SELF_CONTAINED, CARRIED, SHAPELESS, FLAT)
