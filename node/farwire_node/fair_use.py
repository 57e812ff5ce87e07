"""A cap on airtime that is not the law's: so many seconds in any 24 hours for what can wait.

Counted by whole hours, so that it is kept in any 24 hours with a ring of 25 numbers; alarms and answers to
commands count and are never held back. It starts from nothing when the cap is set and after a restart.
"""

HOURS = 24
_HOUR_MS = 3_600_000


class FairUse:
    """The airtime of the last day; `cap_ms` of it are allowed, 0: no cap."""

    def __init__(self) -> None:
        self.cap_ms = 0
        self._hours: list[int] = []  # airtime by hour, the present one at `_hour`; none without a cap
        self._hour = 0

    def spend(self, airtime_ms: int, now_ms: int) -> None:
        """Note a frame."""
        if not self.cap_ms:
            return
        self._advance(now_ms)
        self._hours[self._hour % len(self._hours)] += airtime_ms

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
        if not self._hours or not self._hour <= hour <= self._hour + HOURS:
            self._hours = [0] * (HOURS + 1)
            self._hour = hour
        while self._hour < hour:
            self._hour += 1
            self._hours[self._hour % len(self._hours)] = 0
