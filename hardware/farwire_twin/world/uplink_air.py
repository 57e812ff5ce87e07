"""Uplinks on the air. A gateway hears all channels and spreading factors at once, nothing while it sends."""

from collections.abc import Callable
from typing import Protocol

from farwire_twin.world.clock import Clock
from farwire_twin.world.links import Links, readable
from farwire_twin.world.on_air import COLLIDED, HALF_DUPLEX, AirCounts, Copy, Signal, overlap
from farwire_twin.world.propagation import Place, capture_db


class UplinkReceiver(Protocol):
    """A gateway's radio, as the air sees it."""

    place: Place

    def on_uplink(self, copy: Copy) -> None:
        """A frame was received whole; it ended now."""


class UplinkAir:
    """What nodes send and what gateways hear of it."""

    def __init__(self, clock: Clock, links: Links) -> None:
        self.counts = AirCounts()
        self._clock = clock
        self._links = links
        self._ears: list[_Ear] = []

    def add_receiver(self, receiver: UplinkReceiver) -> None:
        """Let `receiver` hear from now on."""
        self._ears.append(_Ear(receiver))

    def send(self, signal: Signal, on_end: Callable[[], None]) -> None:
        """Put `signal`, which starts now, on the air. `on_end` is called at its end, before any gateway's."""
        self.counts.sent += 1
        copies = [self._links.copy(signal, ear.receiver.place) for ear in self._ears]
        for ear, copy in zip(self._ears, copies, strict=True):
            ear.start(copy)

        def end() -> None:
            on_end()
            for ear, copy in zip(self._ears, copies, strict=False):
                ear.on_air.remove(copy)
            self._count(signal, copies)
            for ear, copy in zip(self._ears, copies, strict=False):
                if readable(copy) and not signal.dropped:
                    ear.receiver.on_uplink(copy)

        self._clock.at(signal.end_ms, end)

    def deafen(self, receiver: UplinkReceiver, until_ms: int) -> None:
        """`receiver` sends from now until `until_ms`: it loses what it was hearing, and hears nothing new."""
        for ear in self._ears:
            if ear.receiver is receiver:
                ear.deaf_until_ms = max(ear.deaf_until_ms, until_ms)
                for copy in ear.on_air:
                    if copy.signal.end_ms > self._clock.now_ms:
                        copy.spoiled = copy.spoiled or HALF_DUPLEX

    def _count(self, signal: Signal, copies: list[Copy]) -> None:
        counts = self.counts
        spoils = {copy.spoiled for copy in copies}
        if signal.dropped:
            counts.dropped += 1
        elif any(readable(copy) for copy in copies):
            counts.heard += 1
        elif COLLIDED in spoils:
            counts.collided += 1
        elif HALF_DUPLEX in spoils:
            counts.half_duplex += 1
        else:
            counts.unheard += 1


class _Ear:
    """One gateway's antenna: the copies that are arriving."""

    def __init__(self, receiver: UplinkReceiver) -> None:
        self.receiver = receiver
        self.deaf_until_ms = 0
        self.on_air: list[Copy] = []

    def start(self, copy: Copy) -> None:
        if copy.signal.start_ms < self.deaf_until_ms:
            copy.spoiled = HALF_DUPLEX
        for other in self.on_air:
            if overlap(copy.signal, other.signal):
                spoil(copy, other)
        self.on_air.append(copy)


def spoil(one: Copy, other: Copy) -> None:
    """Let two overlapping copies on one frequency spoil each other where neither captures the receiver."""
    lead_db = one.rssi_dbm - other.rssi_dbm
    if lead_db < capture_db(one.signal.sf, other.signal.sf):
        one.spoiled = one.spoiled or COLLIDED
    if -lead_db < capture_db(other.signal.sf, one.signal.sf):
        other.spoiled = other.spoiled or COLLIDED
