"""When a node samples, and what it does with sensors that fail."""

from itertools import pairwise

import pytest

from farwire_codecs.schema import Channel
from farwire_node.sampler import FIRST_WITHIN_S, Sample, Sampler
from farwire_node.sensor import Sensor
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


def run(sampler: Sampler, until_ms: int) -> list[tuple[int, Sample]]:
    """Poll whenever the sampler wants it; return (ms, sample) of each."""
    samples = []
    while (next_ms := sampler.next_ms()) is not None and next_ms < until_ms:
        sample = sampler.poll(next_ms)
        if sample is not None:
            samples.append((next_ms, sample))
    return samples


def only_sample(*sensors: Sensor) -> Sample:
    sampler = Sampler(sensors, 60, 0, smallest)
    [(_, sample)] = run(sampler, 2_000)
    return sample


def test_instants_are_whole_seconds_of_the_nodes_clock() -> None:
    sampler = Sampler((SteppingSensor(TEMPERATURE),), 7, 123_456, seeded())

    samples = run(sampler, 400_000)

    assert len(samples) > 30
    assert all(at_ms % 1000 == 0 and sample.time_s == at_ms // 1000 for at_ms, sample in samples)


def test_instants_are_one_interval_apart_after_the_first() -> None:
    sampler = Sampler((SteppingSensor(TEMPERATURE),), 60, 0, seeded())

    times = [at_ms for at_ms, _ in run(sampler, 20 * MINUTE_MS)][1:]

    assert {later - earlier for earlier, later in pairwise(times)} == {MINUTE_MS}


def test_nodes_that_start_together_do_not_sample_together() -> None:
    dice = seeded()
    samplers = [Sampler((SteppingSensor(TEMPERATURE),), 600, 0, dice) for _ in range(50)]

    phases = [run(sampler, 1_300_000)[-1][0] % 600_000 for sampler in samplers]

    assert len(set(phases)) > 40


def test_the_first_values_come_within_seconds_of_the_start() -> None:
    sampler = Sampler((SteppingSensor(TEMPERATURE),), 3600, 500, largest)

    [(at_ms, _)] = run(sampler, 60_000)

    assert at_ms <= 500 + 1000 + FIRST_WITHIN_S * 1000


def test_a_sensor_is_woken_its_warm_up_before_it_is_read() -> None:
    slow, quick = SteppingSensor(TEMPERATURE, warm_up_ms=750), SteppingSensor(HUMIDITY, warm_up_ms=20)
    sampler = Sampler((slow, quick), 60, 0, smallest)

    run(sampler, 10 * MINUTE_MS)

    assert len(slow.read_ms) == 10
    assert [r - w for r, w in zip(slow.read_ms, slow.woken_ms, strict=False)] == [750] * 10
    assert [r - w for r, w in zip(quick.read_ms, quick.woken_ms, strict=False)] == [20] * 10


def test_a_sensor_that_was_woken_late_is_read_only_when_it_is_ready() -> None:
    slow = SteppingSensor(TEMPERATURE, warm_up_ms=750)
    sampler = Sampler((slow,), 60, 0, smallest)
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
    sampler = Sampler((sensor,), 10, 0, smallest)

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
    samplers = [Sampler((SteppingSensor(TEMPERATURE),), 60, 0, dice) for _ in range(30)]

    for sampler in samplers:
        run(sampler, 5 * MINUTE_MS)
        sampler.set_interval(3600, 5 * MINUTE_MS)

    phases = {sampler.next_ms() for sampler in samplers}
    assert len(phases) > 25
    assert all(p is not None and 0 < p - 5 * MINUTE_MS <= 3_600_000 for p in phases)


def test_the_same_interval_again_changes_nothing() -> None:
    sampler = Sampler((SteppingSensor(TEMPERATURE),), 60, 0, seeded())
    run(sampler, MINUTE_MS)
    before_ms = sampler.next_ms()

    sampler.set_interval(60, MINUTE_MS)

    assert sampler.next_ms() == before_ms


def test_a_stopped_sampler_never_samples_again() -> None:
    sampler = Sampler((SteppingSensor(TEMPERATURE),), 60, 0, smallest)

    sampler.stop()
    sampler.set_interval(10, 0)

    assert sampler.next_ms() is None
    assert sampler.poll(10 * MINUTE_MS) is None


def test_a_node_without_sensors_samples_nothing() -> None:
    assert Sampler((), 60, 0, smallest).next_ms() is None
