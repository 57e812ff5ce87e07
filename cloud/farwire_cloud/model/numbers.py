"""Sets of record numbers as ranges: small however long a device lives, because records come in runs.

A set is a value: sorted, disjoint, non-adjacent (first, last) pairs, both ends included. Union is a join
(commutative, associative, idempotent), so copies of the service can merge what each of them knows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BITMAP_BYTES = 256  # a downlink carries at most 242 bytes (RP002-1.0.4, EU868 DR4-7), so more is never used


@dataclass(frozen=True, slots=True)
class NumberSet:
    """An immutable set of positive integers."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "NumberSet":
        """Return the set of `numbers`, in any order."""
        return cls(_joined((number, number) for number in sorted(numbers)))

    def __contains__(self, number: int) -> bool:
        low, high = 0, len(self.ranges)
        while low < high:
            middle = (low + high) // 2
            first, last = self.ranges[middle]
            if number < first:
                high = middle
            elif number > last:
                low = middle + 1
            else:
                return True
        return False

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __or__(self, other: "NumberSet") -> "NumberSet":
        if not other.ranges or self.ranges == other.ranges:
            return self
        if not self.ranges:
            return other
        return NumberSet(_joined(sorted(self.ranges + other.ranges)))

    @property
    def last(self) -> int:
        """The largest number, 0 if there is none."""
        return self.ranges[-1][1] if self.ranges else 0

    def through(self, floor: int) -> int:
        """Return the largest n for which every number from `floor` (at least 1) to n is in the set.

        floor - 1 if `floor` itself is not.
        """
        start = max(floor, 1)
        for first, last in self.ranges:
            if first <= start <= last:
                return last
        return start - 1

    def gaps(self, floor: int) -> Iterator[tuple[int, int]]:
        """Yield the (first, last) runs that are missing from `floor` on and below the largest number."""
        expected = max(floor, 1)
        for first, last in self.ranges:
            if first > expected:
                yield expected, first - 1
            expected = max(expected, last + 1)

    def bitmap_above(self, through: int, limit: int = BITMAP_BYTES) -> bytes:
        """Return which numbers above `through` + 1 are in the set: bit i, LSB first, is through + 2 + i."""
        base = through + 2
        bits = bytearray(limit)
        for first, last in self.ranges:
            for number in range(max(first, base), min(last, base + limit * 8 - 1) + 1):
                bits[(number - base) >> 3] |= 1 << ((number - base) & 7)
        return bytes(bits).rstrip(b"\0")

    def bounded(self, through: int, count: int) -> "NumberSet":
        """Return a part with at most `count` ranges: the newest ones, and those just below `through`."""
        if len(self.ranges) <= count:
            return self
        below = [each for each in self.ranges if each[1] <= through]
        above = self.ranges[len(below) :]
        kept_below = below[-(count // 2) :]
        kept_above = above[-(count - len(kept_below)) :]
        return NumberSet((*kept_below, *kept_above))

    def to_text(self) -> str:
        """Return the set as people write it: `1-500 503 510-600`."""
        return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in self.ranges)

    @classmethod
    def from_text(cls, text: str) -> "NumberSet":
        """Return the set that `to_text` wrote."""
        parts = (part.partition("-") for part in text.split())
        return cls(tuple((int(a), int(b or a)) for a, _, b in parts))


EMPTY = NumberSet()


def _joined(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return sorted `ranges` with overlapping and adjacent ones made one."""
    result: list[tuple[int, int]] = []
    for first, last in ranges:
        if result and first <= result[-1][1] + 1:
            if last > result[-1][1]:
                result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return tuple(result)
