"""What software finds wrong with a reading."""

import pytest

from farwire_codecs.schema import Channel
from farwire_node.errors import SensorError
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Calibration, Watch
from farwire_node.sensors.sensor import Sensor
from tests.node.program.fakes import HUMIDITY, TEMPERATURE


class Scripted(Sensor):
    """Gives one answer after the other; an exception is raised."""

    def __init__(self, *answers: object, channels: tuple[Channel, ...] = (TEMPERATURE,)) -> None:
        self.channels = channels
        self.answers = list(answers)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[return-value]


def states(sensor: Scripted, every_ms: int = 60_000) -> list[int]:
    """The state of the only channel at each reading."""
    watch = Watch(sensor)
    return [watch.read(at * every_ms)[1][0] for at in range(len(sensor.answers))]


def one(*values: int) -> list[tuple[tuple[int]]]:
    return [((value,),) for value in values]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (OSError(19), faults.NO_ANSWER),
        (SensorError("nothing"), faults.NO_ANSWER),
        (faults.FaultError(faults.WIRE_BREAK, "0.1 mA"), faults.WIRE_BREAK),
        (ZeroDivisionError(), faults.DRIVER),
        (MemoryError(), faults.DRIVER),
        (None, faults.DRIVER),
        ((), faults.DRIVER),
        ((5,), faults.DRIVER),
        (((1, 2),), faults.DRIVER),
        (((40_000,),), faults.OUT_OF_RANGE),
        ((None,), faults.NO_VALUE),
    ],
)
def test_whatever_a_driver_does_is_a_fault_with_a_name(answer: object, fault: int) -> None:
    assert states(Scripted(answer)) == [fault]
    assert len(faults.NAMES) > fault


def test_one_channel_may_fail_alone() -> None:
    watch = Watch(Scripted(((215,), None), channels=(TEMPERATURE, HUMIDITY)))

    assert watch.read(0) == ([(215,), None], bytes((faults.GOOD, faults.NO_VALUE)))
    assert watch.failures == 0


def test_a_value_that_the_sensor_cannot_measure_is_out_of_range() -> None:
    sensor = Scripted(*one(-550, 1250, 1251, -551))
    sensor.bounds = ((-550, 1250),)

    assert states(sensor) == [faults.GOOD, faults.GOOD, faults.OUT_OF_RANGE, faults.OUT_OF_RANGE]


def test_the_range_is_the_sensors_before_calibration() -> None:
    sensor = Scripted(*one(1250))
    sensor.bounds = ((-550, 1250),)
    watch = Watch(sensor)
    watch.calibrations = (Calibration(0, 100),)

    assert watch.read(0) == ([(1350,)], bytes((faults.GOOD,)))


def test_a_jump_that_physics_forbids_is_no_value_and_what_follows_it_is() -> None:
    sensor = Scripted(*one(200, 210, 900, 215))
    sensor.fastest_per_min = (100,)

    assert states(sensor) == [faults.GOOD, faults.GOOD, faults.JUMP, faults.GOOD]


def test_a_jump_that_the_next_reading_confirms_is_believed() -> None:
    sensor = Scripted(*one(200, 900, 905, 910))
    sensor.fastest_per_min = (100,)

    assert states(sensor) == [faults.GOOD, faults.JUMP, faults.GOOD, faults.GOOD]


def test_wild_readings_never_become_good_ones() -> None:
    sensor = Scripted(*one(200, 900, -400, 600, 0, 1200))
    sensor.fastest_per_min = (10,)

    assert states(sensor) == [faults.GOOD] + [faults.JUMP] * 5


def test_after_a_long_silence_a_large_change_is_no_jump() -> None:
    sensor = Scripted(*one(200, 900))
    sensor.fastest_per_min = (100,)

    assert states(sensor, every_ms=420_000) == [faults.GOOD, faults.GOOD]
    assert Watch(Scripted()).failures == 0


def test_failures_in_a_row_are_counted_and_a_good_value_ends_the_count() -> None:
    watch = Watch(Scripted(OSError(5), OSError(5), *one(200)))

    counts = [(watch.read(0), watch.failures)[1] for _ in range(3)]

    assert counts == [1, 2, 0]
