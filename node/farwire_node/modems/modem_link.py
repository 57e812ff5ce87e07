"""A Link over a modem that has a MAC of its own: what the node wants becomes jobs of commands, one at a time.

The modem decides channels, receive windows and the law; this asks it for the data rate after every frame,
keeps an account of airtime so that alarms find some left, and takes a refusal as it comes. A frame that a
modem refuses is given up, not kept: its contents tell their age, and the node, which is told of it, says it
anew. Bytes go in with `on_bytes`, and out with `outgoing`, which is to be asked after every `poll` and every
`on_bytes`.
"""

from farwire_node import link
from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.adr import REJOIN_AFTER
from farwire_node.lorawan.regions.region import Region
from farwire_node.modems import dialect as meanings
from farwire_node.modems import dialogue, jobs
from farwire_node.modems.attempts import Attempts
from farwire_node.modems.budget import Budget
from farwire_node.modems.dialect import Dialect, Meaning
from farwire_node.modems.dialogue import Dialogue, Done, InStep, Lost, Refused, Taken
from farwire_node.modems.identity import Identity, adr_fields, class_fields
from farwire_node.modems.no_radio import NoRadio
from farwire_node.modems.rate import Rate
from farwire_node.steps import Sleep
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_AGAIN_MS = 1_000  # while the modem is busy with itself
_NO_CHANNEL_MS = 30_000  # where a modem does not tell how long
_BUSY_TIMES = 8  # refusals in a row until the modem is taken to hang
_ROUNDS = 12
_IDLE_MS = 3_600_000


