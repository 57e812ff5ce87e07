"""The records that the cloud has not acknowledged: numbered, kept, thinned only when memory is full.

A record is held from its sampling until an acknowledgement covers it. Of a held record the store knows
whether it was ever sent (numbers below `unsent` were) and whether the cloud reported it missing since.
Numbers grow by one and are never given twice. Numbers of records that were given up are gaps: where a gap is
short, a batch bridges it with records without values (`filler`), so that it stays one run of numbers; that
none will come for the others, a state report's `oldest_record` tells the cloud once all before them are
acknowledged.
"""

import struct
from collections import namedtuple

from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.batch_layout import Record
from farwire_codecs.schema import Schema
from farwire_node.records.eras import Eras
from farwire_node.records.number_ranges import NumberRanges
from farwire_node.records.ram_shelf import RamShelf
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from farwire_node.records.flash_shelf import FlashShelf  # a board without flash for it need not hold it

Release = namedtuple("Release", ("count", "highest"))
"""How many records an acknowledgement released, and the highest number of them (0: none)."""

ERAS_KEY = "record_eras"
HELD_KEY = "held"  # as of the last start or `save`:
HELD = ">III"  # the oldest record, the next one, the count of those dropped
BRIDGED = 16  # numbers: a record without values costs a third of a byte in such a row, a frame of its own 13
AROUND = 4  # records before and behind an alarm's that are not thinned


