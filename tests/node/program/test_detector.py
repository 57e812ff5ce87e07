"""When a condition starts and when it ends."""

from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.alarm import HIGH, LOW, SENSOR_FAILED
from farwire_codecs.schema import Channel
from farwire_node.detector import FAILURES, NO_LIMITS, Change, Detector, Limits
from tests.node.program.fakes import ACCELERATION, TEMPERATURE

ROOM = 64


def detector(limits: Limits, channel: Channel = TEMPERATURE) -> Detector:
    made = Detector((channel,))
    made.set_limits([limits])
    return made


def started_and_ended(watcher: Detector, *values: int | None) -> list[tuple[int, int, bool]]:
    """Return (index of the value, condition, active) of each change."""
    changes = []
    for index, value in enumerate(values):
        for change in watcher.examine((None if value is None else (value,),), ROOM):
            changes.append((index, change.condition, change.active))
    return changes


def test_high_starts_above_its_limit_and_ends_at_the_hysteresis_below_it() -> None:
    watcher = detector(Limits(800, None, 20))

    changes = started_and_ended(watcher, 800, 801, 790, 781, 780, 800)

    assert changes == [(1, HIGH, True), (4, HIGH, False)]


def test_low_starts_below_its_limit_and_ends_at_the_hysteresis_above_it() -> None:
    watcher = detector(Limits(None, 100, 5))

    changes = started_and_ended(watcher, 100, 99, 104, 105, 100)

    assert changes == [(1, LOW, True), (3, LOW, False)]


def test_without_hysteresis_the_limit_itself_ends_a_condition() -> None:
    assert started_and_ended(detector(Limits(10, None, 0)), 11, 10) == [(0, HIGH, True), (1, HIGH, False)]


def test_a_change_carries_channel_type_and_the_value_that_showed_it() -> None:
    watcher = detector(Limits(800, None, 0))

    assert watcher.examine(((900,),), ROOM) == [Change(1, 103, HIGH, True, (900,))]


def test_a_channel_without_limits_raises_nothing() -> None:
    assert started_and_ended(detector(NO_LIMITS), -32768, 32767) == []


def test_a_type_with_axes_is_judged_by_its_extreme_axis() -> None:
    watcher = detector(Limits(500, -500, 0), ACCELERATION)

    assert [c.condition for c in watcher.examine(((0, 501, 0),), ROOM)] == [HIGH]
    assert [c.condition for c in watcher.examine(((0, 501, -501),), ROOM)] == [LOW]


def test_a_sensor_has_failed_after_several_samples_without_a_value() -> None:
    changes = started_and_ended(detector(NO_LIMITS), *[None] * (FAILURES + 5), 20)

    assert changes == [(FAILURES - 1, SENSOR_FAILED, True), (FAILURES + 5, SENSOR_FAILED, False)]


def test_one_missing_value_neither_ends_a_condition_nor_counts_as_failure() -> None:
    watcher = detector(Limits(10, None, 0))

    assert started_and_ended(watcher, 20, None, 20, None, None, 20) == [(0, HIGH, True)]


def test_a_limit_taken_away_ends_its_condition_with_the_next_sample() -> None:
    watcher = detector(Limits(10, None, 0))
    started_and_ended(watcher, 20)

    watcher.set_limits([NO_LIMITS])

    assert started_and_ended(watcher, 20) == [(0, HIGH, False)]


def test_a_change_without_room_comes_with_the_next_sample_that_shows_it() -> None:
    watcher = detector(Limits(10, None, 0))

    assert watcher.examine(((20,),), 0) == []
    assert [c.active for c in watcher.examine(((21,),), 1)] == [True]


def test_an_active_condition_survives_a_restart() -> None:
    before = detector(Limits(10, None, 0))
    started_and_ended(before, 20)
    after = detector(Limits(10, None, 0))

    after.restore(before.active())

    assert started_and_ended(after, 20, 5) == [(1, HIGH, False)]


def test_conditions_of_channels_that_are_gone_are_forgotten() -> None:
    after = detector(NO_LIMITS)

    after.restore([(9, 103, 1 << HIGH)])

    assert after.active() == []


values = st.one_of(st.none(), st.integers(-50, 50).map(lambda value: (value,)))


@given(
    st.lists(values, max_size=60),
    st.integers(-40, 40),
    st.integers(-40, 40),
    st.integers(0, 10),
    st.data(),
)
def test_starts_and_ends_of_a_condition_alternate_whatever_comes(
    series: list[tuple[int] | None], high: int, low: int, hysteresis: int, data: st.DataObject
) -> None:
    watcher = detector(Limits(high, low, hysteresis))
    active = {HIGH: False, LOW: False, SENSOR_FAILED: False}

    for value in series:
        for change in watcher.examine((value,), data.draw(st.integers(0, 3))):
            assert change.active is not active[change.condition]
            active[change.condition] = change.active

    assert watcher.active() == (
        [(1, 103, sum(on << c for c, on in active.items()))] if any(active.values()) else []
    )
