"""Records by their numbers out of the sectors of a log: a chunk of them is decoded at a time and kept."""

from farwire_codecs.batch_layout import Record
from farwire_node.flash.sectors import Sector, Sectors
from farwire_node.flash.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK = 32  # records decoded and kept: some 4 KB of a board's heap


class Reader:
    """Reads the live sectors; `next` is the number behind the last record."""

    def __init__(self, sectors: Sectors, axes: "Sequence[int]") -> None:
        self.next = 1
        self._sectors = sectors
        self._axes = axes
        self._of = (-1, -1)  # place and sequence of the sector that the following are of
        self._walk: Walk | None = None
        self._bounds: list[int] = []  # the least number that a chunk of it can hold, and its beginning
        self._states: list[tuple[object, ...]] = []
        self._chunk = -1
        self._records: list[Record] = []

    def walk(self, sector: Sector) -> Walk:
        """Return a walk through a sector's entries."""
        sectors = self._sectors
        begin, end = sectors.begin(sector), sectors.end(sector)
        return Walk(sectors.flash, begin, end, self._axes, sector.origin, sector.sequence)

    def sector_of(self, number: int) -> int:
        """Return the index of the live sector in which the number lies, -1 for one before all."""
        low, high = 0, len(self._sectors.live)
        while low < high:
            middle = (low + high) // 2
            if self._sectors.live[middle].first <= number:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def end_of(self, index: int) -> int:
        """Return the number behind a sector's last one."""
        live = self._sectors.live
        return live[index + 1].first if index + 1 < len(live) else self.next

    def get(self, number: int) -> Record | None:
        """Return a record, None if it is not there."""
        index = self.sector_of(number)
        if index < 0 or number >= self.next:
            return None
        self._load(self._sectors.live[index], number)
        for record in self._records:
            if record.number == number:
                return record
        return None

    def at_or_after(self, number: int) -> int:
        """Return the number of the first record from `number` on; `next` if there is none."""
        index = max(0, self.sector_of(number))
        while index < len(self._sectors.live):
            sector = self._sectors.live[index]
            number = max(number, sector.first)
            if not sector.thinned:
                if number < self.end_of(index):
                    return number
            elif sector.count:
                self._load(sector, number)
                for record in self._records:
                    if number <= record.number < self.end_of(index):
                        return int(record.number)
            index += 1
        return self.next

    def before(self, number: int) -> Record | None:
        """Return the last record before `number`."""
        index = self.sector_of(number - 1)
        while index >= 0:
            number = min(number, self.end_of(index))
            self._load(self._sectors.live[index], number - 1)
            if self._chunk and (not self._records or self._records[0].number >= number):
                self._load(self._sectors.live[index], self._bounds[self._chunk] - 1)
            found = None
            for record in self._records:
                if record.number < number and record.number >= self._sectors.live[index].first:
                    found = record
            if found is not None:
                return found
            index -= 1
        return None

    def count(self, first: int, last: int) -> int:
        """Return how many records there are from `first` to `last`."""
        total = 0
        for index in range(max(0, self.sector_of(first)), len(self._sectors.live)):
            sector = self._sectors.live[index]
            end = self.end_of(index)
            if sector.first > last:
                break
            low, high = max(first, sector.first), min(last, end - 1)
            if not sector.thinned:
                total += max(0, high - low + 1)
            elif low == sector.first and high == end - 1 and sector.count >= 0:
                total += sector.count
            else:
                total += self._count_thinned(sector, low, high)
        return total

    def _count_thinned(self, sector: Sector, low: int, high: int) -> int:
        total = 0
        number = low
        while number <= high:
            self._load(sector, number)
            found = [record.number for record in self._records if number <= record.number <= high]
            total += len(found)
            if len(self._records) < CHUNK:
                break
            number = self._records[-1].number + 1
        return total

    def _load(self, sector: Sector, number: int) -> None:
        """Bring the chunk into memory in which the number would lie."""
        if self._of != (sector.place, sector.sequence) or self._walk is None:
            self._of = (sector.place, sector.sequence)
            self._walk = self.walk(sector)
            self._bounds, self._states = [sector.origin], [self._walk.state()]
            self._chunk = -1
        at = len(self._bounds) - 1
        while at and self._bounds[at] > number:
            at -= 1
        while True:
            if self._chunk != at or len(self._records) < CHUNK:
                self._decode(at)
            if at + 1 >= len(self._bounds) or self._bounds[at + 1] > number:
                return
            at += 1

    def _decode(self, at: int) -> None:
        walk = self._walk
        assert walk is not None
        walk.set_state(self._states[at])
        self._chunk = at
        self._records = []
        while len(self._records) < CHUNK and walk.next():
            before = walk.before
            self._records.append(Record(before.number, before.time_s, before.values))
        if len(self._records) == CHUNK and at + 1 == len(self._bounds):
            self._bounds.append(walk.before.number + 1)
            self._states.append(walk.state())
