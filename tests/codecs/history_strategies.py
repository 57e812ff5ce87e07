"""Any schema and any records of it, for Hypothesis."""

import random
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from farwire_codecs import base, batch
from farwire_codecs.lpp_types import TYPES, Axis
from farwire_codecs.schema import (
    LAST,
    LINEAR,
    MAXIMUM_REFERENCE,
    MAXIMUM_STEP2,
    MAXIMUM_WEIGHT,
    NO_PARTNER,
    SPREADS,
    Channel,
    Schema,
    Shape,
    axes_of,
)

u32 = st.integers(0, 0xFFFFFFFF)
byte = st.integers(0, 255)
type_ids = st.sampled_from([type_id for type_id in TYPES if type_id < 256])
classes = st.integers(0, SPREADS - 1)
steps2 = st.sampled_from([2, 2, 2, 3, 4, 10, 45, 200]) | st.integers(2, MAXIMUM_STEP2)


@st.composite
def shapes(draw: st.DrawFn, axis: Axis, at: int) -> Shape:
    """Return any shape of the column `at`."""
    step2 = draw(steps2)
    low, high = max(2 * axis.low // step2, -MAXIMUM_REFERENCE), min(2 * axis.high // step2, MAXIMUM_REFERENCE)
    partner = draw(st.none() | st.integers(0, at - 1)) if at else None
    weight = 0
    if partner is not None:
        weight = draw(st.integers(-40, 40) | st.integers(-MAXIMUM_WEIGHT, MAXIMUM_WEIGHT))
    return Shape(
        step2,
        draw(st.integers(LAST, LINEAR)),
        draw(st.booleans()),
        draw(classes),
        draw(st.sampled_from([low, max(low, 0), high]) | st.integers(low, high)),
        draw(classes),
        NO_PARTNER if partner is None else partner,
        weight,
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Return any schema: plain, or with the shape of each column."""
    channels = st.builds(Channel, channel=byte, type_id=type_ids)
    interval_s = draw(st.sampled_from([0, 1, 60, 3600]) | u32)
    found = tuple(draw(st.lists(channels, min_size=1, max_size=5, unique=True)))
    schema = Schema(draw(byte), found, interval_s, ())
    if draw(st.booleans()):
        return schema
    axes = axes_of(schema)
    return Schema(*schema[:3], tuple(draw(shapes(axes[at], at)) for at in range(len(axes))))


class Recording(NamedTuple):
    """Consecutive records of a schema, and when the frame that carries them would end."""

    schema: Schema
    records: list[batch.Record]
    tx_end_ms: int


@st.composite
def recordings(draw: st.DrawFn, off_grid: bool = True) -> Recording:
    """Return records whose columns rest, drift, jump about or reach their types' limits, at even times or
    not, with values missing or not; all on their columns' steps unless `off_grid`."""
    schema = draw(schemas())
    interval_s = draw(st.sampled_from([1, 60, 3600, min(schema.interval_s, 86400)]))
    uneven, missing = draw(st.booleans()), draw(st.booleans())
    number = draw(st.integers(1, 70_000) | st.just(0xFFFFFF00))
    time_s = draw(st.integers(0, 100_000_000))
    count = draw(st.integers(1, 12) | st.integers(1, 200))
    source = random.Random(draw(st.integers(0, 2**32)))  # one draw a value would take seconds
    columns = _columns(source, schema, off_grid)
    records: list[batch.Record] = []
    for index in range(count):
        if index:
            time_s += _gap(source, interval_s) if uneven else interval_s
        absent = missing and source.random() < 0.3
        values = tuple(
            None if absent and source.random() < 0.5 else tuple([column(source) for column in axes])
            for axes in columns
        )
        records.append(batch.Record(number + index, time_s, values))
    return Recording(schema, records, 1000 * time_s + draw(st.integers(0, 200_000)))


def _gap(source: random.Random, interval_s: int) -> int:
    if source.random() < 0.6:
        return interval_s
    if source.random() < 0.02:
        return 2**31 - 1
    return source.randint(0, source.choice((interval_s, 10 * interval_s)))


def _columns(
    source: random.Random, schema: Schema, off_grid: bool
) -> list[list[Callable[[random.Random], int]]]:
    """Return for each channel what draws the values of each of its axes."""
    steps = iter([shape.step2 for shape in schema.shapes] or [2] * len(axes_of(schema)))
    return [
        [_column(source, axis, next(steps), off_grid) for axis in TYPES[channel.type_id].axes]
        for channel in schema.channels
    ]


def _column(source: random.Random, axis: Axis, step2: int, off_grid: bool) -> Callable[[random.Random], int]:
    lowest, highest = -(-(2 * axis.low - 1) // step2), 2 * axis.high // step2  # steps whose values fit
    middle = source.choice(
        (lowest, highest, source.randint(lowest, highest), source.randint(lowest, highest))
    )
    wide = source.choice((0, 1, 3, 3, 20, (highest - lowest) // 100, highest - lowest))
    low, high = max(lowest, middle - wide), min(highest, middle + wide)
    wild, strays = source.random() < 0.2, off_grid and source.random() < 0.1

    def value(source: random.Random) -> int:
        if strays and source.random() < 0.1:
            return source.randint(axis.low, axis.high)
        if wild and source.random() < 0.1:
            return (int(source.choice((lowest, highest))) * step2 + 1) // 2
        step: int = source.randint(low, high)
        return (step * step2 + 1) // 2

    return value


@st.composite
def bases(draw: st.DrawFn, recording: Recording) -> tuple[base.Base, list[batch.Record]]:
    """Return a base among the first records, and those that a batch on it would carry."""
    schema, records, _ = recording
    begin = draw(st.integers(0, len(records) - 2))
    end = draw(st.integers(begin, len(records) - 2))
    return based_on(schema, records[begin : end + 1]), records[draw(st.integers(end + 1, len(records) - 1)) :]


def based_on(schema: Schema, records: list[batch.Record]) -> base.Base:
    """Return the base that begins at the first of these records and moves on to the last one."""
    found = base.seed(schema, records[0].number, records[0].values)
    assert found is not None
    for record in records[1:]:
        assert found.advance(record.number, record.values)
    return found
