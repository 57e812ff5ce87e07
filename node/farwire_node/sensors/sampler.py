"""When to sample, and reading all sensors that are due at an instant.

Each sensor has its own interval. Instants lie on a grid whose phase is drawn once a node, so that sensors
with equal or multiple intervals share their instants (and records), while a fleet that was powered or
configured together does not sample (and then transmit) together. They are whole seconds of the node's clock,
because a record carries whole seconds.
"""

from collections import namedtuple

from farwire_codecs.schema import Channel
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Calibration, Watch
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Plan = namedtuple("Plan", ("interval_s", "enabled"))
"""How often to read a sensor, and whether at all."""

Sample = namedtuple("Sample", ("time_s", "values", "states", "regular"))
"""`time_s` of the node's clock; `values` parallel to the sampler's channels, None where there is none now;
`states` a byte a channel (faults.py); `regular` False when only failed sensors were tried again."""

FIRST_WITHIN_S = 5  # a node that was just powered shows its first values soon, not after a whole interval
QUICK_MS = 10_000  # sensors that are ready sooner give their first values together
RETRY_MS = 60_000  # a sensor of a long interval that gave nothing is tried again sooner than that
PROMPT_RETRIES = 2  # as many times; with the first failure they make the detector's three
MOST_SKIPPED = 15  # instants of a sensor that keeps failing, and at most this long:
LONGEST_PAUSE_MS = 3_600_000
_PHASES_S = 86_400  # the longest interval

_ASLEEP, _POWERED, _AWAKE = 0, 1, 2


