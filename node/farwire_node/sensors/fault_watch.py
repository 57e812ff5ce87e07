"""One sensor under watch: whatever its driver does, no value comes through that cannot be true."""

from collections import namedtuple

from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.lpp_types import check_raw
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Value = tuple[int, ...]
    Seen = tuple[int, Value]  # ms, value

Calibration = namedtuple("Calibration", ("scale_ppm", "offset"))
"""A value grows by `scale_ppm` millionths of itself, then by `offset`."""

PLAIN = Calibration(0, 0)
_MINUTE_MS = 60_000


class Watch:
    """Reads `sensor`; `calibrations` is set from the configuration, one a channel."""

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.failures = 0  # readings in a row without a single good value
        count = len(sensor.channels)
        self.calibrations: Sequence[Calibration] = (PLAIN,) * count
        self._good: list[Seen | None] = [None] * count  # the last one, as the sensor gave it
        self._wake_error: Exception | None = None
        self._suspect: list[Seen | None] = [None] * count  # one that jumped

    def power(self, on: bool) -> None:
        """Take or give back the sensor's supply; if it does not come its next reading has failed."""
        rail = self.sensor.rail
        if rail is None:
            return
        try:
            if on:
                rail.take()
            else:
                rail.give()
        except Exception as error:  # a board's code is foreign too
            self._wake_error = error if on else None

    def suspend(self, now_ms: int) -> None:
        """Have the sensor save what must survive power off, if it can."""
        try:
            self.sensor.suspend(now_ms)
        except Exception:  # its total of pulses, say: nothing that the others should not be saved for
            return

    def wake(self, now_ms: int) -> None:
        """Start the sensor; if that fails its next reading has failed."""
        try:
            self.sensor.wake(now_ms)
        except Exception as error:  # a driver is foreign code: whatever it raises, the other sensors go on
            self._wake_error = error

    def read(self, now_ms: int) -> "tuple[list[Value | None], bytes]":
        """Return a value (calibrated; None with a fault) and a state (faults.py) for each channel."""
        count = len(self.sensor.channels)
        values: list[Value | None] = [None] * count
        states = bytearray(count)
        error, self._wake_error = self._wake_error, None
        try:
            if error is not None:  # what it would give now is an earlier conversion's
                raise error
            found = self.sensor.read(now_ms)
            if len(found) != count:
                raise faults.FaultError(faults.DRIVER, f"{len(found)} values for {count} channels")
            for index in range(count):
                values[index], states[index] = self._judge(index, found[index], now_ms)
        except Exception as error:  # as in wake
            values = [None] * count
            states = bytearray(bytes((faults.fault_of(error),)) * count)
        good = [state for state in states if state == faults.GOOD]  # MicroPython has no `in` for a bytearray
        self.failures = 0 if good else self.failures + 1
        return values, bytes(states)

    def _judge(self, index: int, value: "Value | None", now_ms: int) -> "tuple[Value | None, int]":
        if value is None:
            return None, faults.NO_VALUE
        sensor = self.sensor
        if sensor.bounds:
            low, high = sensor.bounds[index]
            if not low <= min(value) <= max(value) <= high:
                return None, faults.OUT_OF_RANGE
        if self._jumps(index, value, now_ms):
            return None, faults.JUMP
        calibrated = _calibrated(value, self.calibrations[index])
        try:
            check_raw(sensor.channels[index].type_id, calibrated)
        except RangeError:
            return None, faults.OUT_OF_RANGE
        except MalformedError:
            return None, faults.DRIVER
        return calibrated, faults.GOOD

    def _jumps(self, index: int, value: "Value", now_ms: int) -> bool:
        """Return whether a value is too far from the last good one.

        The next reading that agrees with the one that jumped shows that the world did it: both are then
        believed, or a sensor that was moved would be lost for good.
        """
        fastest = self.sensor.fastest_per_min[index] if self.sensor.fastest_per_min else None
        if fastest is None:
            return False
        seen = (now_ms, value)
        for known in (self._good[index], self._suspect[index]):
            if known is not None and _near(known, seen, fastest):
                break
        else:
            if self._good[index] is not None:
                self._suspect[index] = seen
                return True
        self._good[index] = seen
        self._suspect[index] = None
        return False


def _near(known: "Seen", seen: "Seen", fastest_per_min: int) -> bool:
    """Return whether physics leads from one to the other; less than a minute counts as one."""
    between_ms = max(_MINUTE_MS, seen[0] - known[0])
    most = max([abs(after - before) for before, after in zip(known[1], seen[1])])
    return most * _MINUTE_MS <= fastest_per_min * between_ms


def _calibrated(value: "Value", calibration: Calibration) -> "Value":
    if calibration == PLAIN:
        return tuple(value)
    factor = 1_000_000 + calibration.scale_ppm
    return tuple([(2 * axis * factor + 1_000_000) // 2_000_000 + calibration.offset for axis in value])
