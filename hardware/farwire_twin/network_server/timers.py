"""What is to happen later: a heap of (UTC ms, action)."""

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[int], None]  # takes the time at which it runs


class Timers:
    """Runs actions in the order of (time, order of asking)."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._order = count()

    def at(self, ms: int, action: Action) -> None:
        """Run `action` at `ms`."""
        heapq.heappush(self._heap, (ms, next(self._order), action))

    def next_ms(self) -> int | None:
        """When the first action is due; None: never."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> Action | None:
        """Take the first action that is due at `now_ms`, if any."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        return heapq.heappop(self._heap)[2]
