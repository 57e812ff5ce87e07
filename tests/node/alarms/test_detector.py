"""When a condition starts and when it ends."""

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_codecs.alarm import CONDITIONS, HIGH, LOW, OUT_OF_NORMAL, RATE, SENSOR_FAILED, STUCK
from farwire_codecs.schema import Channel
from farwire_node.alarms.detector import FAILURES, NO_LIMITS, Change, Detector, Limits
from farwire_node.sensors import faults
from tests.node.program.fakes import ACCELERATION, HUMIDITY, TEMPERATURE

ROOM = 64
MINUTE_S = 60
GOOD, FAULTY, NOT_DUE, OFF = (
    bytes((state,)) for state in (faults.GOOD, faults.NO_ANSWER, faults.NOT_DUE, faults.OFF)
)

Started = tuple[int, int, bool]  # index of the value (or time), condition, active


def limits(high: int | None = None, low: int | None = None, hysteresis: int = 0, **others: int) -> Limits:
    return NO_LIMITS._replace(high=high, low=low, hysteresis=hysteresis, **others)


def detector(wanted: Limits, channel: Channel = TEMPERATURE) -> Detector:
    made = Detector((channel,))
    made.set_limits([wanted])
    return made


def started_and_ended(watcher: Detector, *values: int | None, every_s: int = MINUTE_S) -> list[Started]:
    """Return (index of the value, condition, active) of each change; None is a failed reading."""
    changes = []
    for index, value in enumerate(values):
        state = FAULTY if value is None else GOOD
        for change in watcher.examine(index * every_s, (_one(value),), state, ROOM):
            changes.append((index, change.condition, change.active))
    return changes


def _one(value: int | None) -> tuple[int] | None:
    return None if value is None else (value,)


def test_high_starts_above_its_limit_and_ends_at_the_hysteresis_below_it() -> None:
    watcher = detector(limits(800, None, 20))

    changes = started_and_ended(watcher, 800, 801, 790, 781, 780, 800)

    assert changes == [(1, HIGH, True), (4, HIGH, False)]


def test_low_starts_below_its_limit_and_ends_at_the_hysteresis_above_it() -> None:
    watcher = detector(limits(None, 100, 5))

    changes = started_and_ended(watcher, 100, 99, 104, 105, 100)

    assert changes == [(1, LOW, True), (3, LOW, False)]


def test_without_hysteresis_the_limit_itself_ends_a_condition() -> None:
    assert started_and_ended(detector(limits(10, None, 0)), 11, 10) == [(0, HIGH, True), (1, HIGH, False)]


def test_a_change_carries_channel_type_and_the_value_that_showed_it() -> None:
    watcher = detector(limits(800, None, 0))

    assert watcher.examine(0, ((900,),), GOOD, ROOM) == [Change(1, 103, HIGH, True, (900,))]


def test_a_channel_without_limits_raises_nothing() -> None:
    assert started_and_ended(detector(NO_LIMITS), -32768, 32767) == []


def test_a_type_with_axes_is_judged_by_its_extreme_axis() -> None:
    watcher = detector(limits(500, -500, 0), ACCELERATION)

    assert [c.condition for c in watcher.examine(0, ((0, 501, 0),), GOOD, ROOM)] == [HIGH]
    assert [c.condition for c in watcher.examine(0, ((0, 501, -501),), GOOD, ROOM)] == [LOW]


def test_a_sensor_has_failed_after_several_samples_without_a_value() -> None:
    changes = started_and_ended(detector(NO_LIMITS), *[None] * (FAILURES + 5), 20)

    assert changes == [(FAILURES - 1, SENSOR_FAILED, True), (FAILURES + 5, SENSOR_FAILED, False)]


def test_one_missing_value_neither_ends_a_condition_nor_counts_as_failure() -> None:
    watcher = detector(limits(10, None, 0))

    assert started_and_ended(watcher, 20, None, 20, None, None, 20) == [(0, HIGH, True)]


