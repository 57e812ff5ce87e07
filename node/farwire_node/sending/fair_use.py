"""A cap on airtime that is not the law's: so many seconds in any 24 hours for what can wait.

Counted by whole hours, so that it is kept in any 24 hours with a ring of 25 numbers; alarms and answers to
commands count and are never held back. It starts from nothing when the cap is set. Storage holds it over
restarts and power cuts: the present hour's number is written ahead by a part of the cap, so that a cut never
allows more than the cap, and some 50 writes a day are enough.
"""

import struct

from farwire_node.storage import Storage

HOURS = 24
AHEAD = 24  # parts of the cap: one is written ahead, and may be lost by a restart
FAIR_USE_KEY = "fair_use"
_IMAGE = ">26I"  # the present hour, then the ring
_HOUR_MS = 3_600_000


class FairUse:
    """The airtime of the last day; `cap_ms` of it are allowed, 0: no cap."""

    def __init__(self, storage: Storage) -> None:
        self.cap_ms = 0
        self._storage = storage
        self._hours: list[int] = []  # airtime by hour, the present one at `_hour`; none without a cap
        self._hour = 0
        self._written_ms = 0  # of the present hour

    def spend(self, airtime_ms: int, now_ms: int) -> None:
        """Note a frame."""
        if not self.cap_ms:
            return
        self._advance(now_ms)
        at = self._hour % len(self._hours)
        self._hours[at] += airtime_ms
        if self._hours[at] > self._written_ms:
            self._written_ms = self._hours[at] + self.cap_ms // AHEAD
            hours = self._hours[:]
            hours[at] = self._written_ms
            self._storage.save(FAIR_USE_KEY, struct.pack(_IMAGE, self._hour, *hours))

    def earliest_ms(self, airtime_ms: int, now_ms: int) -> int:
        """Return from when on a frame of `airtime_ms` is within the cap: `now_ms` if at once.

        One that is longer than the cap itself waits until a whole day is empty.
        """
        if not self.cap_ms:
            return now_ms
        self._advance(now_ms)
        left = sum(self._hours)
        for age in range(HOURS, -1, -1):  # the oldest first
            if not left or left + airtime_ms <= self.cap_ms:
                return max(now_ms, (self._hour + HOURS - age) * _HOUR_MS)
            left -= self._hours[(self._hour - age) % len(self._hours)]
        return (self._hour + HOURS + 1) * _HOUR_MS

    def _advance(self, now_ms: int) -> None:
        hour = now_ms // _HOUR_MS
        if not self._hours:
            self._restore(hour)
        if not self._hour <= hour <= self._hour + HOURS:
            self._hours = [0] * (HOURS + 1)
            self._hour = hour
            self._written_ms = 0
        while self._hour < hour:
            self._hour += 1
            self._hours[self._hour % len(self._hours)] = self._written_ms = 0

    def _restore(self, hour: int) -> None:
        """Take what was written last; if the clock went back since, as if the power were off for no time."""
        image = self._storage.load(FAIR_USE_KEY)
        self._hour, *hours = struct.unpack(_IMAGE, image) if image else [hour] + [0] * (HOURS + 1)
        back = max(0, self._hour - hour)
        self._hour -= back
        back %= len(hours)
        self._hours = hours[back:] + hours[:back]
