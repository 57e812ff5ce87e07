"""Alarm conditions from samples: limits with hysteresis, and sensors that fail.

HIGH starts above `high` and ends at or under `high - hysteresis`; LOW starts under `low` and ends at or
above `low + hysteresis`. A type with axes is judged by its largest axis for HIGH, by its smallest for LOW.
A channel without a value keeps its conditions; after FAILURES samples without one SENSOR_FAILED starts, and
ends with the first value. Limits are raw integers of the channel's type.
"""

from collections import namedtuple

from farwire_codecs.alarm import HIGH, LOW, SENSOR_FAILED
from farwire_codecs.schema import Channel

Limits = namedtuple("Limits", ("high", "low", "hysteresis"))
"""`high`, `low`: raw integers or None for no limit; `hysteresis` 0 or more."""

Change = namedtuple("Change", ("channel", "type_id", "condition", "active", "raw"))
"""A condition of a channel started (`active` True) or ended; `raw` the value that showed it, or None."""

NO_LIMITS = Limits(None, None, 0)
FAILURES = 3  # one bad reading on a long bus is noise

TYPE_CHECKING = False
if TYPE_CHECKING:
    Value = tuple[int, ...]


class Detector:
    """The conditions of a node's channels. `channels` is a tuple of Channel."""

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self._channels = channels
        self._limits = [NO_LIMITS] * len(channels)
        self._active = bytearray(len(channels))  # bit n: condition n is active
        self._failures = bytearray(len(channels))

    def set_limits(self, limits: list[Limits]) -> None:
        """Judge by these limits, one a channel, from the next sample on; one taken away ends its alarm."""
        self._limits = list(limits)

    def examine(self, values: "tuple[Value | None, ...]", room: int) -> list[Change]:
        """Return what started or ended with this sample, at most `room` changes.

        A change for which there was no room is not forgotten: it comes with the next sample that shows it.
        """
        changes: list[Change] = []
        for index, value in enumerate(values):
            for condition, active in self._judge(index, value):
                if active != self._is_active(index, condition) and len(changes) < room:
                    self._active[index] ^= 1 << condition
                    channel = self._channels[index]
                    changes.append(Change(channel.channel, channel.type_id, condition, active, value))
        return changes

    def active(self) -> list[tuple[int, int, int]]:
        """Return (channel, type_id, conditions) of each channel with active ones; bit n is condition n."""
        return [(c.channel, c.type_id, bits) for c, bits in zip(self._channels, self._active) if bits]

    def restore(self, active: list[tuple[int, int, int]]) -> None:
        """Go on with what `active` gave before a restart; channels that are no longer there are ignored."""
        for channel, type_id, bits in active:
            for index, own in enumerate(self._channels):
                if own.channel == channel and own.type_id == type_id:
                    self._active[index] = bits

    def _judge(self, index: int, value: "Value | None") -> list[tuple[int, bool]]:
        """Return (condition, whether it holds) for each condition that this value says something about."""
        if value is None:
            self._failures[index] = min(self._failures[index] + 1, FAILURES)
            failed = self._failures[index] >= FAILURES
            return [(SENSOR_FAILED, True)] if failed else []
        self._failures[index] = 0
        high, low, hysteresis = self._limits[index]
        above = high is not None and max(value) > high - (hysteresis if self._is_active(index, HIGH) else 0)
        below = low is not None and min(value) < low + (hysteresis if self._is_active(index, LOW) else 0)
        return [(SENSOR_FAILED, False), (HIGH, above), (LOW, below)]

    def _is_active(self, index: int, condition: int) -> bool:
        return bool(self._active[index] >> condition & 1)