def test_a_limit_taken_away_ends_its_condition_with_the_next_sample() -> None:
    watcher = detector(limits(10, None, 0))
    started_and_ended(watcher, 20)

    watcher.set_limits([NO_LIMITS])

    assert started_and_ended(watcher, 20) == [(0, HIGH, False)]


def test_a_change_without_room_comes_with_the_next_sample_that_shows_it() -> None:
    watcher = detector(limits(10, None, 0))

    assert watcher.examine(0, ((20,),), GOOD, 0) == []
    assert [c.active for c in watcher.examine(0, ((21,),), GOOD, 1)] == [True]


def test_a_start_and_its_end_for_which_there_was_no_room_count_as_missed() -> None:
    watcher = detector(limits(10, None, 0, minimum_duration_s=60))
    for time_s, value in ((0, 20), (60, 20), (70, 5), (80, 20), (100, 5), (110, 20), (170, 20)):
        assert watcher.examine(time_s, ((value,),), GOOD, 0) == []

    assert watcher.missed == 1  # between 80 and 100 s it was no alarm; the last start still waits for room
    assert [c.active for c in watcher.examine(180, ((20,),), GOOD, 1)] == [True]
    assert watcher.missed == 1


def test_an_active_condition_survives_a_restart() -> None:
    before = detector(limits(10, None, 0))
    started_and_ended(before, 20)
    after = detector(limits(10, None, 0))

    after.restore(before.active())

    assert started_and_ended(after, 20, 5) == [(1, HIGH, False)]


def test_conditions_of_channels_that_are_gone_are_forgotten() -> None:
    after = detector(NO_LIMITS)

    after.restore([(9, 103, 1 << HIGH)])

    assert after.active() == []


def test_a_rise_within_a_minute_above_the_rate_is_an_alarm_and_ends_when_it_slows() -> None:
    watcher = detector(limits(rate_per_min=10))

    changes = started_and_ended(watcher, 100, 110, 121, 131, 120, 109, 105)

    assert changes == [(2, RATE, True), (3, RATE, False), (4, RATE, True), (6, RATE, False)]


def test_a_step_of_the_converter_is_not_a_rate_however_often_it_is_read() -> None:
    watcher = detector(limits(rate_per_min=2))

    assert started_and_ended(watcher, *[100, 101] * 30, every_s=1) == []


def test_a_rise_that_takes_many_readings_within_a_minute_is_seen() -> None:
    watcher = detector(limits(rate_per_min=20))

    [(index, condition, active)] = started_and_ended(watcher, *range(100, 160), every_s=2)

    assert (condition, active) == (RATE, True)
    assert 21 <= 2 * index <= 60


def test_a_value_of_exactly_a_minute_ago_counts_and_an_older_one_does_not() -> None:
    watcher = detector(limits(rate_per_min=10))

    assert started_and_ended(watcher, 100, 105, 110, 116, every_s=30) == [(3, RATE, True)]


def test_a_change_over_a_longer_pause_counts_in_proportion() -> None:
    assert started_and_ended(detector(limits(rate_per_min=10)), 0, 100, every_s=600) == []
    assert started_and_ended(detector(limits(rate_per_min=10)), 0, 101, every_s=600) == [(1, RATE, True)]


def test_the_same_value_for_the_time_set_is_stuck_until_another_comes() -> None:
    watcher = detector(limits(stuck_time_s=180))

    assert started_and_ended(watcher, 5, 6, 6, 6, 6, 6, 7, 7) == [(4, STUCK, True), (6, STUCK, False)]


def test_a_value_beyond_the_normal_range_is_out_of_normal_until_it_is_back_by_the_hysteresis() -> None:
    watcher = detector(limits(hysteresis=2, normal_low=10, normal_high=20))

    changes = started_and_ended(watcher, 20, 21, 19, 18, 9, 11, 12)

    assert changes == [
        (1, OUT_OF_NORMAL, True),
        (3, OUT_OF_NORMAL, False),
        (4, OUT_OF_NORMAL, True),
        (6, OUT_OF_NORMAL, False),
    ]


