"""BME280: the arithmetic against the data sheet's, the protocol against a chip of registers."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.drivers.bme280 import Bme280, Calibration
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from tests.node.drivers.chips import Bme280Chip, I2cBus
from tests.node.drivers.places import place

# Trimming words of temperature and pressure: the worked example of BST-BMP280-DS001 3.12, the BME280's own
# arithmetic; those of humidity from a chip in use.
T = (27504, 26435, -1000)
P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
H = (75, 357, 0, 322, 0, 30)


def low(h: tuple[int, ...] = H) -> bytes:
    """Registers 0x88 to 0xA1."""
    return struct.pack("<HhhH8h", *T, *P) + bytes((0, h[0]))


def high(h: tuple[int, ...] = H) -> bytes:
    """Registers 0xE1 to 0xE7."""
    _, h2, h3, h4, h5, h6 = h
    nibbles = bytes((h4 >> 4 & 0xFF, (h5 & 0xF) << 4 | h4 & 0xF, h5 >> 4 & 0xFF))
    return struct.pack("<hB", h2, h3) + nibbles + struct.pack("b", h6)


def in_floats(codes: tuple[int, int, int], h: tuple[int, ...] = H) -> tuple[float, float, float]:
    """Degrees, Pa and % by the data sheet's formulas in double precision (BST-BME280-DS001 8.1)."""
    temperature, pressure, humidity = codes
    a = (temperature / 16384 - T[0] / 1024) * T[1]
    fine = a + (temperature / 131072 - T[0] / 8192) ** 2 * T[2]
    x = fine / 2 - 64000
    y = (x * x * P[5] / 32768 + x * P[4] * 2) / 4 + P[3] * 65536
    x = (1 + (P[2] * x * x / 524288 + P[1] * x) / 524288 / 32768) * P[0]
    p = (1048576 - pressure - y / 4096) * 6250 / x
    p += (P[8] * p * p / 2147483648 + p * P[7] / 32768 + P[6]) / 16
    w = fine - 76800
    w = (humidity - (h[3] * 64 + h[4] / 16384 * w)) * (
        h[1] / 65536 * (1 + h[5] / 67108864 * w * (1 + h[2] / 67108864 * w))
    )
    w *= 1 - h[0] * w / 524288
    return fine / 5120, p, min(max(w, 0.0), 100.0)


def test_the_worked_example_of_the_data_sheet_comes_out() -> None:
    known = Calibration(low(), high())

    fine = known.fine_temperature(519_888)

    assert fine == 128_422
    assert (fine * 5 + 128) >> 8 == 2508  # 25.08 degrees
    assert known.pressure_256(415_148, fine) / 256 == pytest.approx(100_653.27, abs=0.05)


@given(
    st.integers(400_000, 620_000),
    st.integers(250_000, 560_000),
    st.integers(20_000, 40_000),
    st.tuples(
        st.integers(0, 255),
        st.integers(300, 420),
        st.integers(0, 255),
        st.integers(-2048, 2047),
        st.integers(-2048, 2047),
        st.integers(-128, 127),
    ),
)
def test_integers_agree_with_the_formulas_in_floats(
    temperature: int, pressure: int, humidity: int, h: tuple[int, ...]
) -> None:
    known = Calibration(low(h), high(h))
    degrees, pascals, percent = in_floats((temperature, pressure, humidity), h)

    fine = known.fine_temperature(temperature)

    assert fine / 5120 == pytest.approx(degrees, abs=0.01)
    assert known.pressure_256(pressure, fine) / 256 == pytest.approx(pascals, abs=3)
    assert known.humidity_1024(humidity, fine) / 1024 == pytest.approx(percent, abs=0.1)


def wired() -> tuple[Bme280, Bme280Chip, I2cBus]:
    chip = Bme280Chip(low(), high())
    chip.codes = (519_888, 415_148, 30_000)
    bus = I2cBus({0x76: chip})
    return Bme280(bus, place()), chip, bus


def reading(sensor: Bme280, bus: I2cBus, after_ms: int = 10) -> tuple[list[tuple[int, ...] | None], bytes]:
    watch = Watch(sensor)
    watch.wake(bus.now_ms)
    bus.now_ms += after_ms
    return watch.read(bus.now_ms)


def test_temperature_humidity_and_pressure_are_read_in_the_resolution_of_lpp() -> None:
    sensor, _, bus = wired()
    degrees, pascals, percent = in_floats((519_888, 415_148, 30_000))

    values, states = reading(sensor, bus)

    assert values == [(round(degrees * 10),), (round(percent * 2),), (round(pascals / 10),)]
    assert states == bytes((faults.GOOD,)) * 3


def test_the_trimming_words_are_read_once() -> None:
    sensor, _, bus = wired()
    reading(sensor, bus)
    before = bus.transfers

    reading(sensor, bus)

    assert bus.transfers - before == 4  # two settings, status, data


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        (lambda chip: setattr(chip, "plugged", False), faults.NO_ANSWER),
        (lambda chip: chip.registers.__setitem__(0xD0, 0x58), faults.WRONG_DEVICE),  # a BMP280
        (lambda chip: setattr(chip, "dead", True), faults.NOT_READY),
        (lambda chip: setattr(chip, "codes", (850_000, 415_148, 30_000)), faults.OUT_OF_RANGE),
    ],
)
def test_a_chip_in_trouble_is_a_fault(trouble: object, fault: int) -> None:
    sensor, chip, bus = wired()
    trouble(chip)  # type: ignore[operator]

    values, states = reading(sensor, bus)

    assert values[0] is None
    assert states[0] == fault


def test_a_measurement_that_has_not_ended_is_not_read() -> None:
    sensor, _, bus = wired()

    assert reading(sensor, bus, after_ms=5)[1] == bytes((faults.NOT_READY,)) * 3


def test_a_chip_that_was_unplugged_and_came_back_is_read_again() -> None:
    sensor, chip, bus = wired()
    watch = Watch(sensor)

    states = []
    for plugged in (True, False, True):
        chip.plugged = plugged
        watch.wake(bus.now_ms)
        bus.now_ms += 10
        states.append(watch.read(bus.now_ms)[1][0])
        chip.power_on()

    assert states == [faults.GOOD, faults.NO_ANSWER, faults.GOOD]
