"""What is let go lies on the curve of what is kept."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.schema import LAST, NO_PARTNER, Channel, Schema, Shape, plain
from farwire_node.records.thinning import COARSEST, Thinning, coarser, units

Row = tuple[int, tuple[tuple[int, ...] | None, ...], bool]


@st.composite
def curves(draw: st.DrawFn) -> list[Row]:
    """Two channels, the second with two axes, with gaps in their values; times grow."""
    rows = []
    time_s = draw(st.integers(-1000, 1000))
    for _ in range(draw(st.integers(2, 40))):
        time_s += draw(st.integers(1, 300))
        first = draw(st.one_of(st.none(), st.integers(0, 20).map(lambda v: (v,))))
        second = draw(st.one_of(st.none(), st.tuples(st.integers(-3, 3), st.integers(0, 1))))
        rows.append((time_s, (first, second), draw(st.booleans()) and draw(st.booleans())))
    return rows


def thinned(rows: list[Row], tolerance: int) -> list[int]:
    """Return which rows are kept."""
    thinning = Thinning([1, 1, 1], tolerance)
    kept = list(range(len(rows)))
    for index, row in enumerate(rows):
        if thinning.follow(*row):
            kept.remove(index - 1)
    return kept


@given(curves(), st.integers(0, 9))
def test_each_record_let_go_lies_within_the_tolerance_of_the_line_between_those_kept(
    rows: list[Row], tolerance: int
) -> None:
    kept = thinned(rows, tolerance)

    assert kept[0] == 0
    assert kept[-1] == len(rows) - 1
    assert {index for index, row in enumerate(rows) if row[2]} <= set(kept)
    for begin, end in pairwise(kept):
        for gone in range(begin + 1, end):
            share = Fraction(rows[gone][0] - rows[begin][0], rows[end][0] - rows[begin][0])
            for first, value, last in zip(rows[begin][1], rows[gone][1], rows[end][1], strict=True):
                assert (first is None) == (value is None) == (last is None)
                for low, axis, high in zip(first or (), value or (), last or (), strict=True):
                    assert abs(low + share * (high - low) - axis) <= tolerance


def test_a_straight_line_needs_its_ends_only() -> None:
    assert thinned([(60 * i, ((3 * i,), (i, -i)), False) for i in range(50)], 0) == [0, 49]


def test_a_peak_stays_when_the_noise_around_it_goes() -> None:
    rows: list[Row] = [(60 * i, ((20 + i % 2,), None), False) for i in range(60)]
    rows[30] = (1800, ((90,), None), False)

    kept = thinned(rows, 2)

    assert 30 in kept
    assert len(kept) <= 6


def test_at_the_coarsest_tolerance_every_second_record_goes_whatever_its_values() -> None:
    rows: list[Row] = [(60 * i, ((1000 * (i % 3),) if i % 4 else None, None), False) for i in range(41)]

    assert len(thinned(rows, COARSEST)) == 21


def test_the_tolerance_grows_from_nothing_to_the_coarsest() -> None:
    tolerance, steps = 0, 0
    while tolerance < COARSEST:
        tolerance = coarser(tolerance)
        steps += 1

    assert steps == 21


def test_a_unit_is_what_a_channel_changes_by_where_that_was_learned() -> None:
    channels = (Channel(1, 103), Channel(2, 116))
    shapes = tuple(Shape(2, LAST, False, scale, 0, 3, NO_PARTNER, 0) for scale in (1, 9))

    assert units(plain(0, channels)) == [1, 1]
    assert units(Schema(0, channels, 60, shapes)) == [1, 24]
