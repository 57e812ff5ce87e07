"""SHT3x, INA219 and INA226 against chips of registers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.drivers.checksums import crc8_sensirion
from farwire_node.drivers.ina219 import Ina219
from farwire_node.drivers.ina226 import Ina226
from farwire_node.drivers.sht3x import Sht3x
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from farwire_node.sensors.sensor import Sensor
from tests.node.drivers.chips import I2cBus, InaChip, Sht3xChip
from tests.node.drivers.places import place


def reading(sensor: Sensor, bus: I2cBus, after_ms: int = 20) -> tuple[list[tuple[int, ...] | None], bytes]:
    watch = Watch(sensor)
    watch.wake(bus.now_ms)
    bus.now_ms += after_ms
    return watch.read(bus.now_ms)


def test_the_checksum_is_the_data_sheets() -> None:
    assert crc8_sensirion(b"\xbe\xef") == 0x92  # SHT3x-DIS, table 20


@given(st.integers(2_000, 63_000), st.integers(0, 0xFFFF))
def test_an_sht3x_gives_the_values_of_the_data_sheets_formulas(t: int, rh: int) -> None:
    chip = Sht3xChip()
    chip.words = (t, rh)
    bus = I2cBus({0x44: chip})

    values, _ = reading(Sht3x(bus, place()), bus)

    assert values[0] is not None
    assert values[1] is not None
    assert abs(values[0][0] / 10 - (-45 + 175 * t / 65535)) <= 0.05 + 1e-9
    assert abs(values[1][0] / 2 - 100 * rh / 65535) <= 0.25 + 1e-9


@pytest.mark.parametrize(
    ("attribute", "value", "fault"),
    [
        ("plugged", False, faults.NO_ANSWER),
        ("damage", 0x10, faults.BAD_CHECKSUM),
        ("words", (100, 100), faults.OUT_OF_RANGE),  # -44.7 degrees
    ],
)
def test_an_sht3x_in_trouble_is_a_fault(attribute: str, value: object, fault: int) -> None:
    chip = Sht3xChip()
    setattr(chip, attribute, value)
    bus = I2cBus({0x44: chip})

    assert reading(Sht3x(bus, place()), bus)[1][0] == fault


def test_an_sht3x_that_still_measures_does_not_answer() -> None:
    bus = I2cBus({0x45: Sht3xChip()})

    assert reading(Sht3x(bus, place(address=0x45)), bus, after_ms=10)[1] == bytes((faults.NO_ANSWER,)) * 2


def test_self_tests_pass_with_the_right_chip_and_fail_with_another() -> None:
    bus = I2cBus({0x44: Sht3xChip(), 0x40: InaChip(ina226=False), 0x41: InaChip(ina226=True)})
    Sht3x(bus, place()).self_test(0)
    Ina219(bus, place()).self_test(0)
    Ina226(bus, place(address=0x41)).self_test(0)

    with pytest.raises(faults.FaultError, match="ids"):
        Ina226(bus, place(address=0x40)).self_test(0)
    with pytest.raises(OSError, match="19"):
        Ina219(bus, place(address=0x42)).self_test(0)


def test_an_ina219_reads_volts_and_amperes_over_its_shunt() -> None:
    chip = InaChip(ina226=False)
    chip.bus, chip.shunt = 3003, 4217  # 12.012 V; 42.17 mV over 100 mOhm
    bus = I2cBus({0x40: chip})

    assert reading(Ina219(bus, place()), bus)[0] == [(1201,), (422,)]
    assert reading(Ina219(bus, place(register=10)), bus)[0] == [(1201,), (4217,)]


def test_an_ina226_reads_volts_and_amperes_over_its_shunt() -> None:
    chip = InaChip(ina226=True)
    chip.bus, chip.shunt = 19_200, 4_000  # 24.000 V; 10 mV over 2 mOhm
    bus = I2cBus({0x40: chip})

    assert reading(Ina226(bus, place(register=2)), bus)[0] == [(2400,), (5000,)]


@pytest.mark.parametrize("ina226", [False, True])
def test_a_current_that_flows_back_has_no_value_but_noise_is_none(ina226: bool) -> None:
    chip = InaChip(ina226)
    bus = I2cBus({0x40: chip})
    sensor = (Ina226 if ina226 else Ina219)(bus, place())
    step = 40 if ina226 else 10  # of the register a mA

    chip.shunt = -2 * step
    assert reading(sensor, bus)[0][1] == (0,)
    chip.shunt = -30 * step
    assert reading(sensor, bus)[1] == bytes((faults.GOOD, faults.NO_VALUE))


@pytest.mark.parametrize("ina226", [False, True])
@pytest.mark.parametrize(
    ("attribute", "value", "fault"),
    [
        ("plugged", False, faults.NO_ANSWER),
        ("stuck", True, faults.NOT_READY),
        ("shunt", 0x7FFF, faults.OUT_OF_RANGE),
    ],
)
def test_an_ina_in_trouble_is_a_fault(ina226: bool, attribute: str, value: object, fault: int) -> None:
    chip = InaChip(ina226)
    setattr(chip, attribute, value)
    bus = I2cBus({0x40: chip})

    assert reading((Ina226 if ina226 else Ina219)(bus, place()), bus)[1] == bytes((fault,)) * 2
