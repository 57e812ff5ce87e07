"""Eras: how much later than its store knew a number was sampled, over any lives of the node."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from farwire_node.records.eras import MOST, SAVED_WITHIN_MS, Eras
from farwire_node.storage import MemoryStorage
from tests.node.program.power_cut import CutStorage, PowerCutError

KEY = "eras"
# (numbers given, whether the network told its time, seconds that the cut after it took)
LIVES = st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 10**6)), min_size=1, max_size=6)


def live(lives: list[tuple[int, bool, int]], storage: MemoryStorage) -> tuple[Eras, list[int]]:
    """Live these lives, in which no time passes, and a last one that knows the time.

    Return its eras, and for each number by how many seconds it should be later.
    """
    number, gone_s, waiting = 1, 0, 0
    sampled_s: list[int] = []  # by number: the length of all cuts before it, as far as the node can know
    for count, told, cut_s in lives:
        eras = Eras(storage, KEY)
        eras.begin(1, number)
        if told:
            eras.know(1000 * gone_s, 1)
            sampled_s += [gone_s] * (waiting + count)
            waiting = 0
        else:
            waiting += count
        number += count
        gone_s += cut_s
    eras = Eras(storage, KEY)
    eras.begin(1, number)
    eras.know(1000 * gone_s, 1)
    sampled_s += [gone_s] * waiting
    return eras, [each - gone_s for each in sampled_s]


@given(LIVES)
def test_a_number_gets_later_by_all_cuts_since_the_next_life_that_knew_the_time(
    lives: list[tuple[int, bool, int]],
) -> None:
    eras, expected = live(lives, MemoryStorage())

    assert [eras.later_s(number) for number in range(1, len(expected) + 1)] == expected
    assert eras.later_s(len(expected) + 1) == 0


@given(LIVES, st.integers(0, 12))
def test_a_cut_at_any_write_makes_nothing_older_than_it_is(
    lives: list[tuple[int, bool, int]], cut_at: int
) -> None:
    storage = CutStorage()
    storage.cut_at = cut_at
    with suppress(PowerCutError):
        live(lives, storage)
    storage.power_on()

    eras = Eras(storage, KEY)
    eras.begin(1, 100)
    total_s = sum(cut_s for _, _, cut_s in lives)
    eras.know(1000 * total_s, 1)

    later = [eras.later_s(number) for number in range(1, 101)]
    assert later == sorted(later)
    assert -total_s <= later[0]
    assert later[-1] <= 0


def test_what_came_first_is_never_the_younger() -> None:
    storage = MemoryStorage()
    for number, zero_ms in ((1, 5_000), (4, 2_000)):  # a clock that was off by three seconds
        eras = Eras(storage, KEY)
        eras.begin(1, number)
        eras.know(zero_ms, 1)
    eras = Eras(storage, KEY)
    eras.begin(1, 7)
    eras.know(10_000, 1)

    assert [eras.later_s(number) for number in (1, 4, 7)] == [-8, -8, 0]


def test_numbers_that_are_moved_take_their_eras_along() -> None:
    eras, expected = live([(3, True, 50)], MemoryStorage())

    eras.renumber(100)

    assert [eras.later_s(number) for number in (101, 103, 104)] == [-50, -50, 0]
    assert expected == [-50] * 3


def test_nothing_is_awaited_where_nothing_older_is_held_or_the_time_is_known() -> None:
    storage = MemoryStorage()
    live([(3, True, 50)], storage)

    eras = Eras(storage, KEY)
    eras.begin(1, 4)
    assert eras.awaited_below == 4
    eras.know(99_000, 1)
    assert eras.awaited_below == 0

    released = Eras(storage, KEY)
    released.begin(4, 4)
    assert released.awaited_below == 0


def test_a_clock_that_is_corrected_by_little_costs_no_write() -> None:
    storage = CutStorage()
    eras = Eras(storage, KEY)
    eras.begin(1, 1)
    eras.know(0, 1)
    writes = storage.writes

    eras.know(SAVED_WITHIN_MS - 1, 1)
    assert storage.writes == writes

    eras.know(SAVED_WITHIN_MS, 1)
    assert storage.writes == writes + 1


def test_no_more_lives_are_kept_than_there_is_room_for() -> None:
    eras, _ = live([(1, True, 10)] * (MOST + 4), MemoryStorage())

    assert eras.later_s(1) == -10 * MOST
    assert eras.later_s(MOST + 4) == -10
