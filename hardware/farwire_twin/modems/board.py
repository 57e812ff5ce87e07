"""An emulated modem at a place in the twin's world: its radio in the twin's air, its clock the world's."""

from collections.abc import Callable

from farwire_node.lorawan.regions import Region
from farwire_node.steps import Listen, Transmit
from farwire_twin.modems.modem import Modem, Radio
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.on_air import Copy
from farwire_twin.world.propagation import Place


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
        self._dev_eui = dev_eui
        self._clock = clock
        self._channel = channel
        self._accounting = accounting
        self._write = write
        self._turn = 0  # of the radio; what belongs to an earlier one is not reported
        self._armed_ms: int | None = None
        self.modem = build(self, region)

    def power_on(self) -> None:
        """Boot (again)."""
        self.modem.power_on(self._clock.now_ms)
        self._run()

    def power_off(self) -> None:
        """Lose power."""
        self.modem.power_off()

    def feed(self, data: bytes) -> None:
        """Take what the host wrote."""
        self.modem.feed(data, self._clock.now_ms)
        self._run()

    # -- the radio of the modem --

    def transmit(self, step: Transmit) -> None:
        """Send a frame now."""
        self.stop()
        turn = self._turn
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
        self.stop()
        self._channel.listen(self, step.freq_hz, step.sf, step.bw_hz, step.until_ms)

    def stop(self) -> None:
        """Do no more of what is under way; a frame stays on the air, but nobody waits for its end."""
        self._turn += 1
        self._channel.stop_listening(self)

    def on_downlink(self, copy: Copy) -> None:
        """Give the modem a frame."""
        levels = round(copy.rssi_dbm), round(copy.snr_db)
        self.modem.on_frame(copy.signal.frame, *levels, self._clock.now_ms)
        self._run()

    def on_window_end(self) -> None:
        """Tell the modem that nothing came."""
        self.modem.on_listen_end(self._clock.now_ms)
        self._run()

    def _tx_done(self, turn: int) -> None:
        if turn == self._turn:
            self.modem.on_tx_done(self._clock.now_ms)
            self._run()

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
