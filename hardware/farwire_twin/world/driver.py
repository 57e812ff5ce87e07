"""Runs one node's program on the world's clock: its steps become frames, windows and wakes.

The node is farwire_node's own; this is its board. One wake is pending per node, however long it sleeps.
"""

from typing import Any, Protocol

from farwire_node.steps import Listen, Sleep, Transmit
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.on_air import Copy
from farwire_twin.world.propagation import Place

# A program that asks for so much at one instant will never sleep.
MOST_STEPS_AT_ONCE = 100


class NodeProgram(Protocol):
    """What of farwire_node.node.Node a board must call. All times are virtual ms."""

    def poll(self, now_ms: int) -> Any:
        """The next step: Transmit, Listen or Sleep."""

    def on_tx_done(self, now_ms: int) -> None:
        """The frame is out."""

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """A frame was received; listening is over."""

    def on_listen_end(self, now_ms: int) -> None:
        """Nothing was received."""

    def events(self) -> list[Any]:
        """What happened since the last call."""


class Driver:
    """The board of one node: its radio at a place, its clock, its sleep."""

    def __init__(
        self,
        dev_eui: str,
        node: NodeProgram,
        place: Place,
        clock: Clock,
        channel: Channel,
        accounting: Accounting,
    ) -> None:
        self.dev_eui = dev_eui
        self.node = node
        self.place = place
        self._clock = clock
        self._channel = channel
        self._accounting = accounting
        self._wanted_ms: int | None = None  # when the node wants to be polled
        self._armed_ms: int | None = None  # the earliest wake in the clock's heap
        self._radio_busy = False

    def power_on(self) -> None:
        """Run the node from now on."""
        self._run()

    def poke(self) -> None:
        """Poll the node now: something was said to it from outside."""
        self._run()

    def on_downlink(self, copy: Copy) -> None:
        """Give the node a frame."""
        self._radio_busy = False
        self.node.on_frame(copy.signal.frame, round(copy.rssi_dbm), round(copy.snr_db), self._clock.now_ms)
        self._run()

    def on_window_end(self) -> None:
        """Tell the node that nothing came."""
        self._radio_busy = False
        self.node.on_listen_end(self._clock.now_ms)
        self._run()

    def _tx_done(self) -> None:
        self._radio_busy = False
        self.node.on_tx_done(self._clock.now_ms)
        self._run()

    def _run(self) -> None:
        """Poll until the node sleeps."""
        now_ms = self._clock.now_ms
        for _ in range(MOST_STEPS_AT_ONCE):
            step = self.node.poll(now_ms)
            if isinstance(step, Sleep):
                self._report()
                self._sleep(max(step.until_ms, now_ms + 1))
                return
            self._do(step)
        raise RuntimeError(f"node {self.dev_eui} never sleeps at {now_ms} ms: {step}")

    def _do(self, step: Any) -> None:
        if self._radio_busy:
            raise RuntimeError(f"node {self.dev_eui} wants {step} while its radio is busy")
        # A Listen without an end (class C) gives way to whatever comes next.
        self._radio_busy = not (isinstance(step, Listen) and step.until_ms is None)
        self._channel.stop_listening(self)
        if isinstance(step, Transmit):
            signal = self._channel.send_uplink(
                step.frame, step.freq_hz, step.sf, step.bw_hz, step.power_dbm, self.place, self._tx_done
            )
            self._accounting.on_node_sent(self.dev_eui, signal)
        elif isinstance(step, Listen):
            self._channel.listen(self, step.freq_hz, step.sf, step.bw_hz, step.until_ms)
        else:
            raise TypeError(f"node {self.dev_eui}: {step!r} is no step")

    def _report(self) -> None:
        for event in self.node.events():
            self._accounting.on_event(self.dev_eui, event)

    def _sleep(self, until_ms: int) -> None:
        self._wanted_ms = until_ms
        if self._armed_ms is None or until_ms < self._armed_ms:
            self._armed_ms = until_ms
            self._clock.at(until_ms, self._wake)

    def _wake(self) -> None:
        now_ms = self._clock.now_ms
        if now_ms != self._armed_ms:
            return  # an earlier wake took this one's place
        self._armed_ms = None
        if self._wanted_ms is None or self._wanted_ms > now_ms:
            # The node's plans moved on while this wake was pending.
            if self._wanted_ms is not None:
                self._sleep(self._wanted_ms)
            return
        self._run()
