"""Thinning what lies in flash: the oldest sectors into fewer ones, a few records at a time.

The records of a stretch of sectors are copied, without those that the curve can do without, into a sector
that replaces them from the moment it is covered. Until then nothing changed: a power cut costs the work.
The tolerance grows while a stretch does not come to half of its records. It counts from the curve that was
sampled: what was thinned before may move only by what is left of it.
"""

from farwire_node.flash import entries
from farwire_node.flash.entries import Before
from farwire_node.flash.reader import Reader
from farwire_node.flash.sectors import Cover, Sector, Sectors
from farwire_node.flash.walk import Walk
from farwire_node.records.number_ranges import NumberRanges
from farwire_node.records.thinning import COARSEST, Thinning, coarser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGED = 16  # records after which the tolerance grows if more than half of them were kept


class Compaction:
    """Copies the records from `first` to before `end`, both the beginnings of live sectors or between."""

    def __init__(
        self,
        sectors: Sectors,
        reader: Reader,
        axes: "Sequence[int]",
        units: "Sequence[int]",
        first: int,
        end: int,
        tolerance: int,
    ) -> None:
        self.done = False
        self.cover: Cover | None = None  # once done; None: it came to nothing
        self._sectors = sectors
        self._reader = reader
        self._end = end
        self._target = sectors.take(first, True)
        self._offset = sectors.begin(self._target)
        self._written = Before(axes, first - 1)
        self._thinning = Thinning(units, tolerance)
        self._tolerance = tolerance
        self._owed = 0  # of the record that waits: the tolerance that it was thinned with before
        self._most_owed = 0
        self._taken = first - 1  # the last number that was looked at
        self._source = Sector(-1, -1, 0, 0, 0, 0)
        self._walk: Walk | None = None
        self._waiting: tuple[int, int, tuple[tuple[int, ...] | None, ...], bool] | None = None
        self._count = self._dropped = 0
        self._judged = self._kept = 0

    @property
    def sequence(self) -> int:
        """Of the sector that is being written."""
        sequence: int = self._target.sequence
        return sequence

    def step(self, records: int, released: NumberRanges, shift: int) -> list[int]:
        """Go on with so many records; return the numbers of those that are given up.

        What is in `released`, with the shift added, is not copied.
        """
        gone: list[int] = []
        for _ in range(records):
            if self.done:
                break
            self._step(released, shift, gone)
        return gone

    def abandon(self) -> None:
        """Give the sector back: the records that it was for are no more."""
        self._sectors.release(self._target)
        self.done = True

    def _step(self, released: NumberRanges, shift: int, gone: list[int]) -> None:
        found = self._next()
        if found is None:
            last = self._end - 1
            if self._waiting is not None and not self._write():
                last = self._waiting[0] - 1
            self._finish(last)
            return
        number, time_s, values, keep = found
        if released.last_of(number + shift) is not None:
            return
        self._thinning.tolerance = (
            COARSEST if self._tolerance >= COARSEST else max(0, self._tolerance - self._owed)
        )
        goes = self._thinning.follow(time_s, values, keep)
        if self._waiting is not None:
            if goes:
                gone.append(self._waiting[0])
                self._dropped += 1
            elif not self._write():
                self._finish(self._waiting[0] - 1)
                return
            self._judge(goes)
        self._waiting = found
        self._owed = max(0, self._source.thinned - 1)
        self._most_owed = max(self._most_owed, self._owed)

    def _judge(self, went: bool) -> None:
        self._judged += 1
        self._kept += not went
        if self._judged == JUDGED:
            if 2 * self._kept > JUDGED:
                self._tolerance = coarser(self._tolerance)
            self._judged = self._kept = 0

    def _next(self) -> "tuple[int, int, tuple[tuple[int, ...] | None, ...], bool] | None":
        """Return the next record of the stretch: number, time, values, whether to keep it."""
        while True:
            index = self._reader.sector_of(self._taken + 1)
            if index < 0 or self._taken + 1 >= self._end:
                return None
            sector = self._sectors.live[index]
            if self._walk is None or sector[:2] != self._source[:2]:  # the next one, or moved
                self._source = sector
                self._walk = self._reader.walk(sector)
            end = min(self._end, self._reader.end_of(index))
            while self._walk.next():
                before = self._walk.before
                if before.number >= end:
                    break
                if before.number > self._taken:
                    self._taken = before.number
                    return before.number, before.time_s, before.values, self._walk.keep
            self._taken = end - 1

    def _write(self) -> bool:
        """Write the record that waits; return whether there was room."""
        assert self._waiting is not None
        number, time_s, values, keep = self._waiting
        entry = entries.record(self._written, number, time_s, values, keep, self._target.sequence)
        if self._offset + len(entry) > self._sectors.end(self._target):
            return False
        self._sectors.flash.program(self._offset, entry)
        self._offset += len(entry)
        self._written.follow(number, time_s, values)
        self._count += 1
        return True

    def _finish(self, last: int) -> None:
        """Let the target count, and what it replaces count no more."""
        self.done = True
        first = self._target.first
        if last < first:
            self._sectors.release(self._target)
            return
        tolerance = max(self._tolerance, self._most_owed)
        self.cover = Cover(last, self._count, self._dropped, tolerance)
        self._sectors.cover(self._target, self.cover)
        live = []
        placed = False
        for index, sector in enumerate(self._sectors.live):
            end = self._reader.end_of(index)
            if sector.first >= first and not placed:
                live.append(Sector(*self._target[:4], self._count, 1 + tolerance))
                placed = True
            if first <= sector.first <= last:
                if end <= last + 1:
                    self._sectors.release(sector)
                    continue
                sector = Sector(*sector[:3], last + 1, -1, sector.thinned)  # noqa: PLW2901
            live.append(sector)
        self._sectors.live = live
