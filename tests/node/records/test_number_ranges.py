"""Ranges are a set of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from farwire_node.records.number_ranges import MOST, NumberRanges

PIECES = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 9)))


@given(PIECES, st.integers(0, 60), st.integers(0, 20), st.integers(-5, 5))
def test_what_was_added_and_not_removed_is_in_the_set(
    pieces: list[tuple[bool, int, int]], first: int, more: int, by: int
) -> None:
    ranges = NumberRanges()
    model: set[int] = set()
    for add, begin, count in pieces:
        numbers = set(range(begin, begin + count + 1))
        if add:
            assert ranges.add(begin, begin + count) is None
            model |= numbers
        else:
            ranges.remove(begin, begin + count)
            model -= numbers

    pairs = list(ranges.ranges())
    assert {n for a, b in pairs for n in range(a, b + 1)} == model
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(pairs))
    for number in range(72):
        assert (ranges.last_of(number) is not None) == (number in model)
    outside = {n for a, b in ranges.outside(first, first + more) for n in range(a, b + 1)}
    assert outside == set(range(first, first + more + 1)) - model
    ranges.move(by)
    assert {n for a, b in ranges.ranges() for n in range(a, b + 1)} == {n + by for n in model}


def test_the_shortest_range_is_forgotten_for_one_too_many() -> None:
    ranges = NumberRanges()
    for index in range(MOST):
        assert ranges.add(10 * index, 10 * index + (1 if index == 7 else 3)) is None

    assert ranges.add(5000, 5002) == (70, 71)
    assert len(ranges) == MOST
