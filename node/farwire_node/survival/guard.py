"""Keeps a node alive: what it cannot handle is written down, and it is started over from storage.

A driver drives a Guard as it would drive the Node. An exception out of the node becomes a crash report in
storage, a restart after a pause that grows, and, when the node does not live long any more, safe mode. A
reset by the watchdog or the supply, which no program sees coming, is written down at the boot after it, with
what the breadcrumb tells.
"""

from farwire_codecs import state_report
from farwire_node import node_events
from farwire_node.logs import crash, reports
from farwire_node.logs.crash import Crash
from farwire_node.logs.log_ring import ERROR
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import Storage
from farwire_node.survival import watchdog
from farwire_node.survival.lives import Lives
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from farwire_node.survival.watchdog import Breadcrumb, Health, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.node import Node

RESTART_MS = 1_000  # pause before a restart; doubles with every short life up to
LONGEST_RESTART_MS = 15 * 60_000

_UNKNOWN = state_report.RESET_REASONS.index("unknown")
POWER_ON = state_report.RESET_REASONS.index("power_on")
WATCHDOG = state_report.RESET_REASONS.index("watchdog")
BROWN_OUT = state_report.RESET_REASONS.index("brown_out")
COMMAND = state_report.RESET_REASONS.index("command")
CRASH = state_report.RESET_REASONS.index("crash")


