"""From sensors to samples and alarms: what the node has, when it is read, and what its values mean."""

from farwire_codecs.alarm import CONDITIONS
from farwire_node import node_events
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.alarms.detector import Change, Detector
from farwire_node.control.configuration import Configuration
from farwire_node.sending import shaping
from farwire_node.sending.agenda import Agenda
from farwire_node.sensors import sensor_settings
from farwire_node.sensors.sampler import Sample, Sampler
from farwire_node.sensors.sensor_list import SensorList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from farwire_node.alarms.detector import Value
    from farwire_node.sensors.fault_watch import Calibration

_DAY_S = 86_400


class Sensing:
    """Makes the sensors of `devices`, and samples them. `tell` gets node_events."""

    def __init__(
        self,
        devices: SensorList,
        running: Configuration,
        alarms: AlarmStore,
        tell: "Callable[[tuple[object, ...]], None]",
        random_below: "Callable[[int], int]",
        now_ms: int,
    ) -> None:
        self._devices = devices
        self._alarms = alarms
        self._tell = tell
        devices.load(running)
        for index, reason in devices.refused:
            tell(node_events.SensorRefused(index, reason))
        plans = sensor_settings.plans(running, devices.sensors)
        self.sampler = Sampler(devices.sensors, plans, now_ms, random_below)
        self.channels = self.sampler.channels
        self._detector = Detector(self.channels)
        self._detector.restore(alarms.active)
        here = [(c.channel, c.type_id) for c in self.channels]
        self._gone = [  # conditions of channels that are no more
            Change(channel, type_id, condition, False, None)
            for channel, type_id, bits in alarms.active
            for condition in CONDITIONS
            if bits >> condition & 1 and (channel, type_id) not in here
        ]
        self._calibrations: list[Calibration] = []
        self._reporting_s: list[int] = []  # a channel: within how many seconds its values are reported
        self._slowest_s = 0

    def apply(self, running: Configuration, agenda: Agenda, now_ms: int) -> bool:
        """Run a configuration; return whether alarms ended with a sensor that it switches off."""
        plans = sensor_settings.plans(running, self._devices.sensors)
        self.sampler.set_plans(plans, now_ms)
        samples_a_day = sum([_DAY_S // plan.interval_s for plan in plans if plan.enabled])
        agenda.sample_gap_ms = 1000 * _DAY_S // max(1, samples_a_day)
        calibrations = sensor_settings.calibrations(running, self.channels)
        if calibrations != self._calibrations:
            self._calibrations = calibrations
            self.sampler.set_calibrations(calibrations)
            self._detector.forget_values()
        self._detector.set_limits(sensor_settings.limits(running, self.channels))
        agenda.ranks = shaping.ranks_of(running, self.channels)
        self._reporting_s = sensor_settings.reporting_intervals(running, self._devices.sensors)
        self._slowest_s = max(self._reporting_s or [running.reporting_interval_s])
        self.reported(agenda)
        if self._devices.note(running, now_ms):
            self.stop(agenda, now_ms)
        # The channels that are not switched off are not due now.
        nothing = (None,) * len(self.channels)
        return self._detect(now_ms // 1000, nothing, self.sampler.states(), agenda, now_ms)

    def stop(self, agenda: Agenda, now_ms: int) -> None:
        """Sample no more."""
        if not self.sampler.stopped:
            self.sampler.stop()
            agenda.stopped(now_ms)

    def is_worth_a_record(self, sample: Sample, agenda: Agenda) -> bool:
        """Return whether there is something to store; not when a failed sensor was tried again, in vain.

        The agenda learns within which time the values are to be reported.
        """
        got = [within_s for within_s, value in zip(self._reporting_s, sample.values) if value is not None]
        agenda.reporting_interval_s = min(got + [agenda.reporting_interval_s])
        return bool(got or sample.regular)

    def judge(self, sample: Sample, agenda: Agenda, now_ms: int) -> bool:
        """Raise and end alarms; return whether there were any."""
        return self._detect(sample.time_s, sample.values, sample.states, agenda, now_ms)

    def reported(self, agenda: Agenda) -> None:
        """All values were reported: the next ones may wait as long as the slowest sensor's."""
        agenda.reporting_interval_s = self._slowest_s

    def _detect(
        self, time_s: int, values: "Sequence[Value | None]", states: bytes, agenda: Agenda, now_ms: int
    ) -> bool:
        room = self._alarms.room
        changes, self._gone = self._gone[:room], self._gone[room:]
        missed = self._detector.missed
        changes += self._detector.examine(time_s, values, states, room - len(changes))
        if self._detector.missed != missed:
            self._tell(node_events.AlarmsMissed(self._detector.missed))
        if changes:
            for alarm in self._alarms.add(changes, time_s):
                self._tell(node_events.AlarmRaised(alarm, now_ms))
            agenda.alarmed(now_ms)
        return bool(changes)