class Sampler:
    """Reads a node's sensors, each by its plan. `random_below(n)` gives 0 to n - 1."""

    def __init__(
        self,
        sensors: "Sequence[Sensor]",
        plans: "Sequence[Plan]",
        now_ms: int,
        random_below: "Callable[[int], int]",
    ) -> None:
        self.channels: tuple[Channel, ...] = tuple([c for sensor in sensors for c in sensor.channels])
        self.stopped = not sensors  # for good
        self.charge_nc = 0  # that all readings so far took, by what the drivers say
        self.rail_ms = 0  # that rails were on for them
        self._phase_ms = 1000 * random_below(_PHASES_S)
        self._slots: list[_Slot] = []
        at = 0
        for sensor, plan in zip(sensors, plans):
            self._slots.append(_Slot(sensor, plan, at))
            at += len(sensor.channels)
        together_ms = max([slot.lead_ms for slot in self._slots if slot.lead_ms <= QUICK_MS] or [0])
        first_ms = 1000 * random_below(min(self.usual_interval_s, FIRST_WITHIN_S))
        for slot in self._slots:
            if slot.plan.enabled:
                slot.instant_ms = _next_second(now_ms + max(together_ms, slot.lead_ms)) + first_ms

    @property
    def usual_interval_s(self) -> int:
        """Seconds between two samples, as a rule."""
        intervals = [slot.plan.interval_s for slot in self._slots if slot.plan.enabled]
        return min(intervals) if intervals else 60

    def set_plans(self, plans: "Sequence[Plan]", now_ms: int) -> None:
        """Sample by these from now on; a changed sensor's next instant comes within one new interval."""
        for slot, plan in zip(self._slots, plans):
            if plan != slot.plan:
                slot.plan = plan
                slot.put_to_sleep()
                slot.retrying = False
                going = plan.enabled and not self.stopped
                slot.instant_ms = self._after(now_ms, slot) if going else None

    def set_calibrations(self, calibrations: "Sequence[Calibration]") -> None:
        """Correct values by these from now on, one a channel."""
        for slot in self._slots:
            slot.watch.calibrations = calibrations[slot.at : slot.at + slot.count]

    def suspend(self, now_ms: int) -> None:
        """Have the sensors save what must survive power off."""
        for slot in self._slots:
            slot.watch.suspend(now_ms)

    def stop(self) -> None:
        """Sample no more."""
        self.stopped = True
        for slot in self._slots:
            slot.put_to_sleep()
            slot.instant_ms = None

    def states(self) -> bytes:
        """Return the states of all channels while no sensor is read: NOT_DUE or OFF."""
        states = bytearray()
        for slot in self._slots:
            states.extend(bytes((faults.NOT_DUE if slot.plan.enabled else faults.OFF,)) * slot.count)
        return bytes(states)

    def next_ms(self) -> int | None:
        """Return when `poll` has something to do next; None once stopped."""
        moments = [slot.next_ms() for slot in self._slots if slot.instant_ms is not None]
        return min(moments) if moments else None

    def poll(self, now_ms: int) -> Sample | None:
        """Power and wake the sensors that need it by now; return a sample when an instant has come.

        Instants that passed while nobody polled are skipped: what was not measured cannot be made up.
        """
        due = [slot for slot in self._slots if slot.instant_ms is not None and slot.is_ready(now_ms)]
        if not due:
            return None
        values: list[tuple[int, ...] | None] = [None] * len(self.channels)
        states = bytearray(self.states())
        regular = False
        for slot in due:
            end = slot.at + slot.count
            values[slot.at : end], states[slot.at : end] = slot.watch.read(now_ms)
            regular = regular or not slot.retrying
            self.charge_nc += slot.sensor.charge_nc
            if slot.sensor.rail is not None:
                self.rail_ms += slot.lead_ms
            slot.put_to_sleep()
            self._schedule(slot, now_ms)
        return Sample(now_ms // 1000, tuple(values), bytes(states), regular)

    def _schedule(self, slot: "_Slot", now_ms: int) -> None:
        """Choose the next instant of a sensor that was just read."""
        interval_ms = 1000 * slot.plan.interval_s
        regular_ms = self._after(now_ms, slot)
        failures = slot.watch.failures
        slot.instant_ms = regular_ms
        slot.retrying = False
        if 0 < failures <= PROMPT_RETRIES:
            retry_ms = _next_second(now_ms + max(RETRY_MS, slot.lead_ms) - 1000)
            if retry_ms < regular_ms:
                slot.instant_ms = retry_ms
                slot.retrying = True
        elif failures > PROMPT_RETRIES:
            skipped = min(MOST_SKIPPED, (1 << min(failures - PROMPT_RETRIES - 1, 8)) - 1)
            slot.instant_ms += interval_ms * min(skipped, LONGEST_PAUSE_MS // interval_ms)

    def _after(self, now_ms: int, slot: "_Slot") -> int:
        """Return the first instant of the sensor's grid after `now_ms`."""
        interval_ms = 1000 * slot.plan.interval_s
        after_ms: int = now_ms + interval_ms - (now_ms - self._phase_ms) % interval_ms
        return after_ms


class _Slot:
    """One sensor's place in the sampler: `at` is the column of its first channel."""

    def __init__(self, sensor: Sensor, plan: Plan, at: int) -> None:
        self.sensor = sensor
        self.plan = plan
        self.at = at
        self.count = len(sensor.channels)
        self.watch = Watch(sensor)
        self.instant_ms: int | None = None
        self.retrying = False
        self.power_up_ms = sensor.power_up_ms if sensor.rail is not None else 0
        self.lead_ms = self.power_up_ms + sensor.warm_up_ms
        self._stage = _ASLEEP
        self._moment_ms = 0  # when it can be woken (powered) or read (awake)

    @property
    def powered(self) -> bool:
        """Whether it is on the way to a reading."""
        return self._stage != _ASLEEP

    def next_ms(self) -> int:
        """Return when it wants to be polled next."""
        assert self.instant_ms is not None
        if self._stage == _ASLEEP:
            return self.instant_ms - self.lead_ms
        if self._stage == _POWERED:
            return max(self._moment_ms, self.instant_ms - self.sensor.warm_up_ms)
        return self.instant_ms

    def is_ready(self, now_ms: int) -> bool:
        """Power and wake it in time; return whether it can be read for its instant now."""
        if self._stage == _ASLEEP and now_ms >= self.next_ms():
            self._stage = _POWERED
            self._moment_ms = now_ms + self.power_up_ms
            self.watch.power(True)
        if self._stage == _POWERED and now_ms >= self.next_ms():
            self._stage = _AWAKE
            self._moment_ms = now_ms + self.sensor.warm_up_ms
            self.watch.wake(now_ms)
        assert self.instant_ms is not None
        if self._stage == _AWAKE and now_ms < self._moment_ms and self.instant_ms < self._moment_ms:
            self.instant_ms = _next_second(self._moment_ms - 1)  # it was woken late
        return self._stage == _AWAKE and now_ms >= self.instant_ms

    def put_to_sleep(self) -> None:
        """Give up its supply until the next instant."""
        if self._stage != _ASLEEP:
            self.watch.power(False)
        self._stage = _ASLEEP


def _next_second(now_ms: int) -> int:
    """Return the first whole second after `now_ms`."""
    return now_ms - now_ms % 1000 + 1000
