"""An emulated modem at a place in the twin's world: its radio in the twin's air, its clock the world's."""

from collections.abc import Callable

from farwire_node.lorawan.regions import Region
from farwire_node.steps import Listen, Transmit
from farwire_twin.modems.mac import Tuning
from farwire_twin.modems.modem import Modem, Radio
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.on_air import Copy
from farwire_twin.world.propagation import Place

# How long an open window of class C stays open before it is opened anew.
_OPEN_MS = 600_000


class ModemBoard:
    """The module, its antenna and its power. Everything here runs in the world's thread.

    `build` makes the modem; `write` gets what it says to its host.
    """

    def __init__(
        self,
        dev_eui: str,
        build: Callable[[Radio, Region], Modem],
        region: Region,
        place: Place,
        clock: Clock,
        channel: Channel,
        accounting: Accounting,
        write: Callable[[bytes], None],
    ) -> None:
        self.place = place
        self.modem = build(self, region)
        self._dev_eui = dev_eui
        self._clock = clock
        self._channel = channel
        self._accounting = accounting
        self._write = write
        self._ear: _Ear | None = None
        self._tuning: Tuning | None = None
        self._turn = 0
        self._armed_ms: int | None = None

    def power_on(self) -> None:
        """Boot (again)."""
        self._turn += 1
        self.modem.power_on(self._clock.now_ms)
        self._run()

    def power_off(self) -> None:
        """Lose power."""
        self._turn += 1
        self.modem.power_off()

    def feed(self, data: bytes) -> None:
        """Take what the host wrote."""
        self.modem.feed(data, self._clock.now_ms)
        self._run()

    # -- the radio of the modem --

    def transmit(self, step: Transmit) -> None:
        """Send a frame now."""
        turn = self._next_turn()
        signal = self._channel.send_uplink(
            step.frame,
            step.freq_hz,
            step.sf,
            step.bw_hz,
            step.power_dbm,
            self.place,
            lambda: self._tx_done(turn),
        )
        self._accounting.on_node_sent(self._dev_eui, signal)

    def listen(self, step: Listen) -> None:
        """Open a window now."""
        self._next_turn()
        self._open(_Ear(self.place, self._heard, self._heard_nothing), step[:3], step.until_ms)

    def tune(self, tuning: Tuning | None) -> None:
        """Listen there until told otherwise."""
        self._tuning = tuning
        if tuning is None:
            self._ear = None
        else:
            ear = _Ear(self.place, self._heard_open, self._reopen)
            self._open(ear, tuning, self._clock.now_ms + _OPEN_MS)

    def _open(self, ear: "_Ear", tuning: Tuning, until_ms: int) -> None:
        self._ear = ear
        self._channel.listen(ear, *tuning, until_ms)

    def _tx_done(self, turn: int) -> None:
        if turn == self._turn:
            self.modem.on_tx_done(self._clock.now_ms)
            self._run()

    def _heard(self, ear: "_Ear", copy: Copy) -> None:
        if ear is self._ear:
            self._ear = None
            self.modem.on_frame(copy.signal.frame, *_levels(copy), self._clock.now_ms)
            self._run()

    def _heard_nothing(self, ear: "_Ear") -> None:
        if ear is self._ear:
            self._ear = None
            self.modem.on_listen_end(self._clock.now_ms)
            self._run()

    def _heard_open(self, ear: "_Ear", copy: Copy) -> None:
        if ear is self._ear:
            self.modem.on_open_frame(copy.signal.frame, *_levels(copy), self._clock.now_ms)
            self._reopen(ear)
            self._run()

    def _reopen(self, ear: "_Ear") -> None:
        if ear is self._ear:
            self.tune(self._tuning)

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn

    # -- its clock --

    def _run(self) -> None:
        until_ms = max(self.modem.poll(self._clock.now_ms), self._clock.now_ms + 1)
        said = self.modem.output()
        if said:
            self._write(said)
        self._armed_ms = until_ms
        self._clock.at(until_ms, lambda: self._wake(until_ms))

    def _wake(self, armed_ms: int) -> None:
        if armed_ms == self._armed_ms:
            self._run()


class _Ear:
    """One window: the air knows receivers by identity, and a window that was left must not answer."""

    def __init__(
        self,
        place: Place,
        on_frame: Callable[["_Ear", Copy], None],
        on_end: Callable[["_Ear"], None],
    ) -> None:
        self.place = place
        self._on_frame = on_frame
        self._on_end = on_end

    def on_downlink(self, copy: Copy) -> None:
        """A frame was received whole."""
        self._on_frame(self, copy)

    def on_window_end(self) -> None:
        """Nothing was received."""
        self._on_end(self)


def _levels(copy: Copy) -> tuple[int, int]:
    return round(copy.rssi_dbm), round(copy.snr_db)
