"""When to sample, and reading all sensors at that instant.

Instants lie on a grid of the sampling interval, on whole seconds of the node's clock because a record carries
whole seconds. The grid's phase is drawn per node and anew with every interval, so that a fleet which was
powered or configured together does not sample (and then transmit) together.
"""

from collections import namedtuple

from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_types import check_raw
from farwire_codecs.schema import Channel
from farwire_node.errors import SensorError
from farwire_node.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Sample = namedtuple("Sample", ("time_s", "values"))
"""`time_s` of the node's clock; `values` parallel to the sampler's channels, None where there is no value."""

FIRST_WITHIN_S = 5  # a node that was just powered shows its first values soon, not after a whole interval


class Sampler:
    """Reads a node's sensors on its grid. `random_below(n)` gives 0 to n - 1."""

    def __init__(
        self, sensors: tuple[Sensor, ...], interval_s: int, now_ms: int, random_below: "Callable[[int], int]"
    ) -> None:
        self.channels: tuple[Channel, ...] = tuple([c for sensor in sensors for c in sensor.channels])
        self._sensors = tuple(sensors)
        self._by_warm_up = sorted(sensors, key=lambda sensor: -sensor.warm_up_ms)
        self._awake = 0  # how many of _by_warm_up were woken for the coming instant
        self._valid_ms = now_ms  # when the last one woken can be read
        self._random_below = random_below
        self._interval_ms = 1000 * interval_s
        self._phase_ms = 1000 * random_below(interval_s)
        warm_up_ms = self._by_warm_up[0].warm_up_ms if sensors else 0
        first = 1000 * random_below(min(interval_s, FIRST_WITHIN_S))
        self._instant_ms: int | None = _next_second(now_ms + warm_up_ms) + first if sensors else None

    def set_interval(self, interval_s: int, now_ms: int) -> None:
        """Sample every `interval_s` from now on; the next instant comes within one new interval."""
        if self._instant_ms is None or 1000 * interval_s == self._interval_ms:
            return
        self._interval_ms = 1000 * interval_s
        self._phase_ms = 1000 * self._random_below(interval_s)
        self._instant_ms = self._after(now_ms)
        self._awake = 0

    def stop(self) -> None:
        """Sample no more."""
        self._instant_ms = None

    @property
    def stopped(self) -> bool:
        """Whether sampling was stopped for good."""
        return self._instant_ms is None

    def next_ms(self) -> int | None:
        """Return when `poll` has something to do next; None once stopped."""
        if self._instant_ms is None:
            return None
        if self._awake < len(self._by_warm_up):
            return self._instant_ms - self._by_warm_up[self._awake].warm_up_ms
        return self._instant_ms

    def poll(self, now_ms: int) -> Sample | None:
        """Wake the sensors that need it by now; return a sample when an instant has come.

        Instants that passed while nobody polled are skipped: what was not measured cannot be made up.
        """
        if self._instant_ms is None:
            return None
        while self._awake < len(self._by_warm_up):
            sensor = self._by_warm_up[self._awake]
            if now_ms < self._instant_ms - sensor.warm_up_ms:
                return None
            self._wake(sensor, now_ms)
        if now_ms < self._valid_ms and self._instant_ms < self._valid_ms:  # woken late
            self._instant_ms = _next_second(self._valid_ms - 1)
        if now_ms < self._instant_ms:
            return None
        values: list[tuple[int, ...] | None] = []
        for sensor in self._sensors:
            values.extend(_read(sensor, now_ms))
        self._instant_ms = self._after(now_ms)
        self._awake = 0
        return Sample(now_ms // 1000, tuple(values))

    def _wake(self, sensor: Sensor, now_ms: int) -> None:
        self._awake += 1
        self._valid_ms = max(self._valid_ms, now_ms + sensor.warm_up_ms)
        try:
            sensor.wake(now_ms)
        except (SensorError, OSError):
            return  # its read will say so

    def _after(self, now_ms: int) -> int:
        """Return the first instant of the grid after `now_ms`."""
        return now_ms + self._interval_ms - (now_ms - self._phase_ms) % self._interval_ms


def _next_second(now_ms: int) -> int:
    """Return the first whole second after `now_ms`."""
    return now_ms - now_ms % 1000 + 1000


def _read(sensor: Sensor, now_ms: int) -> list[tuple[int, ...] | None]:
    """Return one value for each of the sensor's channels, None where it gave none that its type can carry."""
    nothing: list[tuple[int, ...] | None] = [None] * len(sensor.channels)
    try:
        values = sensor.read(now_ms)
    except Exception:  # a driver is foreign code: whatever it raises, the other sensors go on
        return nothing
    if len(values) != len(nothing):
        return nothing
    return [_valid(channel, value) for channel, value in zip(sensor.channels, values)]


def _valid(channel: Channel, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        check_raw(channel.type_id, value)
    except CodecError:
        return None
    return tuple(value)
