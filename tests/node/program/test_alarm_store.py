"""Alarms are kept until acknowledged, over any restart, and numbered without a gap."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from farwire_codecs.alarm import HIGH, SENSOR_FAILED
from farwire_node.alarm_store import CAPACITY, AlarmStore
from farwire_node.detector import Change
from farwire_node.storage import MemoryStorage

START = Change(1, 103, HIGH, True, (-5,))
END = Change(4, 113, HIGH, False, (-32768, 0, 32767))
FAILED = Change(2, 104, SENSOR_FAILED, True, None)
ACTIVE = [(1, 103, 1 << HIGH)]


def numbers(store: AlarmStore) -> list[int]:
    return [alarm.number for alarm in store.held]


def test_alarms_survive_a_loss_of_power_without_warning() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, FAILED], 100, [], 100_000)
    store.add([END], 160, ACTIVE, 160_000)

    after = AlarmStore(storage)
    after.restore(200_000)

    assert after.held == store.held
    assert after.active == ACTIVE
    assert after.next == 4


def test_an_alarm_holds_what_the_detector_found_and_when() -> None:
    store = AlarmStore(MemoryStorage())

    [added] = store.add([END], 160, ACTIVE, 160_000)

    assert added == (1, 4, 113, HIGH, False, 160, (-32768, 0, 32767))


def test_an_acknowledgement_releases_every_alarm_up_to_its_number() -> None:
    store = AlarmStore(MemoryStorage())
    store.add([START, END, FAILED], 100, [], 0)

    assert store.acknowledge(2, 0) == 2
    assert numbers(store) == [3]


def test_alarms_that_were_all_acknowledged_are_not_sent_again_after_a_restart() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100, ACTIVE, 0)
    store.acknowledge(2, 0)

    after = AlarmStore(storage)
    after.restore(0)

    assert (after.held, after.next, after.active) == ((), 3, ACTIVE)


def test_alarms_count_as_never_sent_after_a_restart() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100, [], 0)
    store.mark_sent(2)

    after = AlarmStore(storage)
    after.restore(0)

    assert (store.unsent, after.unsent) == (3, 1)


def test_times_are_moved_when_the_clock_started_over() -> None:
    storage = MemoryStorage()
    AlarmStore(storage).add([START], 100, [], 130_000)
    after = AlarmStore(storage)

    after.restore(2_000)

    assert after.held[0].time_s == 100 - 128


def test_room_shrinks_with_every_alarm_held() -> None:
    store = AlarmStore(MemoryStorage())

    store.add([START] * CAPACITY, 100, [], 0)

    assert store.room == 0
    store.acknowledge(10, 0)
    assert store.room == 10


def test_alarms_are_numbered_anew_above_another_life_of_the_node() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    store.add([START, END], 100, ACTIVE, 0)
    store.mark_sent(2)
    assert store.is_foreign(40)

    store.continue_above(40, 0)

    after = AlarmStore(storage)
    after.restore(0)
    assert (numbers(store), store.unsent, store.next) == ([41, 42], 41, 43)
    assert after.held == store.held


class AlarmMachine(RuleBasedStateMachine):
    """Alarms, acknowledgements and power cuts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage()
        self.store = AlarmStore(self.storage)
        self.given = 0
        self.through = 0

    @rule(changes=st.lists(st.sampled_from([START, END, FAILED]), min_size=1, max_size=5))
    def raise_alarms(self, changes: list[Change]) -> None:
        for alarm in self.store.add(changes[: self.store.room], 7, [], 0):
            self.given += 1
            assert alarm.number == self.given

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        through = data.draw(st.integers(0, self.given))
        self.store.acknowledge(through, 0)
        self.through = max(self.through, through)

    @rule()
    def cut_power(self) -> None:
        self.store = AlarmStore(self.storage)
        self.store.restore(0)
        self.store.acknowledge(self.through, 0)  # the cloud says again what it has

    @invariant()
    def holds_exactly_what_is_not_acknowledged(self) -> None:
        assert numbers(self.store) == list(range(self.through + 1, self.given + 1))
        assert self.store.next == self.given + 1


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
