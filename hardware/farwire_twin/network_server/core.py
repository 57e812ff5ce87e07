"""The network server without I/O: frames, acknowledgements and commands in; downlinks and events out.

Time comes in as UTC milliseconds. Every input may leave outputs (`take_outputs`) and move `next_timer`. What
is wrong with an input is counted and becomes a `Refused`; nothing else changes then.
"""

from collections.abc import Callable
from functools import partial

from chirpstack_api import gw, integration

from farwire_node.aes import Crypto
from farwire_node.errors import FrameError
from farwire_node.lorawan import frames
from farwire_twin.network_server import commands, gateway_stats, heard, join, tx_ack, uplink
from farwire_twin.network_server.class_c import Scheduler
from farwire_twin.network_server.deduplication import Deduplication
from farwire_twin.network_server.errors import NetworkServerError, RefusedError
from farwire_twin.network_server.outputs import Output
from farwire_twin.network_server.records import Record, UplinkSet
from farwire_twin.network_server.settings import NetworkServerSettings
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import to_timestamp

HANDLERS = {
    frames.JOIN_REQUEST: join.handle,
    frames.UNCONFIRMED_UP: uplink.handle,
    frames.CONFIRMED_UP: uplink.handle,
}


class NetworkCore:
    """One ChirpStack-compatible network server of one region, started at UTC ms `started_ms`."""

    def __init__(self, settings: NetworkServerSettings, crypto: Crypto, started_ms: int = 0) -> None:
        self.state = State(settings, crypto, started_ms)
        self._deduplication = Deduplication(settings.deduplication_delay_ms)
        self._class_c = Scheduler(self.state)

    # --- inputs

    def on_uplink(self, frame: gw.UplinkFrame, now_ms: int) -> None:
        """A gateway heard a frame."""
        self.state.counters["uplink copies"] += 1
        if frame.HasField("rx_info"):
            frame.rx_info.ns_time.CopyFrom(to_timestamp(now_ms))
        key = self._deduplication.put(frame, now_ms)
        if key is not None:
            due_ms = now_ms + self._deduplication.delay_ms
            self.state.timers.at(due_ms, partial(self._collect, key))

    def on_tx_ack(self, ack: gw.DownlinkTxAck, now_ms: int) -> None:
        """A gateway tells what became of a downlink."""
        self._guarded(lambda: tx_ack.handle(self.state, ack, now_ms))
        self._class_c.arm(now_ms)

    def on_stats(self, stats: gw.GatewayStats, now_ms: int) -> None:
        """A gateway's periodic report."""
        self._guarded(lambda: gateway_stats.handle(self.state, stats, now_ms))

    def on_command(
        self, application_id: str, dev_eui: str, command: integration.DownlinkCommand, now_ms: int
    ) -> None:
        """The application's `command/down`; `application_id` and `dev_eui` are those of the topic."""
        self._guarded(lambda: commands.down(self.state, application_id, dev_eui, command, now_ms))
        self._class_c.arm(now_ms)

    def queue_changed(self, now_ms: int) -> None:
        """To be called when the API has changed a queue."""
        self._class_c.arm(now_ms)

    def restore(self, records: list[Record], now_ms: int) -> None:
        """Take over what the storage kept."""
        self.state.registry.restore(records)
        self._class_c.arm(now_ms)

    # --- time and outputs

    def next_timer(self) -> int | None:
        """When `handle_timer` has something to do; None: never."""
        return self.state.timers.next_ms()

    def handle_timer(self, now_ms: int) -> None:
        """Do all that is due."""
        while (action := self.state.timers.pop_due(now_ms)) is not None:
            action(now_ms)

    def take_outputs(self) -> list[Output]:
        """What is to be done now, in this order; each is returned once."""
        taken, self.state.outputs = self.state.outputs, []
        return taken

    def _collect(self, key: bytes, now_ms: int) -> None:
        collected = self._deduplication.collect(key, self.state.new_uuid())
        if collected is None:
            self.state.refuse("uplink without tx_info or rx_info")
            return
        self.state.counters["uplinks"] += 1
        self._guarded(lambda: self._handle(collected, now_ms))

    def _handle(self, collected: UplinkSet, now_ms: int) -> None:
        try:
            kind = frames.frame_type(collected.phy_payload)
        except FrameError as error:
            raise RefusedError("malformed frame", error=str(error)) from error
        if kind not in HANDLERS:
            raise RefusedError("unexpected frame type", frame_type=kind)
        collected.dr = self.state.region.uplink_dr(collected.tx_info)
        collected.channel = self.state.region.uplink_channel(collected.tx_info.frequency, collected.dr)
        heard.add_locations(self.state, collected)
        HANDLERS[kind](self.state, collected, now_ms)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RefusedError as error:
            self.state.refuse(error.reason, **error.facts)
        except NetworkServerError as error:
            self.state.refuse(type(error).__name__, error=str(error))
