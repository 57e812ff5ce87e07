"""A Microchip RN2483 with firmware 1.0.5: words in lower case, two answers to an action; over the MAC."""

from collections.abc import Callable

from farwire_node import link
from farwire_node.lorawan.regions import Region
from farwire_twin.modems import modem
from farwire_twin.modems.modem import Modem, Radio
from farwire_twin.modems.rak3172 import modem_hex

_BANNER = "RN2483 1.0.5 Oct 31 2018 15:06:52"
_HARDWARE_EUI = "0004A30B001A55ED"
_KEYS = {"deveui": ("dev_eui", 16), "appeui": ("join_eui", 16), "appkey": ("app_key", 32)}
_REFUSALS = {
    link.NOT_JOINED: "not_joined",
    link.BUSY: "busy",
    link.AIRTIME: "no_free_ch",
    link.TOO_LONG: "invalid_data_len",
}
_SESSION = "lorawan_session"


class Rn2483(Modem):
    """One module. `mac save` keeps the session; `mac join abp` goes on with what was kept."""

    baud = 57_600

    def __init__(self, radio: Radio, region: Region, seed: int = 1) -> None:
        super().__init__(radio, region, seed)
        self._eeprom: dict[str, str] = {}
        self._saved_session = b""
        self._saved_counter = 0
        self._answered = False  # a downlink took the place of the second answer

    def boot(self, now_ms: int) -> None:
        """Keep only what was saved; joined it is not before a join."""
        self.settings = dict(self._eeprom)
        self.storage.save(_SESSION, b"")
        self._answered = False
        self.say(_BANNER)

    def command(self, line: str, now_ms: int) -> None:
        """Act on a line."""
        words = line.split(" ")
        handlers: dict[tuple[str, ...], Callable[[], None]] = {
            ("sys", "reset"): lambda: self.power_on(now_ms),
            ("sys", "get"): lambda: self._sys_get(words[2:]),
            ("mac", "get"): lambda: self._get(words[2:]),
            ("mac", "set"): lambda: self._set(words[2:]),
            ("mac", "save"): lambda: self._save(now_ms),
            ("mac", "reset"): lambda: self._reset(words[2:]),
            ("mac", "join"): lambda: self._join(words[2:], now_ms),
            ("mac", "tx"): lambda: self._tx(words[2:], now_ms),
        }
        handler = handlers.get(tuple(words[:2]))
        if handler is None:
            self.say("invalid_param")
        else:
            handler()

    def on_bad_line(self) -> None:
        """Answer garbage."""
        self.say("invalid_param")

    def on_joined(self, dev_addr: int) -> None:
        """Tell the host."""
        self.say("accepted")

    def on_join_failed(self) -> None:
        """Tell the host."""
        self.say("denied")

    def on_delivered(self, acknowledged: bool | None) -> None:
        """Tell the host; in class A a downlink takes the place of this answer."""
        if not self._answered:
            self.say("mac_err" if acknowledged is False else "mac_tx_ok")
        self._answered = False

    def on_received(self, port: int, payload: bytes, window: int, rssi_dbm: int, snr_db: int) -> None:
        """Tell the host."""
        self.say(f"mac_rx {port} {payload.hex().upper()}")
        self._answered = self.settings.get("class") != "C"

    def _sys_get(self, words: list[str]) -> None:
        values = {"ver": _BANNER, "hweui": _HARDWARE_EUI, "vdd": "3295"}
        self.say(values.get(" ".join(words), "invalid_param"))

    def _get(self, words: list[str]) -> None:
        name = " ".join(words)
        if name in _KEYS and name != "appkey":
            setting, digits = _KEYS[name]
            self.say(self.settings.get(setting, "0" * digits))
        elif name == "devaddr":
            self.say(f"{self._dev_addr():08X}")
        elif name == "upctr":
            self.say(str(self.mac.f_cnt_up if self.joined else self._saved_counter))
        elif name == "dr":
            self.say(str(self.data_rate))
        elif name == "class":
            self.say(self.settings.get("class", "A").lower())
        elif name == "adr":
            self.say("on" if self.settings.get("adr", "0") == "1" else "off")
        else:
            self.say("invalid_param")

    def _set(self, words: list[str]) -> None:
        name, value = [*words, "", ""][:2]
        if name in _KEYS:
            setting, digits = _KEYS[name]
            taken = len(value) == digits and modem_hex(value)
            if taken:
                self.settings[setting] = value.upper()
        elif name == "dr":
            taken = self.set_data_rate(value)
        elif name == "class":
            taken = value in {"a", "c"} and self.set_class(value.upper())
        elif name == "adr":
            taken = value in {"on", "off"}
            if taken:
                self.set_adr(value == "on")
        elif name == "upctr":
            taken = value.isdigit()
            if taken and self.joined:
                self.mac.set_f_cnt_up(int(value))
        else:
            taken = name in {"retx", "pwridx", "rx2", "linkchk", "ar", "bat"}
        self.say("ok" if taken else "invalid_param")

    def _save(self, now_ms: int) -> None:
        self._eeprom = dict(self.settings)
        if self.joined:
            self._saved_counter = self.mac.f_cnt_up
            self.mac.suspend(now_ms)
            self._saved_session = self.storage.load(_SESSION) or b""
        self.say("ok")

    def _reset(self, words: list[str]) -> None:
        if words != ["868"]:
            self.say("invalid_param")
            return
        self.settings = {}
        self._saved_session = b""
        self.storage.save(_SESSION, b"")
        self._mac = None
        self.say("ok")

    def _join(self, words: list[str], now_ms: int) -> None:
        if words == ["abp"]:
            self._join_abp()
        elif words == ["otaa"]:
            refused = self.join(now_ms)
            self.say("busy" if refused == modem.BUSY else "keys_not_init" if refused else "ok")
        else:
            self.say("invalid_param")

    def _join_abp(self) -> None:
        if not self._saved_session:
            self.say("keys_not_init")
            return
        self._mac = None
        self.storage.save(_SESSION, self._saved_session)
        self.say("ok", "accepted" if self.mac.joined else "denied")

    def _tx(self, words: list[str], now_ms: int) -> None:
        if len(words) != 3 or words[0] not in {"cnf", "uncnf"} or not words[1].isdigit():
            self.say("invalid_param")
            return
        port, digits = int(words[1]), words[2] if len(words[2]) % 2 == 0 else "0" + words[2]
        if not 1 <= port <= 223 or not modem_hex(digits):
            self.say("invalid_param")
            return
        self._answered = False
        refusal = self.send(port, bytes.fromhex(digits), words[0] == "cnf", now_ms)
        self.say("ok" if refusal is None else _REFUSALS[refusal.reason])

    def _dev_addr(self) -> int:
        if self.joined:
            return self.mac.dev_addr
        return int.from_bytes(self._saved_session[1:5], "little")
