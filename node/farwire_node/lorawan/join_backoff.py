"""How soon a device may ask to join again (TS001-1.0.4 §7, TR007 p. 17).

In the first hour join-requests may be on air for 1 % of the time, in the ten hours after it for 0.1 %, and
then for 0.01 % of each day, so that a plant which lost its network does not drown its neighbours. Attempts
also keep their distance from each other, so that no budget is spent in one burst. Times in ms.
"""

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS

# (end of the phase, airtime in it, one part in how many); after the last row, days like _DAY.
_PHASES = (
    (_HOUR_MS, 36_000, 100),
    (11 * _HOUR_MS, 36_000, 1_000),
)
_DAY = (8_700, 10_000)


class JoinBackoff:
    """The record of one joining, from its first attempt on."""

    def __init__(self, started_ms: int) -> None:
        self._started_ms = started_ms
        self._phase = 0
        self._spent_ms = 0
        self._not_before_ms = started_ms

    def earliest_ms(self, airtime_ms: int, now_ms: int) -> int:
        """Return when an attempt of `airtime_ms` may start, `now_ms` if at once."""
        start_ms = max(now_ms, self._not_before_ms)
        phase, ends_ms, budget_ms, _ = self._phase_at(start_ms)
        if phase == self._phase and self._spent_ms + airtime_ms > budget_ms:
            return ends_ms
        return start_ms

    def charge(self, airtime_ms: int, start_ms: int) -> None:
        """Note an attempt that starts at `start_ms`."""
        phase, _, _, one_in = self._phase_at(start_ms)
        if phase != self._phase:
            self._phase, self._spent_ms = phase, 0
        self._spent_ms += airtime_ms
        self._not_before_ms = start_ms + airtime_ms * one_in

    def spread_ms(self, now_ms: int) -> int:
        """Return over how long to spread the next attempt at random: a quarter of the wait, and 2 s."""
        return 2_000 + max(0, self._not_before_ms - now_ms) // 4

    def _phase_at(self, at_ms: int) -> tuple[int, int, int, int]:
        """Return (number, end, budget, one part in how many) of the phase at `at_ms`."""
        elapsed_ms = at_ms - self._started_ms
        for number, (ends_ms, budget_ms, one_in) in enumerate(_PHASES):
            if elapsed_ms < ends_ms:
                return number, self._started_ms + ends_ms, budget_ms, one_in
        first_ms = _PHASES[-1][0]
        day = (elapsed_ms - first_ms) // _DAY_MS
        return len(_PHASES) + day, self._started_ms + first_ms + (day + 1) * _DAY_MS, _DAY[0], _DAY[1]
