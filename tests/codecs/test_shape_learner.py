"""Shapes learned from values: what the values are, and never wrong."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from farwire_codecs import batch
from farwire_codecs.lpp_types import TYPES
from farwire_codecs.schema import (
    HALF,
    LAST,
    LINEAR,
    NO_PARTNER,
    Channel,
    Schema,
    Shape,
    axes_of,
    check,
    plain,
)
from farwire_codecs.shape_learner import ShapeLearner
from tests.codecs import history_strategies as any_

Column = list[int | None]


def learned(*columns: Column, type_id: int = 100) -> list[Shape]:
    """Return the shapes of columns, each of a channel of its own."""
    schema = plain(1, tuple(Channel(at, type_id) for at in range(len(columns))))
    learner = ShapeLearner(axes_of(schema), lambda at: list(columns[at]))
    while not learner.done:
        learner.step()
    check(Schema(1, schema.channels, 0, tuple(learner.shapes)))
    return learner.shapes


def walk(seed: int, step: int, count: int = 300, start: int = 10_000) -> list[int]:
    source = random.Random(seed)
    values = []
    for _ in range(count):
        start += source.randint(-step, step)
        values.append(start)
    return values


@pytest.mark.parametrize(
    ("of", "step2"),
    [
        (lambda value: value, 2),
        (lambda value: 2 * value, 4),
        (lambda value: 5 * value, 10),
        (lambda value: 100 * value, 200),
        (lambda value: 45 * value + 1 >> 1, 45),
        (lambda value: 100 * value + 7, 2),
    ],
)
def test_step_is_the_largest_that_all_values_lie_on(of: Callable[[int], int], step2: int) -> None:
    (shape,) = learned([of(value) for value in walk(1, 4)])

    assert shape.step2 == step2


def test_step_is_not_believed_of_a_few_values() -> None:
    (shape,) = learned([1000, 2000, 3000, 1000] * 50)

    assert shape.step2 == 2


def test_line_is_expected_to_go_on() -> None:
    source = random.Random(1)
    speed, value, values = 0, 100_000, []
    for _ in range(300):
        speed += source.randint(-2, 2)
        value += speed
        values.append(value)

    assert learned(values)[0].predictor == LINEAR  # type: ignore[arg-type]
    assert learned(walk(1, 50))[0].predictor == LAST  # type: ignore[arg-type]


def test_change_that_half_goes_on_is_expected_to() -> None:
    source = random.Random(5)
    change, value, values = 0.0, 100_000.0, []
    for _ in range(400):
        change = 0.5 * change + source.gauss(0, 40)
        value += change
        values.append(round(value))

    assert learned(values)[0].predictor == HALF  # type: ignore[arg-type]


def test_column_that_moves_with_another_has_it_as_partner() -> None:
    first = walk(1, 30)
    noise = random.Random(9)
    second = [90_000 - 2 * value + noise.randint(-1, 1) for value in first]

    shapes = learned(first, walk(2, 30), second)  # type: ignore[arg-type]

    assert [shape.partner for shape in shapes] == [NO_PARTNER, NO_PARTNER, 0]
    assert -34 <= shapes[2].weight <= -30


def test_column_that_moves_alone_has_no_partner() -> None:
    assert [shape.partner for shape in learned(walk(1, 30), walk(2, 30))] == [255, 255]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["plateaus", "noise", "walk"])
def test_table_that_codes_the_values_shorter_is_taken(kind: str) -> None:
    source = random.Random(1)
    values: list[int] = {
        "plateaus": [level for _ in range(20) for level in [source.randint(0, 3000)] * source.randint(5, 25)],
        "noise": [200 + source.randint(-9, 9) for _ in range(300)],
        "walk": walk(4, 40),
    }[kind]
    (shape,) = learned(list(values))

    assert coded(values, shape) <= coded(values, shape._replace(uneven=not shape.uneven))


def coded(values: list[int], shape: Shape) -> int:
    """Return the bytes of all values in frames of 51."""
    schema = Schema(1, (Channel(0, 100),), 60, (shape,))
    records = [batch.Record(at + 1, 60 * at, ((value,),)) for at, value in enumerate(values)]
    size = 0
    while records:
        payload, count = batch.encode(schema, records, 1_000_000_000, 51)
        size += len(payload)
        records = records[count:]
    return size


def test_reference_and_spread_are_those_of_the_values() -> None:
    source = random.Random(1)
    (shape,) = learned([5000 + source.randint(-7, 7) for _ in range(300)])

    assert abs(shape.reference - 5000) <= 2
    assert shape.spread in (2, 3)


def test_column_without_values_is_taken_as_it_comes() -> None:
    assert learned([None] * 20) == [Shape(2, LAST, False, 0, 0, 0, NO_PARTNER, 0)]


def test_missing_values_are_passed_over() -> None:
    with_gaps: Column = [None if at % 5 == 0 else 4 * value for at, value in enumerate(walk(3, 9))]

    assert learned(with_gaps)[0].step2 == 8


def test_learned_shapes_save_a_third_of_a_machines_bytes() -> None:
    source = random.Random(8)
    rows = [
        ((level,), (sector * 45 + 1 >> 1,), (3 * level // 2 + source.randint(0, 1),))
        for level, sector in zip(walk(4, 20, 600), [source.randrange(16) for _ in range(600)], strict=True)
    ]
    channels = (Channel(1, 101), Channel(2, 132), Channel(3, 101))
    columns: list[Column] = [[row[at][0] for row in rows[:300]] for at in range(3)]
    shapes = learned(*columns, type_id=101)
    records = [batch.Record(1 + at, 60 * at, rows[300 + at]) for at in range(300)]

    _, alone = batch.encode(plain(1, channels, 60), records, 60_000 * 300, 222)
    _, known = batch.encode(Schema(1, channels, 60, tuple(shapes)), records, 60_000 * 300, 222)

    assert known > 1.5 * alone


@settings(max_examples=40)
@given(any_.recordings())
def test_learned_shapes_of_any_records_carry_them(recording: any_.Recording) -> None:
    schema, records, tx_end_ms = recording
    places = [
        (at, axis)
        for at, channel in enumerate(schema.channels)
        for axis in range(len(TYPES[channel.type_id].axes))
    ]

    def column(at: int) -> Column:
        index, axis = places[at]
        return [None if record.values[index] is None else record.values[index][axis] for record in records]

    learner = ShapeLearner(axes_of(schema), column)
    while not learner.done:
        learner.step()
    shaped = Schema(schema.schema_id, schema.channels, schema.interval_s, tuple(learner.shapes))

    frame, count = batch.encode(shaped, records, tx_end_ms, 242)

    if count:
        decoded = batch.decode(frame, lambda _: shaped)
        assert [aged.values for aged in decoded.records] == [record.values for record in records[:count]]
