"""The sensors and outputs of a node: those soldered on, and those that the configuration names."""

from farwire_node.control.configuration import Configuration
from farwire_node.sensors import sensor_settings
from farwire_node.sensors.sensor import Actuator, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from farwire_codecs.schema import Channel
    from farwire_node.drivers.registry import Built
    from farwire_node.sensors.sensor_settings import Place

DRAIN_MS = 3_600_000  # longest time that readings of the former sensors delay the new ones


class SensorList:
    """`fixed` sensors come first; `build` makes the others: (places, channels used) -> registry.Built.

    The records held are of one list of channels: when a configuration names other sensors, sampling stops
    until what is held is acknowledged, at most DRAIN_MS, and the node starts over with the new ones.
    """

    def __init__(
        self,
        fixed: "tuple[Sensor, ...]",
        actuators: "tuple[Actuator, ...]",
        build: "Callable[[Sequence[Place], Sequence[Channel]], Built] | None",
    ) -> None:
        self._fixed = fixed
        self._fixed_actuators = actuators
        self._build = build
        self._places: list[Place] = []
        self.sensors = fixed
        self.actuators = actuators
        self.refused: tuple[tuple[int, str], ...] = ()  # index and reason of each that could not be made
        self.change_ms: int | None = None  # by when the node starts over

    def load(self, running: Configuration) -> None:
        """Make what the configuration names."""
        self.change_ms = None
        self._places = sensor_settings.places(running)
        if self._build is None:
            return
        built = self._build(self._places, [c for sensor in self._fixed for c in sensor.channels])
        self.sensors = self._fixed + built.sensors
        self.actuators = self._fixed_actuators + built.actuators
        self.refused = built.refused

    def note(self, running: Configuration, now_ms: int) -> bool:
        """Return whether the node has to start over for this configuration, and plan it."""
        changed = self._build is not None and sensor_settings.places(running) != self._places
        if changed and self.change_ms is None:
            self.change_ms = now_ms + DRAIN_MS
        return changed

    def due_after(self, now_ms: int) -> "int | None":
        """Return when `is_due` may have another answer, if that is later than now."""
        return self.change_ms if self.change_ms is not None and self.change_ms > now_ms else None

    def is_due(self, held: int, now_ms: int) -> bool:
        """Return whether to start over now, with `held` records not acknowledged."""
        return self.change_ms is not None and (not held or now_ms >= self.change_ms)
