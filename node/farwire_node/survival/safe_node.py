"""Safe mode: what is left of the node after repeated crashes. No sensor, no output, no history.

It joins, reports its state, takes a configuration, answers commands and sends logs. Records and alarms stay
in storage, untouched, for when the whole program runs again: after a Reboot command, or after SAFE_MS. It
begins with erasing them where a command asked for that: nothing of them is sent any more.
"""

import struct

from farwire_codecs import command, log_piece, ports, state_report
from farwire_codecs import configuration_keys as keys
from farwire_codecs.command import CommandAnswer
from farwire_codecs.configuration import Setting
from farwire_codecs.errors import CodecError
from farwire_node import node_events
from farwire_node.control import configuration
from farwire_node.control.commands import Commands
from farwire_node.control.configuration import Configuration
from farwire_node.link import Joined, Link, Received, Refusal
from farwire_node.logs.log_ring import WARNING, LogRing
from farwire_node.logs.reports import Reports
from farwire_node.records.store import HELD, HELD_KEY
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SAFE_MODE = state_report.RESET_REASONS.index("safe_mode")
SAFE_MS = 6 * 3_600_000  # then the whole program is tried again
STATE_MS = 15 * 60_000  # between state reports: each opens a receive window for the command that ends this
GAP_MS = 5_000  # after a frame
JITTER_MS = 2_000
MOST_EVENTS = 64
_ROUNDS = 4


