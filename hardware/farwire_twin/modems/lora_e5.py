"""A Seeed LoRa-E5: AT commands whose every answer begins with +CMD:, over the twin's MAC."""

from farwire_node import link
from farwire_twin.modems import modem
from farwire_twin.modems.modem import Modem
from farwire_twin.modems.rak3172 import modem_hex

_BANDS = ("EU868", "US915", "AU915", "IN865", "KR920", "AS923")
_IDS = {"DEVEUI": ("dev_eui", "DevEui", 16), "APPEUI": ("join_eui", "AppEui", 16)}
_ECHOED = ("PORT", "RETRY", "REPT", "POWER")
_RSSI = {modem.RX_1: "RXWIN1", modem.RX_2: "RXWIN2", modem.RX_C: "RXWIN0"}

PARAMETER, UNKNOWN, FORMAT, MODE, CHARACTER = -1, -10, -11, -12, -23
_INPUT_TIMEOUT_MS = 1_000


class LoraE5(Modem):
    """One module. It says nothing when it boots."""

    baud = 9_600
    longest_line = 528

    def boot(self, now_ms: int) -> None:
        """No banner, and no session."""
        self.storage.save("lorawan_session", b"")
        self.settings["port"] = "8"
        self._word = "MSG"

    def command(self, line: str, now_ms: int) -> None:
        """Act on a line."""
        name, _, value = line.partition("=")
        name = name.upper()
        if name == "AT":
            self.say("+AT: OK")
        elif not name.startswith("AT+"):
            self.say(f"+AT: ERROR({FORMAT})")
        else:
            word = name[3:]
            handlers = {
                "VER": lambda: self.say("+VER: 4.0.11"),
                "RESET": lambda: self._reset(now_ms),
                "ID": lambda: self._id(value),
                "KEY": lambda: self._key(value),
                "MODE": lambda: self._mode(value),
                "DR": lambda: self._dr(value),
                "CLASS": lambda: self._set("CLASS", value.upper(), self.set_class(value.upper())),
                "CH": lambda: self._set("CH", value.replace(",", ", ", 1), value.startswith("NUM,")),
                "ADR": lambda: self._adr(value),
                "LW": lambda: self._lw(value),
                "JOIN": lambda: self._join(value, now_ms),
            }
            if word in handlers:
                handlers[word]()
            elif word in _ECHOED:
                taken = value.isdigit() and int(value) <= 255
                if taken:
                    self.settings[word.lower()] = value
                self._set(word, value, taken)
            elif word in {"MSG", "MSGHEX", "CMSG", "CMSGHEX"}:
                self._message(word, value, now_ms)
            else:
                self.say(f"+{word}: ERROR({UNKNOWN})")

    def feed(self, data: bytes, now_ms: int) -> None:
        """Take what the host wrote; a line that was begun long ago is given up."""
        if self._lines.pending and now_ms - self._heard_ms > _INPUT_TIMEOUT_MS:
            self._lines.clear()
            self.say("+INFO: Input timeout")
        super().feed(data, now_ms)

    def on_bad_line(self) -> None:
        """Answer garbage."""
        self.say(f"+AT: ERROR({CHARACTER})")

    def on_joined(self, dev_addr: int) -> None:
        """Tell the host."""
        address = ":".join(f"{dev_addr:08X}"[at : at + 2] for at in range(0, 8, 2))
        self.say("+JOIN: Network joined", f"+JOIN: NetID 000013 DevAddr {address}", "+JOIN: Done")

    def on_join_failed(self) -> None:
        """Tell the host."""
        self.say("+JOIN: Join failed", "+JOIN: Done")

    def on_delivered(self, acknowledged: bool | None) -> None:
        """Tell the host, after a downlink that came in the same cycle."""
        if acknowledged:
            self.say(f"+{self._word}: ACK Received")
        self.say(f"+{self._word}: Done")

    def on_received(self, port: int, payload: bytes, window: int, rssi_dbm: int, snr_db: int) -> None:
        """Tell the host."""
        self.say(
            f'+{self._word}: PORT: {port}; RX: "{payload.hex().upper()}"',
            f"+{self._word}: {_RSSI[window]}, RSSI {rssi_dbm}, SNR {snr_db}.0",
        )

    def _reset(self, now_ms: int) -> None:
        self.say("+RESET: OK")
        self.power_on(now_ms)

    def _set(self, word: str, text: str, taken: bool) -> None:
        self.say(f"+{word}: {text}" if taken else f"+{word}: ERROR({PARAMETER})")

    def _id(self, value: str) -> None:
        which, _, text = value.partition(",")
        digits = text.strip('"')
        known = _IDS.get(which.upper())
        if known is None or len(digits) != known[2] or not modem_hex(digits):
            self.say(f"+ID: ERROR({PARAMETER})")
            return
        self.settings[known[0]] = digits
        self.say(f"+ID: {known[1]}, " + ":".join(digits[at : at + 2] for at in range(0, known[2], 2)))

    def _key(self, value: str) -> None:
        which, _, text = value.partition(",")
        digits = text.strip('"')
        if which.upper() != "APPKEY" or len(digits) != 32 or not modem_hex(digits):
            self.say(f"+KEY: ERROR({PARAMETER})")
            return
        self.settings["app_key"] = digits
        self.say(f"+KEY: APPKEY {digits}")

    def _mode(self, value: str) -> None:
        self._set("MODE", value, value in {"LWOTAA", "LWABP", "TEST"})

    def _dr(self, value: str) -> None:
        if value in _BANDS:
            self._set("DR", value, value == self.region.name)
        elif value and not self.set_data_rate(value):
            self.say(f"+DR: ERROR({PARAMETER})")
        else:
            sf, bw_hz = self.region.data_rates[self.data_rate]
            rate = f"DR{self.data_rate}"
            self.say(f"+DR: {rate}", f"+DR: {self.region.name} {rate}  SF{sf} BW{bw_hz // 1000}K ")

    def _adr(self, value: str) -> None:
        self.set_adr(value == "ON")
        self._set("ADR", value, value in {"ON", "OFF"})

    def _lw(self, value: str) -> None:
        if value == "LEN":
            size = self.region.max_payload[self.data_rate]
            self.say(f"+LW: LEN, {self.mac.capacity(0) if self.joined else size}")
        else:
            self._set("LW", value.replace(",", ", "), value.startswith(("DC,", "JDC,")))

    def _join(self, value: str, now_ms: int) -> None:
        if self.joined and value != "FORCE":
            self.say("+JOIN: Joined already")
            return
        refused = self.join(now_ms)
        if refused == modem.BUSY:
            self.say("+JOIN: LoRaWAN modem is busy")
        elif refused:
            self.say(f"+JOIN: ERROR({MODE})")
        else:
            self.say("+JOIN: Start", "+JOIN: NORMAL")

    def _message(self, word: str, value: str, now_ms: int) -> None:
        text = value.strip('"')
        if word.endswith("HEX") and (len(text) % 2 or not modem_hex(text)):
            self.say(f"+{word}: ERROR({PARAMETER})")
            return
        payload = bytes.fromhex(text) if word.endswith("HEX") else text.encode()
        confirmed = word.startswith("C")
        refusal = self.send(int(self.settings["port"]), payload, confirmed, now_ms)
        if refusal is None:
            self._word = word
            self.say(f"+{word}: Start")
            if confirmed:
                self.say(f"+{word}: Wait ACK")
        elif refusal.reason == link.NOT_JOINED:
            self.say(f"+{word}: Please join network first")
        elif refusal.reason == link.BUSY:
            self.say(f"+{word}: LoRaWAN modem is busy")
        elif refusal.reason == link.TOO_LONG:
            self.say(f"+{word}: Length error {self.mac.capacity(now_ms)}")
        elif refusal.retry_ms is None:
            self.say(f"+{word}: No free channel")
        else:
            self.say(f"+{word}: No band in {refusal.retry_ms - now_ms}ms")
