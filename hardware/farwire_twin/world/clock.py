"""Virtual time: what happens next. No thread and no real clock in here.

Virtual time is whole milliseconds; `epoch_ms` is the UTC time (ms since 1970) of virtual millisecond 0. The
order of events is decided by (virtual ms, order of asking) alone, never by real time.
"""

import heapq
from collections.abc import Callable
from itertools import count

from farwire_twin.world.pace import Pace

Action = Callable[[], None]


class Clock:
    """An event heap that is walked only as far as its pace allows. Stands still until `start`."""

    def __init__(self, now_ms: int = 0, epoch_ms: int = 0, speed: float = 0.0) -> None:
        self.now_ms = now_ms
        self.epoch_ms = epoch_ms
        self._pace = Pace(speed)
        self._heap: list[tuple[int, int, Action]] = []
        self._order = count()
        self._started = False
        self._limit_ms: float = now_ms

    @property
    def utc_ms(self) -> int:
        """UTC milliseconds of now."""
        return self.epoch_ms + self.now_ms

    def at(self, ms: int, action: Action) -> None:
        """Run `action` at virtual `ms`; what lies in the past runs now, after what is already due."""
        heapq.heappush(self._heap, (ms if ms > self.now_ms else self.now_ms, next(self._order), action))

    def after(self, delay_ms: int, action: Action) -> None:
        """Run `action` when `delay_ms` have passed."""
        self.at(self.now_ms + delay_ms, action)

    def start(self) -> None:
        """Let time go."""
        self._started = True

    def slow_until(self, ms: int) -> None:
        """Walk no faster than real time until virtual `ms`, so that real answers are not outrun."""
        if ms > self.now_ms:
            self._pace.slow_until(ms)
            self._limit_ms = min(self._limit_ms, self.now_ms)

    def pace(self, real_s: float) -> None:
        """Learn the real time, and move now as far as the pace allows without passing an event."""
        if not self._started:
            return
        self._limit_ms = self._pace.limit_ms(self.now_ms, real_s)
        if self._limit_ms != float("inf"):
            target_ms = int(self._limit_ms)
            if self._heap:
                target_ms = min(target_ms, self._heap[0][0])
            self.now_ms = max(self.now_ms, target_ms)

    def wait_s(self) -> float | None:
        """Real seconds from the last `pace` until the next event may run; None: nothing to wait for."""
        if not self._heap or not self._started:
            return None
        return self._pace.wait_s(self._limit_ms, self._heap[0][0])

    def run_next(self) -> bool:
        """Run the next event if the last `pace` allows it; False when it does not or there is none."""
        if not self._heap or self._heap[0][0] > self._limit_ms or not self._started:
            return False
        ms, _, action = heapq.heappop(self._heap)
        self.now_ms = max(self.now_ms, ms)
        action()
        return True
