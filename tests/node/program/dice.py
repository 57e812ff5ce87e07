"""Random numbers for tests: what the node takes as `random_below`."""

import random
from collections.abc import Callable


def seeded(seed: int = 1) -> Callable[[int], int]:
    """The same numbers in every run."""
    return random.Random(seed).randrange


def smallest(_n: int) -> int:
    """Always 0: no jitter."""
    return 0


def largest(n: int) -> int:
    """The other end of every range."""
    return n - 1
