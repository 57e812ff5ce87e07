"""Records in flash: in order, small, far more than fit memory, thinned to the curve, wearing evenly."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from farwire_codecs.schema import Channel, Schema, plain
from farwire_node.flash.device import RamFlash
from farwire_node.records.flash_shelf import AT_ONCE, SLACK, FlashShelf
from farwire_node.records.store import AROUND, BRIDGED, RecordStore
from farwire_node.storage import MemoryStorage
from tests.node.program.fakes import HUMIDITY, TEMPERATURE
from tests.node.records.test_store import acknowledgement, held

EVERYDAY = plain(0, (TEMPERATURE, HUMIDITY, Channel(3, 115), Channel(4, 116)), 60)
SCHEMA = plain(0, (TEMPERATURE, HUMIDITY), 60)
USUAL = (200, 90, 10132, 370)
Values = tuple[tuple[int, ...] | None, ...]


def opened(flash: RamFlash, schema: Schema = SCHEMA, in_memory: int = 16) -> RecordStore:
    return RecordStore(schema, in_memory, MemoryStorage(), FlashShelf(schema, in_memory, flash))


class Plant:
    """Four everyday channels that wander."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        self.values = list(USUAL)
        self.truth: dict[int, tuple[int, Values]] = {}

    def sample(self, store: RecordStore, count: int) -> list[int]:
        gone = []
        for _ in range(count):
            self.values = [
                value + self.dice.choice((-1, 0, 0, 1)) + (usual - value) // 30
                for value, usual in zip(self.values, USUAL, strict=True)
            ]
            time_s = 1000 + 60 * (store.next - 1)
            self.truth[store.next] = (time_s, tuple((value,) for value in self.values))
            gone += store.add(*self.truth[store.next])
        return gone


def test_a_run_of_equal_values_is_read_back_whole_though_it_grew_since_it_was_looked_at() -> None:
    store = opened(RamFlash(6, 4096), in_memory=4)
    for index in range(80):
        store.add(1000 + 60 * index, ((200 if 20 <= index < 50 else 100 + index,), (90,)))
        assert [store.record(number).values[0] for number in range(1, index + 2)] == [
            (200 if 20 <= earlier < 50 else 100 + earlier,) for earlier in range(index + 1)
        ]


def test_a_megabyte_holds_a_hundred_thousand_records_and_opens_after_reading_headers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flash = RamFlash(256, 4096)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    plant.sample(store, 100_000)
    used = sum(flash.erases)

    flash.reads = 0
    store = opened(flash, EVERYDAY)
    reads = flash.reads

    assert (store.held, store.first, store.next, store.dropped) == (100_000, 1, 100_001, 0)
    for number in [*range(1, 200), *range(50_000, 50_200), 100_000]:
        record = store.record(number)
        assert (record.time_s, record.values) == plant.truth[number]
    with capsys.disabled():
        print(
            f"\nrecords of four everyday channels in flash: {used * 4096 / 100_000:.1f} bytes each, "
            f"{100_000 * 250 // used} in 1 MB before any is thinned; opening reads {reads} bytes of 1,048,576"
        )
    assert used * 4096 / 100_000 < 7
    assert reads < 24_000


def test_a_record_like_the_one_before_takes_a_fraction_of_a_byte(capsys: pytest.CaptureFixture[str]) -> None:
    flash = RamFlash(16, 4096)
    store = opened(flash)
    for index in range(50_000):
        store.add(1000 + 60 * index, ((215,), (90,)))

    written = len(flash.memory) - flash.memory.count(b"\xff")
    with capsys.disabled():
        print(f"\nunchanged records in flash: {written / 50_000:.2f} bytes each")
    assert written / 50_000 < 0.25
    again = opened(flash)
    assert (again.held, again.dropped) == (50_000, 0)
    for number in (1, 2, 3, 33, 34, 35, 7_777, 49_999, 50_000):
        record = again.record(number)
        assert (record.time_s, record.values) == (1000 + 60 * (number - 1), ((215,), (90,)))


def test_thinned_records_keep_the_shape_of_the_curve(capsys: pytest.CaptureFixture[str]) -> None:
    flash = RamFlash(16, 1024)
    plant = Plant()
    store = opened(flash, EVERYDAY)

    gone = plant.sample(store, 20_000)

    kept = held(store)
    tolerance = store._shelf.tolerance  # type: ignore[union-attr]
    assert kept[0] == 1
    newest = [number for number in kept if number > 20_000 - 700]
    assert newest == list(range(20_000 - 699, 20_001))
    assert store.dropped == 20_000 - len(kept)
    assert not set(kept) - set(range(1, 20_001))
    assert set(range(1, 20_001)) - set(kept) <= set(gone)
    worst = _worst_deviation(plant.truth, kept)
    with capsys.disabled():
        print(
            f"\nthinned: {len(kept)} of 20,000 records in 16 KB; those given up lie within {worst:.1f} steps "
            f"of the curve of those kept, promised are {tolerance}"
        )
    assert worst <= tolerance <= 32


