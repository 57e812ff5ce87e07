"""The node's clock: ms that only grow, from ticks that wrap."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """`ticks_ms`, `ticks_diff` are of the module `time`. `stops`: they stand still in light sleep (RP2)."""

    def __init__(
        self, ticks_ms: "Callable[[], int]", ticks_diff: "Callable[[int, int], int]", stops: bool = False
    ) -> None:
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._stops = stops
        self._last = ticks_ms()
        self._now_ms = 0

    def now_ms(self) -> int:
        """Return the time; to be asked at least every some hours, before ticks have wrapped twice."""
        ticks = self._ticks_ms()
        self._now_ms += max(0, self._ticks_diff(ticks, self._last))
        self._last = ticks
        return self._now_ms

    def at(self, ticks: int) -> int:
        """Return the time at which `ticks` were, lately."""
        now_ms = self.now_ms()
        return min(now_ms, now_ms + self._ticks_diff(ticks, self._last))

    def go_on(self, now_ms: int) -> None:
        """Take the time after a deep sleep, of which the ticks know nothing; it never goes back."""
        self._now_ms = max(self.now_ms(), now_ms)

    def slept(self, length_ms: int) -> None:
        """Take a light sleep of this length into account; call it right after."""
        before_ms = self._now_ms
        passed_ms = self.now_ms() - before_ms
        if self._stops and passed_ms < length_ms:
            self._now_ms += length_ms - passed_ms
