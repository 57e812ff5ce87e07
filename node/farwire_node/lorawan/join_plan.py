"""Which data rate and channels the next join-request uses, so that attempts differ (TR007 p. 12)."""

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.regions.region import Region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class JoinPlan:
    """With banks: a slow and a fast channel in turn, each of a bank not yet tried; else drawn by weight."""

    def __init__(self, region: Region, random_below: "Callable[[int], int]") -> None:
        self._region = region
        self._random_below = random_below
        self._fast = True
        # Banks not yet tried, for the slow and for the fast channels apart.
        self._untried: list[list[int]] = [[], []]

    def next_attempt(self) -> tuple[int, tuple[int, ...]]:
        """Return (DR, indexes of the channels to choose from)."""
        if self._region.join_banks:
            return self._from_bank()
        return self._by_weight()

    def _from_bank(self) -> tuple[int, tuple[int, ...]]:
        self._fast = not self._fast
        untried = self._untried[1 if self._fast else 0]
        if not untried:
            untried.extend(range(len(self._region.join_banks)))
        slow, slow_dr, fast, fast_dr = self._region.join_banks[untried.pop(self._random_below(len(untried)))]
        return (fast_dr, fast) if self._fast else (slow_dr, slow)

    def _by_weight(self) -> tuple[int, tuple[int, ...]]:
        ticket = self._random_below(sum([weight for _, weight in self._region.join_weights]))
        for dr, weight in self._region.join_weights:
            if ticket < weight:
                return dr, self._region.join_channels
            ticket -= weight
        raise ConfigurationError(f"{self._region.name} has neither banks nor weights to join by")
