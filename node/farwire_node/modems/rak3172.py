"""The language of RAKwireless RAK3172 and its kin with RUI3: AT+X=? asks, AT+X=v sets, +EVT: tells.

An answer to a question is `AT+X=v` and then OK. Lines of +EVT: may come between a command and its answer.
115200 baud. The firmware keeps keys and settings over a reset, but the session only where AT+NJS says so.
"""

from farwire_node.link import AIRTIME, BUSY, NOT_JOINED, TOO_LONG
from farwire_node.modems.dialect import (
    BAD,
    BOOTED,
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

_VERSION = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
_BANNER = "Current Work Mode: LoRaWAN."
_WAIT = "Restricted_Wait_"  # before AT_BUSY_ERROR where it is the duty cycle that forbids

_STATUS = (
    ("AT_NO_NETWORK_JOINED", NOT_JOINED),
    ("AT_PARAM_ERROR", BAD),  # after AT+SEND: too long for the data rate
    ("AT_COMMAND_NOT_FOUND", BAD),
    ("AT_MODE_NO_SUPPORT", BAD),
    ("AT_UNSUPPORTED_BAND", BAD),
    ("AT_TEST_PARAM_OVERFLOW", BAD),
    ("AT_NO_CLASSB_ENABLE", BAD),
    ("AT_RX_ERROR", BAD),
    ("AT_ERROR", BAD),
)

_EVENTS = (
    ("JOINED", Meaning(JOINED, None)),
    ("TX_DONE", Meaning(SENT, True)),
    ("SEND_CONFIRMED_OK", Meaning(SENT, True)),
)
_EVENT_STARTS = (
    ("JOIN_FAILED_", Meaning(JOIN_FAILED, None)),
    ("SEND_CONFIRMED_FAILED", Meaning(SENT, False)),
)


class Rak3172(Dialect):
    """RUI3 in LoRaWAN mode."""

    name = "RAK3172"
    baud = 115_200
    bands = {
        "EU433": "0",
        "CN470": "1",
        "RU864": "2",
        "IN865": "3",
        "EU868": "4",
        "US915": "5",
        "AU915": "6",
        "KR920": "7",
        "AS923-1": "8",
        "AS923-2": "9",
        "AS923-3": "10",
        "AS923-4": "11",
    }
    probe = ask("AT+VER=?", "version", _VERSION)
    restart = "ATZ"
    setup = (
        ask("AT+NWM=?", "nwm"),
        put("AT+NWM=1", ("nwm", "1")),  # resets the modem, also where nothing changes
        ask("AT+BAND=?", "band"),
        put("AT+BAND={band}", ("band", "{band}")),
        put("AT+MASK={mask}"),
        ask("AT+NJM=?", "njm"),
        put("AT+NJM=1", ("njm", "1")),
        ask("AT+DEVEUI=?", "dev_eui", HEX),
        put("AT+DEVEUI={dev_eui}", ("dev_eui", "{dev_eui}")),
        ask("AT+APPEUI=?", "join_eui", HEX),
        put("AT+APPEUI={join_eui}", ("join_eui", "{join_eui}")),
        put("AT+APPKEY={app_key}"),
        put("AT+CLASS={class}"),
        put("AT+ADR={adr01}"),
        put("AT+RETY=0"),
        ask("AT+NJS=?", "njs"),
        ask("AT+DR=?", "dr"),
    )
    join = (put("AT+DR={join_dr}"), put("AT+JOIN=1:0:8:0"))
    joined = (put("AT+DR={initial_dr}"), ask("AT+DEVADDR=?", "dev_addr", HEX), ask("AT+DR=?", "dr"))
    sent = (ask("AT+DR=?", "dr"),)

    def __init__(self) -> None:
        super().__init__()
        self._value: str | None = None
        self._wait_ms: int | None = None
        self._sending = False

    def begin(self, command: "Command | None") -> None:
        """Learn which command is under way."""
        super().begin(command)
        self._value = self._wait_ms = None
        self._sending = command is not None and command.text.startswith("AT+SEND=")

    def send(self, port: int, payload: bytes, confirmed: bool) -> "tuple[Command, ...]":
        """Return the commands that send a frame."""
        cfm = "1" if confirmed else "0"
        text = "AT+SEND=" + str(port) + ":" + payload.hex()
        return (put("AT+CFM=" + cfm, ("cfm", cfm)), put(text))

    def read(self, line: str) -> "tuple[Meaning, ...]":
        """Return what a line means."""
        if line.startswith("+EVT:"):
            return _event(line[5:])
        if _BANNER in line:
            return (Meaning(BOOTED, None),)
        if line.startswith(_WAIT):
            self._wait_ms = number(line[len(_WAIT) :].split("_", 1)[0])
            return ()
        if line == "AT_BUSY_ERROR":
            return failed(BUSY) if self._wait_ms is None else failed(AIRTIME, self._wait_ms)
        if line == "OK":
            return self._on_ok()
        for word, reason in _STATUS:
            if line == word:
                return failed(TOO_LONG if self._sending and reason is BAD else reason)
        command = self._command
        if command is not None and command.asks and line.startswith(command.text[:-1]):
            value = line[len(command.text) - 1 :]
            if consists_of(value, command.form):
                self._value = value
        return ()

    def is_joined(self, values: "dict[str, str]") -> bool:
        """Tell whether the modem has a session."""
        return values.get("njs") == "1"

    def _on_ok(self) -> "tuple[Meaning, ...]":
        if self._command is None:
            return ()
        if self._command.asks is None:
            return (Meaning(OK, None),)
        return () if self._value is None else (Meaning(VALUE, self._value),)


def _event(text: str) -> "tuple[Meaning, ...]":
    for word, meaning in _EVENTS:
        if text == word:
            return (meaning,)
    for word, meaning in _EVENT_STARTS:
        if text.startswith(word):
            return (meaning,)
    # RX_<window>:<rssi>:<snr>:UNICAST:<port>:<payload>
    parts = text.split(":")
    if len(parts) == 6 and parts[0] in ("RX_1", "RX_2", "RX_B", "RX_C") and parts[3] in _CASTS:
        return received(parts[4], parts[5])
    return ()


_CASTS = ("UNICAST", "MULTICAST")
