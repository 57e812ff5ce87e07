"""What the store holds, releases, gives up, and numbers."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.batch import Record
from farwire_codecs.schema import Schema, plain
from farwire_node.records import ram_shelf
from farwire_node.records.ram_shelf import RESERVED
from farwire_node.records.record_ring import RecordRing
from farwire_node.records.store import AROUND, RecordStore, Release
from farwire_node.storage import MemoryStorage
from tests import micropython
from tests.node.program.fakes import HUMIDITY, TEMPERATURE

SCHEMA = plain(0, (TEMPERATURE, HUMIDITY))
NOTHING = (0, 0)


def acknowledgement(through: int, *above: int, alarms_through: int = 0) -> Acknowledgement:
    """Everything up to `through` is stored, and the records `above`."""
    bitmap = bytearray((max(above, default=through + 1) - through - 1 + 7) // 8)
    for number in above:
        bitmap[(number - through - 2) // 8] |= 1 << (number - through - 2) % 8
    return Acknowledgement(through, bytes(bitmap), alarms_through, False, False)


def filled(count: int, capacity: int = 32, storage: MemoryStorage | None = None) -> RecordStore:
    """A store with `count` records, none sent."""
    store = RecordStore(SCHEMA, capacity, storage or MemoryStorage())
    store.set_thinning(False)
    for index in range(count):
        store.add(1000 + 60 * index, ((200 + index,), (90,)))
    return store


def held(store: RecordStore) -> list[int]:
    return [number for number in range(store.first, store.next) if store.holds(number)]


def missing(store: RecordStore) -> list[int]:
    return [number for number in range(store.first, store.next) if store.is_missing(number)]


def test_records_are_numbered_from_one() -> None:
    store = filled(3)

    assert held(store) == [1, 2, 3]
    assert store.record(2) == Record(2, 1060, ((201,), (90,)))


def test_a_record_is_held_until_an_acknowledgement_covers_it() -> None:
    store = filled(5)
    store.mark_sent(1, 5)

    assert store.acknowledge(acknowledgement(3), NOTHING) == Release(3, 3)
    assert held(store) == [4, 5]


def test_the_bitmap_releases_records_above_a_hole() -> None:
    store = filled(6)
    store.mark_sent(1, 6)

    assert store.acknowledge(acknowledgement(2, 4, 6), NOTHING) == Release(4, 6)
    assert held(store) == [3, 5]


def test_a_hole_in_the_bitmap_is_missing_until_it_is_sent_again() -> None:
    store = filled(6)
    store.mark_sent(1, 6)

    store.acknowledge(acknowledgement(2, 4, 6), NOTHING)
    assert (missing(store), store.missing, store.first_missing()) == ([3, 5], 2, 3)

    store.mark_sent(3, 1)
    assert (missing(store), store.missing, store.first_missing()) == ([5], 1, 5)


def test_what_lies_above_the_highest_stored_record_is_not_missing() -> None:
    store = filled(6)
    store.mark_sent(1, 6)

    store.acknowledge(acknowledgement(2, 4), NOTHING)

    assert missing(store) == [3]


def test_without_a_bitmap_all_that_was_sent_is_missing_but_what_is_on_its_way() -> None:
    store = filled(8)
    store.mark_sent(1, 6)

    store.acknowledge(acknowledgement(2), (5, 2))

    assert missing(store) == [3, 4]


def test_a_hole_longer_than_any_bitmap_is_filled() -> None:
    store = filled(60, capacity=64)
    store.mark_sent(1, 60)

    store.acknowledge(acknowledgement(0), NOTHING)
    store.mark_sent(1, 20)
    store.acknowledge(acknowledgement(20), NOTHING)

    assert missing(store) == list(range(21, 61))


def test_what_is_on_its_way_is_not_missing_yet() -> None:
    store = filled(6)
    store.mark_sent(1, 6)

    store.acknowledge(acknowledgement(0, 6), (2, 2))

    assert missing(store) == [1, 4, 5]


def test_what_was_never_sent_is_not_missing() -> None:
    store = filled(6)
    store.mark_sent(1, 2)

    store.acknowledge(acknowledgement(0, 4), NOTHING)

    assert missing(store) == [1, 2]


def test_the_same_acknowledgement_again_releases_nothing() -> None:
    store = filled(4)
    store.mark_sent(1, 4)
    store.acknowledge(acknowledgement(1, 4), NOTHING)

    assert store.acknowledge(acknowledgement(1, 4), NOTHING) == Release(0, 0)
    assert held(store) == [2, 3]


def test_a_full_store_gives_up_its_oldest_record_and_counts_it() -> None:
    store = filled(8, capacity=8)

    given_up = store.add(9000, ((1,), (1,)))

    assert (given_up, held(store), store.dropped) == ([1], list(range(2, 10)), 1)


def test_a_smaller_capacity_keeps_what_fits_and_gives_up_the_rest_as_a_full_store_does() -> None:
    store = filled(12)
    store.acknowledge(acknowledgement(2), NOTHING)

    assert store.set_capacity(10) == []  # two were released
    assert held(store) == list(range(3, 13))
    gone = store.set_capacity(6)

    assert len(gone) == 4
    assert sorted(gone + held(store)) == list(range(3, 13))
    assert (store.capacity, store.held, store.dropped) == (6, 6, 4)
    store.add(10**6, ((1,), (2,)))
    assert store.held == 6


def test_a_larger_capacity_keeps_all_and_none_is_the_first_one() -> None:
    store = filled(8, capacity=8)
    records = [store.record(number) for number in held(store)]

    store.set_capacity(20)
    for number in range(9, 21):
        assert store.add(10**6 + number, ((number,), None)) == []

    assert [store.record(number) for number in range(1, 9)] == records
    assert len(store.set_capacity(None)) == 12
    assert store.capacity == 8


def test_a_capacity_that_memory_does_not_suffice_for_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = filled(8, capacity=8)

    def too_much(schema: Schema, capacity: int) -> RecordRing:
        raise MemoryError

    monkeypatch.setattr(ram_shelf, "RecordRing", too_much)
    assert store.set_capacity(60_000) == []
    assert (store.capacity, held(store)) == (8, list(range(1, 9)))


def test_a_board_takes_other_capacities_as_the_host_does() -> None:
    source = """
