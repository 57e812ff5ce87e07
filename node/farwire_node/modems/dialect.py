"""What a modem's command language must tell: its commands as data, and the meaning of each line it sends.

One file a modem holds a Dialect. A command's text may have fields in braces, filled when it is written; so a
key is in no command, no log and no error message. Times in ms.
"""

from collections import namedtuple

from farwire_node.link import Refusal

DIGITS = "0123456789"
HEX = "0123456789abcdefABCDEF"

# `asks`: name of the value that the answer gives, None where the answer is only yes or no; `form`: characters
# that the value consists of. `unless`: (name, text): not sent while that value is known to be so, and known
# to be so once it was taken. A command with a field of None is not sent either.
Command = namedtuple("Command", ("text", "asks", "form", "unless"))

Meaning = namedtuple("Meaning", ("kind", "value"))

# Kinds of meanings. The first three answer the command under way:
OK = 0  # it was taken
VALUE = 1  # the text that was asked for
FAILED = 2  # a Refusal; its retry_ms is a wait from now on, None where the modem told none
# outcomes of an action that was taken:
JOINED = 3  # DevAddr, None where the line does not tell
JOIN_FAILED = 4
SENT = 5  # False where a confirmed frame stayed unacknowledged, else True
SENT_SOON = 6  # the frame is out for certain; SENT may follow or not
# and what comes by itself:
RECEIVED = 7  # (port, payload)
BOOTED = 8

BAD = "not understood"  # reason of a Refusal: wrong for this modem, or garbled on its way


def put(text: str, unless: "tuple[str, str] | None" = None) -> Command:
    """Return a command that sets or does something."""
    return Command(text, None, "", unless)


def ask(text: str, name: str, form: str = DIGITS) -> Command:
    """Return a command that asks for a value."""
    return Command(text, name, form, None)


class Dialect:
    """Contract of a command language. One object serves one modem: it remembers the command under way.

    Data that a dialect must have beside the methods: `name`, `baud`, `line_end`, `bands` (region name ->
    field `band`), `probe` (a question whose answer nothing else looks like), `restart` (text that resets the
    modem), `setup` (commands after a boot), `resume` (the last of them is an action that brings a session
    back; () if none can), `resumed` (after that), `join` (the last is the action), `joined` (after it),
    `sent` (after each frame), `save` (after every `save_every` frames; () if there is nothing to save),
    `longest` (payload bytes that the language can carry).
    """

    name = ""
    baud = 9600
    line_end = "\r\n"
    bands: "dict[str, str]" = {}
    probe = ask("", "probe")
    restart = ""
    setup: "tuple[Command, ...]" = ()
    resume: "tuple[Command, ...]" = ()
    resumed: "tuple[Command, ...]" = ()
    join: "tuple[Command, ...]" = ()
    joined: "tuple[Command, ...]" = ()
    sent: "tuple[Command, ...]" = ()
    save: "tuple[Command, ...]" = ()
    save_every = 0
    longest = 242

    def __init__(self) -> None:
        self.class_c = False
        self._command: Command | None = None

    def begin(self, command: "Command | None") -> None:
        """Learn which command is under way, None: none."""
        self._command = command

    def send(self, port: int, payload: bytes, confirmed: bool) -> "tuple[Command, ...]":
        """Return the commands that send a frame; the last one is the action."""
        raise NotImplementedError

    def read(self, line: str) -> "tuple[Meaning, ...]":
        """Return what a line means, () if nothing; never raises."""
        raise NotImplementedError

    def is_joined(self, values: "dict[str, str]") -> bool:
        """Tell from the values that `setup` asked for whether the modem has a session."""
        return False

    def capacity(self, values: "dict[str, str]") -> int | None:
        """Return the largest payload that the modem told, None where it tells none."""
        return None

    def derive(self, values: "dict[str, str]") -> "dict[str, str]":
        """Return fields for commands that follow from values asked for."""
        return {}


def failed(reason: str, wait_ms: int | None = None) -> "tuple[Meaning, ...]":
    """Return the meaning of a refusal."""
    return (Meaning(FAILED, Refusal(reason, wait_ms)),)


def received(port: str, payload: str) -> "tuple[Meaning, ...]":
    """Return the meaning of a downlink, () if port or payload cannot be true."""
    if not consists_of(port, DIGITS) or not 1 <= int(port) <= 223 or len(port) > 3:
        return ()
    if not consists_of(payload, HEX) or len(payload) % 2:
        return ()
    return (Meaning(RECEIVED, (int(port), bytes.fromhex(payload))),)


def consists_of(text: str, form: str) -> bool:
    """Tell whether a text is not empty and has no other characters than those of `form`."""
    return bool(text) and all(letter in form for letter in text)


def number(text: str) -> int | None:
    """Return a whole number of at most nine digits, None if the text is no such thing."""
    return int(text) if len(text) <= 9 and consists_of(text, DIGITS) else None
