"""What encoder and decoder of a history batch learn: contexts, predictions, and how they start."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch, contexts, residual
from farwire_codecs.contexts import Contexts
from farwire_codecs.errors import MalformedError
from farwire_codecs.model import model_of
from farwire_codecs.range_coder import RangeDecoder, RangeEncoder
from farwire_codecs.schema import Channel, Schema, Shape, plain, shapes_of
from farwire_codecs.start_tables import START
from tests.codecs import history_strategies as any_
from tests.codecs import second_history, write_history_vectors

Values = tuple[tuple[int, ...] | None, ...]

TEMPERATURES = (Channel(1, 103), Channel(2, 103))


def frame_size(schema: Schema, rows: list[Values], flat: bool = False) -> int:
    records = [batch.Record(1 + at, 60 * at, values) for at, values in enumerate(rows)]
    frame, count = batch.encode(schema, records, 60_000 * len(rows), 5000, flat=flat)
    assert count == len(rows)
    return len(frame)


def shaped(*shapes: Shape) -> Schema:
    return Schema(1, TEMPERATURES[: len(shapes)], 60, shapes)


def shape(
    step2: int = 2,
    predictor: int = 0,
    scale: int = 3,
    partner: int = 255,
    weight: int = 0,
    reference: int = 0,
) -> Shape:
    return Shape(step2, predictor, False, scale, reference, 8, partner, weight)


def test_start_tables_of_the_specification_are_those_of_the_codec() -> None:
    assert second_history.starts() == START
    assert write_history_vectors.start_tables() == second_history.start_tables()


def test_start_table_has_a_chance_for_each_context() -> None:
    assert len(START) == contexts.ALL == 591
    assert (contexts.EVEN, contexts.UNEVEN, contexts.RARE) == (0, 196, 392)
    assert (contexts.ZERO, contexts.SIGN, contexts.LENGTH, contexts.MANTISSA) == (0, 39, 48, 178)
    assert (contexts.CHANGED, contexts.PRESENT, contexts.ADAPTED, contexts.TRAINED) == (588, 589, 60, 6)


@given(
    st.sampled_from([contexts.EVEN, contexts.UNEVEN, contexts.RARE]),
    st.lists(st.integers(-9, 9) | st.integers(-(2**33) + 1, 2**33 - 1), min_size=1, max_size=30),
    st.integers(0, 2),
)
def test_residuals_come_back(table: int, residuals: list[int], lean: int) -> None:
    coder = RangeEncoder(Contexts(), 600)
    last = magnitude = 0
    for each in residuals:
        residual.put_residual(coder, table, residual.scale_of(magnitude), last, lean, each)
        last, magnitude = each, residual.averaged(magnitude, each)
    decoder = RangeDecoder(Contexts(), coder.close(), 0)

    last = magnitude = 0
    for each in residuals:
        found = residual.take_residual(decoder, table, residual.scale_of(magnitude), last, lean)
        last, magnitude = each, residual.averaged(magnitude, each)
        assert found == each
    decoder.end()


def test_residual_of_34_bits_is_refused() -> None:
    coder = RangeEncoder(Contexts(), 60)
    residual.put_residual(coder, contexts.RARE, 12, 0, 1, 2**33)

    with pytest.raises(MalformedError, match="more than 33 bits"):
        residual.take_residual(RangeDecoder(Contexts(), coder.close(), 0), contexts.RARE, 12, 0, 1)


def test_scale_is_the_bits_of_the_sixteenths() -> None:
    assert [residual.scale_of(m) for m in (0, 15, 16, 31, 32, 255, 256, 16 << 11, 1 << 30)] == [
        0, 0, 1, 1, 2, 4, 5, 12, 12,
    ]  # fmt: skip


@pytest.mark.parametrize("scale", range(13))
def test_magnitude_of_a_scale_is_of_that_scale(scale: int) -> None:
    assert residual.scale_of(residual.magnitude_of(scale)) == scale


@given(st.lists(st.integers(-(2**33), 2**33), max_size=60))
def test_magnitude_stays_a_small_integer_of_a_board(residuals: list[int]) -> None:
    magnitude = 0
    for each in residuals:
        magnitude = residual.averaged(magnitude, each)
        assert 0 <= magnitude < 1 << 30


def test_line_costs_least_where_all_of_the_change_is_expected_again() -> None:
    line: list[Values] = [((7 * at,),) for at in range(100)]
    last, half, linear = [frame_size(shaped(shape(predictor=kind)), line) for kind in (0, 1, 2)]

    assert linear < half < last
    assert linear < 20


def test_partner_that_moves_alike_saves_bytes() -> None:
    source = random.Random(2)
    level = 0
    rows: list[Values] = []
    for _ in range(100):
        level += source.randint(-20, 20)
        rows.append(((level,), (2 * level + 100,)))

    alone = frame_size(shaped(shape(), shape()), rows)
    beside = frame_size(shaped(shape(), shape(partner=0, weight=32)), rows)

    assert beside < 0.7 * alone


def test_partner_that_was_not_measured_moved_nothing() -> None:
    schema = shaped(shape(), shape(partner=0, weight=16))
    rows: list[Values] = [((5,), (5,)), ((90,), (90,)), (None, (90,)), ((91,), (91,))]

    assert frame_size(schema, rows) <= frame_size(shaped(shape(), shape()), rows)


def test_half_step_shortens_a_vane_of_sixteen_sectors() -> None:
    source = random.Random(3)
    sectors = [source.randrange(16) for _ in range(100)]
    rows: list[Values] = [((sector * 45 + 1 >> 1,),) for sector in sectors]

    coarse = frame_size(shaped(shape(step2=45, scale=6)), rows)

    assert coarse < 0.6 * frame_size(shaped(shape(scale=9)), rows)
    assert coarse <= 100 * 5 / 8 + 10


def test_prediction_beyond_the_type_is_its_limit() -> None:
    schema = Schema(1, (Channel(1, 120),), 60, (shape(predictor=2, reference=100),))
    rows: list[Values] = [((50,),), ((200,),), *[((255,),)] * 30]
    assert frame_size(schema, rows) < 18


@pytest.mark.parametrize(("step2", "wider"), [(2, 0), (3, 0), (4, 1), (7, 1), (8, 2), (45, 4), (131071, 12)])
def test_off_grid_shape_is_as_wide_in_ones_as_it_was_in_steps(step2: int, wider: int) -> None:
    schema = Schema(1, (Channel(1, 100),), 60, (Shape(step2, 1, True, 0, 5, 0, 255, 0),))

    model = model_of(schema, off_grid=True)

    assert model._shapes == [Shape(2, 1, True, wider, (5 * step2 + 1) // 2, wider, 255, 0)]


def test_channel_alone_has_its_shape_but_for_a_partner_among_the_others() -> None:
    axes = (
        shape(),
        shape(partner=0, weight=3),
        shape(),
        shape(partner=2, weight=4),
        shape(partner=0, weight=5),
    )
    schema = Schema(1, (Channel(1, 103), Channel(2, 103), Channel(3, 113)), 60, axes)

    model = model_of(schema, 2)

    assert model.channels == [(2, 0, 3)]
    assert model._shapes == [shape(), shape(partner=0, weight=4), shape()]


def test_column_that_nothing_is_known_of_is_taken_for_a_steady_one_anywhere_in_its_range() -> None:
    schema = plain(1, (Channel(1, 104), Channel(2, 113)))

    assert [(found.step2, found.predictor, found.scale, found.spread) for found in shapes_of(schema)] == [
        (2, 0, 5, 8), (2, 0, 5, 12), (2, 0, 5, 12), (2, 0, 5, 12),
    ]  # fmt: skip


@given(any_.recordings(off_grid=False))
def test_model_that_was_copied_goes_on_alike(recording: any_.Recording) -> None:
    schema, records, _ = recording
    half = len(records) // 2
    model, copied, told = model_of(schema), model_of(schema), model_of(schema)
    for record in records[:half]:
        model.put(RangeEncoder(model.contexts, 0), record.values)
    copied.copy(model)
    told.contexts.copy(model.contexts)
    told.set_state(model.state())

    for other in (model, copied, told):
        for record in records[half:]:
            other.put(RangeEncoder(other.contexts, 0), record.values)

    assert model.state() == copied.state() == told.state()
    assert model.contexts.chances == copied.contexts.chances == told.contexts.chances


def test_state_of_another_schema_is_refused() -> None:
    with pytest.raises(MalformedError, match="expected 6"):
        model_of(plain(1, TEMPERATURES[:1])).set_state([0] * 7)
