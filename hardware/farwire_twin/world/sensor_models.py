"""Sensors and outputs on physical processes, as a node sees them (farwire_node.sensors.sensor)."""

from collections.abc import Callable
from dataclasses import dataclass

from farwire_codecs import lpp_types
from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_twin.world.processes import Process

# Cayenne LPP types (farwire_codecs.lpp_types has their layout).
DIGITAL_OUTPUT, TEMPERATURE, HUMIDITY, ACCELEROMETER = 1, 103, 104, 113
VOLTAGE, CURRENT, PERCENTAGE, POWER, DISTANCE = 116, 117, 120, 128, 130

ON_X100 = 100


@dataclass(frozen=True, slots=True)
class Quantity:
    """One channel: its number, its LPP type, and `look` at the process, which gives one value an axis."""

    channel: int
    type_id: int
    look: Callable[[], tuple[float, ...]]


class ModelSensor(Sensor):
    """Reads quantities of one process."""

    def __init__(self, process: Process, quantities: tuple[Quantity, ...], warm_up_ms: int = 0) -> None:
        self.channels = tuple(Channel(quantity.channel, quantity.type_id) for quantity in quantities)
        self.warm_up_ms = warm_up_ms
        self._process = process
        self._quantities = quantities

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the quantities as they are at `now_ms`, at their types' resolution."""
        self._process.move_to(now_ms)
        return tuple(raw_within(quantity.type_id, quantity.look()) for quantity in self._quantities)


class ModelOutput(Actuator):
    """Switches a process: 0 off, anything else on."""

    def __init__(self, channel: int, process: Process) -> None:
        self.channel = channel
        self._process = process

    @property
    def value_x100(self) -> int:
        """What the output is at."""
        return ON_X100 if self._process.switched else 0

    def set(self, value_x100: int) -> None:
        """Switch; the process follows from its present state."""
        self._process.switched = value_x100 > 0


def raw_within(type_id: int, values: tuple[float, ...]) -> tuple[int, ...]:
    """The nearest integers that the type can carry: a sensor's converter clips, it does not fail."""
    axes = lpp_types.type_of(type_id).axes
    raw = []
    for value, axis in zip(values, axes, strict=True):
        low, high = lpp_types.limits(axis)
        raw.append(min(high, max(low, round(value * axis.steps))))
    return tuple(raw)
