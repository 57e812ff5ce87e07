"""Gives the link the frames that the scheduler plans, and notes each one that it took."""

from farwire_codecs import ports
from farwire_node import node_events
from farwire_node.link import Link, Refusal
from farwire_node.sending import scheduler
from farwire_node.sending.agenda import Agenda
from farwire_node.sending.taking_back import take_back
from farwire_node.sending.timekeeping import Timekeeping
from farwire_node.sensors.sensing import Sensing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Sending:
    """One joined link's frames; `tell` gets node_events."""

    plan = staticmethod(scheduler.plan)

    def __init__(
        self,
        agenda: Agenda,
        link: Link,
        sensing: Sensing,
        time: Timekeeping,
        tell: "Callable[[tuple[object, ...]], None]",
        now_ms: int,
    ) -> None:
        self._agenda = agenda
        self._link = link
        self._sensing = sensing
        self._time = time
        self._tell = tell
        self._last: scheduler.Send | None = None
        self._refused_until_ms = now_ms

    def hurry(self, now_ms: int) -> None:
        """Plan again at once, whatever the link refused before: there is something more urgent."""
        self._refused_until_ms = now_ms

    def not_sent(self, now_ms: int) -> None:
        """Take back the last frame: it never left."""
        step, self._last = self._last, None
        if step is not None:
            take_back(step, self._agenda, now_ms)
            self._tell(node_events.FrameNotSent(step.port))

    def poll(self, now_ms: int) -> "int | None":
        """Send a frame if one is due; return when to look again, None if only events matter."""
        if now_ms < self._refused_until_ms:
            return self._refused_until_ms
        self._agenda.next_sample_ms = self._sensing.sampler.next_ms()
        step = self.plan(self._agenda, self._link, now_ms)
        if isinstance(step, scheduler.Send) and self._time.ask(step, now_ms):
            step = self.plan(self._agenda, self._link, now_ms)  # asking takes a byte
        if isinstance(step, scheduler.Wake):
            at_ms: int | None = step.at_ms
            return at_ms
        capacity = self._link.capacity(now_ms)
        confirmed = step.port == ports.STATE and self._agenda.on_trial
        outcome = self._link.send(step.port, step.payload, confirmed, step.urgent, now_ms)
        if isinstance(outcome, Refusal):
            later_ms = now_ms + scheduler.UNSENDABLE_MS
            if outcome.retry_ms is not None:
                later_ms = outcome.retry_ms
            self._refused_until_ms = later_ms
            return later_ms
        self._sent(step, capacity, now_ms, outcome.tx_end_ms)
        return None

    def _sent(self, step: scheduler.Send, capacity: int, now_ms: int, tx_end_ms: int) -> None:
        """Note a frame that the link took."""
        size = len(step.payload)
        self._tell(node_events.FrameSent(step.port, size, tx_end_ms - now_ms, now_ms))
        self._time.sent(tx_end_ms)
        self._last = None if self._link.drives_radio else step  # our own MAC refuses at once or never
        agenda = self._agenda
        agenda.fair_use.spend(tx_end_ms - now_ms, now_ms)
        if step.port == ports.ALARM:
            for alarm in step.content:
                if not agenda.alarms.sends(alarm.number):
                    self._tell(node_events.AlarmSent(alarm.number, 1000 * alarm.time_s, now_ms))
            agenda.sent_alarms(step.content, tx_end_ms)
        elif step.port == ports.COMMAND_ANSWER:
            agenda.sent_answer(step.content, tx_end_ms)
        elif step.port == ports.STATE:
            agenda.sent_state(tx_end_ms)
        elif step.port == ports.LPP_DYNAMIC:
            agenda.sent_live(tx_end_ms)
        elif step.port == ports.LOG:
            agenda.sent_piece(step.content, tx_end_ms)
        else:
            agenda.sent_batch(step.content, size, capacity, tx_end_ms)
            self._sensing.reported(agenda)
