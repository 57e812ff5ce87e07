"""Alarm conditions from samples: limits, rates, stuck values, and sensors that fail.

| condition | starts | ends |
|---|---|---|
| HIGH, LOW | above `high`, under `low` | at or within the limit by `hysteresis` |
| OUT_OF_NORMAL | above `normal_high` or under `normal_low` | at or within both by `hysteresis` |
| RATE | a change above `rate_per_min` within RATE_WINDOW_S, or in proportion since the last one | none such |
| STUCK | the very same value for `stuck_time_s` | another value |
| SENSOR_FAILED | FAILURES readings in a row failed | a good one |

HIGH, LOW, OUT_OF_NORMAL and RATE start, and end, once that was so for `minimum_duration_s` (0: at once). A
type with axes is judged by its largest axis for what is too high, by its smallest for what is too low, by its
fastest for RATE. A channel that was not read, or failed, keeps its conditions. Limits are raw integers of the
channel's type. A limit taken away, and a sensor switched off, end their alarms.
"""

from collections import namedtuple

from farwire_codecs.alarm import CONDITIONS, HIGH, LOW, OUT_OF_NORMAL, RATE, SENSOR_FAILED, STUCK
from farwire_codecs.schema import Channel
from farwire_node.sensors import faults

Limits = namedtuple(
    "Limits",
    (
        "high", "low", "hysteresis", "rate_per_min", "stuck_time_s", "minimum_duration_s", "normal_low",
        "normal_high",
    ),
)  # fmt: skip
"""Raw integers, None for no limit; `hysteresis` and `minimum_duration_s` 0 or more."""

Change = namedtuple("Change", ("channel", "type_id", "condition", "active", "raw"))
"""A condition of a channel started (`active` True) or ended; `raw` the value that showed it, or None."""

NO_LIMITS = Limits(None, None, 0, None, None, 0, None, None)
FAILURES = 3  # one bad reading on a long bus is noise
RATE_WINDOW_S = 60
HELD_BACK = -(1 << 30)  # since then a change is due that found no room: longer than any duration
RATE_STEP_S = 15  # between the values that a new one is compared with: bounds what is held a channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Value = tuple[int, ...]
    Found = tuple[
        int, bool, int
    ]  # condition, whether it holds, for how many seconds it must before it counts


