"""A voltage. The bus is an AnalogInput (adc.py).

SENSOR_REGISTER is the LPP type of the channel. 0: LPP voltage, in 0.01 V. Otherwise the value is the
millivolts, and the channel's calibration makes the type's raw integers of them: 0.5 to 4.5 V for 0 to 10 bar
as 0 to 1000 is a scale of 0.25 (-750 000 ppm) and an offset of -125.
"""

from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.adc import AnalogInput
    from farwire_node.sensors.sensor_settings import Place

VOLTAGE = 116


class Analog(Sensor):
    """One input."""

    def __init__(self, source: "AnalogInput", place: "Place") -> None:
        self.channels = (Channel(place.first_channel, place.register or VOLTAGE),)
        self._source = source
        self._millivolts = bool(place.register)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the voltage."""
        value = self._source.millivolts()
        return ((value if self._millivolts else (value + 5) // 10,),)


make = Analog