def _worst_deviation(truth: dict[int, tuple[int, Values]], kept: list[int]) -> float:
    worst = Fraction(0)
    for begin, end in pairwise(kept):
        (begin_s, low), (end_s, high) = truth[begin], truth[end]
        for number in range(begin + 1, end):
            time_s, values = truth[number]
            share = Fraction(time_s - begin_s, end_s - begin_s)
            for a, value, b in zip(low, values, high, strict=True):
                assert a is not None
                assert value is not None
                assert b is not None
                worst = max(worst, abs(a[0] + share * (b[0] - a[0]) - value[0]))
    return float(worst)


def test_records_around_an_alarm_are_not_thinned() -> None:
    flash = RamFlash(16, 1024)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    plant.sample(store, 300)
    store.keep_around()
    plant.sample(store, 8_000)

    around = set(range(300 - AROUND, 300 + AROUND + 1))
    assert around <= set(held(store))
    assert len([n for n in held(store) if n < 600]) < 300


def test_without_thinning_the_oldest_records_go() -> None:
    flash = RamFlash(8, 1024)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    store.set_thinning(False)

    gone = plant.sample(store, 3_000)

    assert held(store) == list(range(store.first, 3_001))
    assert gone == list(range(1, store.first))
    assert store.dropped == len(gone)
    assert opened(flash, EVERYDAY).dropped == len(gone)


@pytest.mark.parametrize("regime", ["acknowledged", "thinned", "oldest dropped"])
def test_all_sectors_wear_alike(regime: str, capsys: pytest.CaptureFixture[str]) -> None:
    flash = RamFlash(12, 512)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    store.set_thinning(regime == "thinned")
    for _ in range(600):
        plant.sample(store, 50)
        if regime == "acknowledged":
            store.mark_sent(store.first, store.next - store.first)
            store.acknowledge(acknowledgement(store.next - 30), (0, 0))

    with capsys.disabled():
        print(f"\nerasures a sector, {regime}: {min(flash.erases)} to {max(flash.erases)}")
    assert min(flash.erases) > 20
    assert max(flash.erases) - min(flash.erases) <= 3


@pytest.mark.parametrize("thins", [True, False])
def test_a_bound_on_the_records_is_kept_over_restarts_and_what_goes_is_counted(thins: bool) -> None:
    flash = RamFlash(64, 1024)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    plant.sample(store, 3_000)
    counted = 0
    for _ in range(3):
        store = opened(flash, EVERYDAY)
        store.set_thinning(thins)
        store.set_capacity(1_000)
        given_up = plant.sample(store, 2_000)

        assert (500 if thins else 850) <= store.held <= 1_000
        assert store.capacity == 1_000
        kept = held(store)
        assert store.dropped - counted <= len(set(given_up))  # thinning that was broken off gave up nothing
        assert len(kept) == store.held
        assert kept[-100:] == list(range(store.next - 100, store.next))
        assert store.dropped == store.next - 1 - store.held
        store.save(0)  # else what was given up since the last mark comes again
        counted = store.dropped
    # Where the curve is thinned the records reach further back.
    assert (kept[0] < 8_000 - 200) == thins


def test_a_bound_below_what_is_held_gives_it_up_with_the_next_records() -> None:
    store = opened(RamFlash(64, 1024))
    for index in range(3_000):
        store.add(1000 + 60 * index, ((index % 7,), (90,)))
    store.set_capacity(10)
    for index in range(3_000, 3_020):
        assert len(store.add(1000 + 60 * index, ((index % 7,), (90,)))) <= AT_ONCE + 1

    assert held(store) == list(range(3_021 - store.held, 3_021))
    assert 9 <= store.held <= 10
    before = store.held
    store.set_capacity(None)
    store.add(10**6, ((1,), (1,)))
    assert store.held == before + 1


def test_a_short_gap_is_bridged_by_records_without_values() -> None:
    flash = RamFlash(16, 1024)
    plant = Plant()
    store = opened(flash, EVERYDAY)
    plant.sample(store, 6_000)

    kept = held(store)
    bridged = 0
    for begin, end in pairwise(kept):
        for number in range(begin + 1, end):
            assert store.carries(number) == (end - begin <= BRIDGED + 1)
            if store.carries(number):
                filler = store.record(number)
                assert filler.values == (None,) * 4
                assert plant.truth[begin][0] < filler.time_s < plant.truth[end][0]
                bridged += 1
    assert bridged > 50


