"""BME280: temperature, humidity, pressure (Bosch BST-BME280-DS001, revision 1.6). The bus is an I2c.

SENSOR_ADDRESS is 0x76 (the default, also for 0) or 0x77. Forced mode, each quantity once. Section numbers are
the data sheet's; the arithmetic of section 4.2.3 is in integers, with 64 bits for the pressure.
"""

import struct

from farwire_codecs.schema import Channel
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import I2c
    from farwire_node.sensors.sensor_settings import Place

TEMPERATURE, HUMIDITY, BAROMETER = 103, 104, 115
ADDRESS = 0x76
CHIP_ID = 0x60
_ID, _CALIBRATION, _CALIBRATION_H = 0xD0, 0x88, 0xE1  # 5.3
_CTRL_HUM, _STATUS, _CTRL_MEAS, _DATA = 0xF2, 0xF3, 0xF4, 0xF7
_FORCED_ONCE = 0x25  # temperature x1, pressure x1, forced mode (5.4.5)
_MEASURING = 0x08
_SKIPPED, _SKIPPED_H = 0x80000, 0x8000  # what a quantity that was not measured reads (5.4.7, 5.4.9)


class Calibration:
    """The 18 words that a chip was trimmed with, from its two blocks of registers (4.2.2)."""

    def __init__(self, low: bytes, high: bytes) -> None:
        words = struct.unpack("<HhhH8h", low[:24])
        self.t = words[:3]
        self.p = words[3:]
        h2, h3 = struct.unpack("<hB", high[:3])
        h4 = (high[3] << 4 | high[4] & 0x0F) - (0x1000 if high[3] & 0x80 else 0)
        h5 = (high[5] << 4 | high[4] >> 4) - (0x1000 if high[5] & 0x80 else 0)
        h6 = high[6] - (0x100 if high[6] & 0x80 else 0)
        self.h = (low[25], h2, h3, h4, h5, h6)

    def fine_temperature(self, code: int) -> int:
        """Return the temperature in 1/5120 degree, which the other two need."""
        t1, t2, t3 = self.t
        linear = ((code >> 3) - (t1 << 1)) * t2 >> 11
        off = (code >> 4) - t1
        fine: int = linear + ((off * off >> 12) * t3 >> 14)
        return fine

    def pressure_256(self, code: int, fine: int) -> int:
        """Return the pressure in 1/256 Pa; 0 for trimming words that cannot be."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self.p
        off = fine - 128_000
        offset = off * off * p6 + (off * p5 << 17) + (p4 << 35)
        slope = ((off * off * p3 >> 8) + (off * p2 << 12) + (1 << 47)) * p1 >> 33
        if not slope:
            return 0
        value = ((1_048_576 - code << 31) - offset) * 3125 // slope
        square = p9 * (value >> 13) * (value >> 13) >> 25
        pressure: int = (value + square + (p8 * value >> 19) >> 8) + (p7 << 4)
        return pressure

    def humidity_1024(self, code: int, fine: int) -> int:
        """Return the humidity in 1/1024 %, within 0 to 100 %."""
        h1, h2, h3, h4, h5, h6 = self.h
        off = fine - 76_800
        wet = (code << 14) - (h4 << 20) - h5 * off + 16_384 >> 15
        bend = ((off * h6 >> 10) * ((off * h3 >> 11) + 32_768) >> 10) + 2_097_152
        wet *= bend * h2 + 8_192 >> 14
        wet -= ((wet >> 15) * (wet >> 15) >> 7) * h1 >> 4
        humidity: int = min(max(wet, 0), 419_430_400) >> 12
        return humidity


class Bme280(Sensor):
    """One sensor, three channels: temperature, humidity, pressure."""

    warm_up_ms = 10  # 9.3 ms at most with each quantity once (9.1)
    power_up_ms = 2  # 1.1
    charge_nc = 5_000  # 2.3 ms at 0.35, 0.71 and 0.34 mA, and the rest of the measuring time (1.1 to 1.4)
    bounds = ((-400, 850), (0, 200), (3000, 11_000))
    fastest_per_min = (600, None, 300)  # 30 hPa in a minute is no weather, and no lift either

    def __init__(self, bus: "I2c", place: "Place") -> None:
        first = place.first_channel
        self.channels = (
            Channel(first, TEMPERATURE),
            Channel(first + 1, HUMIDITY),
            Channel(first + 2, BAROMETER),
        )
        self._bus = bus
        self._address = place.address or ADDRESS
        self._calibration: Calibration | None = None

    def wake(self, now_ms: int) -> None:
        """Start a measurement; the first time, learn how the chip was trimmed."""
        if self._calibration is None:
            self.self_test(now_ms)
            low = self._bus.readfrom_mem(self._address, _CALIBRATION, 26)
            self._calibration = Calibration(low, self._bus.readfrom_mem(self._address, _CALIBRATION_H, 7))
        self._bus.writeto_mem(self._address, _CTRL_HUM, b"\x01")
        self._bus.writeto_mem(self._address, _CTRL_MEAS, bytes((_FORCED_ONCE,)))  # makes ctrl_hum count

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return temperature, humidity and pressure."""
        known = self._calibration
        if known is None or self._bus.readfrom_mem(self._address, _STATUS, 1)[0] & _MEASURING:
            raise faults.FaultError(faults.NOT_READY, "the measurement has not ended")
        data = self._bus.readfrom_mem(self._address, _DATA, 8)
        pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
        temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
        humidity = data[6] << 8 | data[7]
        if _SKIPPED in (temperature, pressure) or humidity == _SKIPPED_H:
            self._calibration = None  # it lost power: another one may be there now
            raise faults.FaultError(faults.NOT_READY, "it was not measured since power on")
        fine = known.fine_temperature(temperature)
        tenths = (2 * fine + 512) // 1024
        halves = (known.humidity_1024(humidity, fine) + 256) // 512
        tens = (known.pressure_256(pressure, fine) + 1280) // 2560
        return ((tenths,), (halves,), (tens,))

    def self_test(self, now_ms: int) -> None:
        """Raise FaultError unless a BME280 answers (a BMP280 has no humidity, and another id)."""
        found = self._bus.readfrom_mem(self._address, _ID, 1)[0]
        if found != CHIP_ID:
            raise faults.FaultError(faults.WRONG_DEVICE, f"chip id {found:#x}, expected {CHIP_ID:#x}")


make = Bme280
