"""The node program: from sensors to frames, and from frames to outputs and settings.

A driver owns the radio and the clock: it calls `poll`, does what the step says, reports back with one of the
`on_...` methods, and polls again after each report and whenever a Sleep is over (steps.py). Everything that
must survive a restart is in `storage`; call `suspend` before power goes off so that the records are, too.
"""

from farwire_codecs import acknowledgement, command, ports, state_report
from farwire_codecs import configuration_keys as keys
from farwire_codecs.batch_layout import Record
from farwire_codecs.configuration import Setting
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp import Item
from farwire_node import node_events
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.control import configuration, erasing, holding
from farwire_node.control.commands import Commands
from farwire_node.control.configuration import Configuration
from farwire_node.link import Delivered, Joined, Link, LinkChecked, NotSent, Received, TimeReceived
from farwire_node.logs.log_ring import THRESHOLDS, WARNING, LogRing
from farwire_node.logs.reports import Reports
from farwire_node.power.power import Ledger
from farwire_node.records.store import RecordStore
from farwire_node.sending import shaping
from farwire_node.sending.acknowledging import Acknowledging
from farwire_node.sending.agenda import Agenda
from farwire_node.sending.carry import Carry
from farwire_node.sending.learning import Learning
from farwire_node.sending.schema_memory import SchemaMemory
from farwire_node.sending.sending import Sending
from farwire_node.sending.timekeeping import Timekeeping
from farwire_node.sensors.sampler import Sample
from farwire_node.sensors.sensing import Sensing
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_node.sensors.sensor_list import SensorList
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import Storage
from farwire_node.survival import watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from farwire_codecs.schema import Channel, Schema
    from farwire_node.drivers.registry import Built
    from farwire_node.records.flash_shelf import FlashShelf
    from farwire_node.sensors.sensor_settings import Place

CAPACITY = 1024  # records: 17 hours at one a minute, some 18 KB with four everyday channels
MOST_EVENTS = 256  # a driver that never asks for events must not fill the memory with them

POWER_ON = state_report.RESET_REASONS.index("power_on")
_COMMAND = state_report.RESET_REASONS.index("command")
_ROUNDS = 4  # of link events in one poll; more would mean that the link makes events out of nothing


