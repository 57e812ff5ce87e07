"""What all emulated modems have in common: a serial line, a MAC, a radio, and the power that both hang on.

A modem is told the time with every call and asked for its next wake-up with `poll`; it knows no thread, no
port and no air. The language is a subclass's. Times in ms on the clock of its world.
"""

import random
from typing import Any, Protocol

from farwire_node import link
from farwire_node.aes_host import HostAes
from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.regions import Region
from farwire_node.modems.line import Lines
from farwire_node.steps import Listen, Transmit
from farwire_node.storage import MemoryStorage
from farwire_twin.modems.mac import ModemMac

# What a test may have the firmware say to the next frames instead of sending them.
BUSY, NO_FREE_CHANNEL, NOT_JOINED = "busy", "no free channel", "not joined"

RX_1, RX_2, RX_C = 1, 2, 3


class Radio(Protocol):
    """The air as a modem's radio sees it; it answers with the modem's `on_...` methods."""

    def transmit(self, step: Transmit) -> None:
        """Send a frame now; `on_tx_done` follows."""

    def listen(self, step: Listen) -> None:
        """Open a window in the place of one that is; `on_frame` or `on_listen_end` follows (steps.py)."""

    def stop(self) -> None:
        """Lose power: nothing follows any more."""


class Modem:
    """One module. `flash` outlives its power: settings under names, the MAC's storage."""

    baud = 9600
    longest_line = 600
    line_end = "\r\n"
    downlink_first = True  # a downlink is told before the end of the cycle that it came in

    def __init__(self, radio: Radio, region: Region, seed: int = 1) -> None:
        self.radio = radio
        self.region = region
        self.storage = MemoryStorage()
        self.settings: dict[str, str] = {}
        self.refusals: list[str] = []  # for the next frames, oldest first
        self.resets = 0
        self._dice = random.Random(f"modem {seed}")
        self._out = bytearray()
        self._lines = Lines(self.longest_line)
        self._mac: ModemMac | None = None
        self._powered = False
        self._joining = False
        self._confirmed = False
        self._windows = 0  # opened since the last frame
        self._window = RX_1
        self._signal = (-80, 7)
        self._heard_ms = 0

    # -- power and line --

    def power_on(self, now_ms: int) -> None:
        """Boot: what is in flash stays, all else is lost."""
        self._powered = True
        self.resets += 1
        self._lines = Lines(self.longest_line)
        self._mac = None
        self._joining = False
        self.radio.stop()
        self.boot(now_ms)

    def power_off(self) -> None:
        """Lose power."""
        self._powered = False
        self._out.clear()
        self._mac = None
        self.radio.stop()

    def feed(self, data: bytes, now_ms: int) -> None:
        """Take what the host wrote."""
        if not self._powered:
            return
        bad = self._lines.dropped
        for line in self._lines.feed(data):
            self.command(line, now_ms)
        for _ in range(self._lines.dropped - bad):
            self.on_bad_line()
        self._heard_ms = now_ms

    def output(self) -> bytes:
        """Return what the modem wrote, and forget it."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def say(self, *lines: str) -> None:
        """Write lines to the host."""
        for line in lines:
            self._out += (line + self.line_end).encode()

    # -- the language: a subclass's --

    def boot(self, now_ms: int) -> None:
        """Say what the firmware says after a reset, and bring back a session where it does."""
        raise NotImplementedError

    def command(self, line: str, now_ms: int) -> None:
        """Act on a line of the host and answer it."""
        raise NotImplementedError

    def on_bad_line(self) -> None:
        """Answer a line that was garbage or too long."""
        raise NotImplementedError

    def on_joined(self, dev_addr: int) -> None:
        """Tell the host."""
        raise NotImplementedError

    def on_join_failed(self) -> None:
        """Tell the host."""
        raise NotImplementedError

    def on_delivered(self, acknowledged: bool | None) -> None:
        """Tell the host that a frame's cycle is over; `acknowledged` None: it asked for nothing."""
        raise NotImplementedError

    def on_received(self, port: int, payload: bytes, window: int, rssi_dbm: int, snr_db: int) -> None:
        """Tell the host of a downlink in window RX_1, RX_2 or RX_C."""
        raise NotImplementedError

    # -- the radio --

    def poll(self, now_ms: int) -> int:
        """Do what the MAC wants; return when to be polled again."""
        while True:
            mac = self._mac
            if mac is None:
                return now_ms + 3_600_000
            step = mac.poll(now_ms)
            self._tell(now_ms)
            if mac is not self._mac:
                continue
            if isinstance(step, Transmit):
                self._windows = 0
                self.radio.transmit(step)
            elif isinstance(step, Listen):
                self._windows += step.until_ms is not None
                self._window = RX_C if step.until_ms is None else min(self._windows, RX_2)
                self.radio.listen(step)
            else:
                return int(step.until_ms)

    def on_tx_done(self, now_ms: int) -> None:
        """The frame is out."""
        if self._mac is not None:
            self._mac.on_tx_done(now_ms)

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """A window brought a frame."""
        self._signal = (rssi_dbm, snr_db)
        if self._mac is not None:
            self._mac.on_frame(frame, rssi_dbm, snr_db, now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        """A window brought nothing."""
        if self._mac is not None:
            self._mac.on_listen_end(now_ms)

    # -- what commands do --

    @property
    def joined(self) -> bool:
        """Whether there is a session."""
        return self._mac is not None and self._mac.joined

    @property
    def mac(self) -> ModemMac:
        """The MAC, made from the settings when it is first needed; ConfigurationError without keys."""
        if self._mac is None:
            self._mac = self._made()
        return self._mac

    def join(self, now_ms: int) -> str | None:
        """Send one join-request; return why not."""
        if self._joining or (self._mac is not None and self._mac.busy):
            return BUSY
        try:
            self.mac.join(now_ms)
        except ConfigurationError:
            return NOT_JOINED
        self._joining = True
        return None

    def send(self, port: int, payload: bytes, confirmed: bool, now_ms: int) -> link.Refusal | None:
        """Send a frame; return why not."""
        if self.refusals:
            reason = self.refusals.pop(0)
            if reason == NOT_JOINED:
                self.forget_session()
                return link.Refusal(link.NOT_JOINED, None)
            return link.Refusal(link.BUSY if reason == BUSY else link.AIRTIME, None)
        if self._joining:
            return link.Refusal(link.BUSY, None)
        if not self.joined:
            return link.Refusal(link.NOT_JOINED, None)
        answer = self.mac.send(port, payload, confirmed, True, now_ms)
        return answer if isinstance(answer, link.Refusal) else None

    def forget_session(self) -> None:
        """Lose the session."""
        if self._mac is not None and self._mac.joined:
            self._mac.drop_session()

    @property
    def data_rate(self) -> int:
        """The present or, before a join, the set data rate."""
        rate = None if self._mac is None else self._mac.data_rate
        return int(self.settings.get("dr", "0")) if rate is None else int(rate)

    def set_data_rate(self, text: str) -> bool:
        """Set the data rate; False if the region has none such."""
        if not text.isdigit() or int(text) not in self.region.up_drs:
            return False
        self.settings["dr"] = text
        return not self.joined or self.mac.set_data_rate(int(text))

    def set_adr(self, on: bool) -> None:
        """Let the network choose the data rate, or keep the present one."""
        self.settings["adr"] = "1" if on else "0"
        if self._mac is not None:
            self._mac.set_adr(on)

    def set_class(self, name: str) -> bool:
        """Set class A or C; False for another."""
        if name not in {"A", "C"}:
            return False
        self.settings["class"] = name
        if self._mac is not None:
            self._mac.set_class(name)
        return True

    # -- inside --

    def _made(self) -> ModemMac:
        settings = self.settings
        try:
            dev_eui, join_eui = int(settings["dev_eui"], 16), int(settings["join_eui"], 16)
            app_key = bytes.fromhex(settings["app_key"])
        except (KeyError, ValueError):
            raise ConfigurationError("a modem without keys cannot join") from None
        mac = ModemMac(
            self.region,
            dev_eui,
            join_eui,
            app_key,
            HostAes(),
            self.storage,
            self._dice.randrange,
            initial_dr=int(settings["dr"]) if "dr" in settings else None,
            reserve_percent=0,
            adr=settings.get("adr", "1") == "1",
            join_spread_ms=0,
        )
        mac.set_class(settings.get("class", "A"))
        return mac

    def _tell(self, now_ms: int) -> None:
        """Turn what happened on the MAC into lines."""
        if self._mac is None:
            return
        events = self._mac.events()
        first = link.Received if self.downlink_first else link.Delivered
        for event in sorted(events, key=lambda event: not isinstance(event, first)):
            self._tell_one(event, now_ms)

    def _tell_one(self, event: Any, now_ms: int) -> None:
        if isinstance(event, link.Joined):
            self._joining = False
            self.on_joined(event.dev_addr)
        elif isinstance(event, link.JoinFailed):
            self._joining = False
            self._stop_joining(now_ms)
            self.on_join_failed()
        elif isinstance(event, link.Delivered):
            self.on_delivered(event.acknowledged)
        elif isinstance(event, link.Received):
            self.on_received(event.port, event.payload, self._window, *self._signal)

    def _stop_joining(self, now_ms: int) -> None:
        """One command is one attempt: the MAC, which would go on by itself, is made anew for the next."""
        assert self._mac is not None
        self._mac.suspend(now_ms)
        self._mac = None