from farwire_codecs.schema import Channel, plain
from farwire_node.storage import MemoryStorage
from farwire_node.records.store import RecordStore
store = RecordStore(plain(0, (Channel(1, 103),)), 20, MemoryStorage())
for index in range(30):
    store.add(60 * index + 1000, ((index,),))
for capacity in (60_000, 500, None, 8):
    given_up = len(store.set_capacity(capacity))
    print(given_up, store.capacity, store.held, store.record(30).values)
"""
    there = micropython.run(source, [micropython.CODECS, micropython.NODE])

    assert there.splitlines() == [
        "0 60000 20 ((29,),)",
        "0 500 20 ((29,),)",
        "0 20 20 ((29,),)",
        "12 8 8 ((29,),)",
    ]


def test_a_configured_capacity_holds_over_a_restart() -> None:
    storage = MemoryStorage()
    store = filled(8, capacity=8, storage=storage)
    store.set_capacity(20)
    for number in range(9, 21):
        store.add(10**6 + number, ((number,), None))
    store.save(0)

    after = RecordStore(SCHEMA, 8, storage)
    after.set_capacity(20)
    after.restore(10**10)

    assert held(after) == list(range(1, 21))


def test_released_records_leave_their_room_to_new_ones() -> None:
    store = filled(8, capacity=8)
    store.mark_sent(1, 8)
    store.acknowledge(acknowledgement(5), NOTHING)

    for index in range(5):
        assert store.add(9000 + index, ((1,), (1,))) == []
    assert store.dropped == 0


def test_the_first_record_that_was_never_sent_is_known() -> None:
    store = filled(5)
    assert store.first_unsent() == 1

    store.mark_sent(1, 3)
    assert store.first_unsent() == 4

    store.mark_sent(4, 2)
    assert store.first_unsent() is None


def test_everything_held_survives_a_restart_after_save() -> None:
    storage = MemoryStorage()
    store = filled(6, storage=storage)
    store.mark_sent(1, 4)
    store.acknowledge(acknowledgement(1, 3), NOTHING)

    store.save(now_ms=2_000_000)
    after = RecordStore(SCHEMA, 32, storage)
    after.restore(now_ms=2_100_000)

    assert held(after) == [2, 4, 5, 6]
    assert (after.next, after.first_unsent()) == (7, 5)
    assert [after.record(number) for number in held(after)] == [
        store.record(number) for number in held(store)
    ]


def test_numbers_are_not_reused_after_a_restart_without_save() -> None:
    storage = MemoryStorage()
    store = filled(6, storage=storage)

    after = RecordStore(SCHEMA, 32, storage)
    after.restore(now_ms=0)

    assert held(after) == []
    assert after.next > store.next - 1
    assert after.first == after.next


def test_numbers_are_not_reused_when_power_fails_some_time_after_a_save() -> None:
    storage = MemoryStorage()
    filled(6, storage=storage).save(now_ms=0)
    second = RecordStore(SCHEMA, 32, storage)
    second.restore(now_ms=0)
    second.add(5000, ((1,), (1,)))
    last = second.next - 1

    third = RecordStore(SCHEMA, 128, storage)
    third.restore(now_ms=0)

    assert third.next > last
    assert held(third) == [1, 2, 3, 4, 5, 6]


def test_numbers_are_written_once_a_block() -> None:
    writes = []

    class Counting(MemoryStorage):
        def save(self, key: str, value: bytes) -> None:
            writes.append(key)
            super().save(key, value)

    filled(3 * RESERVED, capacity=512, storage=Counting())

    assert len(writes) == 3


def test_what_was_saved_is_forgotten_once_it_is_acknowledged() -> None:
    storage = MemoryStorage()
    filled(6, storage=storage).save(now_ms=0)
    second = RecordStore(SCHEMA, 32, storage)
    second.restore(now_ms=0)
    second.acknowledge(acknowledgement(6), NOTHING)

    third = RecordStore(SCHEMA, 32, storage)
    third.restore(now_ms=0)

    assert held(third) == []


def test_the_count_of_records_given_up_survives_a_restart() -> None:
    storage = MemoryStorage()
    filled(11, capacity=8, storage=storage).save(now_ms=0)

    assert RecordStore(SCHEMA, 8, storage).dropped == 3


def test_records_of_another_schema_count_as_given_up_after_a_restart() -> None:
    storage = MemoryStorage()
    filled(6, storage=storage).save(now_ms=0)
    after = RecordStore(plain(1, (TEMPERATURE,)), 32, storage)

    after.restore(now_ms=0)

    assert (held(after), after.dropped, after.first) == ([], 6, 7)
    assert RecordStore(plain(1, (TEMPERATURE,)), 32, storage).dropped == 6


def test_times_are_moved_when_the_clock_started_over() -> None:
    storage = MemoryStorage()
    filled(2, storage=storage).save(now_ms=2_000_000)
    after = RecordStore(SCHEMA, 32, storage)

    after.restore(now_ms=5_000)

    assert [after.record(number).time_s for number in (1, 2)] == [1000 - 1995, 1060 - 1995]


def test_an_acknowledgement_of_numbers_never_given_releases_nothing() -> None:
    store = filled(3)
    store.mark_sent(1, 3)

    assert store.is_foreign(acknowledgement(500))
    assert store.is_foreign(acknowledgement(1, 90))
    assert store.acknowledge(acknowledgement(500), NOTHING) == Release(0, 0)
    assert held(store) == [1, 2, 3]


def test_records_are_numbered_anew_above_another_life_of_the_node() -> None:
    store = filled(3)
    store.mark_sent(1, 3)

    store.continue_above(acknowledgement(500, 503))

    assert held(store) == [504, 505, 506]
    assert (store.held, store.first_unsent(), store.next) == (3, 504, 507)
    assert store.record(505) == Record(505, 1060, ((201,), (90,)))


@pytest.mark.parametrize("capacity", [3, 8])
def test_a_renumbered_store_goes_on_as_before(capacity: int) -> None:
    store = filled(3, capacity=capacity)
    store.continue_above(acknowledgement(500))

    given_up = [number for index in range(capacity) for number in store.add(9000 + index, ((1,), (1,)))]

    assert given_up == [501, 502, 503]
    assert store.held == capacity


class StoreMachine(RuleBasedStateMachine):
    """A store beside a model of it, with a cloud that has any part of what was sent."""

    @initialize(capacity=st.integers(4, 24))
    def start(self, capacity: int) -> None:
        self.capacity = capacity
        self.storage = MemoryStorage()
        self.store = RecordStore(SCHEMA, capacity, self.storage)
        self.store.set_thinning(False)
        self.time_s = 0
        self.given: dict[int, int] = {}  # every number ever given -> time
        self.model: set[int] = set()  # what must be held
        self.saved: set[int] = set()
        self.in_cloud: set[int] = set()
        self.never_comes: set[int] = set()  # dropped, or lost with the power
        self.sent: set[int] = set()

    @rule(count=st.integers(1, 6))
    def sample(self, count: int) -> None:
        for _ in range(count):
            self.time_s += 10
            number = self.store.next
            assert number not in self.given
            given_up = self.store.add(self.time_s, ((self.time_s % 300,), None))
            assert given_up == sorted(self.model)[: len(given_up)]
            self.given[number] = self.time_s
            self.model = self.model - set(given_up) | {number}
            self.never_comes |= set(given_up) - self.in_cloud

    @rule(data=st.data(), arrives=st.booleans())
    def send(self, data: st.DataObject, arrives: bool) -> None:
        if not self.model:
            return
        first = data.draw(st.sampled_from(sorted(self.model)))
        count = 1
        while first + count in self.model and count < 5:
            count += 1
        first_unsent = self.store.first_unsent()
        if first_unsent is not None and first > first_unsent:
            return  # the scheduler sends never-sent records in order
        self.store.mark_sent(first, count)
        self.sent |= set(range(first, first + count))
        if arrives:
            self.in_cloud |= set(range(first, first + count))

    @rule()
    def acknowledge(self) -> None:
        gone = {n for n in range(1, self.store.first) if n not in self.in_cloud}
        through = 0
        while through + 1 in self.in_cloud or through + 1 in gone:
            through += 1
        above = [number for number in self.in_cloud if number > through + 1]
        message = acknowledgement(through, *above)

        release = self.store.acknowledge(message, NOTHING)

        assert release.count == len(self.model & self.in_cloud)
        self.model -= self.in_cloud
        top = max(self.in_cloud, default=0)
        unsent = self.store.first_unsent() or self.store.next
        assert {n for n in self.model if n < top and n < unsent} <= set(missing(self.store))

    @rule()
    def save(self) -> None:
        self.store.save(self.time_s * 1000)
        self.saved = set(self.model)

    @rule(save=st.booleans())
    def restart(self, save: bool) -> None:
        if save:
            self.save()
        lost = self.model
        self.store = RecordStore(SCHEMA, self.capacity, self.storage)
        self.store.set_thinning(False)
        self.store.restore(self.time_s * 1000)
        self.model = set(held(self.store))
        assert self.model <= self.saved
        if save:
            assert self.model == lost
        assert self.store.next > max(self.given, default=0)

    @invariant()
    def holds_what_it_must_hold(self) -> None:
        if not hasattr(self, "store"):
            return
        assert held(self.store) == sorted(self.model)
        assert self.store.held == len(self.model)
        assert self.store.first == min(self.model, default=self.store.next)
        assert self.store.missing == len(missing(self.store))
        assert len(self.model) <= self.capacity
        for number in self.model:
            record = self.store.record(number)
            assert record == (number, self.given[number], ((self.given[number] % 300,), None))


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_full_memory_keeps_the_shape_of_all_that_was_sampled() -> None:
    store = RecordStore(SCHEMA, 64, MemoryStorage())
    truth = {}
    for index in range(2_000):
        number, value = store.next, 200 + (40 if 300 <= index < 320 else 0) + index % 2
        truth[number] = value
        store.add(1000 + 60 * index, ((value,), (90,)))

    kept = held(store)
    assert len(kept) == 64
    assert kept[0] == 1
    assert kept[-30:] == list(range(1971, 2001))
    assert store.dropped == 2_000 - 64
    assert any(truth[number] >= 240 for number in kept)  # the peak of twenty records in two thousand


def test_records_around_an_alarm_stay_in_a_full_memory() -> None:
    store = RecordStore(SCHEMA, 64, MemoryStorage())
    for index in range(1_000):
        store.add(1000 + 60 * index, ((200,), (90,)))
        if index == 200:
            store.keep_around()

    assert set(range(201 - AROUND, 202 + AROUND)) <= set(held(store))


def test_a_number_given_up_between_others_is_carried_without_values() -> None:
    store = RecordStore(SCHEMA, 8, MemoryStorage())
    for index in range(9):
        store.add(1000 + 60 * index, ((200 + index,), (90,)))

    assert held(store) == [1, 3, 4, 5, 6, 7, 8, 9]
    assert store.carries(2)
    assert store.record(2) == Record(2, 1060, (None, None))


def test_erased_records_are_given_up_and_do_not_come_again() -> None:
    storage = MemoryStorage()
    store = filled(6, storage=storage)
    store.save(0)

    store.erase()

    after = RecordStore(SCHEMA, 32, storage)
    after.restore(0)
    assert (held(store), held(after), after.dropped) == ([], [], 6)
    assert after.next >= 7
