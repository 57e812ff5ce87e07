"""The neighbour: a node that sends each reading at once as a Cayenne LPP frame of its own, and keeps nothing.

The same sensors, sampler, MAC and ledger of charge as the node's; what the law does not let it send before
the next sample is lost.
"""

from collections.abc import Callable
from typing import Any

from farwire_codecs import configuration_keys as keys
from farwire_codecs import lpp, ports
from farwire_codecs.configuration import Setting
from farwire_codecs.lpp import Item
from farwire_node.link import Link, Sending
from farwire_node.power.power import Ledger
from farwire_node.sensors.sampler import Plan, Sampler
from farwire_node.sensors.sensor import Sensor
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import Storage

IDLE_MS = 3_600_000


class PlainNode:
    """Driven as farwire_node.node.Node is, and made with the same arguments."""

    def __init__(
        self,
        identity: int,
        sensors: tuple[Sensor, ...],
        actuators: tuple[Any, ...],
        link: Link,
        storage: Storage,
        random_below: Callable[[int], int],
        factory: tuple[Setting, ...] = (),
        **_: Any,
    ) -> None:
        self.power = Ledger()
        self.readings = 0
        self.unsent = 0
        interval_s = next(s.value for s in factory if s.key == keys.SAMPLING_INTERVAL_S)
        self._plan = Plan(interval_s, True)
        self._sensors = sensors
        self._link = link
        self._random_below = random_below
        self._sampler: Sampler | None = None
        self._waiting: list[bytes] = []

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Do what is due and return the next step."""
        self.power.advance(now_ms)
        if self._sampler is None:
            plans = [self._plan] * len(self._sensors)
            self._sampler = Sampler(self._sensors, plans, now_ms, self._random_below)
        self._sample(self._sampler, now_ms)
        happened = True
        while happened:
            retry_ms = self._send(now_ms)
            step = self._link.poll(now_ms)
            happened = bool(self._link.events())
            if not isinstance(step, Sleep):
                self.power.begin(step, self._link.joined, now_ms)
                return step
        moments = (step.until_ms, retry_ms, self._sampler.next_ms())
        return Sleep(min(moment for moment in moments if moment is not None))

    def on_tx_done(self, now_ms: int) -> None:
        self.power.radio_done(now_ms)
        self._link.on_tx_done(now_ms)

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        self.power.radio_done(now_ms)
        self._link.on_frame(frame, rssi_dbm, snr_db, now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        self.power.radio_done(now_ms)
        self._link.on_listen_end(now_ms)

    def events(self) -> list[Any]:
        return []

    def pending(self) -> int:
        return 0

    def stop_sampling(self) -> None:
        if self._sampler is not None:
            self._sampler.stop()

    def suspend(self, now_ms: int) -> None:
        self._link.suspend(now_ms)

    def _sample(self, sampler: Sampler, now_ms: int) -> None:
        charge_nc, rail_ms = sampler.charge_nc, sampler.rail_ms
        sample = sampler.poll(now_ms)
        if sample is None:
            return
        self.power.sampled(sampler.charge_nc - charge_nc, sampler.rail_ms - rail_ms)
        self.unsent += len(self._waiting)
        self._waiting = [
            lpp.encode_dynamic([Item(channel.channel, channel.type_id, value)])
            for channel, value in zip(sampler.channels, sample.values, strict=True)
            if value is not None
        ]
        self.readings += len(self._waiting)

    def _send(self, now_ms: int) -> int | None:
        """Give the link the next frame; return when to try again, None if only events matter."""
        if not self._link.joined:
            self._link.join(now_ms)
            return None
        if not self._waiting or self._link.busy:
            return None
        outcome = self._link.send(ports.LPP_DYNAMIC, self._waiting[0], False, False, now_ms)
        if isinstance(outcome, Sending):
            self._waiting.pop(0)
            return None
        return now_ms + IDLE_MS if outcome.retry_ms is None else outcome.retry_ms
