"""A gateway at its place in the world: its core between the air and the backhaul."""

from chirpstack_api import gw

from farwire_twin.world.accounting import Accounting
from farwire_twin.world.backhaul import Backhaul
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.gateway import Gateway
from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import Place

STATS_INTERVAL_MS = 30_000  # ChirpStack's default (chirpstack-mqtt-forwarder and concentratord: 30 s)


class Station:
    """Moves frames between the channel, one Gateway and its backhaul, in the world's thread."""

    def __init__(self, gateway: Gateway, clock: Clock, channel: Channel, accounting: Accounting) -> None:
        self.gateway = gateway
        self.place: Place = gateway.place
        self._clock = clock
        self._channel = channel
        self._accounting = accounting
        self._backhaul: Backhaul | None = None
        self._powered = True
        channel.up.add_receiver(self)

    def start(self, backhaul: Backhaul) -> None:
        """Serve `backhaul` from now on."""
        self._backhaul = backhaul
        self._report()

    def outage(self, from_ms: int, until_ms: int) -> None:
        """Be without power in that time: hear nothing, send nothing, answer nothing."""
        self._clock.at(from_ms, lambda: self._power(on=False))
        self._clock.at(until_ms, lambda: self._power(on=True))

    def on_uplink(self, copy: Copy) -> None:
        """Pass on a frame from the air."""
        if self._backhaul is not None and self._powered:
            self._backhaul.send_uplink(self.gateway.on_uplink(copy, self._clock.now_ms, self._clock.utc_ms))

    def on_downlink(self, frame: gw.DownlinkFrame) -> None:
        """Take a downlink from the network server, and say what comes of it."""
        if not self._powered:
            return
        ack, emission = self.gateway.on_downlink(frame, self._clock.now_ms)
        if emission is not None:
            self._clock.at(emission.start_ms, lambda: self._emit(emission))
        if self._backhaul is not None:
            self._backhaul.send_ack(ack)

    def _power(self, *, on: bool) -> None:
        self._powered = on

    def _emit(self, signal: Signal) -> None:
        if not self._powered:
            return
        self._accounting.on_gateway_sent(self.gateway.gateway_id, signal)
        self._channel.send_downlink(self, signal)

    def _report(self) -> None:
        if self._backhaul is not None and self._powered:
            self._backhaul.send_stats(self.gateway.stats(self._clock.utc_ms))
        self._clock.after(STATS_INTERVAL_MS, self._report)
