"""The two ways in and out: through a broker (mqtt.py), or directly for simulation without one.

A backend hands what it receives to a `Receiver` in the world's thread, and takes what the core puts out.
"""

from collections.abc import Callable
from typing import Protocol

from chirpstack_api import gw, integration

from farwire_twin.network_server.outputs import PublishEvent

Token = tuple[str, str, int]  # what ("up", "ack", "down"), gateway id (16 hex digits), message id


class Barrier(Protocol):
    """Counts messages under way between gateways and network server; thread-safe."""

    def enter(self, token: Token) -> None:
        """A message was published."""
        ...

    def leave(self, token: Token) -> None:
        """A message was processed."""
        ...


class NoBarrier:
    """For those who do not wait."""

    def enter(self, token: Token) -> None:
        """Nothing to count."""

    def leave(self, token: Token) -> None:
        """Nothing to count."""


class Receiver(Protocol):
    """What a backend calls, in the world's thread."""

    def on_uplink(self, frame: gw.UplinkFrame) -> None:
        """A gateway heard a frame."""
        ...

    def on_tx_ack(self, ack: gw.DownlinkTxAck) -> None:
        """A gateway tells what became of a downlink."""
        ...

    def on_stats(self, stats: gw.GatewayStats) -> None:
        """A gateway's periodic report."""
        ...

    def on_command(self, application_id: str, dev_eui: str, command: integration.DownlinkCommand) -> None:
        """The application's `command/down`."""
        ...

    def on_malformed(self, topic: str, error: str) -> None:
        """Something arrived that is no message."""
        ...


class Backend(Protocol):
    """What the network server needs of a backend."""

    def start(self, receiver: Receiver) -> None:
        """Connect; from now on `receiver` is called."""
        ...

    def stop(self) -> None:
        """Disconnect."""
        ...

    def send_downlink(self, frame: gw.DownlinkFrame) -> None:
        """Hand a frame to its gateway."""
        ...

    def publish_event(self, event: PublishEvent) -> None:
        """Tell the application."""
        ...


class DirectBackend:
    """No broker: gateways and application call in, and are called, in the world's thread."""

    def __init__(
        self,
        to_gateway: Callable[[gw.DownlinkFrame], None],
        to_application: Callable[[PublishEvent], None],
    ) -> None:
        self.send_downlink = to_gateway
        self.publish_event = to_application
        self._receiver: Receiver | None = None

    @property
    def receiver(self) -> Receiver:
        """Where gateways and application speak to; there from the server's start on."""
        if self._receiver is None:
            raise RuntimeError("the network server is not started")
        return self._receiver

    def start(self, receiver: Receiver) -> None:
        """Take note of the receiver."""
        self._receiver = receiver

    def stop(self) -> None:
        """Nothing is connected."""
        self._receiver = None
