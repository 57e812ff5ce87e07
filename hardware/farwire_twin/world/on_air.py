"""Frames on the air, as the channel and the gateways know them. Times are virtual ms, powers dBm EIRP."""

from dataclasses import dataclass

from farwire_twin.world.propagation import Place


@dataclass(slots=True, eq=False)
class Signal:
    """One frame on the air."""

    frame: bytes  # PHYPayload
    freq_hz: int
    sf: int
    bw_hz: int
    power_dbm: float
    place: Place  # of the sender
    start_ms: int
    airtime_us: int
    dropped: bool = False  # by the channel's `loss`: no receiver makes anything of it

    @property
    def end_ms(self) -> int:
        """First ms at which the frame is over."""
        return self.start_ms - (-self.airtime_us // 1000)


def overlap(one: Signal, other: Signal) -> bool:
    """Whether two signals are on one channel at one time."""
    return (
        one.freq_hz == other.freq_hz
        and one.bw_hz == other.bw_hz
        and one.start_ms < other.end_ms
        and other.start_ms < one.end_ms
    )


@dataclass(slots=True, eq=False)
class Copy:
    """What one receiver gets of a signal."""

    signal: Signal
    rssi_dbm: float
    snr_db: float
    spoiled: str = ""  # COLLIDED or HALF_DUPLEX: why it cannot be read


COLLIDED = "collided"
HALF_DUPLEX = "half_duplex"


@dataclass(slots=True)
class AirCounts:
    """What became of one direction's frames. Each counts once, under the best that any receiver had."""

    sent: int = 0
    heard: int = 0  # by one receiver or more
    dropped: int = 0  # by `loss`
    collided: int = 0
    half_duplex: int = 0  # every gateway in reach was sending
    unheard: int = 0  # too weak for every receiver; of downlinks also: no window was open for it
