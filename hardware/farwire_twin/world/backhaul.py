"""How gateways and a network server reach each other: through a broker (gateway_mqtt.py), or by a call."""

from collections.abc import Callable
from typing import Protocol

from chirpstack_api import gw

from farwire_twin.network_server.backend import DirectBackend

DownlinkHandler = Callable[[gw.DownlinkFrame], None]


class Backhaul(Protocol):
    """What one gateway sends to its network server. Called in the world's thread; returns at once."""

    def send_uplink(self, frame: gw.UplinkFrame) -> None:
        """A frame was received."""

    def send_ack(self, ack: gw.DownlinkTxAck) -> None:
        """A downlink was accepted or refused."""

    def send_stats(self, stats: gw.GatewayStats) -> None:
        """The statistics of the last interval."""


class DirectBackhaul:
    """A network server in the same thread."""

    def __init__(self, backend: DirectBackend) -> None:
        self._backend = backend

    def send_uplink(self, frame: gw.UplinkFrame) -> None:
        """Hand over a received frame."""
        self._backend.receiver.on_uplink(frame)

    def send_ack(self, ack: gw.DownlinkTxAck) -> None:
        """Hand over what became of a downlink."""
        self._backend.receiver.on_tx_ack(ack)

    def send_stats(self, stats: gw.GatewayStats) -> None:
        """Hand over the statistics."""
        self._backend.receiver.on_stats(stats)
