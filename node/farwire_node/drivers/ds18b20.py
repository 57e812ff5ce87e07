"""DS18B20 temperature sensor (Maxim data sheet 19-7487). The bus is a OneWire.

SENSOR_ADDRESS is the serial number: the 48 bits of the ROM code between family and checksum, its first byte
the lowest; 0 addresses the only device on the bus.

Before each conversion the two alarm bytes, which nobody uses, are written to the scratchpad: a sensor that
lost power since (a bad contact, parasitic supply too weak) has others, and its 85.0 degrees are the value of
its power-on reset, not a measurement.
"""

from farwire_codecs.schema import Channel
from farwire_node.drivers.checksums import crc8_one_wire
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import OneWire
    from farwire_node.sensors.sensor_settings import Place

TEMPERATURE = 103
FAMILY = 0x28
_SKIP_ROM, _CONVERT, _WRITE, _READ = 0xCC, 0x44, 0x4E, 0xBE
_TWELVE_BITS = 0x7F  # the configuration register
_MARK = b"\x55\xa5"
_POWER_ON = 85 * 16
_POWER_ON_RESERVED = 0x0C  # byte 6 after power on; after a conversion of 85.0 it is 0x10


class Ds18b20(Sensor):
    """One sensor, 12 bits."""

    warm_up_ms = 750  # conversion, at most
    charge_nc = 1_125_000  # 1.5 mA at most for the conversion
    bounds = ((-550, 1250),)
    fastest_per_min = (600,)  # the probe's steel needs some seconds for a step, and 60 degrees is no process

    def __init__(self, bus: "OneWire", place: "Place") -> None:
        self.channels = (Channel(place.first_channel, TEMPERATURE),)
        self._bus = bus
        self._rom = b""
        if place.address:
            rom = bytes([FAMILY] + [place.address >> shift & 0xFF for shift in range(0, 48, 8)])
            self._rom = rom + bytes((crc8_one_wire(rom),))

    def wake(self, now_ms: int) -> None:
        """Mark the scratchpad and start the conversion."""
        self._select()
        self._bus.writebyte(_WRITE)
        self._bus.write(_MARK + bytes((_TWELVE_BITS,)))
        self._select()
        self._bus.writebyte(_CONVERT)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the temperature."""
        pad = self._scratchpad()
        sixteenths = pad[0] | pad[1] << 8
        if sixteenths & 0x8000:
            sixteenths -= 0x10000
        unconverted = sixteenths == _POWER_ON and pad[6] == _POWER_ON_RESERVED
        if pad[2:4] != _MARK or unconverted:
            raise faults.FaultError(faults.NOT_READY, "it lost power since the conversion was started")
        return (((sixteenths * 20 + 16) // 32,),)

    def self_test(self, now_ms: int) -> None:
        """Read the scratchpad."""
        self._scratchpad()

    def _scratchpad(self) -> bytes:
        self._select()
        self._bus.writebyte(_READ)
        pad = bytearray(9)
        self._bus.readinto(pad)
        if not any(pad):  # its checksum would be right
            raise faults.FaultError(faults.NO_ANSWER, "the bus is shorted")
        if pad == b"\xff" * 9:
            raise faults.FaultError(faults.NO_ANSWER, "nobody pulls the bus down")
        if crc8_one_wire(pad):
            raise faults.FaultError(faults.BAD_CHECKSUM, "scratchpad")
        return bytes(pad)

    def _select(self) -> None:
        if not self._bus.reset():
            raise faults.FaultError(faults.NO_ANSWER, "no presence pulse")
        if self._rom:
            self._bus.select_rom(self._rom)
        else:
            self._bus.writebyte(_SKIP_ROM)


make = Ds18b20
