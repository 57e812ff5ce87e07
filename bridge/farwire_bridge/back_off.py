"""Pauses after failures: each about twice the one before, with jitter so that many do not return at once."""

from collections.abc import Callable


class BackOff:
    """Counts failures in a row; `random` returns 0.0 to 1.0."""

    def __init__(self, least_s: float, most_s: float, random: Callable[[], float]) -> None:
        self._least_ms = least_s * 1000
        self._most_ms = max(least_s, most_s) * 1000
        self._random = random
        self._failures = 0

    def failed_ms(self) -> int:
        """Note a failure and return how long to wait: half to all of the doubled pause."""
        pause = min(self._most_ms, self._least_ms * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return max(1, round(pause * (0.5 + self._random() / 2)))

    def succeeded(self) -> None:
        """Start from the shortest pause again."""
        self._failures = 0
