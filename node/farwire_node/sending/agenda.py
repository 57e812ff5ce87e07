"""What the node still has to say, and from when on: the state that the scheduler plans from.

Every method that changes something takes `now_ms` (ms on the node's clock) and draws the random delays that
keep a fleet's frames apart; planning itself draws nothing. A moment of None means: not planned.
"""

from collections import namedtuple

from farwire_codecs.alarm import OUT_OF_NORMAL
from farwire_codecs.base import Base
from farwire_codecs.command import CommandAnswer
from farwire_codecs.log_piece import LogPiece
from farwire_codecs.lpp import Item
from farwire_codecs.model import ALL_CHANNELS
from farwire_codecs.schema import Schema
from farwire_node.alarms.alarm_store import AlarmStore, StoredAlarm
from farwire_node.logs.reports import Reports
from farwire_node.records.store import RecordStore, Release
from farwire_node.sending.backoff import Backoff
from farwire_node.sending.fair_use import FairUse
from farwire_node.sending.history import LONGEST_RUN
from farwire_node.sending.repeats import Repeats
from farwire_node.sending.requests import Requests
from farwire_node.sending.shaping import NOTICE, UNSHAPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Batch = namedtuple("Batch", ("first", "count", "asked", "schema", "inline_schema", "channel"))
"""What a history frame carried: `count` records from `first` on, whether it asked for an acknowledgement, its
schema, whether that was in it, and the index of its one channel (ALL_CHANNELS: all)."""

JITTER_MS = 2_000  # random delay of what is not urgent: many nodes may sample in the same second
FRAME_GAP_MS = 3_000  # after an ordinary frame: leaves the channel to others, and an answer time to come
ALARM_REPEAT_MS = (10_000, 15 * 60_000)  # first and longest pause before an unacknowledged alarm goes again
URGENT_ATTEMPTS = 3  # of an alarm; later ones leave the airtime in reserve to newer alarms
TAIL_REPEAT_MS = (15_000, 5 * 60_000)  # the same pauses for the last records when no new ones will come
FETCH_MS = (4_000, 5 * 60_000)  # the same for frames whose use is to open a receive window
FETCH_ATTEMPTS = 8  # then the regular frames must do
STATE_GAP_MS = 120_000  # between state reports that tell of records which will not come


