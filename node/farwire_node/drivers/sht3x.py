"""SHT30, SHT31, SHT35: temperature and humidity (Sensirion data sheet SHT3x-DIS, version 7). The bus: an I2c.

SENSOR_ADDRESS is 0x44 (the default, also for 0) or 0x45. Single shots of high repeatability, no clock
stretching. Section numbers are the data sheet's.
"""

from farwire_codecs.schema import Channel
from farwire_node.drivers.checksums import crc8_sensirion
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import I2c
    from farwire_node.sensors.sensor_settings import Place

TEMPERATURE, HUMIDITY = 103, 104
ADDRESS = 0x44
_MEASURE = b"\x24\x00"  # 4.3
_STATUS = b"\xf3\x2d"  # 4.11
_SPAN = 65_535


class Sht3x(Sensor):
    """One sensor, two channels."""

    warm_up_ms = 16  # 15.5 ms at most (2.2)
    power_up_ms = 2  # 1.5 ms at most
    charge_nc = 24_000  # 1.5 mA at most for the measurement
    bounds = ((-400, 1250), (0, 200))
    fastest_per_min = (600, None)

    def __init__(self, bus: "I2c", place: "Place") -> None:
        first = place.first_channel
        self.channels = (Channel(first, TEMPERATURE), Channel(first + 1, HUMIDITY))
        self._bus = bus
        self._address = place.address or ADDRESS

    def wake(self, now_ms: int) -> None:
        """Start a measurement."""
        self._bus.writeto(self._address, _MEASURE)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return temperature and humidity (4.13): -45 + 175 x / 65535 degrees, 100 y / 65535 %."""
        words = _words(self._bus.readfrom(self._address, 6))
        tenths = (2 * 1750 * words[0] + _SPAN) // (2 * _SPAN) - 450
        halves = (2 * 200 * words[1] + _SPAN) // (2 * _SPAN)
        return ((tenths,), (halves,))

    def self_test(self, now_ms: int) -> None:
        """Read the status register."""
        self._bus.writeto(self._address, _STATUS)
        _words(self._bus.readfrom(self._address, 3))


def _words(answer: bytes) -> list[int]:
    """Return 16-bit words, each of which came with its checksum."""
    words = []
    for at in range(0, len(answer), 3):
        if crc8_sensirion(answer[at : at + 2]) != answer[at + 2]:
            raise faults.FaultError(faults.BAD_CHECKSUM, f"word {at // 3}")
        words.append(answer[at] << 8 | answer[at + 1])
    return words


make = Sht3x
