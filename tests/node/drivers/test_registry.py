"""How the sensors that a configuration names are made, and what a new driver takes."""

import sys
from pathlib import Path

import pytest

from farwire_node.drivers import registry
from farwire_node.sensors.fault_watch import Watch
from farwire_node.sensors.sensor import Actuator, Rail, Sensor
from farwire_node.storage import MemoryStorage
from tests.node.drivers import chips
from tests.node.drivers.places import place

NEW_DRIVER = '''\
"""TMP102 temperature sensor (Texas Instruments SBOS397). The bus is an I2c, SENSOR_ADDRESS 0x48 to 0x4B."""

from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Sensor


class Tmp102(Sensor):
    """One sensor: one shot of 12 bits."""

    warm_up_ms = 35
    bounds = ((-550, 1280),)
    fastest_per_min = (600,)

    def __init__(self, bus, place):
        self.channels = (Channel(place.first_channel, 103),)
        self._bus, self._address = bus, place.address

    def wake(self, now_ms):
        self._bus.writeto_mem(self._address, 1, b"\\xe1\\xa0")

    def read(self, now_ms):
        high, low = self._bus.readfrom_mem(self._address, 0, 2)
        sixteenths = (high << 4 | low >> 4) - (high >> 7 << 12)
        return (((sixteenths * 20 + 16) // 32,),)


make = Tmp102
'''


class Tmp102Chip:
    """Register 0 holds 1/16 degrees, left-aligned."""

    plugged = True
    sixteenths = 0

    def write(self, data: bytes, now_ms: int) -> None:
        self.pointer = data[0]

    def read(self, count: int, now_ms: int) -> bytes:
        return (self.sixteenths << 4 & 0xFFFF).to_bytes(2, "big")


class Switch(Rail):
    def switch(self, on: bool) -> None:
        pass


def board() -> dict[int, object]:
    """A bus of each kind."""
    line = chips.ModbusLine({})
    return {
        0: chips.I2cBus({}),
        1: chips.OneWireBus([]),
        2: chips.FakePin(),
        3: registry_module("adc").AnalogInput(chips.FakeAdc(1), 3300, 120_000),
        4: registry_module("modbus_port").ModbusPort(line, 9600, line.sleep_ms),
        5: registry_module("pulse_counter").PulseInput(chips.FakeCounter(), MemoryStorage(), "pulses"),
    }


def registry_module(name: str) -> object:
    return __import__("farwire_node.drivers." + name, None, None, ("make",))


BUS_OF = {1: 2, 2: 2, 3: 5, 4: 3, 5: 3, 6: 1, 7: 0, 8: 0, 9: 0, 10: 0}


@pytest.mark.parametrize("number", sorted(registry.DRIVERS))
def test_every_driver_is_made_by_its_number(number: int) -> None:
    built = registry.build([place(number, bus=BUS_OF.get(number, 4))], board())

    assert built.refused == ()
    [sensor] = built.sensors
    assert sensor.channels[0].channel == 1
    assert built.actuators == ((sensor,) if isinstance(sensor, Actuator) else ())


def test_every_number_of_a_driver_is_in_the_readme() -> None:
    text = (Path(registry.__file__).parent / "README.md").read_text(encoding="utf-8")

    for number, module in registry.DRIVERS.items():
        name = module.rsplit(".", 1)[1]
        assert f"`{name}.py`" in text, name
        assert f"| {number} |" in text or 32 <= number <= 41, number


def test_a_new_driver_is_one_file_of_under_30_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp102.py").write_text(NEW_DRIVER)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    chip = Tmp102Chip()
    bus = chips.I2cBus({0x48: chip})

    built = registry.build([place(registry.OWN + 1, 0x48)], {0: bus}, own={registry.OWN + 1: "tmp102"})

    assert len(NEW_DRIVER.splitlines()) < 30
    watch = Watch(built.sensors[0])
    for sixteenths, tenths in ((320, 200), (-400, -250), (0, 0), (9, 6)):
        chip.sixteenths = sixteenths
        watch.wake(0)
        assert watch.read(3_600_000 * abs(sixteenths))[0] == [(tenths,)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (place(999), "driver 999 is not known"),
        (place(registry.OWN), "driver 32768 is not known"),
        (place(7, bus=77), "no bus 77"),
        (place(8, channel=1), "channel 1 of type 103 is not free"),
        (place(8, channel=255), "channel 256"),
        (place(4, bus=3, register=77), "LPP type 77"),
    ],
)
def test_a_sensor_that_cannot_be_made_is_refused_with_the_reason_and_the_others_are_made(
    wrong: object, reason: str
) -> None:
    places = [place(8, channel=1), wrong, place(6, bus=1, channel=9, index=4)]

    built = registry.build(places, board())  # type: ignore[arg-type]

    assert [sensor.index for sensor in built.sensors] == [0, 4]
    [(_, told)] = built.refused
    assert reason in told


def test_no_more_channels_are_made_than_a_batch_can_carry() -> None:
    places = [place(7, channel=10 * index, index=index) for index in range(12)]

    built = registry.build(places, board())

    assert len(built.sensors) == 10  # of 3 channels each
    assert [index for index, _ in built.refused] == [10, 11]


def test_the_warm_up_of_the_settings_is_power_up_on_a_rail_and_a_floor_without() -> None:
    rail = Switch()
    wanted = [place(8)._replace(warm_up_ms=500), place(6, bus=1, channel=9)._replace(warm_up_ms=900)]

    sht3x, ds18b20 = registry.build(wanted, board(), rails={0: rail}).sensors

    assert (sht3x.rail, sht3x.power_up_ms, sht3x.warm_up_ms) == (rail, 500, 16)
    assert (ds18b20.rail, ds18b20.warm_up_ms) == (None, 900)


def test_sensors_that_are_made_anew_take_the_turns_of_the_former_ones() -> None:
    buses = board()
    places = [place(32, 1, bus=4), place(32, 2, bus=4, channel=2)]

    leads = [[s.warm_up_ms for s in registry.build(places, buses).sensors] for _ in range(3)]

    assert leads[0] == leads[1] == leads[2]
    assert leads[0][0] < leads[0][1]


def test_what_a_module_makes_must_be_a_sensor() -> None:
    built = registry.build([place(registry.OWN)], board(), own={registry.OWN: "tests.node.drivers.places"})

    assert built.sensors == ()
    assert not isinstance(built.refused, Sensor)
    assert "make" in built.refused[0][1]