class Guard:
    """A node that survives its own faults.

    `build(reset_reason)` returns the node, made anew from storage with a link that is made anew as well: a
    SafeNode where the reason is SAFE_MODE, else a Node. `cause` is why the board itself was reset. Storage
    that fails does not stop the guard.
    """

    def __init__(
        self,
        build: "Callable[[int], Node | SafeNode]",
        storage: Storage,
        cause: int = POWER_ON,
        dog: Watchdog | None = None,
        crumb: Breadcrumb | None = None,
    ) -> None:
        self.node: Node | SafeNode | None = None  # None between a crash and the restart
        self._build = build
        self._storage = storage
        self._reason = cause
        self._booted = False
        self._dog = dog
        self._crumb = crumb
        self._before = crumb.read() if crumb is not None else None
        self._health = Health()
        self._lives = Lives(storage)
        self._phase = watchdog.DRIVER
        self._born_ms = 0
        self._restart_ms = 0
        self._stopping = False
        self._events: list[tuple[object, ...]] = []
        self.wake_ms = 0  # end of the last Sleep as the node asked for it: for a watchdog that stands still

    # -- the driver's side: as Node's --

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Poll the node, and start it where it does not run. Raises nothing that the node raises."""
        if self.node is None and not self._start(now_ms):
            self.feed(now_ms)
            return self._capped(Sleep(self._due_ms), now_ms)
        node = self.node
        assert node is not None
        self._note(watchdog.POLL, now_ms)
        try:
            step = node.poll(now_ms)
        except Exception as error:  # noqa: BLE001 (that is what the guard is for)
            self._crashed(error, now_ms)
            return self._capped(Sleep(self._due_ms), now_ms)
        self._note(watchdog.DRIVER, now_ms)
        self._health.polled(step, now_ms)
        self._attempt(self._lives.lasted, now_ms - self._born_ms)
        self.feed(now_ms)
        if isinstance(node, SafeNode) and node.over:
            self._leave_safe_mode(node, now_ms)
            return Sleep(now_ms)
        return self._capped(step, now_ms) if isinstance(step, Sleep) else step

    def on_tx_done(self, now_ms: int) -> None:
        """Take the moment at which the last Transmit left the air."""
        self._reported("on_tx_done", now_ms, now_ms)

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Take what the last Listen received."""
        self._reported("on_frame", now_ms, frame, rssi_dbm, snr_db, now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        """Learn that the last Listen ended without a frame."""
        self._reported("on_listen_end", now_ms, now_ms)

    def events(self) -> "list[tuple[object, ...]]":
        """Return what happened since the last call (node_events.py), oldest first, and forget it."""
        events, self._events = self._events, []
        return events if self.node is None else events + self.node.events()

    def pending(self) -> int:
        """Return how many records and alarms are not acknowledged; 0 while no node runs."""
        return 0 if self.node is None else self.node.pending()

    def stop_sampling(self) -> None:
        """Sample no more from the next poll on."""
        self._stopping = True
        if self.node is not None:
            self.node.stop_sampling()

    def suspend(self, now_ms: int) -> None:
        """Save all that must survive power off. The node can go on afterwards."""
        if self.node is not None:
            self.node.suspend(now_ms)

    # -- the board's side --

    def healthy(self, now_ms: int) -> bool:
        """Return whether the main loop gets on, and the watchdog may be fed."""
        return self._health.healthy(now_ms)

    def feed(self, now_ms: int) -> None:
        """Feed the watchdog, if the main loop gets on: after each poll, and between things that block."""
        if self._dog is not None and self.healthy(now_ms):
            self._dog.feed()

    def protect(self, now_ms: int, call: "Callable[..., object]", *arguments: object) -> None:
        """Call what belongs to the node but does not go through it (a modem's bytes): it may crash, too."""
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 (as in poll)
            self._crashed(error, now_ms)

    # -- inside --

    @property
    def _due_ms(self) -> int:
        """When a node may be started: after the pause, and when the radio is done with the last step."""
        after_ms = self._health.owed_until_ms + 1 if self._health.radio_owes else 0
        return max(self._restart_ms, after_ms)

    def _start(self, now_ms: int) -> bool:
        """Start the node, unless it is too early or the radio is at work; return whether it runs."""
        if not self._booted:
            self._booted = True
            self._restart_ms = now_ms
            self._boot(now_ms)
        if self._health.radio_owes and now_ms > self._health.owed_until_ms:
            self._health.reported()
        if now_ms < self._due_ms:
            return False
        self._born_ms = now_ms
        try:
            node = self._build(SAFE_MODE if self._lives.safe else self._reason)
            node.note = self._note  # type: ignore[union-attr]
        except Exception as error:  # noqa: BLE001 (as in poll)
            self._crashed(error, now_ms)
            return False
        if self._stopping:
            node.stop_sampling()
        self.node = node
        return True

    def _boot(self, now_ms: int) -> None:
        """Write down how the life before this boot ended, where a fault ended it."""
        if self._reason in (WATCHDOG, BROWN_OUT, CRASH):
            phase, uptime_s = self._before or (watchdog.DRIVER, 0)
            self._attempt(self._lives.ended, 1000 * uptime_s)
            known = watchdog.PHASES[phase] if self._before else "?"
            self._write_down(self._reason, None, uptime_s if self._before else None, known, now_ms)

    def _reported(self, name: str, now_ms: int, *arguments: object) -> None:
        """Pass the radio's report on; of a step of a node that is no more it goes nowhere."""
        if self.node is None:
            self._health.reported()
            return
        self._note(watchdog.RADIO, now_ms)
        self._health.reported()
        self.protect(now_ms, getattr(self.node, name), *arguments)
        self._note(watchdog.DRIVER, now_ms)

    def _crashed(self, error: Exception, now_ms: int) -> None:
        """Save what can be saved, write down what happened, and have the node started over."""
        node, self.node = self.node, None
        found = crash.of_error(error)
        uptime_ms = now_ms - self._born_ms
        self._attempt(self._lives.ended, uptime_ms)
        self._write_down(CRASH, found, uptime_ms // 1000, watchdog.PHASES[self._phase], now_ms)
        if node is not None:
            self._events += node.events()
            node.log.add(ERROR, f"crash {found.digest:08x} {found.error} at {found.places}", now_ms)
            if not self._attempt(node.suspend, now_ms):
                self._attempt(node.log.save)
        self._events.append(node_events.Crashed(CRASH, found.digest, found.error, now_ms))
        self._reason = CRASH
        pause_ms = RESTART_MS << min(max(self._lives.short - 1, 0), 10)
        self._restart_ms = now_ms + min(pause_ms, LONGEST_RESTART_MS)

    def _write_down(
        self, cause: int, found: "Crash | None", uptime_s: "int | None", phase: str, now_ms: int
    ) -> None:
        reason = state_report.RESET_REASONS[cause]
        report = crash.report(reason, found, uptime_s, phase, self._lives.crashes)
        self._attempt(reports.keep_crash, self._storage, report)
        if found is None:
            self._events.append(node_events.Crashed(cause, 0, "", now_ms))

    def _leave_safe_mode(self, node: SafeNode, now_ms: int) -> None:
        self._events += node.events()
        self._events.append(node_events.SafeModeLeft(node.by_command))
        self._attempt(node.suspend, now_ms)
        self._attempt(self._lives.leave_safe_mode)
        self._reason = COMMAND if node.by_command else _UNKNOWN
        self._restart_ms = now_ms
        self.node = None

    def _attempt(self, call: "Callable[..., object]", *arguments: object) -> bool:
        """Call something that may fail without consequences here; return whether it did not."""
        try:
            call(*arguments)
        except Exception:  # noqa: BLE001 (it follows a fault that is written down already, or storage is gone)
            return False
        return True

    def _note(self, phase: int, now_ms: int) -> None:
        self._phase = phase
        if self._crumb is not None:
            self._crumb.note(phase, now_ms - self._born_ms)

    def _capped(self, step: Sleep, now_ms: int) -> Sleep:
        """Return the Sleep, no longer than the watchdog allows."""
        self.wake_ms = step.until_ms
        if self._dog is None or self._dog.within_ms is None:
            return step
        return Sleep(min(step.until_ms, now_ms + self._dog.within_ms))