def test_a_condition_must_hold_and_be_over_for_the_minimum_duration() -> None:
    watcher = detector(limits(10, minimum_duration_s=120))

    changes = started_and_ended(watcher, 20, 20, 5, 20, 20, 20, 5, 5, 20, 5, 5, 5)

    assert changes == [(5, HIGH, True), (11, HIGH, False)]


def test_a_failed_reading_neither_resets_nor_proves_a_duration() -> None:
    watcher = detector(limits(10, minimum_duration_s=120))

    assert started_and_ended(watcher, 20, None, 20) == [(2, HIGH, True)]


def test_values_on_another_scale_are_not_compared_with_those_before() -> None:
    watcher = detector(limits(rate_per_min=10))
    started_and_ended(watcher, 100)

    watcher.forget_values()

    assert watcher.examine(60, ((900,),), GOOD, ROOM) == []


def test_the_same_limits_again_do_not_begin_a_duration_anew() -> None:
    watcher = detector(limits(10, minimum_duration_s=120))
    started_and_ended(watcher, 20, 20)

    watcher.set_limits([limits(10, minimum_duration_s=120)])

    assert [c.condition for c in watcher.examine(120, ((20,),), GOOD, ROOM)] == [HIGH]


def test_channels_that_were_not_read_keep_what_they_have() -> None:
    watcher = Detector((TEMPERATURE, HUMIDITY))
    watcher.set_limits([limits(10), NO_LIMITS])
    watcher.examine(0, ((20,), (1,)), GOOD + GOOD, ROOM)

    for time_s in range(60, 900, 60):
        assert watcher.examine(time_s, (None, (1,)), NOT_DUE + GOOD, ROOM) == []

    assert watcher.active() == [(1, 103, 1 << HIGH)]


def test_a_sensor_that_is_switched_off_ends_its_alarms() -> None:
    watcher = detector(limits(10, minimum_duration_s=600))
    watcher.restore([(1, 103, 1 << HIGH | 1 << SENSOR_FAILED)])

    changes = watcher.examine(0, (None,), OFF, ROOM)

    assert changes == [Change(1, 103, HIGH, False, None), Change(1, 103, SENSOR_FAILED, False, None)]


def test_rate_and_stuck_of_before_a_restart_wait_for_what_ends_them() -> None:
    watcher = detector(limits(rate_per_min=10, stuck_time_s=60))
    watcher.restore([(1, 103, 1 << RATE | 1 << STUCK)])

    assert started_and_ended(watcher, 50, 50, 51) == [(1, RATE, False), (2, STUCK, False)]