class Agenda:
    """Moments and counters of one node. `random_below(n)` gives 0 to n - 1."""

    def __init__(
        self,
        records: RecordStore,
        alarms: AlarmStore,
        report: "Callable[[int], bytes]",
        random_below: "Callable[[int], int]",
        now_ms: int,
        pieces: Reports | None = None,
    ) -> None:
        self.records = records
        self.pieces = pieces  # of logs and crash reports
        self.shaping = UNSHAPED  # as configured
        self.fair_use = FairUse(alarms.storage)
        self.on_trial = False  # a configuration is: state reports ask the network for an answer
        self.newest: tuple[Item, ...] = ()  # values, to be sent live
        self.live_due_ms: int | None = None
        self.alarms = alarms
        self.report = report  # now_ms -> the state report's bytes
        self.requests = Requests(now_ms)
        self.repeats = Repeats(now_ms)
        self.answers: list[CommandAnswer] = []  # to commands, oldest first
        self.reporting_interval_s = 0  # as configured
        self.state_interval_s = 0
        self.poll_interval_s = 0  # longest time without an uplink, as only that opens a window; 0: any
        self.schema = records.schema  # that batches are encoded with
        self.schema_confirmed = False  # the cloud can read batches without the schema in them
        self.offered: Schema | None = None  # a better one, which the cloud is yet to learn
        self.offer_taken = False  # it has
        self.base: Base | None = None  # that batches build on
        self.base_lacking = False  # an acknowledgement would give one
        self.order: tuple[int, ...] = ()  # of the channels' indices, where records go channel by channel
        self.ranks: dict[int, int] = {}  # of alarms, by channel
        self.channel = 0  # place in that order of the next one to go
        self.channel_records = LONGEST_RUN  # how many of them go
        self.tail = False  # sampling was stopped: nothing new will come
        self.held_until_ms = 0  # history waits for the network's time
        self.ask_due_ms: int | None = None  # a state report is, to ask for it
        self.next_sample_ms: int | None = None  # may raise an alarm
        self.sample_gap_ms = 0  # between two samples, on the average of all sensors
        self.alarm_due_ms: int | None = now_ms if alarms.held else None
        self._state_due_ms = now_ms
        self.on_its_way = (0, 0)  # first and count of the records in the last frame, if it was a batch
        self.likely = 1  # records that a full frame holds, about, by the last batch
        self.batch_size = 0  # bytes of the last batch
        self._missing = 0  # records, as of the last acknowledgement or batch
        self._random_below = random_below
        self._alarm_pauses = Backoff(*ALARM_REPEAT_MS, random_below)
        self._tail_pauses = Backoff(*TAIL_REPEAT_MS, random_below)
        self._fetch_pauses = Backoff(*FETCH_MS, random_below)
        self._fetch_due_ms: int | None = None
        self._prompt_ms: int | None = now_ms if records.held else None  # a batch is due soon after an event
        self._reported_ms: int | None = None  # end of the last batch
        self._jitter_ms = 0
        self._tail_due_ms: int | None = None
        self._free_ms = now_ms  # earliest next ordinary frame
        self._last_ms = now_ms  # end of the last frame
        self._last_state_ms = now_ms - STATE_GAP_MS
        self._bytes_x16 = 16 * records.slot_size  # of a record in a batch, as of the last one
        self._inline_from: int | None = None  # first record sent with the schema in its frame
        self._offered_from: int | None = None  # likewise, with the offered one

    # -- what happened --

    def use(self, schema: Schema, confirmed: bool, offered: Schema | None, base: Base | None) -> None:
        """Encode batches with this schema and base from now on, and offer the other schema."""
        if schema is not self.schema:
            self.schema = schema
            self._inline_from = None
        if offered is not self.offered:
            self.offered = offered
            self._offered_from = None
        self.schema_confirmed = confirmed
        self.base = base

    def joined(self, now_ms: int) -> None:
        """A session began: the cloud is told the state, and then what was held meanwhile."""
        self.want_state(now_ms)
        if self.records.held:
            self._prompt(now_ms)

    def sampled(self, capacity: int, now_ms: int) -> None:
        """A record was added; `capacity` bytes is what the next frame could carry."""
        if self._reported_ms is None or self._fills(capacity):
            self._prompt(now_ms)
        if self.sample_gap_ms > 4 * JITTER_MS:  # what kept clear of this sample goes now, in many nodes
            self._free_ms = max(self._free_ms, now_ms + self._random_below(JITTER_MS))

    def renumbered(self, now_ms: int) -> None:
        """Records got new numbers, above those of another life of this node; all are to be sent again."""
        self._inline_from = self._offered_from = None
        self._prompt(now_ms)
        self.want_state(now_ms)

    def alarmed(self, now_ms: int) -> None:
        """Alarms were added. Notices among them do not hurry the ones that wait for an acknowledgement."""
        if self.urgent_alarms(fresh=True):
            self._alarm_pauses.reset()
        self.alarm_due_ms = now_ms

    def answered(self, answer: CommandAnswer) -> None:
        """A command was handled; its answer replaces an earlier one to the same number."""
        self.answers = [other for other in self.answers if other.number != answer.number]
        self.answers.append(answer)

    def acknowledged(self, release: Release, schema_wanted: bool, now_ms: int) -> None:
        """The records' acknowledgement was taken; the store released and marked already."""
        self.requests.heard(now_ms)
        missing = self.records.missing
        self.repeats.heard(missing > self._missing, now_ms)
        self._missing = missing
        if schema_wanted:
            self.schema_confirmed = False
            self._inline_from = None
            self._prompt(now_ms)
        elif self._offered_from is not None and release.highest >= self._offered_from:
            self._offered_from = None
            self.offer_taken = True
        elif self._inline_from is not None and release.highest >= self._inline_from:
            self.schema_confirmed = True
        if release.count:
            self._tail_pauses.reset()
        if self.tail:
            self._tail_due_ms = now_ms + self._tail_pauses.next_ms()
        if self.records.missing:
            self._prompt(now_ms)

    def alarms_acknowledged(self, now_ms: int) -> None:
        """Some alarms were released."""
        self._alarm_pauses.reset()
        self.alarm_due_ms = now_ms + self._alarm_pauses.next_ms() if self.alarms.held else None

    def lost(self, now_ms: int) -> None:
        """The last batch never left: its records count as missing, and the channel lost nothing."""
        self._missing = self.records.missing
        self.on_its_way = (0, 0)
        self._prompt(now_ms)

    def stopped(self, now_ms: int) -> None:
        """No new records will come."""
        self.tail = True
        self._tail_due_ms = now_ms
        self._prompt(now_ms)

    def want_state(self, now_ms: int) -> None:
        """Report the state at the next opportunity."""
        self._state_due_ms = min(self._state_due_ms, now_ms)

    def want_gap_reported(self, now_ms: int) -> None:
        """Report the state, though not too often, for records that the cloud waits for will not come."""
        self.want_state(max(now_ms, self._last_state_ms + STATE_GAP_MS))

    def want_downlink(self, now_ms: int) -> None:
        """More downlinks are expected: open receive windows soon."""
        self._fetch_pauses.reset()
        self._fetch_due_ms = now_ms + self._fetch_pauses.next_ms()

    def want_no_downlink(self) -> None:
        """Take back `want_downlink`."""
        self._fetch_due_ms = None

    # -- what was sent; `tx_end_ms` is the end of its transmission --

    def sent_alarms(self, sent: "tuple[StoredAlarm, ...]", tx_end_ms: int) -> None:
        """Note a frame of alarms."""
        self.alarms.mark_sent([alarm.number for alarm in sent])
        pause_ms = 0 if self.fresh_alarms else self._alarm_pauses.next_ms()
        self.alarm_due_ms = tx_end_ms + pause_ms
        self._sent(tx_end_ms)

    def sent_answer(self, answer: CommandAnswer, tx_end_ms: int) -> None:
        """Note an answer to a command."""
        self.answers.remove(answer)
        self._sent(tx_end_ms)

    def sent_state(self, tx_end_ms: int) -> None:
        """Note a state report."""
        self._last_state_ms = tx_end_ms
        self._state_due_ms = tx_end_ms + 1000 * self.state_interval_s + self._random_below(JITTER_MS)
        self._sent(tx_end_ms)

    def sent_batch(self, batch: Batch, size: int, capacity: int, tx_end_ms: int) -> None:
        """Note a history batch of `size` bytes; `capacity` bytes is what the frame could carry."""
        self.requests.sent(batch.asked, tx_end_ms)
        self._sent(tx_end_ms)
        if batch.channel != ALL_CHANNELS:
            self._sent_channel(batch, tx_end_ms)
            if self.channel:
                return
        self.channel_records = LONGEST_RUN
        self.records.mark_sent(batch.first, batch.count)
        self._missing = self.records.missing
        self.on_its_way = (batch.first, batch.count)
        if batch.inline_schema:
            if batch.schema is self.offered:
                self._offered_from = batch.first if self._offered_from is None else self._offered_from
            elif self._inline_from is None:
                self._inline_from = batch.first
        self.likely = batch.count * min(capacity, self.shaping.payload_limit) // size
        self.batch_size = size
        self._bytes_x16 = 16 * size // batch.count
        self._reported_ms = tx_end_ms
        if self.shaping.lpp_live and self.newest:
            self.live_due_ms = tx_end_ms
        self._jitter_ms = self._random_below(JITTER_MS)
        self._prompt_ms = None
        if self.tail:
            self._tail_due_ms = tx_end_ms + self._tail_pauses.next_ms()
        if self.records.missing or self._fills(capacity) or (self.tail and self._unsent()):
            self._prompt(tx_end_ms)

    def sent_live(self, tx_end_ms: int) -> None:
        """Note live values."""
        self.live_due_ms = None
        self._sent(tx_end_ms)

    def sent_piece(self, piece: LogPiece, tx_end_ms: int) -> None:
        """Note a piece of a log or a crash report."""
        if self.pieces is not None:
            self.pieces.sent(piece)
        self._sent(tx_end_ms)

    # -- what is due --

    @property
    def fresh_alarms(self) -> bool:
        """Whether there are alarms that were never sent."""
        return self.alarms.fresh

    @property
    def alarm_urgent(self) -> bool:
        """Whether the alarms may use the airtime held in reserve; notices alone never do."""
        return self._alarm_pauses.attempts < URGENT_ATTEMPTS

    def rank(self, alarm: StoredAlarm) -> int:
        """Return what goes first, 0 to NOTICE: by its channel's priority; out of normal is never an alarm."""
        return NOTICE if alarm.condition == OUT_OF_NORMAL else self.ranks.get(alarm.channel, 1)

    def urgent_alarms(self, fresh: bool) -> bool:
        """Return whether there are alarms that are no notices; `fresh`: that were never sent."""
        alarms = self.alarms
        for alarm in alarms.held if alarms.fresh or not fresh else ():
            if self.rank(alarm) < NOTICE and not (fresh and alarms.sends(alarm.number)):
                return True
        return False

    def alarm_order(self) -> "list[StoredAlarm]":
        """Return the alarms, those that should go first first: the least sent, by rank, by age.

        So whatever is not acknowledged is said again in turn, as an acknowledgement covers no gap.
        """
        sends = self.alarms.sends
        keyed = [(sends(alarm.number), self.rank(alarm), alarm.number, alarm) for alarm in self.alarms.held]
        return [key[3] for key in sorted(keyed)]

    def state_report_due_ms(self) -> int:
        """Return from when on a state report should be sent."""
        due_ms = self._state_due_ms
        if self._fetch_due_ms is not None and not self.records.held:  # else a batch opens the window
            due_ms = min(due_ms, self._fetch_due_ms)
        if self.ask_due_ms is not None:
            due_ms = min(due_ms, self.ask_due_ms)
        if self.poll_interval_s:
            due_ms = min(due_ms, self._last_ms + 1000 * self.poll_interval_s)
        return max(due_ms, self._free_ms)

    def batch_due_ms(self) -> int | None:
        """Return from when on a history batch should be sent."""
        if not self.records.held:
            return None
        due = [m for m in (self._prompt_ms, self._tail_due_ms, self._fetch_due_ms) if m is not None]
        if self._reported_ms is not None:
            regular_ms = self._reported_ms + 1000 * self.reporting_interval_s + self._jitter_ms
            due.append(regular_ms if self._unsent() else max(regular_ms, self.requests.due_ms()))
        return max(min(due), self._free_ms, self.held_until_ms) if due else None

    def clear_ms(self, cycle_ms: int, now_ms: int) -> int:
        """Return from when on the radio can be busy for `cycle_ms` and free again at the next sample.

        An alarm that it raises then goes at once. Where samples come too often for that, `now_ms`.
        """
        sample_ms = self.next_sample_ms
        if sample_ms is None or not now_ms < sample_ms < now_ms + cycle_ms:
            return now_ms
        return sample_ms if self.sample_gap_ms >= 2 * cycle_ms else now_ms

    def live_values_due_ms(self) -> int | None:
        """Return from when on the newest values should be sent as Cayenne LPP."""
        return None if self.live_due_ms is None else max(self.live_due_ms, self._free_ms)

    def piece_due_ms(self) -> int | None:
        """Return from when on a piece of a log or a crash report should be sent."""
        return self._free_ms if self.pieces is not None and self.pieces.pending else None

    @property
    def next_channel(self) -> int:
        """The index of the channel that goes next, where records go channel by channel."""
        return self.order[self.channel] if len(self.order) == len(self.schema.channels) else self.channel

    def wants_acknowledgement(self, now_ms: int) -> bool:
        """Return whether a batch sent now asks for an acknowledgement."""
        records = self.records
        pressing = not self.schema_confirmed or self.base_lacking or 2 * records.held > records.capacity
        outstanding = bool(records.first < records.unsent)
        return self.requests.wanted(outstanding, self.tail, pressing, now_ms)

    def _sent_channel(self, batch: Batch, tx_end_ms: int) -> None:
        """Go on to the next channel of the records in a batch; after the last one, `channel` is 0 again."""
        count = len(batch.schema.channels)
        place = self.order.index(batch.channel) if len(self.order) == count else batch.channel
        self.channel = (place + 1) % count
        self.channel_records = min(self.channel_records, batch.count)
        self._prompt(tx_end_ms)

    def _unsent(self) -> bool:
        return self.records.first_unsent() is not None

    def _fills(self, capacity: int) -> bool:
        """Return whether the records that were never sent fill a frame."""
        records = self.records
        count = records.next - max(records.unsent, records.first)
        return bool(count >= self.shaping.records_per_frame or count * self._bytes_x16 >= 16 * capacity)

    def _prompt(self, now_ms: int) -> None:
        moment = now_ms + self._random_below(JITTER_MS)
        self._prompt_ms = moment if self._prompt_ms is None else min(self._prompt_ms, moment)

    def _sent(self, tx_end_ms: int) -> None:
        self.on_its_way = (0, 0)
        self._last_ms = tx_end_ms
        self._free_ms = tx_end_ms + FRAME_GAP_MS + self._random_below(JITTER_MS)
        if self._fetch_due_ms is not None:
            more = self._fetch_pauses.attempts < FETCH_ATTEMPTS
            self._fetch_due_ms = tx_end_ms + self._fetch_pauses.next_ms() if more else None