class RecordStore:
    """Records of one schema on a shelf: one in memory for `capacity` of them, unless one is given."""

    def __init__(
        self, schema: Schema, capacity: int, storage: Storage, shelf: "FlashShelf | None" = None
    ) -> None:
        self.schema = schema
        self._shelf: RamShelf | FlashShelf = shelf or RamShelf(schema, capacity, storage)
        self._released = self._shelf.released
        self._missing = NumberRanges()
        self._storage = storage
        self._eras = Eras(storage, ERAS_KEY)
        self._keep = 0  # how many of the next records are to be kept
        self.first = 0  # the oldest record held; `next` when there is none
        self.unsent = 0  # every held record from here on was never sent
        self.held = 0
        self._restored()
        self._alive_from = self.next  # the first record sampled since the start

    @property
    def capacity(self) -> int:
        """How many records fit, in flash about."""
        return self._shelf.capacity

    @property
    def slot_size(self) -> int:
        """Bytes that a record takes in memory; a batch needs less for it."""
        return self._shelf.slot_size

    @property
    def next(self) -> int:
        """The number that the next record gets."""
        return self._shelf.next

    @property
    def dropped(self) -> int:
        """How many records were given up since the first start."""
        return self._shelf.dropped

    @property
    def missing(self) -> int:
        """How many held records the cloud reported missing."""
        return sum([self._shelf.count(first, last) for first, last in self._missing.ranges()])

    def set_capacity(self, capacity: "int | None") -> list[int]:
        """Hold at most so many records, None: as many as fit; return the numbers of those given up."""
        dropped = self.dropped
        gone = self._shelf.set_capacity(capacity)
        self._recount(dropped)
        return gone

    def set_thinning(self, thins: bool) -> None:
        """Choose what goes when memory is full: what the curve can do without, or the oldest."""
        self._shelf.thins = thins

    def holds(self, number: int) -> bool:
        """Return whether the record of this number is held."""
        if not self.first <= number < self.next or self._released.last_of(number) is not None:
            return False
        return self._shelf.has(number)

    def carries(self, number: int) -> bool:
        """Return whether a batch can carry this number: a held record, or a filler in a short gap."""
        return self.holds(number) or self.filler(number) is not None

    def is_missing(self, number: int) -> bool:
        """Return whether it is held, was sent, and was reported missing since."""
        return self._missing.last_of(number) is not None and self.holds(number)

    def record(self, number: int) -> Record:
        """Return a record that is held, that the store `recalls`, or that a batch `carries`."""
        record = self._dated(self._shelf.get(number)) or self.filler(number)
        if record is None:
            raise KeyError(number)
        return record

    def filler(self, number: int) -> Record | None:
        """Return the record without values that stands for one given up between two that are here.

        Its time lies between theirs in proportion. None where the gap is long, or of the time before the
        node's start, or where there is no gap.
        """
        if not self.first < number < self.next or self._released.last_of(number) is not None:
            return None
        after_number = self._shelf.at_or_after(number)
        if after_number == number or after_number >= self.next:
            return None
        before = self._dated(self._shelf.before(number))
        if before is None or after_number - before.number > BRIDGED + 1:
            return None
        if before.number < self._alive_from <= after_number:
            return None
        after = self._dated(self._shelf.get(after_number))
        if after is None:
            return None
        span_s = after.time_s - before.time_s
        time_s = before.time_s + span_s * (number - before.number) // (after_number - before.number)
        return Record(number, time_s, (None,) * len(before.values))

    def recalls(self, number: int) -> bool:
        """Return whether the record was sampled in this life of the node, and lies in memory still."""
        return number >= self._alive_from and self._shelf.recalls(number)

    def column(self, most: int, at: int) -> "list[int | None]":
        """Return raw integers of an axis, `at` counted over all channels, of `most` newest records or fewer.

        Oldest first, None for no value; of records that lie in memory, or did before a deep sleep.
        """
        return self._shelf.column(most, at)

    def add(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> list[int]:
        """Hold a record under the number `next`; return the numbers of the records given up for it.

        `time_s` is larger than the last record's. In flash the record is on the medium when this returns.
        """
        dropped = self.dropped
        given_up = self._shelf.append(time_s, values, self._keep > 0)
        self._keep = max(0, self._keep - 1)
        self.held += 1
        self._recount(dropped)
        return given_up

    def keep_around(self) -> None:
        """See to it that the last records, and the next ones, are not thinned: an alarm was found in them."""
        self._shelf.keep_last(AROUND + 1)
        self._keep = AROUND

    def first_unsent(self) -> int | None:
        """Return the oldest record that was never sent."""
        number = self._held_from(max(self.unsent, self.first))
        return number if number < self.next else None

    def first_missing(self) -> int | None:
        """Return the oldest record that was reported missing."""
        for first, last in self._missing.ranges():
            number = self._shelf.at_or_after(first)
            if number <= last:
                return number
        return None

    def mark_sent(self, first: int, count: int) -> None:
        """Note that the held records from `first` on were sent just now."""
        self._missing.remove(first, first + count - 1)
        self.unsent = max(self.unsent, first + count)

    def mark_lost(self, first: int, count: int) -> None:
        """Note that a frame with the records from `first` on never left: they are missing."""
        last = min(first + count, self.unsent) - 1
        if first <= last:
            for part in self._released.outside(max(first, self.first), last):
                self._missing.add(*part)

    def acknowledge(self, acknowledgement: Acknowledgement, on_its_way: "tuple[int, int]") -> Release:
        """Release what is stored; mark as missing what the bitmap says is not.

        `on_its_way` (first number, count): sent so recently that the acknowledgement may be older. An
        acknowledgement beyond every number given here is of another life of this node: it releases nothing,
        see `continue_above`.
        """
        if self.is_foreign(acknowledgement):
            return Release(0, 0)
        count = highest = 0
        for first, last in _stored(acknowledgement, self.first):
            for part in self._released.outside(first, last):
                found = self._shelf.count(*part)
                if found:
                    count += found
                    highest = self._last_at(part[1])
                    forgotten = self._released.add(*part)
                    if forgotten is not None:
                        count -= self._shelf.count(*forgotten)
        self._missing.remove(0, acknowledgement.through)
        self._advance()
        self._mark_missing(acknowledgement, on_its_way)
        if count:
            self.held -= count
            dropped = self.dropped
            self._shelf.note(self.first, self.unsent)
            self._recount(dropped)
        return Release(count, highest)

    def is_foreign(self, acknowledgement: Acknowledgement) -> bool:
        """Return whether it speaks of numbers that this node never gave (its storage was lost)."""
        return bool(_top(acknowledgement) >= self.next)

    def continue_above(self, acknowledgement: Acknowledgement) -> None:
        """Number everything held anew, above what the cloud already has from another life of this node."""
        by = _top(acknowledgement) + 1 - self.first
        self._released.move(by)
        self._eras.renumber(by)
        self._shelf.renumber(by)
        self._missing = NumberRanges()
        self._restored()
        self._alive_from += by

    def erase(self) -> None:
        """Give up every record, also where it is written; the next one's number follows all the same."""
        self._shelf.drop_all(self.held)
        self._released.remove(0, self.next)
        self._missing = NumberRanges()
        self._restored()
        self._alive_from = self.next

    def save(self, now_ms: int) -> None:
        """Write everything that is in memory only, and give back the reserved numbers that were not used."""
        self._shelf.note(self.first, self.unsent)
        self._shelf.save(now_ms)
        self._write_held()

    def restore(self, now_ms: int) -> None:
        """Hold again what is in flash, or what `save` wrote. Only for a store that has no record yet.

        Records of other channels cannot be sent any more and count as dropped. When the clock went back since
        (a board without a battery for it), times are moved as if the power had been off for no time, until
        `know` tells how long it was.
        """
        self._shelf.restore(now_ms)
        self._restored()
        self._eras.begin(self.first, self.next)
        self._write_held()

    @property
    def awaits_time(self) -> bool:
        """Whether records are held that `know` would give another time."""
        return self.first < self._eras.awaited_below

    def know(self, offset_ms: int) -> None:
        """Take the network's clock less the node's: records of earlier lives get older by the power cuts."""
        self._eras.know(offset_ms - 1000 * self._shelf.behind_s, self.first)

    def _dated(self, record: Record | None) -> Record | None:
        """Return a record with its true time, as far as that is known."""
        later_s = 0 if record is None else self._eras.later_s(record.number)
        if record is None or not later_s:
            return record
        return Record(record.number, record.time_s + later_s, record.values)

    def _write_held(self) -> None:
        """Write down what a state report says of the records: safe mode does not open them."""
        self._storage.save(HELD_KEY, struct.pack(HELD, self.first, self.next, self.dropped))

    def _restored(self) -> None:
        self.first = self._shelf.first
        self.unsent = max(self.first, self._shelf.unsent)
        self._advance()
        self.held = self._count_held()

    def _recount(self, dropped: int) -> None:
        """Learn what is held if records were given up since there were `dropped` of them."""
        if self.dropped != dropped:
            self._advance()
            self.held = self._count_held()

    def _count_held(self) -> int:
        count = self._shelf.count(self.first, self.next - 1)
        for first, last in self._released.ranges():
            count -= self._shelf.count(max(first, self.first), last)
        return count

    def _mark_missing(self, acknowledgement: Acknowledgement, on_its_way: "tuple[int, int]") -> None:
        """Mark what was sent and is not stored: under the highest stored number, as far as the bitmap tells.

        Without a bitmap nothing else is stored, or nothing within its reach: all that follows is missing.
        """
        top = _top(acknowledgement) if acknowledgement.stored_above else self.unsent
        end = min(top, self.unsent)
        fresh_end = on_its_way[0] + on_its_way[1]
        for first, last in self._released.outside(max(self.first, acknowledgement.through + 1), end - 1):
            for part in ((first, min(last, on_its_way[0] - 1)), (max(first, fresh_end), last)):
                if part[0] <= part[1] and self._shelf.count(*part):
                    self._missing.add(*part)
        for first, last in self._released.ranges():
            self._missing.remove(first, last)

    def _advance(self) -> None:
        """Bring `first` to the oldest record held, and forget what lies before it."""
        first = self.first
        self.first = self._held_from(max(first, self._shelf.first))
        if self.first > first:
            self._shelf.advance(self.first)
            self._released.remove(0, self.first - 1)
            self._missing.remove(0, self.first - 1)

    def _held_from(self, number: int) -> int:
        """Return the first record held from `number` on; `next` if there is none."""
        while True:
            number = self._shelf.at_or_after(number)
            last = self._released.last_of(number)
            if last is None or number >= self.next:
                return number
            number = last + 1

    def _last_at(self, number: int) -> int:
        """Return the last record up to `number`, released or not."""
        if self._shelf.has(number):
            return number
        record = self._shelf.before(number)
        return 0 if record is None else record.number


def _stored(acknowledgement: Acknowledgement, first: int) -> "Iterator[tuple[int, int]]":
    """Yield the (first, last) runs from `first` on that an acknowledgement says are stored."""
    if first <= acknowledgement.through:
        yield first, acknowledgement.through
    begin = 0
    base = acknowledgement.through + 2
    bitmap = acknowledgement.stored_above
    for bit in range(8 * len(bitmap) + 1):
        if bit < 8 * len(bitmap) and bitmap[bit >> 3] >> (bit & 7) & 1:
            begin = begin or base + bit
        elif begin:
            if base + bit > first:
                yield max(begin, first), base + bit - 1
            begin = 0


def _top(acknowledgement: Acknowledgement) -> int:
    """Return the highest number that an acknowledgement says is stored."""
    through: int = acknowledgement.through
    bitmap: bytes = acknowledgement.stored_above
    for index in range(len(bitmap) - 1, -1, -1):
        for bit in range(7, -1, -1):
            if bitmap[index] >> bit & 1:
                return through + 2 + 8 * index + bit
    return through
