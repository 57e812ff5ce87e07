"""Digital, pulse and analog inputs, 4-20 mA loops, outputs."""

import pytest

from farwire_node.drivers.adc import AnalogInput
from farwire_node.drivers.analog import Analog
from farwire_node.drivers.current_loop import CurrentLoop
from farwire_node.drivers.digital_in import DigitalIn
from farwire_node.drivers.digital_out import DigitalOut
from farwire_node.drivers.pulse_counter import SAVE_EVERY_MS, IrqCounter, PulseCounter, PulseInput
from farwire_node.errors import ActuatorError
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from farwire_node.storage import MemoryStorage
from tests.node.drivers.chips import FakeAdc, FakeCounter, FakePin
from tests.node.drivers.places import place

MINUTE_MS = 60_000
SHUNT_MOHM = 120_000
FULL_SCALE_MV = 3_300  # 27.5 mA over the shunt


def loop(ua: int, register: int = 0) -> CurrentLoop:
    code = round(ua * SHUNT_MOHM / 1_000_000 / FULL_SCALE_MV * 65_535)
    return CurrentLoop(AnalogInput(FakeAdc(code), FULL_SCALE_MV, SHUNT_MOHM), place(register=register))


def test_a_level_is_read_as_it_is_or_inverted() -> None:
    assert DigitalIn(FakePin(1), place()).read(0) == ((1,),)
    assert DigitalIn(FakePin(1), place(register=1)).read(0) == ((0,),)


@pytest.mark.parametrize("inverted", [0, 1])
def test_an_output_is_switched_and_reports_what_it_is_at(inverted: int) -> None:
    pin = FakePin(inverted)
    output = DigitalOut(pin, place(register=inverted, channel=20))

    output.set(100)

    assert (pin.level, output.read(0), output.channel) == (1 - inverted, ((1,),), 20)
    output.set(0)
    assert (pin.level, output.read(0)) == (inverted, ((0,),))


def test_an_output_that_does_not_follow_is_an_error() -> None:
    pin = FakePin(0)
    pin.held = True

    with pytest.raises(ActuatorError, match="output 1 stays 0"):
        DigitalOut(pin, place()).set(100)


def test_pulses_are_counted_in_total_and_per_minute() -> None:
    counter = FakeCounter(7)
    sensor = PulseCounter(PulseInput(counter, MemoryStorage(), "pulses"), place())

    first = sensor.read(0)
    counter.count = 37
    second = sensor.read(20_000)

    assert (first, second) == (((0,), None), ((30,), (90,)))


def test_a_counter_that_wraps_loses_nothing() -> None:
    counter = FakeCounter(65_530)
    sensor = PulseCounter(PulseInput(counter, MemoryStorage(), "pulses", 1 << 16), place())
    sensor.read(0)

    counter.count = 4

    assert sensor.read(MINUTE_MS) == ((10,), (10,))


def test_the_total_survives_a_restart() -> None:
    storage = MemoryStorage()
    counter = FakeCounter()
    sensor = PulseCounter(PulseInput(counter, storage, "pulses"), place())
    counter.count = 1234
    sensor.suspend(0)

    restarted = PulseCounter(PulseInput(FakeCounter(55), storage, "pulses"), place())

    assert restarted.read(0) == ((1234,), None)


def pulses_after_a_cut(readings: int, every_ms: int) -> tuple[int, int]:
    """Count 10 pulses before each reading; return the total after a power cut, and the writings."""
    storage = MemoryStorage()
    counter = FakeCounter()
    sensor = PulseCounter(PulseInput(counter, storage, "pulses"), place())
    written = 0
    for reading in range(readings):
        counter.count += 10
        before = storage.load("pulses")
        sensor.read(reading * every_ms)
        written += storage.load("pulses") != before
    [(total,), _] = PulseCounter(PulseInput(FakeCounter(), storage, "pulses"), place()).read(0)
    return total, written


def test_a_power_cut_costs_no_pulse_that_was_read_a_minute_before() -> None:
    assert pulses_after_a_cut(45, 15 * MINUTE_MS) == (450, 45)
    assert pulses_after_a_cut(45, MINUTE_MS) == (450, 45)


def test_readings_every_second_write_once_a_minute() -> None:
    total, written = pulses_after_a_cut(300, 1_000)

    assert 3000 - total <= 10 * SAVE_EVERY_MS // 1_000
    assert written == 5


def test_a_contact_that_bounces_is_one_pulse() -> None:
    pin, clock = FakePin(), [0]
    counter = IrqCounter(pin, 2, lambda: clock[0], lambda a, b: a - b, debounce_ms=20)
    assert pin.handler is not None

    for edge_ms in (100, 103, 109, 400, 401, 900):
        clock[0] = edge_ms
        pin.handler(pin)

    assert counter.value() == 3


def test_an_analog_input_is_the_median_of_its_conversions() -> None:
    source = AnalogInput(FakeAdc(0, 32_768, 65_535, 32_700, 32_800), 3_300)

    assert Analog(source, place()).read(0) == ((165,),)  # 1.65 V
    assert Analog(source, place(register=115)).read(0) == ((1650,),)


def test_a_voltage_above_the_converters_range_is_a_fault() -> None:
    assert Watch(Analog(AnalogInput(FakeAdc(65_535), 3_300), place())).read(0)[1][0] == faults.OUT_OF_RANGE


@pytest.mark.parametrize("ua", [3_610, 3_800, 4_000, 12_000, 20_000, 20_500, 20_990])
def test_a_loop_within_its_limits_is_measured(ua: int) -> None:
    [value], states = Watch(loop(ua, register=130)).read(0)

    assert states[0] == faults.GOOD
    assert value is not None
    assert abs(value[0] - ua) <= 1
    [in_ma], _ = Watch(loop(ua)).read(0)
    assert in_ma is not None
    assert abs(1000 * in_ma[0] - ua) <= 501


@pytest.mark.parametrize(
    ("ua", "fault"),
    [(0, faults.WIRE_BREAK), (3_590, faults.WIRE_BREAK), (21_010, faults.SHORT), (27_500, faults.SHORT)],
)
def test_a_loop_beyond_the_limits_of_ne_43_is_a_broken_wire_or_a_short(ua: int, fault: int) -> None:
    assert Watch(loop(ua)).read(0) == ([None], bytes((fault,)))