class Detector:
    """The conditions of a node's channels. `channels` is a tuple of Channel."""

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self.missed = 0  # changes for which there was no room until they were undone
        self._channels = channels
        self._limits: list[Limits] = [NO_LIMITS] * len(channels)
        self._active = bytearray(len(channels))  # bit n: condition n is active
        self._failures = bytearray(len(channels))
        self._since: dict[int, int] = {}  # 8 * channel + condition: since when it is otherwise than active
        self._same: list[tuple[int, Value] | None] = [None] * len(channels)  # since when it has this value
        self._earlier: dict[int, list[tuple[int, Value]]] = {}  # channel with a rate: times and values

    def set_limits(self, limits: "Sequence[Limits]") -> None:
        """Judge by these limits, one a channel, from the next sample on."""
        if list(limits) != self._limits:
            self._limits = list(limits)
            self._since = {}

    def forget_values(self) -> None:
        """Compare the next values with none before: they are on another scale."""
        self._same = [None] * len(self._channels)
        self._earlier = {}

    def examine(
        self, time_s: int, values: "Sequence[Value | None]", states: bytes, room: int
    ) -> list[Change]:
        """Return what started or ended with this sample, at most `room` changes.

        `time_s` never falls; `states` are those of faults.py, a byte a channel. A change for which
        there was no room is not forgotten: it comes with the next sample that shows it, or counts as missed
        with the first one that does not.
        """
        changes: list[Change] = []
        for index, value in enumerate(values):
            if states[index] == faults.NOT_DUE:
                continue
            for condition, holds, patience_s in self._judge(index, time_s, value, states[index]):
                if not self._changes(index, condition, holds, patience_s, time_s):
                    continue
                if len(changes) >= room:
                    self._since[8 * index + condition] = HELD_BACK
                else:
                    self._since.pop(8 * index + condition, None)
                    self._active[index] ^= 1 << condition
                    channel = self._channels[index]
                    changes.append(Change(channel.channel, channel.type_id, condition, holds, value))
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

    def _changes(self, index: int, condition: int, holds: bool, patience_s: int, time_s: int) -> bool:
        """Return whether a condition has been otherwise than it is active for long enough."""
        key = 8 * index + condition
        if holds == self._is_active(index, condition):
            if self._since.pop(key, 0) == HELD_BACK:
                self.missed += 1
            return False
        return time_s - self._since.setdefault(key, time_s) >= patience_s

    def _judge(self, index: int, time_s: int, value: "Value | None", state: int) -> "list[Found]":
        """Return what this reading says about each condition that it says something about."""
        if state == faults.OFF:
            self._failures[index] = 0
            self._same[index] = None
            self._earlier.pop(index, None)
            return [(condition, False, 0) for condition in CONDITIONS]
        if value is None:
            self._failures[index] = min(self._failures[index] + 1, FAILURES)
            return [(SENSOR_FAILED, True, 0)] if self._failures[index] >= FAILURES else []
        self._failures[index] = 0
        limits = self._limits[index]
        patience_s = limits.minimum_duration_s
        found = [
            (SENSOR_FAILED, False, 0),
            (HIGH, self._is_above(index, HIGH, value, limits.high), patience_s),
            (LOW, self._is_below(index, LOW, value, limits.low), patience_s),
        ]
        outside = self._is_above(index, OUT_OF_NORMAL, value, limits.normal_high)
        outside = outside or self._is_below(index, OUT_OF_NORMAL, value, limits.normal_low)
        found.append((OUT_OF_NORMAL, outside, patience_s))
        self._judge_rate(index, time_s, value, found)
        self._judge_stuck(index, time_s, value, found)
        return found

    def _is_above(self, index: int, condition: int, value: "Value", limit: int | None) -> bool:
        if limit is None:
            return False
        hysteresis = self._limits[index].hysteresis if self._is_active(index, condition) else 0
        return bool(max(value) > limit - hysteresis)

    def _is_below(self, index: int, condition: int, value: "Value", limit: int | None) -> bool:
        if limit is None:
            return False
        hysteresis = self._limits[index].hysteresis if self._is_active(index, condition) else 0
        return bool(min(value) < limit + hysteresis)

    def _judge_rate(self, index: int, time_s: int, value: "Value", found: "list[Found]") -> None:
        limit = self._limits[index].rate_per_min
        patience_s = self._limits[index].minimum_duration_s
        if limit is None:
            self._earlier.pop(index, None)
            found.append((RATE, False, patience_s))
            return
        earlier = self._earlier.setdefault(index, [])
        while len(earlier) > 1 and time_s - earlier[0][0] > RATE_WINDOW_S:
            earlier.pop(0)
        if earlier:  # else an alarm of before a restart stays as it is
            fast = False
            for before_s, before in earlier:
                change = max([abs(new - old) for old, new in zip(before, value)])
                fast = fast or 60 * change > limit * max(time_s - before_s, RATE_WINDOW_S)
            found.append((RATE, fast, patience_s))
        if len(earlier) < 2 or time_s - earlier[-2][0] >= RATE_STEP_S:
            earlier.append((time_s, value))
        else:
            earlier[-1] = (time_s, value)  # the newest is always held

    def _judge_stuck(self, index: int, time_s: int, value: "Value", found: "list[Found]") -> None:
        limit_s = self._limits[index].stuck_time_s
        same = self._same[index]
        if limit_s is None or (same is not None and same[1] != value):
            found.append((STUCK, False, 0))
        elif same is not None and time_s - same[0] >= limit_s:
            found.append((STUCK, True, 0))
        if same is None or same[1] != value:  # an alarm of before a restart waits for another value
            self._same[index] = (time_s, value)

    def _is_active(self, index: int, condition: int) -> bool:
        return bool(self._active[index] >> condition & 1)
