"""The language of Seeed LoRa-E5 (Wio-E5): AT+CMD=..., every line of an answer begins with +CMD:.

9600 baud. A reset has no banner that could be relied on: it shows as silence, and as `Please join network
first` after the next frame. The session does not outlive it.
"""

from farwire_node.link import AIRTIME, BUSY, NOT_JOINED, TOO_LONG
from farwire_node.modems.dialect import (
    BAD,
    DIGITS,
    HEX,
    JOIN_FAILED,
    JOINED,
    OK,
    SENT,
    VALUE,
    Command,
    Dialect,
    Meaning,
    ask,
    consists_of,
    failed,
    number,
    put,
    received,
)

_ACTIONS = ("MSG", "MSGHEX", "CMSG", "CMSGHEX")

_REFUSALS = (
    ("Please join", NOT_JOINED),
    ("LoRaWAN modem is busy", BUSY),
    ("No free channel", AIRTIME),
    ("DR error", TOO_LONG),
    ("Length error", TOO_LONG),
)


class LoraE5(Dialect):
    """Firmware 4.0 in OTAA mode."""

    name = "LoRa-E5"
    baud = 9_600
    bands = {
        "EU868": "EU868",
        "US915": "US915",
        "AU915": "AU915",
        "AS923-1": "AS923",
        "KR920": "KR920",
        "IN865": "IN865",
    }
    probe = ask("AT+VER", "version", DIGITS + ".")
    restart = "AT+RESET"
    setup = (
        put('AT+ID=DevEui,"{dev_eui}"'),
        put('AT+ID=AppEui,"{join_eui}"'),
        put("AT+MODE=LWOTAA"),
        put("AT+DR={band}"),
        put("AT+CH=NUM,{channels}"),
        put('AT+KEY=APPKEY,"{app_key}"'),
        put("AT+CLASS={class}"),
        put("AT+ADR={adr_on_off}"),
        put("AT+RETRY=1"),
        put("AT+REPT=1"),
        put("AT+LW=DC,{dc_on_off}"),
        ask("AT+DR", "dr"),
    )
    join = (put("AT+DR={join_dr}"), put("AT+JOIN{force}"))
    joined = (put("AT+DR={initial_dr}"), ask("AT+DR", "dr"), ask("AT+LW=LEN", "len"))
    sent = (ask("AT+DR", "dr"), ask("AT+LW=LEN", "len"))

    def __init__(self) -> None:
        super().__init__()
        self._acknowledged = False
        self._joined = False
        self._dev_addr: int | None = None

    def begin(self, command: "Command | None") -> None:
        """Learn which command is under way."""
        super().begin(command)
        if command is not None:
            self._acknowledged = self._joined = False
            self._dev_addr = None

    def send(self, port: int, payload: bytes, confirmed: bool) -> "tuple[Command, ...]":
        """Return the commands that send a frame."""
        word = "AT+CMSGHEX" if confirmed else "AT+MSGHEX"
        return (
            put("AT+PORT=" + str(port), ("port", str(port))),
            put(word + '="' + payload.hex() + '"'),
        )

    def read(self, line: str) -> "tuple[Meaning, ...]":
        """Return what a line means."""
        head, colon, text = line.partition(": ")
        if not colon or not head.startswith("+"):
            return ()
        word = head[1:]
        if word == "JOIN":
            return self._join(text)
        if word in _ACTIONS:
            return self._message(text)
        return self._answer(word, text)

    def capacity(self, values: "dict[str, str]") -> int | None:
        """Return the largest payload that the modem told."""
        return number(values.get("len", ""))

    def _join(self, text: str) -> "tuple[Meaning, ...]":
        """Return the meaning of a line about joining; the outcome is told with the last one, Done."""
        if text == "Start":
            return (Meaning(OK, None),)
        if text == "Network joined":
            self._joined = True
        elif text.startswith("NetID "):
            parts = text.split(" DevAddr ")
            address = parts[1].replace(":", "") if len(parts) == 2 else ""
            self._joined = True
            self._dev_addr = int(address, 16) if len(address) == 8 and consists_of(address, HEX) else None
        elif text == "Joined already":
            return (Meaning(JOINED, None),)
        elif text == "Done":
            return (Meaning(JOINED, self._dev_addr) if self._joined else Meaning(JOIN_FAILED, None),)
        elif text == "LoRaWAN modem is busy":
            return failed(BUSY)
        elif text.startswith("No band in ") and text.endswith("ms"):
            return failed(AIRTIME, number(text[11:-2]))
        elif text.startswith("ERROR("):
            return failed(BAD)
        return ()

    def _message(self, text: str) -> "tuple[Meaning, ...]":
        if text == "Start":
            return (Meaning(OK, None),)
        if text == "Done":
            return (Meaning(SENT, self._acknowledged),)
        if text == "ACK Received":
            self._acknowledged = True
            return ()
        if text.startswith("PORT: "):
            port, _, rest = text[6:].partition('; RX: "')
            return received(port, rest[:-1]) if rest.endswith('"') else ()
        if text.startswith("No band in ") and text.endswith("ms"):
            return failed(AIRTIME, number(text[11:-2]))
        if text.startswith("ERROR("):
            return failed(BAD)
        for words, reason in _REFUSALS:
            if text.startswith(words):
                return failed(reason)
        return ()

    def _answer(self, word: str, text: str) -> "tuple[Meaning, ...]":
        """Return the meaning of a line that answers a setting or a question."""
        command = self._command
        if command is None or not _asked(command.text, word):
            return ()
        if text.startswith("ERROR("):
            return failed(BAD)
        if command.asks is None:
            # What a frame stands on must have come through as it was meant.
            garbled = command.unless is not None and text != command.unless[1]
            return failed(BAD) if garbled else (Meaning(OK, None),)
        if command.asks == "dr":
            text = text[2:] if text.startswith("DR") else ""
        elif command.asks == "len":
            text = text[5:] if text.startswith("LEN, ") else ""
        return (Meaning(VALUE, text),) if consists_of(text, command.form) else ()


def _asked(command: str, word: str) -> bool:
    """Tell whether a line of `word` answers this command."""
    return command[3:].split("=", 1)[0] == word
