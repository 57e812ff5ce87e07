"""Counts of what this copy of the service did since it started."""

import threading
from collections import Counter
from collections.abc import Mapping


class Counters:
    """Named counts; any thread may add."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: int = 1) -> None:
        """Count `amount` more."""
        if amount:
            with self._lock:
                self._counts[name] += amount

    def snapshot(self) -> Mapping[str, int]:
        """Return all counts by name, sorted."""
        with self._lock:
            return dict(sorted(self._counts.items()))