def test_records_of_other_channels_count_as_given_up_and_numbers_go_on() -> None:
    flash = RamFlash(8, 1024)
    store = opened(flash)
    for index in range(300):
        store.add(1000 + 60 * index, ((index,), (index % 200,)))

    other = opened(flash, plain(1, (TEMPERATURE,)))
    other.add(10**6, ((5,),))

    assert (other.first, held(other), other.dropped) == (301, [301], 300)
    again = opened(flash, plain(1, (TEMPERATURE,)))
    assert (held(again), again.dropped) == ([301], 300)


def test_times_are_moved_when_the_clock_started_over() -> None:
    flash = RamFlash(8, 1024)
    store = opened(flash)
    store.add(1000, ((1,), None))
    store.add(1060, ((2,), None))

    after = opened(flash)
    after.restore(now_ms=5_000)
    after.add(25, ((3,), None))

    assert [after.record(number).time_s for number in (1, 2, 3)] == [-55, 5, 25]


def test_records_are_numbered_anew_above_another_life_of_the_node_over_restarts() -> None:
    flash = RamFlash(8, 1024)
    store = opened(flash)
    for index in range(5):
        store.add(1000 + 60 * index, ((index,), None))
    store.mark_sent(1, 5)
    store.acknowledge(acknowledgement(1, 3), (0, 0))

    store.continue_above(acknowledgement(500))
    assert held(opened(flash)) == held(store) == [501, 503, 504]

    again = opened(flash)
    assert again.add(2000, ((9,), None)) == []
    assert held(again) == [501, 503, 504, 505]
    assert [again.record(n).values[0] for n in held(again)] == [(1,), (3,), (4,), (9,)]


def test_erased_records_are_gone_from_the_flash_and_their_numbers_are_not_used_again() -> None:
    flash = RamFlash(8, 1024)
    store = opened(flash)
    for index in range(500):
        store.add(1000 + 60 * index, ((7_777,), (index % 100,)))

    store.erase()

    assert (held(store), store.first, store.dropped) == ([], 501, 500)
    assert flash.memory.count(b"\xff") > flash.size - 200
    after = opened(flash)
    assert (held(after), after.next, after.dropped) == ([], 501, 500)


class LogMachine(RuleBasedStateMachine):
    """A store on a small flash beside a model of it, restarted at any time without warning."""

    @initialize(thins=st.booleans(), sectors=st.integers(6, 9))
    def start(self, thins: bool, sectors: int) -> None:
        self.flash = RamFlash(sectors, 256)
        self.thins = thins
        self.bound: int | None = None
        self.truth: dict[int, tuple[int, Values]] = {}
        self.released: set[int] = set()
        self.gone: set[int] = set()
        self.restart()

    @rule()
    def restart(self) -> None:
        self.store = opened(self.flash)
        self.store.set_thinning(self.thins)
        self.store.set_capacity(self.bound)

    @rule(bound=st.none() | st.integers(1, 150))
    def set_capacity(self, bound: int | None) -> None:
        self.bound = bound
        self.store.set_capacity(bound)

    @rule(
        rows=st.lists(
            st.tuples(
                st.sampled_from([60, 60, 60, 61, 7]),
                st.one_of(st.none(), st.sampled_from([5, 5, 6, 3000])),
                st.integers(0, 2),
            ),
            min_size=1,
            max_size=40,
        )
    )
    def sample(self, rows: list[tuple[int, int | None, int]]) -> None:
        time_s = max((time_s for time_s, _ in self.truth.values()), default=1000)
        for later_s, first, second in rows:
            time_s += later_s
            number = self.store.next
            assert number not in self.truth
            self.truth[number] = (time_s, (None if first is None else (first,), (second,)))
            self.gone |= set(self.store.add(*self.truth[number]))
            assert self.bound is None or self.store.capacity <= self.bound
        if self.bound is not None and len(rows) > self.bound // SLACK:
            assert self.store.held <= self.bound

    @rule(ahead=st.integers(-3, 60), above=st.sets(st.integers(0, 30)))
    def acknowledge(self, ahead: int, above: set[int]) -> None:
        through = min(self.store.next - 1, max(0, self.store.first + ahead))
        numbers = [n for n in (through + 2 + each for each in above) if n < self.store.next]
        self.store.mark_sent(self.store.first, self.store.next - self.store.first)
        before = set(held(self.store))
        stored = set(range(1, through + 1)) | set(numbers)

        release = self.store.acknowledge(acknowledgement(through, *numbers), (0, 0))

        assert release.count == len(before & stored)
        assert release.highest == max(before & stored, default=0)
        self.released |= stored

    @rule()
    def protect(self) -> None:
        self.store.keep_around()

    @invariant()
    def holds_what_it_must_hold(self) -> None:
        if not hasattr(self, "store"):
            return
        now = held(self.store)
        assert set(self.truth) - self.released - self.gone <= set(now)
        assert not set(now) & self.released
        assert self.store.held == len(now)
        assert self.store.first == min(now, default=self.store.next)
        for number in now:
            record = self.store.record(number)
            assert (record.time_s, record.values) == self.truth[number]


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
