"""When a node samples, and what it does with sensors that fail."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_codecs.schema import Channel
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Calibration
from farwire_node.sensors.sampler import FIRST_WITHIN_S, Plan, Sample, Sampler
from farwire_node.sensors.sensor import Rail, Sensor
from tests.node.program.dice import largest, seeded, smallest
from tests.node.program.fakes import HUMIDITY, TEMPERATURE, SteppingSensor

MINUTE_MS = 60_000


class Fixed(Sensor):
    """Gives whatever it is told to."""

    def __init__(self, channels: tuple[Channel, ...], answer: object) -> None:
        self.channels = channels
        self.answer = answer

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


def sampler_of(
    sensors: tuple[Sensor, ...], interval_s: int, now_ms: int, random_below: Callable[[int], int]
) -> Sampler:
    """All sensors with one interval."""
    return Sampler(sensors, [Plan(interval_s, True)] * len(sensors), now_ms, random_below)


def run(sampler: Sampler, until_ms: int) -> list[tuple[int, Sample]]:
    """Poll whenever the sampler wants it; return (ms, sample) of each."""
    samples = []
    while (next_ms := sampler.next_ms()) is not None and next_ms < until_ms:
        sample = sampler.poll(next_ms)
        if sample is not None:
            samples.append((next_ms, sample))
    return samples


def only_sample(*sensors: Sensor) -> Sample:
    sampler = sampler_of(sensors, 60, 0, smallest)
    [(_, sample)] = run(sampler, 2_000)
    return sample


def test_instants_are_whole_seconds_of_the_nodes_clock() -> None:
    sampler = sampler_of((SteppingSensor(TEMPERATURE),), 7, 123_456, seeded())

    samples = run(sampler, 400_000)

    assert len(samples) > 30
    assert all(at_ms % 1000 == 0 and sample.time_s == at_ms // 1000 for at_ms, sample in samples)


def test_instants_are_one_interval_apart_after_the_first() -> None:
    sampler = sampler_of((SteppingSensor(TEMPERATURE),), 60, 0, seeded())

    times = [at_ms for at_ms, _ in run(sampler, 20 * MINUTE_MS)][1:]

    assert {later - earlier for earlier, later in pairwise(times)} == {MINUTE_MS}


def test_nodes_that_start_together_do_not_sample_together() -> None:
    dice = seeded()
    samplers = [sampler_of((SteppingSensor(TEMPERATURE),), 600, 0, dice) for _ in range(50)]

    phases = [run(sampler, 1_300_000)[-1][0] % 600_000 for sampler in samplers]

    assert len(set(phases)) > 40


def test_the_first_values_come_within_seconds_of_the_start() -> None:
    sampler = sampler_of((SteppingSensor(TEMPERATURE),), 3600, 500, largest)

    [(at_ms, _)] = run(sampler, 60_000)

    assert at_ms <= 500 + 1000 + FIRST_WITHIN_S * 1000


def test_a_sensor_is_woken_its_warm_up_before_it_is_read() -> None:
    slow, quick = SteppingSensor(TEMPERATURE, warm_up_ms=750), SteppingSensor(HUMIDITY, warm_up_ms=20)
    sampler = sampler_of((slow, quick), 60, 0, smallest)

    run(sampler, 10 * MINUTE_MS)

    assert len(slow.read_ms) == 10
    assert [r - w for r, w in zip(slow.read_ms, slow.woken_ms, strict=False)] == [750] * 10
    assert [r - w for r, w in zip(quick.read_ms, quick.woken_ms, strict=False)] == [20] * 10


def test_a_sensor_that_was_woken_late_is_read_only_when_it_is_ready() -> None:
    slow = SteppingSensor(TEMPERATURE, warm_up_ms=750)
    sampler = sampler_of((slow,), 60, 0, smallest)
    due_ms = sampler.next_ms()
    assert due_ms is not None

    early = sampler.poll(due_ms + 5_000)
    later = run(sampler, due_ms + 10_000)

    assert early is None
    assert slow.read_ms[0] - slow.woken_ms[0] >= 750
    assert later[0][0] % 1000 == 0


def test_values_stand_in_the_order_of_the_sensors() -> None:
    temperature, humidity = Fixed((TEMPERATURE,), ((215,),)), Fixed((HUMIDITY,), ((90,),))

    assert only_sample(temperature, humidity).values == ((215,), (90,))


def test_instants_that_passed_while_nobody_polled_are_skipped() -> None:
    sensor = SteppingSensor(TEMPERATURE)
    sampler = sampler_of((sensor,), 10, 0, smallest)

    sample = sampler.poll(95_500)

    assert sample is not None
    assert sample.time_s == 95
    assert sampler.next_ms() == 100_000
    assert len(sensor.read_ms) == 1


@pytest.mark.parametrize(
    "failure",
    [
        OSError(5),
        ValueError("a bug in a driver"),
        ((215,), (90,)),  # more values than channels
        (),
        ((40_000,),),  # does not fit the type
        ((1, 2),),  # too many axes
        (None,),
    ],
)
def test_a_sensor_that_fails_leaves_its_channel_empty_and_the_others_go_on(failure: object) -> None:
    broken, good = Fixed((TEMPERATURE,), failure), Fixed((HUMIDITY,), ((90,),))

    assert only_sample(broken, good).values == (None, (90,))


def test_a_new_interval_has_a_phase_of_its_own() -> None:
    dice = seeded()
    samplers = [sampler_of((SteppingSensor(TEMPERATURE),), 60, 0, dice) for _ in range(30)]

    for sampler in samplers:
        run(sampler, 5 * MINUTE_MS)
        sampler.set_plans([Plan(3600, True)], 5 * MINUTE_MS)

    phases = {sampler.next_ms() for sampler in samplers}
    assert len(phases) > 25
    assert all(p is not None and 0 < p - 5 * MINUTE_MS <= 3_600_000 for p in phases)


def test_the_same_interval_again_changes_nothing() -> None:
    sampler = sampler_of((SteppingSensor(TEMPERATURE),), 60, 0, seeded())
    run(sampler, MINUTE_MS)
    before_ms = sampler.next_ms()

    sampler.set_plans([Plan(60, True)], MINUTE_MS)

    assert sampler.next_ms() == before_ms


def test_a_stopped_sampler_never_samples_again() -> None:
    sampler = sampler_of((SteppingSensor(TEMPERATURE),), 60, 0, smallest)

    sampler.stop()
    sampler.set_plans([Plan(10, True)], 0)

    assert sampler.next_ms() is None
    assert sampler.poll(10 * MINUTE_MS) is None


def test_a_node_without_sensors_samples_nothing() -> None:
    assert sampler_of((), 60, 0, smallest).next_ms() is None


class Blind(Fixed):
    """Cannot even be woken."""

    def wake(self, now_ms: int) -> None:
        raise OSError(5)


def times(samples: list[tuple[int, Sample]], column: int) -> list[int]:
    """When a channel was read, in seconds."""
    return [at_ms // 1000 for at_ms, s in samples if s.states[column] not in (faults.NOT_DUE, faults.OFF)]


def test_each_sensor_has_an_interval_of_its_own_and_multiples_share_their_instants() -> None:
    sensors = (SteppingSensor(TEMPERATURE), SteppingSensor(HUMIDITY))
    sampler = Sampler(sensors, [Plan(60, True), Plan(600, True)], 0, seeded())

    samples = run(sampler, 3_600_000)[1:]

    quick, slow = times(samples, 0), times(samples, 1)
    assert {b - a for a, b in pairwise(quick)} == {60}
    assert {b - a for a, b in pairwise(slow)} == {600}
    assert set(slow) <= set(quick)
    assert all(s.values[1] is None for at_ms, s in samples if at_ms // 1000 not in slow)


@given(
    st.lists(st.tuples(st.integers(1, 4000), st.integers(0, 9_000), st.booleans()), min_size=1, max_size=5),
    st.integers(0, 10**9),
    st.integers(0, 2**16),
)
@settings(max_examples=60, deadline=None)
def test_records_are_in_order_and_every_sensor_keeps_its_interval_and_its_warm_up(
    kinds: list[tuple[int, int, bool]], start_ms: int, seed: int
) -> None:
    sensors = [SteppingSensor(TEMPERATURE, warm_up_ms=warm_up_ms) for _, warm_up_ms, _ in kinds]
    plans = [Plan(interval_s, enabled) for interval_s, _, enabled in kinds]
    sampler = Sampler(sensors, plans, start_ms, seeded(seed))

    samples = run(sampler, start_ms + 3_000_000)

    assert all(later.time_s > earlier.time_s for (_, earlier), (_, later) in pairwise(samples))
    for column, (sensor, plan) in enumerate(zip(sensors, plans, strict=True)):
        read_s = times(samples, column)
        slack_s = -(-sensor.warm_up_ms // 1000) + 1
        gaps = [b - a for a, b in pairwise(read_s)][1:]
        assert bool(read_s) is plan.enabled
        assert all(r - w >= sensor.warm_up_ms for r, w in zip(sensor.read_ms, sensor.woken_ms, strict=False))
        assert all(plan.interval_s <= gap <= plan.interval_s + slack_s for gap in gaps) or slack_s >= (
            plan.interval_s
        )


def test_a_change_of_one_sensors_plan_leaves_the_others_where_they_are() -> None:
    sensors = (SteppingSensor(TEMPERATURE), SteppingSensor(HUMIDITY))
    sampler = Sampler(sensors, [Plan(60, True), Plan(86_400, True)], 0, seeded())
    run(sampler, 100_000)
    sampler.set_plans([Plan(60, False), Plan(86_400, True)], 100_000)
    expected_ms = sampler.next_ms()

    sampler.set_plans([Plan(30, True), Plan(86_400, True)], 100_000)
    samples = run(sampler, 86_500_000)

    assert expected_ms is not None
    assert times(samples, 1) == [expected_ms // 1000]


def test_a_sensor_that_is_switched_off_is_not_read_and_says_so() -> None:
    off, on = SteppingSensor(TEMPERATURE), SteppingSensor(HUMIDITY)
    sampler = Sampler((off, on), [Plan(60, False), Plan(60, True)], 0, smallest)

    samples = run(sampler, 300_000)

    assert off.read_ms == []
    assert {s.states for _, s in samples} == {bytes((faults.OFF, faults.GOOD))}


class Supply(Rail):
    """Notes when it was switched."""

    def __init__(self) -> None:
        super().__init__()
        self.clock_ms = 0
        self.switched: list[tuple[int, bool]] = []

    def switch(self, on: bool) -> None:
        self.switched.append((self.clock_ms, on))


def test_a_rail_is_on_from_power_up_to_the_reading_of_its_last_sensor_and_off_between() -> None:
    supply = Supply()
    slow, quick = SteppingSensor(TEMPERATURE, warm_up_ms=750), SteppingSensor(HUMIDITY, warm_up_ms=20)
    slow.rail = quick.rail = supply
    slow.power_up_ms, quick.power_up_ms = 2_000, 5
    sampler = sampler_of((slow, quick), 60, 0, smallest)

    while (next_ms := sampler.next_ms()) is not None and next_ms < 10 * MINUTE_MS:
        supply.clock_ms = next_ms
        sampler.poll(next_ms)

    on_ms, off_ms = [ms for ms, on in supply.switched if on], [ms for ms, on in supply.switched if not on]
    assert [off - on for on, off in zip(on_ms, off_ms, strict=False)] == [2_750] * 10
    assert off_ms == slow.read_ms == quick.read_ms


def test_stopping_switches_the_rail_off() -> None:
    supply = Supply()
    sensor = SteppingSensor(TEMPERATURE, warm_up_ms=750)
    sensor.rail = supply
    sampler = sampler_of((sensor,), 60, 0, smallest)
    sampler.poll(sampler.next_ms() or 0)

    sampler.stop()

    assert [on for _, on in supply.switched] == [True, False]


def test_a_sensor_of_a_long_interval_that_fails_is_tried_again_soon_and_then_ever_more_seldom() -> None:
    broken = Fixed((TEMPERATURE,), OSError(5))
    sampler = sampler_of((broken,), 600, 0, smallest)

    read_s = times(run(sampler, 40_000_000), 0)

    gaps = [b - a for a, b in pairwise(read_s)]
    assert gaps[:2] == [60, 60]
    assert gaps[3:9] == [1200, 2400, 4200, 4200, 4200, 4200]  # an interval and at most an hour of pause


def test_a_sensor_that_answers_again_is_back_on_its_grid() -> None:
    broken = Fixed((TEMPERATURE,), OSError(5))
    sampler = sampler_of((broken,), 600, 0, smallest)
    run(sampler, 3_000_000)

    broken.answer = ((215,),)
    read_s = times(run(sampler, 20_000_000), 0)

    assert {b - a for a, b in pairwise(read_s)} == {600}


def test_only_a_retry_is_not_a_regular_sample() -> None:
    broken, good = Fixed((TEMPERATURE,), OSError(5)), Fixed((HUMIDITY,), ((90,),))
    sampler = Sampler((broken, good), [Plan(600, True), Plan(600, True)], 0, smallest)

    samples = [sample for _, sample in run(sampler, 600_000)]

    assert [s.regular for s in samples] == [True, False, False]
    assert samples[1].states == bytes((faults.NO_ANSWER, faults.NOT_DUE))


def test_a_sensor_that_could_not_be_woken_is_not_read() -> None:
    assert only_sample(Blind((TEMPERATURE,), ((215,),))).states == bytes((faults.NO_ANSWER,))


def test_values_are_calibrated_by_scale_and_offset_rounded_to_the_nearest() -> None:
    sampler = sampler_of((Fixed((TEMPERATURE,), ((1000,),)),), 60, 0, smallest)
    sampler.set_calibrations([Calibration(-600_000, -15)])

    [(_, sample)] = run(sampler, 2_000)

    assert sample.values == ((385,),)


def test_a_supply_that_cannot_be_switched_is_a_fault_of_its_sensors_alone() -> None:
    class Stuck(Rail):
        def switch(self, on: bool) -> None:
            raise OSError(5)

    dark, good = Fixed((TEMPERATURE,), ((215,),)), Fixed((HUMIDITY,), ((90,),))
    dark.rail = Stuck()

    sample = only_sample(dark, good)

    assert sample.states == bytes((faults.NO_ANSWER, faults.GOOD))


def test_a_sensor_that_cannot_save_does_not_keep_the_others_from_it() -> None:
    class Careless(Fixed):
        def suspend(self, now_ms: int) -> None:
            raise ValueError("full")

    class Careful(Fixed):
        saved = False

        def suspend(self, now_ms: int) -> None:
            self.saved = True

    careful = Careful((HUMIDITY,), ())
    sampler_of((Careless((TEMPERATURE,), ()), careful), 60, 0, smallest).suspend(0)

    assert careful.saved


def test_the_charge_of_all_readings_is_counted() -> None:
    sensor = SteppingSensor(TEMPERATURE)
    sensor.charge_nc = 24_000
    sampler = sampler_of((sensor,), 60, 0, smallest)

    run(sampler, 10 * MINUTE_MS)

    assert sampler.charge_nc == 24_000 * len(sensor.read_ms) == 240_000
