"""A switched output, and what it is at: LPP digital output. The bus is a pin (`value()`, `value(x)`).

SENSOR_REGISTER 1: a low level switches on. Whatever pin or relay board is behind it, what is reported is
what the pin reads back.
"""

from farwire_codecs.schema import Channel
from farwire_node.errors import ActuatorError
from farwire_node.sensors.sensor import Actuator, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import Pin
    from farwire_node.sensors.sensor_settings import Place

DIGITAL_OUTPUT = 1


class DigitalOut(Sensor, Actuator):
    """One pin. The board's own start leaves it at rest; nothing is switched here but by command."""

    def __init__(self, pin: "Pin", place: "Place") -> None:
        self.channel = place.first_channel
        self.channels = (Channel(self.channel, DIGITAL_OUTPUT),)
        self._pin = pin
        self._inverted = place.register & 1

    def set(self, value_x100: int) -> None:
        """Switch on or off and look whether the pin followed."""
        on = int(value_x100 > 0)
        self._pin.value(on ^ self._inverted)
        if self._level() != on:
            raise ActuatorError(f"output {self.channel} stays {self._level()}, expected {on}")

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return what the output is at."""
        return ((self._level(),),)

    def _level(self) -> int:
        level: int = int(bool(self._pin.value())) ^ self._inverted
        return level


make = DigitalOut
