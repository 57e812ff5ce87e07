"""Whether senders keep the law, told from nothing but the frames on the air: when, where, how, how long.

Shares no code and no table with the node: the law of each region is written down here again, from its
sources, and so is the formula of a frame's airtime.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from math import ceil

from farwire_twin.world.on_air import Signal

HOUR_MS = 3_600_000

DUTY_CYCLE, DWELL_TIME, OCCUPANCY, LENGTH, PLACE, AIRTIME, OVERLAP = KINDS = (
    "duty cycle",  # more airtime in some hour than the sub-band allows
    "dwell time",  # one frame longer than the region allows
    "occupancy",  # a channel used for longer than allowed in the time that the region looks at
    "length",  # more bytes than this data rate may carry, or no uplink data rate at all
    "place",  # outside the band, or in no sub-band
    "airtime",  # the frame was not on air for as long as its bytes take
    "overlap",  # one sender sent two frames at once
)


@dataclass(frozen=True, slots=True)
class Band:
    """Frames whose width lies within `low_hz` to `high_hz` may be on air for `hour_ms` in any hour."""

    low_hz: int
    high_hz: int
    hour_ms: float


@dataclass(frozen=True, slots=True)
class Law:
    """`longest_phy`: (SF, bandwidth in Hz) -> bytes of PHYPayload, MACPayload and 5. 0 ms: no limit."""

    bands: tuple[Band, ...]
    longest_phy: dict[tuple[int, int], int]
    dwell_ms: float = 0
    occupancy_ms: float = 0  # on one frequency ...
    occupancy_within_ms: int = 0  # ... in any so many ms


# Bytes: RP002-1.0.4, the tables of maximum payload size that are not repeater-compatible (M + 5).
LAWS = {
    # ETSI EN 300 220-2 V3.1.1 annex B, bands K, L, M, N, P, R: 0.1 %, 1 %, 1 %, 0.1 %, 10 %, 1 % of one hour.
    # Bytes: RP002-1.0.4 §2.4.6.
    "EU868": Law(
        (
            Band(863_000_000, 865_000_000, 3_600),
            Band(865_000_000, 868_000_000, 36_000),
            Band(868_000_000, 868_600_000, 36_000),
            Band(868_700_000, 869_200_000, 3_600),
            Band(869_400_000, 869_650_000, 360_000),
            Band(869_700_000, 870_000_000, 36_000),
        ),
        {
            (12, 125_000): 64,
            (11, 125_000): 64,
            (10, 125_000): 64,
            (9, 125_000): 128,
            (8, 125_000): 255,
            (7, 125_000): 255,
            (7, 250_000): 255,
        },
    ),
    # 47 CFR 15.247(a)(1)(i), (f): at most 0.4 s on a channel within 20 s; RP002-1.0.4 §2.5.3: 400 ms a frame.
    # Bytes: RP002-1.0.4 §2.5.6.
    "US915": Law(
        (Band(902_000_000, 928_000_000, 0),),
        {
            (10, 125_000): 24,
            (9, 125_000): 66,
            (8, 125_000): 138,
            (7, 125_000): 255,
            (8, 500_000): 255,
        },
        dwell_ms=400,
        occupancy_ms=400,
        occupancy_within_ms=20_000,
    ),
    # RP002-1.0.4 §2.10.2 (1 % a device), §2.10.6 with UplinkDwellTime 1, as a device is to suppose at boot.
    "AS923-1": Law(
        (Band(915_000_000, 928_000_000, 36_000),),
        {
            (10, 125_000): 24,
            (9, 125_000): 66,
            (8, 125_000): 138,
            (7, 125_000): 255,
            (7, 250_000): 255,
        },
        dwell_ms=400,
    ),
    # GSR 564(E) of 2008: 865 to 867 MHz without a duty cycle. Bytes: RP002-1.0.4 §2.12.6.
    "IN865": Law(
        (Band(865_000_000, 867_000_000, 0),),
        {
            (12, 125_000): 64,
            (11, 125_000): 64,
            (10, 125_000): 64,
            (9, 125_000): 128,
            (8, 125_000): 255,
            (7, 125_000): 255,
        },
    ),
    # RP002-1.0.4 §2.8.3, §2.8.6 with UplinkDwellTime 1, as a device is to suppose at boot.
    "AU915": Law(
        (Band(915_000_000, 928_000_000, 0),),
        {
            (10, 125_000): 24,
            (9, 125_000): 66,
            (8, 125_000): 138,
            (7, 125_000): 255,
            (8, 500_000): 255,
        },
        dwell_ms=400,
    ),
}
JOIN_REQUEST = 0  # MType, the upper three bits of the first byte (TS001-1.0.4 §4.2.1.1)
JOIN_REQUEST_BYTES = 23


def airtime_ms(size: int, sf: int, bw_hz: int) -> float:
    """Return how long an uplink of `size` bytes takes: Semtech AN1200.13, explicit header, CRC, 4/5."""
    symbol_ms = 1000 * (1 << sf) / bw_hz
    slow = 1 if symbol_ms >= 16 else 0
    blocks = max(0, ceil((8 * size - 4 * sf + 28 + 16) / (4 * (sf - 2 * slow))))
    return (8 + 4.25 + 8 + 5 * blocks) * symbol_ms


@dataclass(slots=True)
class _Window:
    """What was on air lately: (start, end) in ms, in order."""

    sent: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, start_ms: float, end_ms: float, within_ms: float) -> float:
        """Return the ms on air within the time that ends with this frame."""
        from_ms = end_ms - within_ms
        self.sent.append((start_ms, end_ms))
        while self.sent[0][1] <= from_ms:
            self.sent.popleft()
        return sum(end - max(start, from_ms) for start, end in self.sent)


class LawChecker:
    """Judges all senders of one region; told of their frames in the order of their starts."""

    def __init__(self, region: str) -> None:
        self.frames = 0
        self.violations: Counter[str] = Counter()  # by kind
        self.first: list[str] = []  # what was found first, for a reader
        self.fullest_hour = 0.0  # of all senders and sub-bands, as a part of what is allowed
        self.longest_ms = 0.0
        self._law = LAWS[region]
        self._hours: dict[tuple[str, Band], _Window] = {}
        self._channels: dict[tuple[str, int], _Window] = {}
        self._over_ms: dict[str, float] = {}

    def on_air(self, sender: str, signal: Signal) -> None:
        """Take a frame that starts now."""
        self.frames += 1
        size, sf, bw_hz = len(signal.frame), signal.sf, signal.bw_hz
        length_ms = airtime_ms(size, sf, bw_hz)
        start_ms, end_ms = float(signal.start_ms), signal.start_ms + length_ms
        self.longest_ms = max(self.longest_ms, length_ms)
        what = f"{sender} at {start_ms / 1000:.3f} s: {size} bytes, SF{sf}/{bw_hz}, {signal.freq_hz} Hz"

        if abs(signal.end_ms - end_ms) > 1:
            self._found(AIRTIME, f"{what}, {signal.end_ms - signal.start_ms} ms, not {length_ms:.1f}")
        if start_ms < self._over_ms.get(sender, 0):
            self._found(OVERLAP, what)
        self._over_ms[sender] = end_ms
        longest = self._law.longest_phy.get((sf, bw_hz), 0)
        if signal.frame[0] >> 5 == JOIN_REQUEST:
            longest = JOIN_REQUEST_BYTES
        if size > longest:
            self._found(LENGTH, f"{what}, allowed {longest}")
        if self._law.dwell_ms and length_ms > self._law.dwell_ms:
            self._found(DWELL_TIME, f"{what}, {length_ms:.1f} ms")
        self._judge_hour(sender, signal, start_ms, end_ms, what)
        if self._law.occupancy_ms:
            channel = self._channels.setdefault((sender, signal.freq_hz), _Window())
            used_ms = channel.add(start_ms, end_ms, self._law.occupancy_within_ms)
            if used_ms > self._law.occupancy_ms:
                self._found(OCCUPANCY, f"{what}, {used_ms:.1f} ms")

    def _judge_hour(self, sender: str, signal: Signal, start_ms: float, end_ms: float, what: str) -> None:
        half_hz = signal.bw_hz // 2
        low_hz, high_hz = signal.freq_hz - half_hz, signal.freq_hz + half_hz
        bands = [band for band in self._law.bands if band.low_hz <= low_hz and high_hz <= band.high_hz]
        if not bands:
            self._found(PLACE, what)
        for band in bands:
            if not band.hour_ms:
                continue
            hour = self._hours.setdefault((sender, band), _Window())
            spent_ms = hour.add(start_ms, end_ms, HOUR_MS)
            self.fullest_hour = max(self.fullest_hour, spent_ms / band.hour_ms)
            if spent_ms > band.hour_ms:
                self._found(DUTY_CYCLE, f"{what}, {spent_ms:.1f} ms in an hour")

    def _found(self, kind: str, what: str) -> None:
        self.violations[kind] += 1
        if len(self.first) < 10:
            self.first.append(f"{kind}: {what}")
