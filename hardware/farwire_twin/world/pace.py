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
        self._slow_end_ms: int | None = None
        self._anchor: tuple[float, float] | None = None  # (real_s, virtual ms) that belong together

    def slow_until(self, ms: int) -> None:
        """Go no faster than real time until virtual `ms`."""
        if 0 < self.speed <= REAL_TIME:
            return
        if self._slow_end_ms is None:
            self._slow_end_ms = ms
            self._anchor = None
        else:
            self._slow_end_ms = max(self._slow_end_ms, ms)

    def restart(self) -> None:
        """Count from the next `limit_ms`: the time until then does not count."""
        self._anchor = None

    def limit_ms(self, now_ms: int, real_s: float) -> float:
        """Furthest virtual ms that may be reached at `real_s`, standing at `now_ms`."""
        if self._slow_end_ms is not None and now_ms >= self._slow_end_ms:
            self._slow_end_ms = self._anchor = None
        speed = self._speed_now()
        if speed == 0:
            return float("inf")
        if self._anchor is None:
            self._anchor = (real_s, now_ms)
        real_anchor_s, anchor_ms = self._anchor
        limit_ms = anchor_ms + (real_s - real_anchor_s) * 1000 * speed
        furthest_ms = now_ms + MAX_CATCH_UP_S * 1000 * speed
        if limit_ms > furthest_ms:
            limit_ms = furthest_ms
            self._anchor = (real_s, limit_ms)
        return limit_ms if self._slow_end_ms is None else min(limit_ms, self._slow_end_ms)

    def wait_s(self, limit_ms: float, target_ms: int) -> float:
        """Real seconds from `limit_ms` until `target_ms` may be reached, or the pace is another."""
        if self._slow_end_ms is not None:
            target_ms = min(target_ms, self._slow_end_ms)
        speed = self._speed_now()
        return max(0.0, target_ms - limit_ms) / 1000 / speed if speed else 0.0

    def _speed_now(self) -> float:
        return self.speed if self._slow_end_ms is None else REAL_TIME
