"""The conversation with a modem: one command at a time, and back in step after whatever went wrong.

Sans-I/O: bytes and times in, bytes and times out. A job is a row of commands of which the last may be an
action with an outcome that comes later. What is not answered in time ends its job, and the line is brought
back in step: an end that spoils what the modem may have half received, a question whose answer nothing else
looks like, after three questions in vain a restart of the modem, and so on with growing pauses. Times in ms
on the node's clock.
"""

from collections import namedtuple

from farwire_node.link import Refusal
from farwire_node.modems import dialect as meanings
from farwire_node.modems.dialect import BAD, Command, Dialect, Meaning
from farwire_node.modems.line import Lines

# What happened, in the order it did. Meanings of outcomes, RECEIVED and BOOTED come as they are; beside them:
Done = namedtuple("Done", ())  # every command of a job without outcome was taken
Taken = namedtuple("Taken", ())  # the action was taken, its outcome is to come
Refused = namedtuple("Refused", ("refusal",))  # the job is over
Lost = namedtuple("Lost", ("sent",))  # so is it; `sent`: its last command may have been taken
InStep = namedtuple(
    "InStep", ()
)  # the modem answers (again); commands of before may or may not have been taken

DOWN = 0  # there is no line
SYNCING = 1
IDLE = 2
ASKING = 3  # a command waits for its answer
AWAITING = 4  # an action was taken, its outcome is to come

ANSWER_MS = 3_000  # longest answer: `mac save` writes an EEPROM
_SPOILER = "~"  # ends a line that was cut so that it is refused: a frame that is late or short must not leave
_QUIET_MS = 100  # what the modem still sends of before comes within this
_PROBE_MS = 1_500
_PROBES = 3  # in vain before the modem is restarted
_RESTART_MS = 3_000  # until a modem that restarts answers
_SETTLE_MS = 300  # after a banner
_FIRST_PAUSE_MS = 1_000
_LONGEST_PAUSE_MS = 60_000
_BAD_TRIES = 2  # a command garbled on its way is understood the second time
_SOON_MS = 2_500  # SENT after SENT_SOON: the windows are over by then

_OUTCOMES = (meanings.JOINED, meanings.JOIN_FAILED, meanings.SENT)
_NEVER_MS = 3_600_000