class Reference:
    """The same rules, told by the whole history of one channel instead of by state carried along."""

    def __init__(self, wanted: Limits) -> None:
        self.limits = wanted
        self.history: list[tuple[int, int | None]] = []  # time, value
        self.active = dict.fromkeys(CONDITIONS, False)
        self.shown: dict[int, list[tuple[int, bool]]] = {c: [] for c in CONDITIONS}  # time, as judged

    def examine(self, time_s: int, value: int | None) -> list[tuple[int, bool]]:
        self.history.append((time_s, value))
        if value is None:
            last = [v for _, v in self.history][-FAILURES:]
            failed = len(last) == FAILURES and not any(v is not None for v in last)
            return self._turn([SENSOR_FAILED], lambda _: True) if failed else []
        out = self._turn([SENSOR_FAILED], lambda _: False)
        out += self._turn([STUCK], lambda _: self._stuck())
        for condition, judge in ((HIGH, self._high), (LOW, self._low), (OUT_OF_NORMAL, self._out)):
            self.shown[condition].append((time_s, judge(value)))
            out += self._turn([condition], self._long_enough)
        fast = self._fast()
        if fast is not None:
            self.shown[RATE].append((time_s, fast))
            out += self._turn([RATE], self._long_enough)
        return out

    def _turn(self, conditions: list[int], target: Callable[[int], bool]) -> list[tuple[int, bool]]:
        changed = []
        for condition in conditions:
            if target(condition) != self.active[condition]:
                self.active[condition] = not self.active[condition]
                changed.append((condition, self.active[condition]))
        return changed

    def _long_enough(self, condition: int) -> bool:
        """What the condition becomes: the other state once it was shown in a row for long enough."""
        now = self.active[condition]
        run: list[int] = []
        for time_s, shown in reversed(self.shown[condition]):
            if shown == now:
                break
            run.append(time_s)
        if run and run[0] - run[-1] >= self.limits.minimum_duration_s:
            self.shown[condition] = []
            return not now
        return now

    def _slack(self, condition: int) -> int:
        return self.limits.hysteresis if self.active[condition] else 0

    def _high(self, value: int) -> bool:
        return self.limits.high is not None and value > self.limits.high - self._slack(HIGH)

    def _low(self, value: int) -> bool:
        return self.limits.low is not None and value < self.limits.low + self._slack(LOW)

    def _out(self, value: int) -> bool:
        slack = self._slack(OUT_OF_NORMAL)
        low, high = self.limits.normal_low, self.limits.normal_high
        return (high is not None and value > high - slack) or (low is not None and value < low + slack)

    def _stuck(self) -> bool:
        if self.limits.stuck_time_s is None:
            return False
        good = [(t, v) for t, v in self.history if v is not None]
        same_from = good[-1][0]
        for time_s, value in reversed(good):
            if value != good[-1][1]:
                break
            same_from = time_s
        return bool(good[-1][0] - same_from >= self.limits.stuck_time_s)

    def _fast(self) -> bool | None:
        """Against every earlier value within a minute, or the last one before."""
        if self.limits.rate_per_min is None:
            return False
        *earlier, (now_s, now) = [(t, v) for t, v in self.history if v is not None]
        if not earlier:
            return None
        near = [(t, v) for t, v in earlier if now_s - t <= MINUTE_S] or earlier[-1:]
        return any(
            abs(now - v) * MINUTE_S > self.limits.rate_per_min * max(MINUTE_S, now_s - t) for t, v in near
        )


def optional(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high)


any_limits = st.builds(
    Limits,
    optional(-40, 40),
    optional(-40, 40),
    st.integers(0, 10),
    optional(1, 60),
    optional(1, 400),
    st.sampled_from([0, 0, 1, 60, 200]),
    optional(-40, 40),
    optional(-40, 40),
)
# Steps of the time of at least 15 s: of values that lie closer the detector holds only some for RATE.
readings = st.lists(st.tuples(st.integers(15, 240), st.none() | st.integers(-50, 50)), max_size=60)


@settings(max_examples=400)
@given(any_limits, readings)
def test_the_detector_agrees_with_the_rules_told_by_the_whole_history(
    wanted: Limits, series: Sequence[tuple[int, int | None]]
) -> None:
    watcher, reference = detector(wanted), Reference(wanted)
    time_s = 0

    for later_s, value in series:
        time_s += later_s
        found = watcher.examine(time_s, (_one(value),), FAULTY if value is None else GOOD, ROOM)
        told = reference.examine(time_s, value)
        assert sorted((c.condition, c.active) for c in found) == sorted(told)


@given(any_limits, readings, st.data())
def test_starts_and_ends_of_a_condition_alternate_whatever_comes(
    wanted: Limits, series: Sequence[tuple[int, int | None]], data: st.DataObject
) -> None:
    watcher = detector(wanted)
    active = dict.fromkeys(CONDITIONS, False)
    time_s = 0

    for later_s, value in series:
        time_s += later_s
        state = data.draw(st.sampled_from([GOOD, GOOD, NOT_DUE, OFF])) if value is not None else FAULTY
        reading = _one(value) if state == GOOD else None
        for change in watcher.examine(time_s, (reading,), state, data.draw(st.integers(0, 3))):
            assert change.active is not active[change.condition]
            active[change.condition] = change.active
        if data.draw(st.integers(0, 9)) == 0:  # a restart
            before, watcher = watcher, detector(wanted)
            watcher.restore(before.active())

    assert watcher.active() == (
        [(1, 103, sum(on << c for c, on in active.items()))] if any(active.values()) else []
    )