class SafeNode:
    """The node in safe mode; driven as Node is. `over` tells that it wants to give way to the whole program,
    `by_command` why."""

    def __init__(
        self,
        identity: int,
        link: Link,
        storage: Storage,
        random_below: "Callable[[int], int]",
        factory: "tuple[Setting, ...]" = (),
        battery_mv: "Callable[[], int] | None" = None,
    ) -> None:
        self.identity = identity
        self.log = LogRing(storage)
        self.over = False
        self.by_command = False
        self._link = link
        self._storage = storage
        self._random_below = random_below
        self._battery_mv = battery_mv
        self._configuration = Configuration(factory, storage)
        self._reports = Reports(storage, self.log)
        self._commands = Commands((), storage, self._reports)
        self._answers: list[CommandAnswer] = []
        self._events: list[tuple[object, ...]] = []
        self._born_ms: int | None = None
        self._state_due_ms = 0
        self._free_ms = 0

    # -- the driver's side: as Node's --

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Do what is due and return the next step."""
        self.log.now_ms = now_ms
        if self._born_ms is None:
            self._start(now_ms)
        end_ms = (self._born_ms or 0) + SAFE_MS
        wake_ms = end_ms
        for _ in range(_ROUNDS):
            wake_ms = min(end_ms, self._send_what_is_due(now_ms))
            step = self._link.poll(now_ms)
            happened = self._handle_link_events(now_ms)
            if not isinstance(step, Sleep):
                return step
            wake_ms = min(wake_ms, step.until_ms)
            if not happened:
                break
        self.over = self.over or (now_ms >= end_ms and not self._link.busy)
        return Sleep(wake_ms)

    def on_tx_done(self, now_ms: int) -> None:
        """Take the moment at which the last Transmit left the air."""
        self._link.on_tx_done(now_ms)

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Take what the last Listen received."""
        self._link.on_frame(frame, rssi_dbm, snr_db, now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        """Learn that the last Listen ended without a frame."""
        self._link.on_listen_end(now_ms)

    def events(self) -> "list[tuple[object, ...]]":
        """Return what happened since the last call (node_events.py), oldest first, and forget it."""
        events, self._events = self._events, []
        return events

    def pending(self) -> int:
        """Return 0: nothing that is held is sent in safe mode."""
        return 0

    def stop_sampling(self) -> None:
        """Nothing is sampled."""

    def suspend(self, now_ms: int) -> None:
        """Save all that must survive power off."""
        self._link.suspend(now_ms)
        self.log.save()

    # -- inside --

    def _erase(self) -> None:
        """Erase the logs, if a command owes it; records and alarms are the whole program's to open."""
        if self._commands.owed & command.LOGS:
            self._reports.erase()
            self._commands.paid(command.LOGS)
            self._tell(node_events.Erased(command.LOGS))

    def _start(self, now_ms: int) -> None:
        self._born_ms = self._free_ms = now_ms
        self._state_due_ms = now_ms + self._random_below(JITTER_MS)
        self.log.add(WARNING, "started: safe mode", now_ms)
        if self._configuration.roll_back():  # it may be what the program crashes of
            self._tell(node_events.ConfigurationRolledBack(self._configuration.hash))
        if self._configuration.whole(keys.REPORT_CRASHES):
            self._reports.send_crash_unasked()
        self._erase()

    def _send_what_is_due(self, now_ms: int) -> int:
        """Give the link a frame if one is due; return when to look again at the latest."""
        if not self._link.joined:
            self._link.join(now_ms)
            return self._state_due_ms + STATE_MS
        if self._link.busy:
            return now_ms + GAP_MS  # its end is an event as well
        if self.by_command and not self._answers:
            self.over = True
            return now_ms
        if now_ms < self._free_ms:
            return self._free_ms
        limit = self._link.capacity(now_ms)
        piece = None
        if self._answers:
            port, payload = ports.COMMAND_ANSWER, command.encode_answer(self._answers[0])
        elif now_ms >= self._state_due_ms:
            port, payload = ports.STATE, self._report(now_ms)
        else:
            piece = self._reports.piece(limit)
            if piece is None:
                return self._state_due_ms
            port, payload = ports.LOG, log_piece.encode(piece)
        outcome = self._link.send(port, payload, False, False, now_ms)
        if isinstance(outcome, Refusal):
            self._free_ms = now_ms + GAP_MS if outcome.retry_ms is None else outcome.retry_ms
            if port == ports.STATE and len(payload) > limit:  # must not stand in the way of the rest
                self._state_due_ms = now_ms + STATE_MS
            return self._free_ms
        self._tell(node_events.FrameSent(port, len(payload), outcome.tx_end_ms - now_ms, now_ms))
        self._free_ms = outcome.tx_end_ms + GAP_MS + self._random_below(JITTER_MS)
        if port == ports.COMMAND_ANSWER:
            self._answers.pop(0)
        elif port == ports.STATE:
            self._state_due_ms = outcome.tx_end_ms + STATE_MS + self._random_below(JITTER_MS)
        elif piece is not None:
            self._reports.sent(piece)
        return self._free_ms

    def _report(self, now_ms: int) -> bytes:
        """Return the state report's bytes. What is held is not looked at but as the whole program wrote it
        down; without that it is record 0 and up, so nothing is given up by it."""
        saved = self._storage.load(HELD_KEY)
        oldest, following, dropped = struct.unpack(HELD, saved) if saved else (0, 1, 0)
        return state_report.encode(
            state_report.StateReport(
                self._configuration.hash,
                SAFE_MODE,
                (now_ms - (self._born_ms or 0)) // 1000,
                self._battery_mv() if self._battery_mv else 0,
                oldest,
                following,
                dropped,
                self._configuration.sampling_interval_s,
                0,
            )
        )

    def _handle_link_events(self, now_ms: int) -> bool:
        happened = self._link.events()
        for event in happened:
            if isinstance(event, (Joined, Received)):
                self._configuration.heard()
            if isinstance(event, Joined):
                self._tell(node_events.Joined(event.dev_addr))
                self._state_due_ms = now_ms
            elif isinstance(event, Received):
                try:
                    self._receive(event.port, event.payload, now_ms)
                except CodecError as error:
                    self._tell(node_events.FrameIgnored(event.port, str(error)))
        return bool(happened)

    def _receive(self, port: int, payload: bytes, now_ms: int) -> None:
        """Act on a downlink; raises CodecError for one that cannot be read."""
        if port == ports.COMMAND:
            answer, done = self._commands.receive(payload)
            self._answers.append(answer)
            if isinstance(done, command.ReportState):
                self._state_due_ms = now_ms
            elif isinstance(done, command.Erase):
                self._erase()
                self._state_due_ms = now_ms
            elif isinstance(done, command.Reboot):
                self.by_command = True
        elif port == ports.CONFIGURATION:
            outcome = self._configuration.receive(payload)
            if outcome == configuration.APPLIED:
                self._tell(node_events.ConfigurationApplied(self._configuration.hash))
            if outcome not in (configuration.PIECE_TAKEN, configuration.PIECE_REPEATED):
                self._state_due_ms = now_ms
        else:
            self._tell(node_events.FrameIgnored(port, "in safe mode"))

    def _tell(self, event: "tuple[object, ...]") -> None:
        self.log.event(event)
        self._events.append(event)
        if len(self._events) > MOST_EVENTS:
            self._events.pop(0)
