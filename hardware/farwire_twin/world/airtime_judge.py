"""Whether senders kept the law: airtime by sub-band over rolling hours, dwell time, frequencies.

Shares the region's table with the node and nothing else: each frame's airtime is what the channel made of its
length, and the hours are `rolling_hour`'s.
"""

from dataclasses import dataclass

from farwire_node.lorawan.regions import Region
from farwire_twin.world.on_air import Signal
from farwire_twin.world.rolling_hour import HOUR_US, RollingHour


@dataclass(frozen=True, slots=True)
class WorstHour:
    """The sender and sub-band that came nearest to the limit, in their fullest hour."""

    sender: str
    sub_band_hz: int  # lower edge
    airtime_ms: float
    allowed_ms: int

    @property
    def percent_of_limit(self) -> float:
        """100 = all that the law allows."""
        return 100 * self.airtime_ms / self.allowed_ms

    @property
    def duty_percent(self) -> float:
        """Airtime in percent of the hour."""
        return 100_000 * self.airtime_ms / HOUR_US


class AirtimeJudge:
    """The books of all senders of one kind. Told in the order of the transmissions' starts."""

    def __init__(self, region: Region) -> None:
        self.worst: WorstHour | None = None  # None where the region limits no duty cycle, or nothing was sent
        self.airtime_us = 0  # of all senders together
        self.by_sender_us: dict[str, int] = {}
        self.longest_us = 0
        self.too_long = 0  # frames over the region's dwell time
        self.outside = 0  # frames in no sub-band that may be used
        self._region = region
        self._hours: dict[tuple[str, int], RollingHour] = {}

    def add(self, sender: str, signal: Signal) -> None:
        """Count a frame that starts now."""
        self.airtime_us += signal.airtime_us
        self.by_sender_us[sender] = self.by_sender_us.get(sender, 0) + signal.airtime_us
        self.longest_us = max(self.longest_us, signal.airtime_us)
        if self._region.dwell_ms and signal.airtime_us > self._region.dwell_ms * 1000:
            self.too_long += 1
        for index, band in enumerate(self._region.sub_bands):
            if band.low_hz <= signal.freq_hz <= band.high_hz:
                if not band.per_hour_ms:
                    return
                hour = self._hours.get((sender, index))
                if hour is None:
                    hour = self._hours[sender, index] = RollingHour()
                spent_ms = hour.add(signal.start_ms * 1000, signal.airtime_us) / 1000
                if self.worst is None or spent_ms / band.per_hour_ms > self.worst.percent_of_limit / 100:
                    self.worst = WorstHour(sender, band.low_hz, spent_ms, band.per_hour_ms)
                return
        if self._region.sub_bands:
            self.outside += 1
