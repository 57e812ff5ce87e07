"""All drivers under a real MicroPython, on the same models of chips, giving the same values as here."""

from pathlib import Path

import pytest

from farwire_node import drivers
from tests import micropython
from tests.node.drivers import chips

MODULES = [
    path for path in sorted(Path(drivers.__file__).parent.glob("*.py")) if not path.stem.endswith("_host")
]
CHIPS = Path(chips.__file__).read_text(encoding="utf-8")
SCRIPT = """
from farwire_node.drivers import registry
from farwire_node.drivers.adc import AnalogInput
from farwire_node.drivers.modbus_port import ModbusPort
from farwire_node.drivers.pulse_counter import PulseInput
from farwire_node.sensors.sampler import Plan, Sampler
from farwire_node.sensors.sensor_settings import Place
from farwire_node.storage import MemoryStorage

LOW = bytes.fromhex("706b436718fc7d8e43d6d00b270b8c00f9ff8c3cf8c67017004b")
HIGH = bytes.fromhex("65010014020" "01e")
bme280 = Bme280Chip(LOW, HIGH)
bme280.codes = (519888, 415148, 30000)
ina219, ina226 = InaChip(False), InaChip(True)
ina219.bus, ina219.shunt = 3003, 4217
ina226.bus, ina226.shunt = 19200, 4000
probe = Ds18b20Chip(0x123456789ABC)
probe.sixteenths = -162
meter = ModbusDevice(1)
meter.inputs = {at: 0 for at in range(14)}
meter.inputs[0], meter.inputs[1] = 0x4367, 0x70A4  # 231.44
meter.holding = {9: 0xFFFE}
i2c = I2cBus({0x76: bme280, 0x44: Sht3xChip(), 0x40: ina219, 0x41: ina226})
one_wire = OneWireBus([probe])
line = ModbusLine({1: meter})
counter = FakeCounter(0)
buses = {
    0: i2c, 1: one_wire, 2: FakePin(1), 3: AnalogInput(FakeAdc(0, 28598, 65535), 3300, 120000),
    4: ModbusPort(line, 9600, line.sleep_ms), 5: PulseInput(counter, MemoryStorage(), "pulses"),
}
WIRED = (
    (1, 2, 0, 0), (2, 2, 0, 0), (3, 5, 0, 0), (4, 3, 0, 0), (5, 3, 0, 0), (6, 1, 0x123456789ABC, 0),
    (7, 0, 0, 0), (8, 0, 0, 0), (9, 0, 0, 0), (10, 0, 0x41, 2), (32, 4, 1, 9), (33, 4, 1 + 256 * 3, 9),
    (42, 4, 1, 3), (43, 4, 1, 9), (44, 4, 1, 0),
)
places = [Place(n, d, b, a, r, 10 * n, None) for n, (d, b, a, r) in enumerate(WIRED)]
built = registry.build(places, buses)
assert not built.refused, built.refused
sampler = Sampler(built.sensors, [Plan(60, True)] * len(built.sensors), 0, lambda n: 0)


def sample(times):
    found = None
    while times:
        now_ms = sampler.next_ms()
        i2c.now_ms = one_wire.now_ms = line.now_ms = now_ms
        one = sampler.poll(now_ms)
        if one is not None:
            found = one
            counter.count += 25
            line.requests.clear()
            times -= 1
    return found
"""
READ = """
for output in built.actuators:
    output.set(100)
print(repr(tuple(sample(5))))
i2c.chips.clear(); probe.damage = 1; meter.plugged = False
print(repr(tuple(sample(1))))
"""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_driver_compiles_for_boards(path: Path) -> None:
    assert micropython.compile_module(path)[:1] == b"M"


def test_all_drivers_read_the_same_on_a_real_micropython(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(CHIPS + SCRIPT + READ, "board", "exec"), {})  # noqa: S102
    here = capsys.readouterr().out

    there = micropython.run(CHIPS + SCRIPT + READ, [micropython.CODECS, micropython.NODE])

    assert there == here
    good, broken = here.splitlines()
    assert good.count("None") == 0
    assert broken.count("None") >= 15


def test_fifteen_sensors_fit_a_board(capsys: pytest.CaptureFixture[str]) -> None:
    imports = "import " + ", ".join(
        f"farwire_node.drivers.{path.stem}" for path in MODULES if path.stem != "__init__"
    )
    bare, imported, wired, *samples = micropython.run_pieces(
        ["", imports + ", farwire_node.sensors.sampler, farwire_node.sensors.sensor_settings", CHIPS + SCRIPT]
        + ["sample(1)"] * 10,
        [micropython.CODECS, micropython.NODE],
        compiled=True,
    )

    garbage = max(
        after.peak_bytes - before.live_bytes
        for before, after in zip([wired, *samples], samples, strict=False)
    )
    with capsys.disabled():
        print(
            f"\nMicroPython heap: all drivers' code {imported.live_bytes - bare.live_bytes} bytes (0 where "
            f"frozen), one sample of 15 sensors leaves {garbage} bytes of garbage (models of chips included)"
        )
    assert garbage < 48 * 1024
    assert samples[-1].live_bytes - samples[1].live_bytes < 512  # nothing piles up
