"""A 4-20 mA transmitter. The bus is an AnalogInput (adc.py) over a shunt.

SENSOR_REGISTER is the LPP type of the channel. 0: LPP current, in mA. Otherwise the value is the
microamperes, and the channel's calibration makes the type's raw integers of them: 0 to 5 m as 0 to 5000 is a
scale of 0.3125 (-687 500 ppm) and an offset of -1250.

Limits of NAMUR NE 43 (2003): 3.8 to 20.5 mA measure, at or under 3.6 and at or above 21.0 mA the transmitter
says that it failed, or the wire is broken or shorted. Between these it is saturated: taken as measured.
"""

from farwire_codecs.schema import Channel
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.adc import AnalogInput
    from farwire_node.sensors.sensor_settings import Place

CURRENT = 117
FAILED_LOW_UA = 3_600
FAILED_HIGH_UA = 21_000


class CurrentLoop(Sensor):
    """One loop."""

    def __init__(self, source: "AnalogInput", place: "Place") -> None:
        self.channels = (Channel(place.first_channel, place.register or CURRENT),)
        self._source = source
        self._microamperes = bool(place.register)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the current; raises FaultError for a broken wire, a short, or a transmitter's failure."""
        value = self._source.microamperes()
        if value <= FAILED_LOW_UA:
            raise faults.FaultError(faults.WIRE_BREAK, f"{value} uA in the loop")
        if value >= FAILED_HIGH_UA:
            raise faults.FaultError(faults.SHORT, f"{value} uA in the loop")
        return ((value if self._microamperes else (value + 500) // 1000,),)


make = CurrentLoop
