"""Airtime in a rolling hour, for what the law bounds so (ETSI EN 300 220-2 V3.1.1: duty cycle over one hour).

Written for the twin alone: the node keeps its own books, and these check them.
"""

from collections import deque

HOUR_US = 3_600_000_000


class RollingHour:
    """Transmissions of one sender in one sub-band, told in the order of their start. Times in us."""

    __slots__ = ("_kept", "_sum_us", "worst_us")

    def __init__(self) -> None:
        self.worst_us = 0  # most airtime in any hour so far
        self._kept: deque[tuple[int, int]] = deque()  # (start, end), those that reach into the last hour
        self._sum_us = 0

    def add(self, start_us: int, airtime_us: int) -> int:
        """Count a transmission; returns the airtime in the hour that ends with it.

        The fullest of all hours ends with a transmission's end: one that ends elsewhere can be moved there
        without losing airtime.
        """
        end_us = start_us + airtime_us
        self._kept.append((start_us, end_us))
        self._sum_us += airtime_us
        in_hour_us = self.in_hour_us(end_us)
        self.worst_us = max(self.worst_us, in_hour_us)
        return in_hour_us

    def in_hour_us(self, end_us: int) -> int:
        """Airtime in the hour before `end_us`; forgets what lies before it."""
        hour_start_us = end_us - HOUR_US
        kept = self._kept
        while kept and kept[0][1] <= hour_start_us:
            start_us, over_us = kept.popleft()
            self._sum_us -= over_us - start_us
        cut_us = max(0, hour_start_us - kept[0][0]) if kept else 0
        return self._sum_us - cut_us