class Node:
    """One node. `identity` is its DevEUI, for the driver's use; `random_below(n)` gives 0 to n - 1.

    `factory` is the configuration below the one that comes from the cloud (canonical settings; the built-in
    values where it is silent), `capacity` the number of records to hold in memory, `reset_reason` an index
    into farwire_codecs.state_report.RESET_REASONS, `battery_mv` a callable that measures the battery, `build`
    what makes the sensors that the configuration names, beside `sensors` (sensor_list.py). `power`: a ledger
    of charge to go on with; None: a new one. `shelf_of` makes the shelf in flash that the records of a schema
    are held on (flash_shelf.py); None: in memory.
    """

    def __init__(
        self,
        identity: int,
        sensors: tuple[Sensor, ...],
        actuators: tuple[Actuator, ...],
        link: Link,
        storage: Storage,
        random_below: "Callable[[int], int]",
        factory: "tuple[Setting, ...]" = (),
        capacity: int = CAPACITY,
        reset_reason: int = POWER_ON,
        battery_mv: "Callable[[], int] | None" = None,
        build: "Callable[[Sequence[Place], Sequence[Channel]], Built] | None" = None,
        power: "Ledger | None" = None,
        shelf_of: "Callable[[Schema], FlashShelf] | None" = None,
    ) -> None:
        self.identity = identity
        self._devices = SensorList(sensors, actuators, build)
        self._link = link
        self._storage = storage
        self._random_below = random_below
        self._factory = factory
        self._capacity = capacity
        self._shelf_of = shelf_of
        self._reset_reason = reset_reason
        self._battery_mv = battery_mv
        self._time = Timekeeping(link, random_below)
        self.log = LogRing(storage)
        self.power = power or Ledger()
        self.note = _note_nothing  # (phase, now_ms) before each; what hangs can then be told after a reset
        self._events: list[tuple[object, ...]] = []
        self._started = False
        self._stopping = False
        self._reboot_wanted = False

    # -- the driver's side --

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Do what is due and return the next step, as Link.poll does.

        After a Transmit or a Listen poll again at once: the Sleep that follows ends when a sample is due,
        which does not wait for the radio.
        """
        self.log.now_ms = now_ms
        self.power.advance(now_ms)
        if not self._started:
            self._start(now_ms)
        if self._configuration.roll_back_if_due(now_ms):
            self._rolled_back(now_ms)
        later: list[int] = []
        for _ in range(_ROUNDS):
            self.note(watchdog.SAMPLING, now_ms)
            self._sample(now_ms)
            self.note(watchdog.PLANNING, now_ms)
            wake_ms = self._send_what_is_due(now_ms)
            self.note(watchdog.LINK, now_ms)
            was_busy = self._link.busy
            step = self._link.poll(now_ms)
            happened = self._handle_link_events(now_ms)
            # The end of a frame of the link's own is no event, but others may go then.
            happened = happened or (was_busy and not self._link.busy)
            if isinstance(step, (Transmit, Listen)):
                self.power.begin(step, self._link.joined, now_ms)
                return step
            trial_ms, devices_ms = self._configuration.trial_due_ms, self._devices.due_after(now_ms)
            moments = (step.until_ms, wake_ms, self._sensing.sampler.next_ms(), devices_ms, trial_ms)
            later = [moment for moment in moments if moment is not None]
            if not happened:
                break
        return Sleep(min(later))

    def on_tx_done(self, now_ms: int) -> None:
        """Take the moment at which the last Transmit left the air."""
        self.power.radio_done(now_ms)
        self._link.on_tx_done(now_ms)

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Take what the last Listen received."""
        self.power.radio_done(now_ms)
        self._link.on_frame(frame, rssi_dbm, snr_db, now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        """Learn that the last Listen ended without a frame."""
        self.power.radio_done(now_ms)
        self._link.on_listen_end(now_ms)

    def events(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call (node_events.py), oldest first, and forget it."""
        events, self._events = self._events, []
        return events

    def pending(self) -> int:
        """Return how many records and alarms are not acknowledged; 0 before the first poll."""
        return self._records.held + len(self._alarms.held) if self._started else 0

    def stop_sampling(self) -> None:
        """Sample no more from the next poll on, and see to it that what is held is acknowledged soon."""
        self._stopping = True

    def suspend(self, now_ms: int) -> None:
        """Save all that must survive power off. The node can go on afterwards."""
        if self._started:
            self._records.save(now_ms)
            self._alarms.save(now_ms)
            self._sensing.sampler.suspend(now_ms)
        self._link.suspend(now_ms)
        self.log.save()

    # -- inside --

    def _start(self, now_ms: int) -> None:
        """Build the program from what is in storage: at the first poll, and after a reboot by command."""
        storage = self._storage
        self._started_ms = now_ms
        self._configuration = Configuration(self._factory, storage)
        self._alarms = AlarmStore(storage)
        self._alarms.restore(now_ms)
        self._sensing = Sensing(
            self._devices, self._configuration, self._alarms, self._tell, self._random_below, now_ms
        )
        self._schema = SchemaMemory(self._sensing.channels, self._sensing.sampler.usual_interval_s, storage)
        self._carry = Carry()
        self._learning = Learning(self._schema)
        shelf = self._shelf_of(self._schema.schema) if self._shelf_of else None
        self._records = RecordStore(self._schema.schema, self._capacity, storage, shelf)
        self._records.set_capacity(self._configuration.value(keys.BUFFER_CAPACITY, None))
        self._records.restore(now_ms)
        reports = Reports(storage, self.log)
        self._commands = Commands(self._devices.actuators, storage, reports)
        self._agenda = Agenda(self._records, self._alarms, self._report, self._random_below, now_ms, reports)
        self.log.threshold = THRESHOLDS[self._configuration.whole(keys.LOG_LEVEL)]
        self.log.add(WARNING, "started: " + state_report.RESET_REASONS[self._reset_reason], now_ms)
        if self._configuration.whole(keys.REPORT_CRASHES):
            reports.send_crash_unasked()
        self._acknowledging = Acknowledging(
            self._records, self._alarms, self._schema, self._carry, self._agenda, self._tell
        )
        self._show_schema()
        self._time.begin(self._records, self._alarms, self._agenda)
        self._sending = Sending(self._agenda, self._link, self._sensing, self._time, self._tell, now_ms)
        self._apply(now_ms)
        self._started = True

    def _apply(self, now_ms: int) -> None:
        """Run the configuration."""
        running = self._configuration
        if self._sensing.apply(running, self._agenda, now_ms):
            self._sending.hurry(now_ms)
        self._schema.set_interval(self._sensing.sampler.usual_interval_s)
        self._carry.enabled = running.carries_model
        self._show_schema()
        self._agenda.shaping = shaping.of(running)
        self._agenda.order = shaping.order_of(running, self._sensing.channels)
        running.set_up(self._link)
        self._agenda.poll_interval_s = running.whole(keys.POLL_INTERVAL_S)
        self._agenda.fair_use.cap_ms = 1000 * running.whole(keys.FAIR_USE_S_PER_DAY)
        self._give_up(holding.apply(running, self._records, self.log, now_ms), now_ms)
        self.log.threshold = THRESHOLDS[running.whole(keys.LOG_LEVEL)]
        self._follow_trial()

    def _follow_trial(self) -> None:
        """Let the agenda know whether the configuration is on trial."""
        self._agenda.on_trial = self._configuration.on_trial
        self._agenda.state_interval_s = self._configuration.state_interval_s

    def _rolled_back(self, now_ms: int) -> None:
        """Run the configuration before the one on trial, with which nothing was heard."""
        self._apply(now_ms)
        self._tell(node_events.ConfigurationRolledBack(self._configuration.hash))
        self._agenda.want_state(now_ms)

    def _show_schema(self) -> None:
        """Let the agenda know how batches are to be encoded."""
        known = self._schema
        self._agenda.use(known.schema, known.confirmed, known.offered, self._carry.base)
        self._agenda.base_lacking = self._carry.lacking

    def _report(self, now_ms: int) -> bytes:
        """Return the state report's bytes."""
        return state_report.encode(
            state_report.StateReport(
                self._configuration.hash,
                self._reset_reason,
                (now_ms - self._started_ms) // 1000,
                self._battery_mv() if self._battery_mv else 0,
                self._records.first,
                self._records.next,
                self._records.dropped,
                self._configuration.sampling_interval_s,
                self._alarms.erased_below,
            )
        )

    def _sample(self, now_ms: int) -> None:
        erasing.carry_out(self._commands, self._records, self._alarms, self._agenda, self._tell, now_ms)
        if self._devices.is_due(self._records.held, now_ms) and not self._link.busy:
            self.suspend(now_ms)
            self._start(now_ms)
        if self._stopping:
            self._sensing.stop(self._agenda, now_ms)
        sampler = self._sensing.sampler
        charge_nc, rail_ms = sampler.charge_nc, sampler.rail_ms
        sample = sampler.poll(now_ms)
        if sample is None:
            return
        self.power.sampled(sampler.charge_nc - charge_nc, sampler.rail_ms - rail_ms)
        if self._sensing.is_worth_a_record(sample, self._agenda):
            self._store(sample, now_ms)
        if self._sensing.judge(sample, self._agenda, now_ms):
            self._records.keep_around()
            self._sending.hurry(now_ms)
        if self._learning.sampled(self._records):
            self._show_schema()
        if self._link.joined:
            self._agenda.sampled(self._link.capacity(now_ms), now_ms)

    def _store(self, sample: Sample, now_ms: int) -> None:
        """Hold a sample as a record."""
        self._give_up(self._records.add(sample.time_s, sample.values), now_ms)
        channels = self._sensing.channels
        self._agenda.newest = tuple(
            [Item(c.channel, c.type_id, v) for c, v in zip(channels, sample.values) if v is not None]
        )
        record = Record(self._records.next - 1, sample.time_s, sample.values)
        self._tell(node_events.Sampled(record, channels))

    def _give_up(self, numbers: list[int], now_ms: int) -> None:
        """Tell of records that went because memory is full."""
        for number in numbers:
            self._tell(node_events.Dropped(number))
            self._agenda.want_gap_reported(now_ms)

    def _send_what_is_due(self, now_ms: int) -> int | None:
        """Give the link a frame if one is due; return when to look again, None if only events matter."""
        if not self._link.joined:
            self._link.join(now_ms)
            return None
        if self._reboot_wanted and not self._agenda.answers and not self._link.busy:
            self._reboot(now_ms)
        return self._sending.poll(now_ms)

    def _reboot(self, now_ms: int) -> None:
        self.suspend(now_ms)
        self._reboot_wanted = False
        self._reset_reason = _COMMAND
        self._start(now_ms)
        self._tell(node_events.Rebooted())

    def _handle_link_events(self, now_ms: int) -> bool:
        """Take what happened on the link; return whether anything did."""
        happened = self._link.events()
        for event in happened:
            if self._configuration.on_trial and _is_heard(event):
                self._configuration.heard()
                self._follow_trial()
            if isinstance(event, Joined):
                self._tell(node_events.Joined(event.dev_addr))
                self._agenda.joined(now_ms)
            elif isinstance(event, TimeReceived):
                self._time.received(event)
            elif isinstance(event, NotSent):
                self._sending.not_sent(now_ms)
            elif isinstance(event, Received):
                try:
                    self._receive(event.port, event.payload, now_ms)
                except CodecError as error:
                    self._tell(node_events.FrameIgnored(event.port, str(error)))
        return bool(happened)

    def _receive(self, port: int, payload: bytes, now_ms: int) -> None:
        """Act on a downlink; raises CodecError for one that cannot be read."""
        if port == ports.ACKNOWLEDGEMENT:
            self._acknowledging.take(acknowledgement.decode(payload), now_ms)
            self._show_schema()
        elif port == ports.COMMAND:
            self._command(payload, now_ms)
        elif port == ports.CONFIGURATION:
            self._configure(payload, now_ms)
        elif port == ports.LPP_ACTUATORS:
            for event in self._commands.set_outputs(payload):
                self._tell(event)
        else:
            self._tell(node_events.FrameIgnored(port, "no downlink of ours comes on this port"))

    def _command(self, payload: bytes, now_ms: int) -> None:
        answer, done = self._commands.receive(payload)
        self._agenda.answered(answer)
        if isinstance(done, command.SetOutput):
            self._tell(node_events.OutputSet(done.channel, done.value_x100))
        elif isinstance(done, command.ReportState):
            self._agenda.want_state(now_ms)
        elif isinstance(done, command.Reboot):
            self._reboot_wanted = True

    def _configure(self, payload: bytes, now_ms: int) -> None:
        outcome = self._configuration.receive(payload)
        if outcome == configuration.PIECE_TAKEN:
            self._agenda.want_downlink(now_ms)
            return
        if outcome == configuration.PIECE_REPEATED:
            self._agenda.want_downlink(now_ms)  # it may be of another one after all
        else:
            self._agenda.want_no_downlink()
        if outcome == configuration.APPLIED:
            self._apply(now_ms)
            self._tell(node_events.ConfigurationApplied(self._configuration.hash))
        self._agenda.want_state(now_ms)  # the hash in it says what runs, also after a piece that was refused

    def _tell(self, event: "tuple[object, ...]") -> None:
        self.log.event(event)
        if isinstance(event, node_events.FrameSent) and not self._link.drives_radio:
            self.power.sent_unseen(event.airtime_ms, event.size)
        self._events.append(event)
        if len(self._events) > MOST_EVENTS:
            self._events.pop(0)


def _note_nothing(_phase: int, _now_ms: int) -> None:
    """Leave no breadcrumb."""


def _is_heard(event: "tuple[object, ...]") -> bool:
    """Return whether an event of the link shows that the network reaches the node."""
    answered = isinstance(event, Delivered) and bool(event.acknowledged)
    return answered or isinstance(event, (Joined, Received, LinkChecked, TimeReceived))
