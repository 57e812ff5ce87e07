"""A contact or logic level: LPP digital input, 1 when high. The bus is a pin (`value()`).

SENSOR_REGISTER 1: low is 1, as with a contact to ground.
"""

from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import Pin
    from farwire_node.sensors.sensor_settings import Place

DIGITAL_INPUT = 0


class DigitalIn(Sensor):
    """One pin."""

    def __init__(self, pin: "Pin", place: "Place") -> None:
        self.channels = (Channel(place.first_channel, DIGITAL_INPUT),)
        self._pin = pin
        self._inverted = place.register & 1

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the level."""
        return ((int(bool(self._pin.value())) ^ self._inverted,),)


make = DigitalIn
