"""The air of a plant: who hears what of whom.

`loss` is the part of the frames (0 or more, less than 1) that is dropped as a whole, for all its receivers,
in each direction. Uplinks and downlinks do not disturb each other: downlinks are sent with inverted IQ.
"""

import random
from collections.abc import Callable

from farwire_node.lorawan.airtime import airtime_us
from farwire_twin.world.clock import Clock
from farwire_twin.world.downlink_air import DownlinkAir, DownlinkReceiver
from farwire_twin.world.links import Links
from farwire_twin.world.on_air import Signal
from farwire_twin.world.propagation import Place
from farwire_twin.world.uplink_air import UplinkAir, UplinkReceiver


class Channel:
    """Both directions of the air. `seed` fixes each link's shadowing and which frames are dropped."""

    def __init__(self, clock: Clock, seed: int = 0, loss: float = 0.0) -> None:
        self.links = Links(seed)
        self.up = UplinkAir(clock, self.links)
        self.down = DownlinkAir(clock, self.links)
        self._clock = clock
        self.set_loss(loss)
        self._up_losses = random.Random(f"uplink loss {seed}")
        self._down_losses = random.Random(f"downlink loss {seed}")

    def set_loss(self, loss: float) -> None:
        """Drop this part of the frames from now on."""
        if not 0 <= loss < 1:
            raise ValueError(f"loss {loss}: expected 0 or more and less than 1")
        self._loss = loss

    def send_uplink(
        self,
        frame: bytes,
        freq_hz: int,
        sf: int,
        bw_hz: int,
        power_dbm: float,
        place: Place,
        on_end: Callable[[], None],
    ) -> Signal:
        """Put a node's frame on the air now; `on_end` is called at its end, before any gateway has it."""
        dropped = self._up_losses.random() < self._loss
        length_us = airtime_us(len(frame), sf, bw_hz)
        signal = Signal(frame, freq_hz, sf, bw_hz, power_dbm, place, self._clock.now_ms, length_us, dropped)
        self.up.send(signal, on_end)
        return signal

    def send_downlink(self, sender: UplinkReceiver, signal: Signal) -> None:
        """Put a gateway's frame on the air now; the gateway is deaf until it is over."""
        signal.dropped = self._down_losses.random() < self._loss
        self.up.deafen(sender, signal.end_ms)
        self.down.send(signal)

    def listen(
        self, receiver: DownlinkReceiver, freq_hz: int, sf: int, bw_hz: int, until_ms: int | None
    ) -> None:
        """Open a receive window of a node now, until further notice where `until_ms` is None (class C)."""
        self.down.open(receiver, freq_hz, sf, bw_hz, until_ms)

    def stop_listening(self, receiver: DownlinkReceiver) -> None:
        """Shut the window that a node has open, if it has one."""
        self.down.shut(receiver)
