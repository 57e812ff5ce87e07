"""When a node that wants to join may try, and at which data rate (the law of lorawan/joining.py). Times in
ms."""

from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.join import REQUEST_SIZE
from farwire_node.lorawan.join_backoff import JoinBackoff
from farwire_node.lorawan.join_plan import JoinPlan
from farwire_node.lorawan.regions.region import Region
from farwire_node.modems.budget import Budget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NEVER_MS = 3_600_000


class Attempts:
    """Joining, while it is wanted; `dr` is the data rate of the attempt that is next or under way."""

    def __init__(self, region: Region, budget: Budget, random_below: "Callable[[int], int]") -> None:
        self._region = region
        self._budget = budget
        self._random_below = random_below
        self._plan = JoinPlan(region, random_below)
        self._backoff: JoinBackoff | None = None
        self.next_ms = 0
        self.dr = region.up_drs[0]

    @property
    def wanted(self) -> bool:
        """Whether joining is under way."""
        return self._backoff is not None

    def start(self, now_ms: int, spread_ms: int) -> None:
        """Want to join from now on; the first attempt comes at random within `spread_ms`."""
        self.next_ms = now_ms + self._random_below(spread_ms + 1)
        self._backoff = JoinBackoff(self.next_ms)
        self.dr, _ = self._plan.next_attempt()

    def stop(self) -> None:
        """Want no more: there is a session."""
        self._backoff = None

    def is_due(self, now_ms: int) -> bool:
        """Tell whether the next attempt may be made now; if not, `next_ms` says when to ask again."""
        if self._backoff is None or now_ms < self.next_ms:
            return False
        legal_ms = self._backoff.earliest_ms(self._length_ms, now_ms)
        earliest_ms = self._budget.earliest_ms(self._length_ms, legal_ms, False)
        if earliest_ms is not None and earliest_ms <= now_ms:
            return True
        self.next_ms = now_ms + _NEVER_MS if earliest_ms is None else earliest_ms
        return False

    def charge(self, start_ms: int) -> None:
        """Book an attempt that the modem took."""
        self._budget.charge(self._length_ms, start_ms)
        if self._backoff is not None:
            self._backoff.charge(self._length_ms, start_ms)

    def failed(self, not_before_ms: int, now_ms: int) -> None:
        """Plan the next attempt after one that came to nothing."""
        if self._backoff is None:
            return
        self.dr, _ = self._plan.next_attempt()
        pause_ms = self._random_below(self._backoff.spread_ms(now_ms))
        self.next_ms = max(self._backoff.earliest_ms(self._length_ms, now_ms), not_before_ms) + pause_ms

    @property
    def _length_ms(self) -> int:
        return airtime_ms(REQUEST_SIZE, *self._region.data_rates[self.dr])
