"""The codecs that the bench holds beside ours give every value and time back, and count their bytes truly."""

from functools import partial
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.lpp_types import TYPES
from tests.bench.compression import bound, ours, series, table, unseen
from tests.bench.compression.framing import Bits, BitSource
from tests.bench.compression.lec import PREFIXES
from tests.bench.compression.measure import measured, ours_measured
from tests.bench.compression.series import Column, Series

INTERVAL_S = 60
LIMITS = st.sampled_from([11, 51, 242])
ONE_AXIS = [103, 104, 116, 128, 130, 142]


@st.composite
def columns(draw: st.DrawFn, rows: int) -> Column:
    """Return a column of any values of its type, or of values near one."""
    type_id = draw(st.sampled_from(ONE_AXIS))
    (axis,) = TYPES[type_id].axes
    low, high = axis.low, min(axis.high, (1 << 31) - 1)
    if draw(st.booleans()):
        middle = draw(st.integers(low, high))
        low, high = max(low, middle - 3), min(high, middle + 3)
    values = draw(st.lists(st.integers(low, high), min_size=rows, max_size=rows))
    return Column(str(type_id), type_id, values)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    """Return a few rows of one to three channels, with gaps."""
    rows = draw(st.integers(1, 40))
    steps = st.sampled_from([INTERVAL_S] * 5 + [1, 5 * INTERVAL_S, 86_400])
    times = [draw(st.integers(1, 1_800_000_000))]
    for _ in range(rows - 1):
        times.append(times[-1] + draw(steps))
    made = tuple(draw(columns(rows)) for _ in range(draw(st.integers(1, 3))))
    return Series("any", INTERVAL_S, times, made)


@pytest.mark.parametrize("name", table.BASELINES)
def test_a_baseline_gives_every_row_back_within_the_limit(name: str) -> None:
    @given(any_series(), LIMITS)
    def check(one: Series, limit: int) -> None:
        measured(table.BASELINES[name](one), one, limit)

    check()


@pytest.mark.parametrize("mode", ours.MODES_UNSEEN, ids=lambda mode: mode.name)
def test_our_modes_give_every_record_back_on_unseen_series(mode: ours.Mode) -> None:
    for one in unseen.unseen():
        training, rest = series.split(one)

        found = ours_measured(mode, rest.rows(0, 200), training, (51,))

        assert found[51, False] is not None


def test_a_payload_holds_more_where_its_limit_is_higher() -> None:
    tank = unseen.unseen()[0].rows(0, 1500)

    for make in table.BASELINES.values():
        figures = [measured(make(tank), tank, limit) for limit in (51, 222)]

        short, long = [figure.bytes_per_reading if figure else 99.0 for figure in figures]
        assert long <= short


def test_lec_has_the_prefixes_of_its_paper() -> None:
    words = [format(prefix, f"0{size}b") for prefix, size in PREFIXES]

    assert words[:8] == ["00", "010", "011", "100", "101", "110", "1110", "11110"]
    assert words[14] == "111111111110"
    assert not any(after.startswith(word) for word, after in pairwise(sorted(words)))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, (1 << 20) - 1))))
def test_bits_come_back(fields: list[tuple[int, int]]) -> None:
    bits = Bits()
    for size, value in fields:
        bits.put(value & (1 << size) - 1, size)

    source = BitSource(bits.to_bytes())

    assert [source.take(size) for size, _ in fields] == [value & (1 << size) - 1 for size, value in fields]


@pytest.mark.parametrize(("bits", "ones", "after"), [(0b0101, 0, 5), (0b1101, 2, 1), (0b1111, 4, 0)])
def test_ones_are_counted_with_the_zero_behind_them(bits: int, ones: int, after: int) -> None:
    source = BitSource(bytes([bits << 4]))

    assert source.ones(4) == ones
    assert source.take(8 - min(ones + 1, 4)) == after << 4


def test_the_bound_of_a_constant_is_next_to_nothing_and_of_noise_is_its_entropy() -> None:
    times = list(range(0, 4096 * 60, 60))
    source = Random(5)
    made = partial(Series, "made", 60, times)

    constant = bound.bytes_per_reading(made((Column("still", 103, [215] * 4096),)))
    noise = bound.bytes_per_reading(made((Column("noise", 103, [source.randrange(256) for _ in times]),)))

    assert constant < 0.01
    assert 1.0 <= noise < 1.1


def test_the_bound_takes_the_order_that_is_cheapest() -> None:
    line = [3 * n for n in range(500)]

    assert bound.residuals(line, 1)[1:] == [3] * 499
    assert set(bound.residuals(line, 2)[2:]) == {0}
