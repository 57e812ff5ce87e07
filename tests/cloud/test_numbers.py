from hypothesis import given
from hypothesis import strategies as st

from farwire_cloud.model.numbers import EMPTY, NumberSet

numbers = st.sets(st.integers(1, 60))


@given(numbers, numbers)
def test_a_set_of_ranges_behaves_as_a_set(one: set[int], other: set[int]) -> None:
    both = NumberSet.of(one) | NumberSet.of(other)

    assert both == NumberSet.of(one | other)
    assert {number for number in range(70) if number in both} == one | other
    assert len(both) == len(one | other)
    assert both.last == max(one | other, default=0)
    assert NumberSet.from_text(both.to_text()) == both


@given(numbers, st.integers(1, 70))
def test_through_is_the_end_of_the_run_that_begins_at_the_floor(stored: set[int], floor: int) -> None:
    through = NumberSet.of(stored).through(floor)

    assert all(number in stored for number in range(floor, through + 1))
    assert through + 1 not in stored
    assert through >= floor - 1


@given(numbers, st.integers(1, 70))
def test_gaps_are_what_is_missing_below_the_newest(stored: set[int], floor: int) -> None:
    missing = {n for first, last in NumberSet.of(stored).gaps(floor) for n in range(first, last + 1)}

    assert missing == {n for n in range(floor, max(stored, default=0)) if n not in stored}


@given(numbers, st.integers(0, 70), st.integers(1, 4))
def test_the_bitmap_says_what_is_stored_above_the_first_missing_one(
    stored: set[int], through: int, limit: int
) -> None:
    bitmap = NumberSet.of(stored).bitmap_above(through, limit)

    said = {through + 2 + i for i in range(len(bitmap) * 8) if bitmap[i // 8] >> i % 8 & 1}
    assert said == {n for n in stored if through + 2 <= n < through + 2 + limit * 8}
    assert not bitmap.endswith(b"\0")


def test_a_bitmap_example_from_the_contract() -> None:
    stored = NumberSet.of([1, 2, 4, 5, 13])

    assert stored.through(1) == 2
    assert stored.bitmap_above(2) == bytes([0b0000_0011, 0b0000_0010])  # 4 and 5, 13


def test_what_is_written_is_short_for_a_long_life() -> None:
    assert NumberSet(((1, 500_000), (500_002, 4_000_000_000))).to_text() == "1-500000 500002-4000000000"


@given(numbers, st.integers(0, 70), st.integers(2, 8))
def test_a_bounded_set_claims_nothing_more_and_keeps_the_run_up_to_through(
    stored: set[int], floor: int, count: int
) -> None:
    whole = NumberSet.of(stored)
    through = whole.through(floor)

    part = whole.bounded(through, count)

    assert len(part.ranges) <= count
    assert part | whole == whole
    assert part.through(floor) == through
    assert part.last == whole.last or not part.ranges
    assert EMPTY.bounded(0, count) == EMPTY
