"""Growing pauses between repetitions, each drawn at random around its length, so that fleets lose step."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DOUBLINGS = 20  # keeps the arithmetic small; every pause has reached its longest long before


class Backoff:
    """Pauses of `first_ms`, doubled up to `longest_ms`, each a quarter more or less."""

    def __init__(self, first_ms: int, longest_ms: int, random_below: "Callable[[int], int]") -> None:
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._random_below = random_below
        self.attempts = 0  # pauses given since the last reset

    def reset(self) -> None:
        """Start over with the first pause."""
        self.attempts = 0

    def next_ms(self) -> int:
        """Return the next pause."""
        pause = min(self._first_ms << min(self.attempts, _MOST_DOUBLINGS), self._longest_ms)
        self.attempts += 1
        return pause * 3 // 4 + self._random_below(pause // 2 + 1)