class ModemLink(NoRadio):
    """One modem as a Link. `device_class` "A" or "C"; `sub_band` 1 to 8: the eight channels and the ninth of
    500 kHz that the network hears, where there are 72 (None: all); the rest as lorawan.mac.Mac has it.

    The driver calls `line_up` when there is a line to the modem, `line_down` when it is gone.
    """

    def __init__(
        self,
        dialect: Dialect,
        identity: Identity,
        region: Region,
        storage: Storage,
        random_below: "Callable[[int], int]",
        device_class: str = "A",
        adr: bool = True,
        initial_dr: int | None = None,
        reserve_percent: int = 20,
        join_spread_ms: int = 5_000,
        sub_band: int | None = None,
    ) -> None:
        if initial_dr is not None and initial_dr not in region.up_drs:
            raise ConfigurationError(f"initial_dr is {initial_dr}, expected one of {region.up_drs}")
        if not 0 <= reserve_percent < 100:
            raise ConfigurationError(f"reserve_percent is {reserve_percent}, expected 0..99")
        self._dialect = dialect
        self._join_spread_ms = join_spread_ms
        fields = identity.fields(dialect, region, device_class, adr, initial_dr, sub_band)
        self._dialogue = Dialogue(dialect, fields)
        self._changed: tuple[str, ...] = ()  # what of its setup the modem is to be told anew, by field
        dialect.class_c = device_class == "C"
        self._budget = Budget(region, reserve_percent, storage)
        self._attempts = Attempts(region, self._budget, random_below)
        self._job = jobs.NONE
        self._pending = jobs.NONE  # jobs.AFTER_JOIN or jobs.RESUMED, until it is done
        self._owed = False  # the node is to be told of a join
        self._set_up = False
        self._resumable = True
        self._proved = True  # a frame was taken in the session that was resumed
        self._joined = False
        self._stale = False  # the data rate is to be asked for
        self._rate = Rate(region, dialect)
        self._frame: tuple[int, bytes, bool] | None = None  # to be started by the next poll
        self._sent = (0, 0, False)  # start, airtime and confirmed of the frame under way
        self._ends_ms = 0  # when the job under way will be over, as far as known
        self._free_ms = 0  # the modem refuses frames that come earlier
        self._pause_ms = 0  # and other commands
        self._refused = 0  # in a row
        self._silent = 0  # uplinks since the last downlink
        self._unsaved = 0  # uplinks since the modem saved its counters
        self._last: tuple[object, ...] | None = None  # downlink, to know a line that came twice
        self._last_ms = 0
        self._events: list[tuple[object, ...]] = []

    # -- the driver's side --

    def line_up(self, now_ms: int) -> None:
        """There is a line to the modem (again)."""
        self._dialogue.line_up(now_ms)

    def line_down(self, now_ms: int) -> None:
        """The line is gone; what was under way on it may or may not have been sent."""
        self._dialogue.line_down()
        self._react(now_ms)

    def on_bytes(self, data: bytes, now_ms: int) -> None:
        """Take what came from the modem."""
        self._dialogue.on_bytes(data, now_ms)
        self._react(now_ms)

    def outgoing(self) -> bytes:
        """Return the bytes to write now, and forget them."""
        return self._dialogue.outgoing()

    @property
    def counters(self) -> "dict[str, int]":
        """What went wrong so far, by kind; with each of "restarts" the reset line is to be pulled, if any."""
        counters = dict(self._dialogue.counters)
        counters["dropped_lines"] = self._dialogue.dropped_lines
        return counters

    # -- the node's side --

    def join(self, now_ms: int) -> None:
        """Start joining unless that is under way; a modem that still has a session goes on with it."""
        if not self._attempts.wanted and not self._joined:
            self._attempts.start(now_ms, self._join_spread_ms)

    @property
    def joined(self) -> bool:
        """Whether there is a session."""
        return self._joined

    def set_class(self, device_class: str) -> None:
        """Be of class A or C from now on."""
        if self._dialogue.fields["class"] != device_class:
            self._dialect.class_c = device_class == "C"
            self._change(class_fields(device_class), "{class")

    def set_adr(self, on: bool) -> None:
        """Let the network choose the data rate, or keep to `initial_dr`, else the present one."""
        fields = adr_fields(on)
        if self._dialogue.fields["adr01"] != fields["adr01"]:
            self._change(fields, "{adr", "{adr" if on else "{initial_dr")

    def _change(self, fields: "dict[str, str | None]", *names: str) -> None:
        """Tell the modem these fields as soon as it can be told."""
        self._dialogue.fields.update(fields)
        self._changed += names
        self._stale = self._joined
        self._set_up = self._joined and self._set_up

    @property
    def busy(self) -> bool:
        """Whether the modem is at work, or cannot be told anything now."""
        idle = self._dialogue.phase == dialogue.IDLE and self._job == jobs.NONE
        return not idle or not self._set_up or self._stale or self._frame is not None

    def capacity(self, now_ms: int) -> int:
        """Return the largest payload at the data rate that the modem told; 0: no session."""
        return self._rate.capacity if self._joined else 0

    def airtime_ms(self, size: int) -> int:
        """Return the time from `send` to the end of the frame: the command's way to the modem is in it."""
        return self._rate.handover_ms(size) + self._rate.on_air_ms(size)

    @property
    def windows_ms(self) -> int:
        """How long after a frame an answer may last, by the last frame's windows."""
        return self._rate.windows_ms

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        """Return when `size` bytes may start, as far as known now."""
        if not self._joined or size > self.capacity(now_ms):
            return None
        free_ms = max(now_ms, self._free_ms)
        if self.busy:
            free_ms = max(free_ms, self._ends_ms if self._ends_ms > now_ms else now_ms + _LOOK_AGAIN_MS)
        return self._budget.earliest_ms(self._rate.on_air_ms(size), free_ms, urgent)

    def send(
        self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int
    ) -> link.Sending | link.Refusal:
        """Take a frame for `port` 1..223 with at least one byte, or refuse it and change nothing."""
        if not 1 <= port <= 223 or not payload:
            raise ConfigurationError(f"port is {port} with {len(payload)} bytes, expected 1..223 with some")
        if not self._joined:
            return link.Refusal(link.NOT_JOINED, None)
        if len(payload) > self.capacity(now_ms):
            return link.Refusal(link.TOO_LONG, None)
        earliest_ms = self.earliest_ms(len(payload), now_ms, urgent)
        if self.busy:
            return link.Refusal(link.BUSY, earliest_ms)
        if earliest_ms is None or earliest_ms > now_ms:
            return link.Refusal(link.AIRTIME, earliest_ms)
        self._frame = (port, payload, confirmed)
        tx_end_ms = now_ms + self.airtime_ms(len(payload))
        self._sent = (now_ms, self._rate.on_air_ms(len(payload)), confirmed)
        self._ends_ms = tx_end_ms + self._rate.windows_ms
        return link.Sending(tx_end_ms)

    def poll(self, now_ms: int) -> Sleep:
        """Write what is due and return when to be polled again at the latest."""
        until_ms = now_ms + _IDLE_MS
        for _ in range(_ROUNDS):
            until_ms = self._dialogue.poll(now_ms)
            self._react(now_ms)
            if self._dialogue.phase != dialogue.IDLE or not self._next_job(now_ms):
                break
        if self._dialogue.phase == dialogue.IDLE:
            waits = [self._free_ms, self._pause_ms]
            if self._attempts.wanted and not self._joined:
                waits.append(self._attempts.next_ms)
            until_ms = min([wait_ms for wait_ms in waits if wait_ms > now_ms] + [now_ms + _IDLE_MS])
        return Sleep(until_ms)

    def events(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call, oldest first, and forget it."""
        events, self._events = self._events, []
        return events

    def suspend(self, now_ms: int) -> None:
        """Save the account of airtime; the modem keeps its session as it can."""
        self._budget.save(True)

    # -- jobs --

    def _next_job(self, now_ms: int) -> bool:
        """Start what is due on an idle line; return whether anything was."""
        words, frame = self._dialect, self._frame
        if self._job != jobs.NONE:
            return False
        if frame is not None:
            # The node counts its frame as begun: it leaves in this poll or not at all.
            self._frame = None
            self._start(jobs.SEND, words.send(*frame), self._sent[1] + jobs.SEND_OUTCOME_MS, now_ms)
        elif now_ms < self._pause_ms:
            return False
        elif not self._set_up:
            self._start(jobs.SET_UP, words.setup, None, now_ms)
        elif self._pending != jobs.NONE:
            after_join = self._pending == jobs.AFTER_JOIN
            self._start(self._pending, words.joined if after_join else words.resumed, None, now_ms)
        elif not self._joined and self._resumable and words.resume:
            self._resumable = False
            self._start(jobs.RESUME, words.resume, jobs.JOIN_OUTCOME_MS, now_ms)
        elif not self._joined:
            if not self._attempts.is_due(now_ms):
                return False
            self._dialogue.fields["join_dr"] = str(self._attempts.dr)
            self._sent = (now_ms, 0, False)
            self._start(jobs.JOIN, words.join, jobs.JOIN_OUTCOME_MS, now_ms)
        elif self._stale:
            self._stale = False
            told, self._changed = self._changed, ()
            anew = [one for one in words.setup + words.joined for name in told if name in one.text]
            commands = tuple(anew) + words.sent
            if words.save and self._unsaved >= words.save_every:
                self._unsaved = 0
                commands = commands + words.save
            self._start(jobs.AFTER_SEND, commands, None, now_ms)
        else:
            return False
        return True

    def _start(
        self, job: int, commands: "tuple[meanings.Command, ...]", outcome_ms: int | None, now_ms: int
    ) -> None:
        self._job = job
        self._dialogue.run(commands, outcome_ms, now_ms)

    # -- what came of them --

    def _react(self, now_ms: int) -> None:
        for event in self._dialogue.happened():
            if isinstance(event, Done):
                self._on_done(now_ms)
            elif isinstance(event, Taken):
                self._on_taken()
            elif isinstance(event, Refused):
                self._on_refused(event.refusal, now_ms)
            elif isinstance(event, Lost):
                self._on_lost(event.sent, now_ms)
            elif isinstance(event, InStep):
                self._stale = self._joined
            elif isinstance(event, Meaning):
                self._on_meaning(event, now_ms)

    def _on_done(self, now_ms: int) -> None:
        job, self._job = self._job, jobs.NONE
        self._rate.learn(self._dialogue.values)
        if job == jobs.SET_UP:
            self._set_up = True
            if self._dialect.is_joined(self._dialogue.values):
                self._have_session()
        elif job in (jobs.RESUMED, jobs.AFTER_JOIN):
            self._have_session()

    def _have_session(self) -> None:
        self._joined = True
        self._pending = jobs.NONE
        self._attempts.stop()
        self._dialogue.fields["force"] = ""
        self._silent = 0
        self._rate.fitted()
        if self._owed:
            self._owed = False
            address = self._dialogue.values.get("dev_addr", "")
            self._events.append(link.Joined(int(address, 16) if address else 0))

    def _on_taken(self) -> None:
        if self._job == jobs.JOIN:
            self._attempts.charge(self._sent[0])
        elif self._job == jobs.SEND:
            self._budget.charge(self._sent[1], self._sent[0])
            self._proved = True
            self._refused = 0
            self._rate.fitted()
            self._silent += 1
            self._unsaved += 1

    def _on_meaning(self, meaning: Meaning, now_ms: int) -> None:
        kind = meaning.kind
        if kind == meanings.RECEIVED:
            if meaning.value != self._last or now_ms - self._last_ms > _LOOK_AGAIN_MS:
                self._events.append(link.Received(*meaning.value))
            self._last, self._last_ms = meaning.value, now_ms
            self._silent = 0
        elif kind == meanings.BOOTED:
            self._forget_session()
        elif kind == meanings.SENT:
            self._rate.took(now_ms - self._sent[0] - self._sent[1])
            self._over(now_ms, bool(meaning.value))
        elif kind == meanings.JOINED:
            self._owed = self._job == jobs.JOIN
            self._pending = jobs.AFTER_JOIN if self._job == jobs.JOIN else jobs.RESUMED
            self._job = jobs.NONE
            if meaning.value is not None:
                self._dialogue.values["dev_addr"] = f"{meaning.value:08x}"
        elif kind == meanings.JOIN_FAILED:
            self._job = jobs.NONE
            self._plan_join(now_ms)

    def _on_refused(self, refusal: link.Refusal, now_ms: int) -> None:
        """Give up a job that the modem refused, and do what helps."""
        job, self._job = self._job, jobs.NONE
        self._refused += 1
        self._pause_ms = now_ms + _LOOK_AGAIN_MS
        if refusal.reason == link.TOO_LONG:
            self._rate.too_long()
        elif refusal.reason == link.NOT_JOINED:
            self._forget_session()
            self._resumable, self._proved = self._proved, False
        elif job in (jobs.SEND, jobs.JOIN):
            wait_ms = _NO_CHANNEL_MS if refusal.reason == link.AIRTIME else _LOOK_AGAIN_MS
            self._free_ms = now_ms + (wait_ms if refusal.retry_ms is None else refusal.retry_ms)
        if job == jobs.SEND:
            self._events.append(link.NotSent())
        elif job == jobs.JOIN:
            self._plan_join(now_ms)
        elif job == jobs.RESUME:
            self._resumable = refusal.reason == link.BUSY
        self._stale = self._joined and job in (jobs.SEND, jobs.AFTER_SEND)
        if refusal.reason == link.BUSY and self._refused >= _BUSY_TIMES:
            self._refused = 0
            self._set_up = False
            self._dialogue.restart(now_ms)

    def _on_lost(self, sent: bool, now_ms: int) -> None:
        """Give up a job whose answer did not come; what may have been sent counts as sent."""
        if sent:
            self._on_taken()
        if self._job == jobs.SEND and sent:
            self._over(now_ms, False)
        elif self._job == jobs.SEND:
            self._events.append(link.NotSent())
        elif self._job == jobs.JOIN:
            self._plan_join(now_ms)
        self._job = jobs.NONE

    def _over(self, now_ms: int, acknowledged: bool) -> None:
        """The cycle of a frame is over."""
        self._job = jobs.NONE
        self._stale = True
        self._ends_ms = now_ms
        self._events.append(link.Delivered(acknowledged if self._sent[2] else None))
        if self._silent >= REJOIN_AFTER:
            self._joined = self._resumable = False
            self._dialogue.fields["force"] = "=FORCE"

    def _forget_session(self) -> None:
        """The modem started over, or says that it has no session: everything is told to it anew."""
        self._set_up = self._joined = self._stale = False
        self._resumable = True
        self._pending = jobs.NONE
        if self._frame is not None:
            self._frame = None
            self._events.append(link.NotSent())

    def _plan_join(self, now_ms: int) -> None:
        """Let the next attempt come after the pause that the law asks for, and tell the node."""
        if self._attempts.wanted:
            self._attempts.failed(self._free_ms, now_ms)
            self._events.append(link.JoinFailed(self._attempts.next_ms))
