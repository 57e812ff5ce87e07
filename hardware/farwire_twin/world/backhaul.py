"""How gateways and a network server reach each other: the seam between MQTT and a call in the same thread."""

from collections.abc import Callable
from typing import Protocol

from chirpstack_api import gw

DownlinkHandler = Callable[[gw.DownlinkFrame], None]


class Backhaul(Protocol):
    """What one gateway sends to its network server. Called in the world's thread; returns at once."""

    def send_uplink(self, frame: gw.UplinkFrame) -> None:
        """A frame was received."""

    def send_ack(self, ack: gw.DownlinkTxAck) -> None:
        """A downlink was accepted or refused."""

    def send_stats(self, stats: gw.GatewayStats) -> None:
        """The statistics of the last interval."""
