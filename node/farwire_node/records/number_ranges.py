"""A set of record numbers as ranges, because numbers come in runs: eight bytes a range, not one a number."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 128  # ranges: two for each byte of the longest bitmap of an EU868 DR0 downlink, and some


class NumberRanges:
    """Disjoint, non-adjacent ranges in order. At most `MOST`: the shortest one is forgotten for another.

    Whoever uses it must be able to live with numbers forgotten: a record is sent once more, or reported once
    more.
    """

    def __init__(self) -> None:
        self._ends: list[int] = []  # first and last of each range, one after the other

    def __len__(self) -> int:
        return len(self._ends) // 2

    def ranges(self) -> "Iterator[tuple[int, int]]":
        """Yield (first, last) in order; do not change the set meanwhile."""
        for at in range(0, len(self._ends), 2):
            yield self._ends[at], self._ends[at + 1]

    def last_of(self, number: int) -> int | None:
        """Return the last number of the range that holds this one; None if it is not in the set."""
        at = self._at(number)
        return self._ends[at + 1] if at < len(self._ends) and self._ends[at] <= number else None

    def outside(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the parts of `first` to `last` that are not in the set."""
        parts = []
        at = self._at(first)
        while at < len(self._ends) and self._ends[at] <= last:
            if first < self._ends[at]:
                parts.append((first, self._ends[at] - 1))
            first = self._ends[at + 1] + 1
            at += 2
        if first <= last:
            parts.append((first, last))
        return parts

    def add(self, first: int, last: int) -> "tuple[int, int] | None":
        """Add `first` to `last`; return the range that was forgotten for it, if one was."""
        begin = self._at(first - 1)
        end = begin
        while end < len(self._ends) and self._ends[end] <= last + 1:
            first = min(first, self._ends[end])
            last = max(last, self._ends[end + 1])
            end += 2
        self._ends = self._ends[:begin] + [first, last] + self._ends[end:]
        return self._forget() if len(self) > MOST else None

    def remove(self, first: int, last: int) -> None:
        """Take `first` to `last` out of the set."""
        begin = self._at(first)
        end = begin
        rest = []
        while end < len(self._ends) and self._ends[end] <= last:
            if self._ends[end] < first:
                rest += [self._ends[end], first - 1]
            if self._ends[end + 1] > last:
                rest += [last + 1, self._ends[end + 1]]
            end += 2
        self._ends = self._ends[:begin] + rest + self._ends[end:]

    def move(self, by: int) -> None:
        """Add `by` to every number."""
        self._ends = [end + by for end in self._ends]

    def _at(self, number: int) -> int:
        """Return where the first range that ends at `number` or later begins in the list."""
        low, high = 0, len(self._ends) // 2
        while low < high:
            middle = (low + high) // 2
            if self._ends[2 * middle + 1] < number:
                low = middle + 1
            else:
                high = middle
        return 2 * low

    def _forget(self) -> tuple[int, int]:
        shortest = 0
        for at in range(2, len(self._ends), 2):
            if self._ends[at + 1] - self._ends[at] < self._ends[shortest + 1] - self._ends[shortest]:
                shortest = at
        gone = self._ends[shortest], self._ends[shortest + 1]
        self._ends = self._ends[:shortest] + self._ends[shortest + 2 :]
        return gone
