"""How far virtual time may be walked at a real instant. Real time is monotonic seconds (`real_s`)."""

REAL_TIME = 1.0
# A world that could not keep up (a busy machine, a long wait for an answer) catches up on this much real time
# at most; what is beyond stays lost, so that a laptop that slept does not wake to a burst.
MAX_CATCH_UP_S = 2.0


class Pace:
    """`speed` virtual seconds a real second; 0 = as fast as the machine can."""

    def __init__(self, speed: float) -> None:
        if speed < 0:
            raise ValueError(f"speed {speed}: expected 0 (as fast as possible) or more")
        self.speed = speed
        self._anchor: tuple[float, float] | None = None  # (real_s, virtual ms) that belong together
        self._slow_end_ms: int | None = None
        self._slow_anchor: tuple[float, float] | None = None  # the same, of the slow time

    def slow_until(self, ms: int) -> None:
        """Go no faster than real time until virtual `ms`; what that costs is caught up afterwards."""
        if 0 < self.speed <= REAL_TIME:
            return
        if self._slow_end_ms is None:
            self._slow_end_ms = ms
            self._slow_anchor = None
        else:
            self._slow_end_ms = max(self._slow_end_ms, ms)

    def limit_ms(self, now_ms: int, real_s: float) -> float:
        """Furthest virtual ms that may be reached at `real_s`, standing at `now_ms`."""
        limit_ms = self._ordinary_limit_ms(now_ms, real_s)
        if self._slow_end_ms is None:
            return limit_ms
        if now_ms >= self._slow_end_ms:
            self._slow_end_ms = None
            return limit_ms
        if self._slow_anchor is None:
            self._slow_anchor = (real_s, now_ms)
        return min(limit_ms, self._slow_end_ms, _reached_ms(self._slow_anchor, real_s, REAL_TIME))

    def wait_s(self, limit_ms: float, target_ms: int) -> float:
        """Real seconds from `limit_ms` until `target_ms` may be reached, or the pace is another."""
        speed = self.speed
        if self._slow_end_ms is not None:
            target_ms = min(target_ms, self._slow_end_ms)
            speed = REAL_TIME
        return max(0.0, target_ms - limit_ms) / 1000 / speed if speed else 0.0

    def _ordinary_limit_ms(self, now_ms: int, real_s: float) -> float:
        if self.speed == 0:
            return float("inf")
        if self._anchor is None:
            self._anchor = (real_s, now_ms)
        limit_ms = _reached_ms(self._anchor, real_s, self.speed)
        furthest_ms = now_ms + MAX_CATCH_UP_S * 1000 * self.speed
        if limit_ms > furthest_ms:
            limit_ms = furthest_ms
            self._anchor = (real_s, limit_ms)
        return limit_ms


def _reached_ms(anchor: tuple[float, float], real_s: float, speed: float) -> float:
    """The virtual ms that belongs to `real_s` at `speed`."""
    real_anchor_s, anchor_ms = anchor
    return anchor_ms + (real_s - real_anchor_s) * 1000 * speed