class Dialogue:
    """One modem's line. `fields` fill commands: name -> text, None leaves out the commands that have it.

    `values` holds what the modem answered to questions. `counters` tells what went wrong.
    """

    def __init__(self, dialect: Dialect, fields: "dict[str, str | None]") -> None:
        self.phase = DOWN
        self.values: dict[str, str] = {}
        self.fields = fields
        self.counters = {"timeouts": 0, "bad": 0, "restarts": 0, "boots": 0, "strays": 0}
        self._dialect = dialect
        self._lines = Lines()
        self._out = b""
        self._happened: list[tuple[object, ...]] = []
        self._queue: list[Command] = []
        self._command: Command | None = None
        self._outcome_ms: int | None = None
        self._bad = 0
        self._soon = False  # the frame is out for certain
        self._at_ms = 0  # the next thing to do in this phase is due
        self._probes = 0
        self._probing = False
        self._pause_ms = _FIRST_PAUSE_MS

    @property
    def dropped_lines(self) -> int:
        """How many lines were garbage."""
        return self._lines.dropped

    # -- the line --

    def line_up(self, now_ms: int) -> None:
        """There is a line (again); who is on it, and in what state, is found out."""
        self._out = b""
        self._lines.clear()
        self._pause_ms = _FIRST_PAUSE_MS
        self._probes = 0
        self._sync(now_ms)

    def line_down(self) -> None:
        """The line is gone."""
        self._drop_job()
        self._out = b""
        self.phase = DOWN

    def on_bytes(self, data: bytes, now_ms: int) -> None:
        """Take what came from the modem."""
        if self.phase == DOWN:
            return
        for line in self._lines.feed(data):
            for meaning in self._dialect.read(line):
                self._take(meaning, now_ms)

    def outgoing(self) -> bytes:
        """Return the bytes to write now, and forget them."""
        out, self._out = self._out, b""
        return out

    def happened(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call, oldest first, and forget it."""
        happened, self._happened = self._happened, []
        return happened

    # -- jobs --

    def run(self, commands: "tuple[Command, ...]", outcome_ms: int | None, now_ms: int) -> None:
        """Start a job in IDLE; with `outcome_ms` its last command is an action that has so long for its
        outcome."""
        assert self.phase == IDLE, self.phase
        self._queue = list(commands)
        self._outcome_ms = outcome_ms
        self._soon = False
        self._next_command(now_ms)

    def poll(self, now_ms: int) -> int:
        """Do what time asks for; return when to look again."""
        if self.phase in (DOWN, IDLE):
            return now_ms + _NEVER_MS
        if now_ms >= self._at_ms:
            if self.phase == SYNCING:
                self._sync_step(now_ms)
            elif self._soon:
                self._on_outcome(Meaning(meanings.SENT, True))
                return now_ms + _NEVER_MS
            else:
                self.counters["timeouts"] += 1
                self._drop_job()
                self._probes = 0
                self._sync(now_ms)
        return self._at_ms

    # -- inside --

    def _next_command(self, now_ms: int) -> None:
        """Write the next command of the job that is to be sent; end a job that has none."""
        while self._queue:
            command = self._queue.pop(0)
            text = self._filled(command.text)
            if text is None or self._is_so(command):
                if not self._queue:
                    self._outcome_ms = None
                continue
            self._command = command
            self._bad = 0
            if command.unless is not None:
                self.values.pop(command.unless[0], None)  # until the answer says what it is
            self._write(text, now_ms)
            return
        self._command = None
        self.phase = IDLE
        self._happened.append(Done())

    def _write(self, text: str, now_ms: int) -> None:
        self._dialect.begin(self._command)
        self._out += (text + self._dialect.line_end).encode()
        self.phase = ASKING
        # The slowest part of a long command is its own way to the modem.
        self._at_ms = now_ms + ANSWER_MS + len(text) * 10_000 // self._dialect.baud

    def _filled(self, text: str) -> str | None:
        """Return a text with its fields filled, None if a field has no value."""
        if "{" not in text:
            return text
        fields = dict(self.fields)
        fields.update(self._dialect.derive(self.values))
        for name, value in fields.items():
            place = "{" + name + "}"
            if place in text:
                if value is None:
                    return None
                text = text.replace(place, value)
        return None if "{" in text else text

    def _is_so(self, command: Command) -> bool:
        """Tell whether what a command would set is known to be set."""
        if command.unless is None:
            return False
        name, text = command.unless
        wanted = self._filled(text)
        known = self.values.get(name)
        return known is not None and wanted is not None and known.lower() == wanted.lower()

    def _take(self, meaning: Meaning, now_ms: int) -> None:
        """Act on one meaning."""
        kind = meaning.kind
        if kind == meanings.BOOTED:
            self._on_boot(now_ms)
        elif kind == meanings.RECEIVED:
            self._happened.append(meaning)
        elif self.phase == SYNCING:
            if kind == meanings.VALUE and self._probing:
                self._in_step()
        elif kind in _OUTCOMES:
            self._on_outcome(meaning)
        elif kind == meanings.SENT_SOON:
            if self._outcome_ms is not None and self.phase in (ASKING, AWAITING):
                self.phase = AWAITING
                self._soon = True
                self._at_ms = min(self._at_ms, now_ms + _SOON_MS)
        elif kind == meanings.FAILED:
            self._on_failed(meaning.value, now_ms)
        elif self.phase == ASKING:
            self._on_answer(meaning, now_ms)
        else:
            self.counters["strays"] += 1

    def _on_answer(self, meaning: Meaning, now_ms: int) -> None:
        command = self._command
        assert command is not None
        if (meaning.kind == meanings.VALUE) != (command.asks is not None):
            self.counters["strays"] += 1
            return
        if command.asks is not None:
            self.values[command.asks] = meaning.value
        if command.unless is not None:
            known = self._filled(command.unless[1])
            if known is not None:
                self.values[command.unless[0]] = known
        if not self._queue and self._outcome_ms is not None:
            self.phase = AWAITING
            self._at_ms = now_ms + self._outcome_ms
            self._happened.append(Taken())
        else:
            self._next_command(now_ms)

    def _on_outcome(self, meaning: Meaning) -> None:
        """Take an outcome; where the answer to the action itself got lost, this is the answer as well."""
        acting = self._outcome_ms is not None and not self._queue and self.phase in (ASKING, AWAITING)
        if not acting:
            self.counters["strays"] += 1
            return
        if self.phase == ASKING:
            self._happened.append(Taken())
        self._end_job()
        self._happened.append(meaning)

    def _on_failed(self, refusal: Refusal, now_ms: int) -> None:
        if self.phase != ASKING and (self.phase != AWAITING or refusal.reason is BAD):
            self.counters["strays"] += 1
            return
        acting = self._outcome_ms is not None and not self._queue
        if refusal.reason is BAD:
            self.counters["bad"] += 1
            self._bad += 1
            command = self._command
            assert command is not None
            text = self._filled(command.text)
            if acting or text is None:
                pass  # an action is not repeated: what it carries is a moment old already
            elif self._bad >= _BAD_TRIES and command.unless is not None and self._outcome_ms is not None:
                pass  # nor is it done without what it stands on, such as a frame's port
            elif self._bad < _BAD_TRIES:
                self._write(text, now_ms)
                return
            else:
                self._next_command(now_ms)  # this firmware does not know it: do without
                return
        self._end_job()
        self._happened.append(Refused(refusal))

    def _on_boot(self, now_ms: int) -> None:
        self.counters["boots"] += 1
        self.values = {}
        self._drop_job()
        self._happened.append(Meaning(meanings.BOOTED, None))
        self._probes = 0
        self._sync(now_ms + _SETTLE_MS)

    def _end_job(self) -> None:
        self._queue = []
        self._command = None
        self._outcome_ms = None
        self.phase = IDLE

    def _drop_job(self) -> None:
        """End a job whose fate is not known."""
        if self.phase in (ASKING, AWAITING):
            sent = self._outcome_ms is not None and not self._queue
            self._end_job()
            self._happened.append(Lost(sent))

    # -- back in step --

    def _sync(self, start_ms: int) -> None:
        self.phase = SYNCING
        self._probing = False
        self._command = None
        self._dialect.begin(None)
        self._at_ms = start_ms

    def _sync_step(self, now_ms: int) -> None:
        """Write the end of a line, then the question; after some in vain the restart, then a pause."""
        if self._command is None and not self._probing:
            self._out += (_SPOILER + self._dialect.line_end).encode()
            self._command = self._dialect.probe
            self._at_ms = now_ms + _QUIET_MS
        elif not self._probing:
            self._probing = True
            self._probes += 1
            self._dialect.begin(self._dialect.probe)
            self._out += (self._dialect.probe.text + self._dialect.line_end).encode()
            self._at_ms = now_ms + _PROBE_MS
        elif self._probes < _PROBES:
            self._sync(now_ms)
        else:
            self.counters["restarts"] += 1
            self._probes = 0
            self._out += (self._dialect.restart + self._dialect.line_end).encode()
            self._sync(now_ms + _RESTART_MS + self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, _LONGEST_PAUSE_MS)

    def restart(self, now_ms: int) -> None:
        """Have the modem start over: it answers, but nothing good."""
        self.counters["restarts"] += 1
        self._drop_job()
        self._out += (self._dialect.restart + self._dialect.line_end).encode()
        self._probes = 0
        self._sync(now_ms + _RESTART_MS)

    def _in_step(self) -> None:
        self._probing = False
        self._command = None
        self._pause_ms = _FIRST_PAUSE_MS
        self.values = {}  # it may have started over while nobody heard it
        self.phase = IDLE
        self._happened.append(InStep())
