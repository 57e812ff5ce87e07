"""DS18B20 against chips on a bus of bytes."""

import pytest

from farwire_node.drivers.checksums import crc8_one_wire
from farwire_node.drivers.ds18b20 import Ds18b20
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from tests.node.drivers.chips import Ds18b20Chip, OneWireBus
from tests.node.drivers.places import place

SERIAL = 0x0000_0801_02AB_CD12


def reading(sensor: Ds18b20, bus: OneWireBus, between: object = None) -> tuple[tuple[int, ...] | None, int]:
    watch = Watch(sensor)
    watch.wake(bus.now_ms)
    if callable(between):
        between()
    bus.now_ms += sensor.warm_up_ms
    values, states = watch.read(bus.now_ms)
    return values[0], states[0]


def test_the_checksum_is_the_application_notes() -> None:
    assert crc8_one_wire(bytes.fromhex("02 1c b8 01 00 00 00")) == 0xA2  # Maxim application note 27


@pytest.mark.parametrize(  # the data sheet's table 1
    ("sixteenths", "tenths"),
    [(0x07D0, 1250), (0x0550, 850), (0x0191, 251), (0x00A2, 101), (8, 5), (0, 0), (-8, -5), (-162, -101),
     (-401, -251), (-880, -550)],
)  # fmt: skip
def test_temperatures_of_the_data_sheets_table(sixteenths: int, tenths: int) -> None:
    chip = Ds18b20Chip(SERIAL)
    chip.sixteenths = sixteenths
    bus = OneWireBus([chip])

    value, state = reading(Ds18b20(bus, place()), bus)

    assert state == faults.GOOD
    assert value is not None
    assert abs(value[0] - tenths) <= 1
    assert abs(value[0] - sixteenths / 1.6) <= 0.5


def test_each_sensor_on_a_bus_is_read_by_its_serial_number() -> None:
    chips = [Ds18b20Chip(SERIAL), Ds18b20Chip(SERIAL + 1)]
    chips[0].sixteenths, chips[1].sixteenths = 160, 320
    bus = OneWireBus(chips)

    assert reading(Ds18b20(bus, place(address=SERIAL)), bus)[0] == (100,)
    assert reading(Ds18b20(bus, place(address=SERIAL + 1)), bus)[0] == (200,)


def test_85_degrees_after_a_loss_of_power_are_no_measurement() -> None:
    chip = Ds18b20Chip(SERIAL)
    chip.sixteenths = 320
    bus = OneWireBus([chip])

    assert reading(Ds18b20(bus, place()), bus, chip.power_on) == (None, faults.NOT_READY)


def test_a_loss_of_power_is_seen_where_a_copy_of_the_chip_has_other_reserved_bytes() -> None:
    chip = Ds18b20Chip(SERIAL)
    bus = OneWireBus([chip])

    def lose_power() -> None:
        chip.power_on()
        chip.pad[6] = 0x10

    assert reading(Ds18b20(bus, place()), bus, lose_power) == (None, faults.NOT_READY)


def test_85_degrees_of_a_conversion_that_never_ran_are_no_measurement() -> None:
    chip = Ds18b20Chip(SERIAL)
    chip.sixteenths = 320
    bus = OneWireBus([chip])

    assert reading(Ds18b20(bus, place()), bus, lambda: setattr(chip, "done_ms", None))[1] == faults.NOT_READY


def test_85_degrees_that_were_measured_are() -> None:
    chip = Ds18b20Chip(SERIAL)
    chip.sixteenths = 85 * 16
    bus = OneWireBus([chip])

    assert reading(Ds18b20(bus, place()), bus) == ((850,), faults.GOOD)


def test_a_damaged_scratchpad_is_a_bad_checksum() -> None:
    chip = Ds18b20Chip(SERIAL)
    chip.damage = 0x04
    bus = OneWireBus([chip])

    assert reading(Ds18b20(bus, place()), bus)[1] == faults.BAD_CHECKSUM


def test_a_shorted_bus_whose_zeros_have_the_right_checksum_is_no_answer() -> None:
    bus = OneWireBus([Ds18b20Chip(SERIAL)])
    bus.shorted = True

    assert reading(Ds18b20(bus, place()), bus)[1] == faults.NO_ANSWER


@pytest.mark.parametrize("address", [0, SERIAL, SERIAL + 9])
def test_an_unplugged_or_absent_sensor_is_no_answer(address: int) -> None:
    chip, other = Ds18b20Chip(SERIAL), Ds18b20Chip(SERIAL + 1)
    chip.plugged = False
    other.plugged = address == SERIAL
    bus = OneWireBus([chip, other])

    assert reading(Ds18b20(bus, place(address=address)), bus)[1] == faults.NO_ANSWER
