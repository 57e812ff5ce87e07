"""A RAK3172 with RUI3: its AT commands, status words and +EVT: lines over the twin's MAC.

As in the firmware: any write of AT+NWM resets the module; a payload that does not fit sends an empty frame
and answers AT_PARAM_ERROR; a duty cycle that forbids says Restricted_Wait_<ms>_ms before AT_BUSY_ERROR.
"""

from farwire_node import link
from farwire_twin.modems import modem
from farwire_twin.modems.modem import Modem

_BANNER = ("RAKwireless RAK3172-E Example", "-" * 54, "Current Work Mode: LoRaWAN.")
_VERSION = "RUI_4.0.6_RAK3172-E"
_WINDOWS = {modem.RX_1: "RX_1", modem.RX_2: "RX_2", modem.RX_C: "RX_C"}
_STATUS = {
    link.NOT_JOINED: "AT_NO_NETWORK_JOINED",
    link.BUSY: "AT_BUSY_ERROR",
    link.AIRTIME: "AT_BUSY_ERROR",
    link.TOO_LONG: "AT_PARAM_ERROR",
}
# Settings that are kept as they are written: name -> (setting, digits of a hexadecimal value or None).
_KEPT = {
    "DEVEUI": ("dev_eui", 16),
    "APPEUI": ("join_eui", 16),
    "APPKEY": ("app_key", 32),
    "BAND": ("band", None),
    "NJM": ("njm", None),
    "ADR": ("adr", None),
    "RETY": ("rety", None),
    "CFM": ("cfm", None),
    "MASK": ("mask", None),
}
_FACTORY = {"band": "4", "njm": "1", "adr": "1", "rety": "0", "cfm": "0"}
_MOST_DIGITS = 500


class Rak3172(Modem):
    """One module."""

    baud = 115_200
    downlink_first = False

    def boot(self, now_ms: int) -> None:
        """The session of an OTAA device does not outlive a reset."""
        for name, value in _FACTORY.items():
            self.settings.setdefault(name, value)
        self.storage.save("lorawan_session", b"")
        self.say(*_BANNER)

    def command(self, line: str, now_ms: int) -> None:
        """Act on a line."""
        name, equals, value = line.upper().partition("=")
        if name == "ATZ":
            self.power_on(now_ms)
        elif name == "AT":
            self.say("OK")
        elif not name.startswith("AT+"):
            self.say("AT_COMMAND_NOT_FOUND")
        elif equals and not value:
            self.say("AT_PARAM_ERROR")
        elif value == "?":
            self._read(name[3:])
        else:
            self._write(name[3:], value, now_ms)

    def on_bad_line(self) -> None:
        """Answer garbage."""
        self.say("AT_COMMAND_NOT_FOUND")

    def on_joined(self, dev_addr: int) -> None:
        """Tell the host."""
        self.say("+EVT:JOINED")

    def on_join_failed(self) -> None:
        """Tell the host."""
        self.say("+EVT:JOIN_FAILED_RX_TIMEOUT")

    def on_delivered(self, acknowledged: bool | None) -> None:
        """Tell the host."""
        if acknowledged is None:
            self.say("+EVT:TX_DONE")
        else:
            self.say("+EVT:SEND_CONFIRMED_OK" if acknowledged else "+EVT:SEND_CONFIRMED_FAILED(4)")

    def on_received(self, port: int, payload: bytes, window: int, rssi_dbm: int, snr_db: int) -> None:
        """Tell the host; a downlink without payload prints nothing."""
        if payload:
            name = _WINDOWS[window]
            self.say(f"+EVT:{name}:{rssi_dbm}:{snr_db}:UNICAST:{port}:{payload.hex()}")

    def _read(self, name: str) -> None:
        values = {
            "VER": _VERSION,
            "NWM": "1",
            "NJS": str(int(self.joined)),
            "DR": str(self.data_rate),
            "CLASS": self.settings.get("class", "A"),
            "DEVADDR": f"{self.mac.dev_addr if self.joined else 0:08X}",
        }
        if name in _KEPT:
            setting, digits = _KEPT[name]
            values[name] = self.settings.get(setting, "0" * (digits or 1))
        if name in values:
            self.say(f"AT+{name}={values[name]}", "OK")
        else:
            self.say("AT_COMMAND_NOT_FOUND")

    def _write(self, name: str, value: str, now_ms: int) -> None:
        if name == "NWM":
            self.say("OK")
            self.power_on(now_ms)
        elif name == "JOIN":
            refused = self.join(now_ms)
            self.say("AT_BUSY_ERROR" if refused == modem.BUSY else "AT_PARAM_ERROR" if refused else "OK")
        elif name == "SEND":
            self._send(value, now_ms)
        elif name == "DR":
            self.say("OK" if self.set_data_rate(value) else "AT_PARAM_ERROR")
        elif name == "CLASS":
            self.say("OK" if self.set_class(value) else "AT_PARAM_ERROR")
        elif name == "ADR":
            if value in {"0", "1"}:
                self.set_adr(value == "1")
            self.say("OK" if value in {"0", "1"} else "AT_PARAM_ERROR")
        elif name in _KEPT:
            setting, digits = _KEPT[name]
            if digits is None or (len(value) == digits and modem_hex(value)):
                self.settings[setting] = value
                self.say("OK")
            else:
                self.say("AT_PARAM_ERROR")
        else:
            self.say("AT_COMMAND_NOT_FOUND")

    def _send(self, value: str, now_ms: int) -> None:
        port, _, digits = value.partition(":")
        if not port.isdigit() or not 1 <= int(port) <= 223 or not modem_hex(digits):
            self.say("AT_PARAM_ERROR")
            return
        if len(digits) % 2 or len(digits) > _MOST_DIGITS:
            self.say("AT_PARAM_ERROR")
            return
        confirmed = self.settings["cfm"] == "1"
        refusal = self.send(int(port), bytes.fromhex(digits), confirmed, now_ms)
        if refusal is None:
            self.say("OK")
            return
        if refusal.reason == link.AIRTIME:
            wait_ms = 30_000 if refusal.retry_ms is None else refusal.retry_ms - now_ms
            self.say(f"Restricted_Wait_{wait_ms}_ms")
        elif refusal.reason == link.TOO_LONG:
            self.mac.send(int(port), b"", False, True, now_ms)
        self.say(_STATUS[refusal.reason])


def modem_hex(text: str) -> bool:
    """Whether a text is hexadecimal digits."""
    return bool(text) and all(letter in "0123456789abcdefABCDEF" for letter in text)
