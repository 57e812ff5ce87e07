"""The buses of Linux: I2C through the kernel's interface, Modbus through pyserial on a pseudo-terminal."""

import os
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import serial

from farwire import settings_file
from farwire_node.drivers import modbus
from farwire_node.drivers.bme280 import Bme280
from farwire_node.drivers.i2c_host import LinuxI2c, Transfer
from farwire_node.drivers.linux_host import PluggedSerial, buses_of
from farwire_node.drivers.modbus_output import ModbusOutput
from farwire_node.drivers.modbus_port import ModbusPort
from farwire_node.drivers.modbus_sensor import make as make_register
from farwire_node.drivers.sht3x import Sht3x
from farwire_node.modems.settings_host import NodeSettings
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from tests.node.drivers.chips import Bme280Chip, I2cBus, ModbusDevice, Sht3xChip, crc16
from tests.node.drivers.places import place
from tests.node.drivers.test_bme280 import high, low


class Kernel:
    """The other side of I2C_RDWR: hands each message to the chip at its address."""

    def __init__(self, bus: I2cBus) -> None:
        self.bus = bus
        self.lengths: list[int] = []

    def ioctl(self, _file: int, request: int, transfer: Transfer) -> int:
        assert request == 0x0707
        self.lengths.append(transfer.nmsgs)
        for message in transfer.msgs[: transfer.nmsgs]:
            if message.flags & 1:
                answer = self.bus.readfrom(message.addr, message.len)
                for at, value in enumerate(answer):
                    message.buf[at] = value
            else:
                self.bus.writeto(message.addr, bytes(message.buf[: message.len]))
        return int(transfer.nmsgs)


def test_i2c_drivers_run_on_linux() -> None:
    chip = Bme280Chip(low(), high())
    chip.codes = (519_888, 415_148, 30_000)
    bus = I2cBus({0x76: chip, 0x44: Sht3xChip()})
    kernel = Kernel(bus)
    linux = LinuxI2c(1, kernel.ioctl, opened=-1)

    for sensor, values in (
        (Bme280(linux, place()), [(251,), (104,), (10_065,)]),
        (Sht3x(linux, place()), [(250,), (100,)]),
    ):
        watch = Watch(sensor)
        watch.wake(bus.now_ms)
        bus.now_ms += 20
        assert watch.read(bus.now_ms)[0] == values
    assert 2 in kernel.lengths  # a register is read with a repeated start


def test_a_chip_that_does_not_acknowledge_is_no_answer_on_linux() -> None:
    linux = LinuxI2c(1, Kernel(I2cBus({})).ioctl, opened=-1)
    watch = Watch(Sht3x(linux, place()))

    watch.wake(0)

    assert watch.read(20)[1][0] == faults.NO_ANSWER


@pytest.fixture
def wire() -> Iterator[tuple[serial.Serial, ModbusDevice]]:
    """A serial port, and a Modbus device of unit 7 at its other end."""
    device = ModbusDevice(7)
    master, slave = os.openpty()
    tty.setraw(master)
    tty.setraw(slave)

    def live() -> None:
        held = b""
        while True:
            try:
                held += os.read(master, 64)
            except OSError:
                return
            if crc16(held) == 0 and len(held) >= 8:
                answer = device.answer(held)
                os.write(master, answer[:3])  # a converter may cut a frame in two
                time.sleep(0.01)
                os.write(master, answer[3:])
                held = b""

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    with serial.Serial(os.ttyname(slave), 19_200, timeout=0) as port:
        yield port, device
    os.close(slave)
    thread.join(timeout=5)
    os.close(master)


def test_the_buses_of_a_node_are_a_table_of_words(tmp_path: Path) -> None:
    table = '[node.buses]\n3 = "modbus:/dev/null/gone@9600E"\n'
    (tmp_path / "farwire.toml").write_text(table)
    words = settings_file.load(
        NodeSettings,
        "node",
        tmp_path / "farwire.toml",
        {},
        {
            "port": Path("x"),
            "modem": "RN2483",
            "dev_eui": "0" * 16,
            "join_eui": "0" * 16,
            "app_key": "0" * 32,
        },
    ).buses

    sensor = make_register(cast("ModbusPort", buses_of(words)[3]), place(32, 7))
    watch = Watch(sensor)
    watch.wake(0)

    assert watch.read(sensor.warm_up_ms)[1][0] == faults.NO_ANSWER  # the port is not plugged in


@pytest.mark.parametrize(
    "word", ["", "spi:1", "i2c:x", "modbus:/dev/ttyS0", "modbus:@9600N", "modbus:/a@9600X"]
)
def test_a_word_that_is_no_bus_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is neither"):
        buses_of({"1": word})


def test_a_modbus_port_that_is_unplugged_comes_back(wire: tuple[serial.Serial, ModbusDevice]) -> None:
    port, device = wire
    device.holding = {0: 5}
    path = port.port
    assert path is not None
    plugged = PluggedSerial("/dev/null/gone", 19_200, "N")
    bus = ModbusPort(plugged, 19_200, lambda ms: time.sleep(ms / 1000), answer_ms=200)
    with pytest.raises(OSError, match="gone"):
        bus.call(modbus.read(7, modbus.READ_HOLDING, 0, 1))

    plugged._path = path

    assert bus.call(modbus.read(7, modbus.READ_HOLDING, 0, 1)) == bytes((0, 5))


def port_of(port: serial.Serial) -> ModbusPort:
    return ModbusPort(port, 19_200, lambda ms: time.sleep(ms / 1000), answer_ms=200)


def test_modbus_registers_are_read_through_pyserial(wire: tuple[serial.Serial, ModbusDevice]) -> None:
    port, device = wire
    device.holding = {4: 0x1234}
    sensor = make_register(port_of(port), place(32, 7, 4))
    watch = Watch(sensor)

    watch.wake(0)
    time.sleep(sensor.warm_up_ms / 1000)

    assert watch.read(sensor.warm_up_ms) == ([(0x1234,)], bytes((faults.GOOD,)))


def test_modbus_outputs_are_switched_through_pyserial(wire: tuple[serial.Serial, ModbusDevice]) -> None:
    port, device = wire
    bus = port_of(port)

    ModbusOutput(bus, place(address=7, register=3)).set(100)
    bus.call(modbus.write_registers(7, 0, [5, 6]))

    assert device.coils == {3: 1}
    assert device.holding == {0: 5, 1: 6}
