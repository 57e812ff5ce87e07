"""Alarms are kept until acknowledged, over any restart, and numbered without a gap."""

import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from farwire_codecs.alarm import HIGH, SENSOR_FAILED
from farwire_node.alarms.alarm_store import CAPACITY, AlarmStore
from farwire_node.alarms.detector import Change
from farwire_node.storage import MemoryStorage
from tests.node.flash.power import PowerCut

START = Change(1, 103, HIGH, True, (-5,))
END = Change(4, 113, HIGH, False, (-32768, 0, 32767))
FAILED = Change(2, 104, SENSOR_FAILED, True, None)
OVER = Change(1, 103, HIGH, False, (-9,))
ACTIVE = [(1, 103, 1 << HIGH)]


def numbers(store: AlarmStore) -> list[int]:
    return [alarm.number for alarm in store.held]


def test_alarms_survive_a_loss_of_power_without_warning() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, FAILED], 100)
    store.add([END], 160)

    after = AlarmStore(storage)
    after.restore(200_000)

    assert after.held == store.held
    assert after.active == store.active == [(1, 103, 1 << HIGH), (2, 104, 1 << SENSOR_FAILED)]
    assert after.next == 4


def test_an_alarm_holds_what_the_detector_found_and_when() -> None:
    store = AlarmStore(MemoryStorage())

    [added] = store.add([END], 160)

    assert added == (1, 4, 113, HIGH, False, 160, (-32768, 0, 32767))


def test_an_acknowledgement_releases_every_alarm_up_to_its_number() -> None:
    store = AlarmStore(MemoryStorage())
    store.add([START, END, FAILED], 100)

    assert store.acknowledge(2, 0) == 2
    assert numbers(store) == [3]


def test_alarms_that_were_all_acknowledged_are_not_sent_again_after_a_restart() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100)
    store.acknowledge(2, 0)

    after = AlarmStore(storage)
    after.restore(0)

    assert (after.held, after.next, after.active) == ((), 3, ACTIVE)


def test_alarms_count_as_never_sent_after_a_restart() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100)
    store.mark_sent([1, 2])

    after = AlarmStore(storage)
    after.restore(0)

    assert (store.fresh, store.sends(2)) == (False, 1)
    assert (after.fresh, after.sends(2)) == (True, 0)


def test_times_are_moved_when_the_clock_started_over() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START], 100)
    store.save(130_000)
    after = AlarmStore(storage)

    after.restore(2_000)

    assert after.held[0].time_s == 100 - 128


def test_room_shrinks_with_every_alarm_held() -> None:
    store = AlarmStore(MemoryStorage())

    store.add([START] * CAPACITY, 100)

    assert store.room == 0
    store.acknowledge(10, 0)
    assert store.room == 10


def test_alarms_are_numbered_anew_above_another_life_of_the_node() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100)
    store.mark_sent([1, 2])
    assert store.is_foreign(40)

    store.continue_above(40, 0)

    after = AlarmStore(storage)
    after.restore(100_000)
    assert (numbers(store), store.fresh, store.next) == ([41, 42], True, 43)
    assert after.held == store.held


class CutStorage(MemoryStorage):
    """Storage whose power goes off before the save that `left` counts down to; `written` sums up bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.written = 0

    def save(self, key: str, value: bytes) -> None:
        if self.left is not None:
            if not self.left:
                raise PowerCut
            self.left -= 1
        self.written += len(value)
        super().save(key, value)


@pytest.mark.parametrize("left", range(8))
def test_a_power_cut_while_alarms_are_numbered_anew_loses_none_and_leaves_no_gap(left: int) -> None:
    storage = CutStorage()
    store = AlarmStore(storage)
    store.add([START, END, FAILED], 100)
    store.acknowledge(1, 0)
    store.add([END, START], 160)
    contents = [alarm[1:] for alarm in store.held]
    storage.left = left

    with contextlib.suppress(PowerCut):
        store.continue_above(40, 0)

    after = AlarmStore(storage)
    after.restore(160_000)
    assert [alarm[1:] for alarm in after.held] == contents
    assert numbers(after) in ([2, 3, 4, 5], [41, 42, 43, 44])
    assert after.active == store.active


def test_an_alarm_is_written_once_whatever_else_is_held() -> None:
    storage = CutStorage()
    store = AlarmStore(storage)
    sizes = []
    for _ in range(CAPACITY):
        before = storage.written
        store.add([START], 100)
        sizes.append(storage.written - before)

    assert set(sizes) == {13}


def test_conditions_whose_start_was_acknowledged_stay_active_over_a_restart_until_they_end() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, FAILED], 100)
    store.acknowledge(2, 0)

    after = AlarmStore(storage)
    after.restore(0)
    assert after.active == [(1, 103, 1 << HIGH), (2, 104, 1 << SENSOR_FAILED)]
    after.add([Change(1, 103, HIGH, False, (5,))], 200)
    assert after.active == [(2, 104, 1 << SENSOR_FAILED)]


def test_times_do_not_go_back_in_storage_however_often_the_clock_starts_over() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START], 1_000)
    for _ in range(3):
        store = AlarmStore(storage)
        store.restore(0)
        store.add([END], 10)

    assert [alarm.time_s for alarm in store.held] == [-20, -10, 0, 10]


class AlarmMachine(RuleBasedStateMachine):
    """Alarms, acknowledgements, erasures and power cuts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage()
        self.store = AlarmStore(self.storage)
        self.given = 0
        self.through = 0
        self.conditions: dict[tuple[int, int], int] = {}

    @rule(changes=st.lists(st.sampled_from([START, END, FAILED, OVER]), min_size=1, max_size=5))
    def raise_alarms(self, changes: list[Change]) -> None:
        for alarm in self.store.add(changes[: self.store.room], 7):
            self.given += 1
            assert alarm.number == self.given
            key = (alarm.channel, alarm.type_id)
            bits = self.conditions.get(key, 0) & ~(1 << alarm.condition)
            self.conditions[key] = bits | alarm.active << alarm.condition

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        through = data.draw(st.integers(0, self.given))
        self.store.acknowledge(through, 0)
        self.through = max(self.through, through)

    @rule()
    def continue_above(self) -> None:
        if self.given == self.through:  # what is held would be numbered anew
            self.store.continue_above(self.given + 5, 0)
            self.given = self.through = self.given + 5

    @rule()
    def erase(self) -> None:
        told = {alarm[1:4] for alarm in self.store.held}
        self.store.erase(7_000)
        if told:
            self.through = self.given
            self.given += len(told)
            assert self.store.erased_below == self.through + 1
        assert {alarm[1:4] for alarm in self.store.held} == told

    @rule()
    def cut_power(self) -> None:
        self.store = AlarmStore(self.storage)
        self.store.restore(0)
        self.store.acknowledge(self.through, 0)  # the cloud says again what it has

    @invariant()
    def shows_the_conditions_that_started_and_did_not_end(self) -> None:
        assert {(c, t): bits for c, t, bits in self.store.active} == {
            key: bits for key, bits in self.conditions.items() if bits
        }

    @invariant()
    def holds_exactly_what_is_not_acknowledged(self) -> None:
        assert numbers(self.store) == list(range(self.through + 1, self.given + 1))
        assert self.store.next == self.given + 1


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
