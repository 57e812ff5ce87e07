"""Records in memory alone, for boards without spare flash: written only in an orderly `save`.

The ring's times are those of the node's clock plus the seconds that it is behind them: they go on over a
power cut, though a board without a battery for its clock begins at 0 again. Numbers are reserved in storage
in blocks, so that a node which loses power without warning goes on above everything that it ever gave; the
numbers between are gaps.
"""

import struct

from farwire_codecs.batch_layout import Record
from farwire_codecs.configuration_document import crc32
from farwire_codecs.schema import Schema
from farwire_node.records.number_ranges import NumberRanges
from farwire_node.records.record_ring import MOST, RecordRing
from farwire_node.records.thinning import Thinning, coarser, units
from farwire_node.storage import Storage

NUMBERS_KEY = "record_numbers"  # >II: first number that is not reserved; records dropped so far
RECORDS_KEY = "records"  # what `save` wrote
RESERVED = 64  # numbers a write: one write an hour at one record a minute spares the flash

JUDGED = 8  # records looked at for the one that a full ring must lose, before the tolerance grows
SPARE_BYTES = 8_192  # of a heap in one piece, left beside a ring that grows
MOST_JUDGED = 256  # of them, if not one can go

# ms of writing in the ring's time, fingerprint of the channels, slot size, count, unsent; then number (>I)
# and slot of each one
_IMAGE = ">qHBHI"


class RamShelf:
    """Up to `capacity` records.

    `next`, `first`, `unsent`, `released` and `dropped` are what it knows after a restart; whoever uses it
    tells it of changes with `note`.
    """

    def __init__(self, schema: Schema, capacity: int, storage: Storage) -> None:
        self.thins = True
        self.behind_s = 0  # so much is the node's clock behind the ring's times
        self.released = NumberRanges()  # of records from `first` on
        self._schema = schema
        self._ring = RecordRing(schema, capacity)
        self._storage = storage
        saved = storage.load(NUMBERS_KEY)
        self._reserved, self.dropped = struct.unpack(">II", saved) if saved else (1, 0)
        self.next = self._reserved
        self.first = self.unsent = self.next
        self.capacity = self._own_capacity = capacity
        self._restored_below = 0
        self._units = units(schema)
        self._tolerance = 0
        self._thinning: Thinning | None = None
        self._judged = 0  # the number of the last record that was judged
        self._before = 0  # of the record before it, which goes or stays
        self._raised = False  # the tolerance, in this pass through the older half

    @property
    def slot_size(self) -> int:
        """Bytes that a record's values and time take in memory."""
        return self._ring.slot_size - 4

    def has(self, number: int) -> bool:
        """Return whether the record is here, released or not."""
        position = self._ring.find(number)
        return position < self._ring.count and self._ring.number_at(position) == number

    recalls = has  # all are in memory

    def get(self, number: int) -> Record | None:
        """Return a record, None if it is gone."""
        return self._shown(self._ring.lookup(number))

    def column(self, most: int, at: int) -> "list[int | None]":
        """Return raw integers of an axis of the newest records, as RecordRing.column says."""
        return self._ring.column(most, at)

    def at_or_after(self, number: int) -> int:
        """Return the number of the first record from `number` on; `next` if there is none."""
        position = self._ring.find(number)
        return self._ring.number_at(position) if position < self._ring.count else self.next

    def before(self, number: int) -> Record | None:
        """Return the last record before `number`."""
        position = self._ring.find(number)
        return self._shown(self._ring.get(position - 1)) if position else None

    def count(self, first: int, last: int) -> int:
        """Return how many records are here from `first` to `last`."""
        return self._ring.find(last + 1) - self._ring.find(first)

    def append(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]", keep: bool) -> list[int]:
        """Hold the next record; return the numbers of those given up for it."""
        if self.next >= self._reserved:
            self._reserve(self.next + RESERVED)
        gone: list[int] = []
        if self._ring.count >= self.capacity:
            self._lose(gone)
        self._ring.add(self.next, time_s + self.behind_s, values, keep)
        self.next += 1
        return gone

    def set_capacity(self, capacity: "int | None") -> list[int]:
        """Hold up to `capacity` records, None: as many as at first; return the numbers of those given up.

        What does not fit goes as from a full ring. As before, where memory does not suffice.
        """
        gone: list[int] = []
        capacity = min(capacity or self._own_capacity, MOST)
        if capacity == self.capacity:
            return gone
        try:
            ring = RecordRing(self._schema, capacity)
            bytearray(SPARE_BYTES)
        except MemoryError:
            return gone
        while self._ring.count > capacity:
            self._lose(gone)
        for position in range(self._ring.count):
            ring.add_slot(self._ring.number_at(position), self._ring.slot(position))
        self._ring = ring
        self.capacity = capacity
        return gone

    def keep_last(self, count: int) -> None:
        """See to it that the last records are not thinned."""
        for position in range(max(0, self._ring.count - count), self._ring.count):
            self._ring.keep(position)

    def renumber(self, by: int) -> None:
        """Add `by` to the numbers of all records; `released` must be moved before."""
        self._ring.renumber(by)
        self.next += by
        self.first += by
        self.unsent = self.first  # all are to be sent again
        self._thinning = None
        self._restored_below = 0
        self._reserve(self.next + RESERVED)

    def drop_all(self, held: int) -> None:
        """Forget every record, saved ones too; `held` ones of them are given up by that."""
        self.dropped += held
        self._ring = RecordRing(self._schema, self.capacity)
        self.first = self.unsent = self.next
        self._thinning = None
        self._storage.save(RECORDS_KEY, b"")
        self._reserve(self._reserved)

    def advance(self, first: int) -> None:
        """Know that no record before `first` is held."""
        self.first = first

    def note(self, first: int, unsent: int) -> None:
        """Know what is released: everything before `first`, and `released`."""
        self.first = first
        self.unsent = unsent
        if self._restored_below and first >= self._restored_below:
            self._restored_below = 0
            self._storage.save(RECORDS_KEY, b"")

    def save(self, now_ms: int) -> None:
        """Write the held records to storage, and give back the reserved numbers that were not used."""
        held = [
            position
            for position in range(self._ring.find(self.first), self._ring.count)
            if self.released.last_of(self._ring.number_at(position)) is None
        ]
        head = (
            now_ms + 1000 * self.behind_s,
            _fingerprint(self._schema),
            self._ring.slot_size,
            len(held),
            self.unsent,
        )
        out = bytearray(struct.pack(_IMAGE, *head))
        for position in held:
            out.extend(struct.pack(">I", self._ring.number_at(position)))
            out.extend(self._ring.slot(position))
        self._storage.save(RECORDS_KEY, bytes(out))
        self._reserve(self.next)
        self._restored_below = self.next

    def restore(self, now_ms: int) -> None:
        """Hold again what `save` wrote, as RecordStore.restore says."""
        image = self._storage.load(RECORDS_KEY)
        if not image:
            return
        saved_ms, fingerprint, slot_size, count, unsent = struct.unpack_from(_IMAGE, image, 0)
        if fingerprint != _fingerprint(self._schema) or slot_size != self._ring.slot_size:
            self.dropped += count
            self._reserve(self._reserved)
            self._storage.save(RECORDS_KEY, b"")
            return
        self.behind_s = max(0, (saved_ms - now_ms) // 1000)
        skipped = max(0, count - self.capacity)  # it was larger then
        at = struct.calcsize(_IMAGE) + skipped * (4 + slot_size)
        for _ in range(count - skipped):
            (number,) = struct.unpack_from(">I", image, at)
            self._ring.add_slot(number, image[at + 4 : at + 4 + slot_size])
            at += 4 + slot_size
        self.first = self.at_or_after(0)
        self.unsent = max(unsent, self.first)
        self._restored_below = self.next
        if skipped:  # count them once
            self.dropped += skipped
            self.save(now_ms)

    def _shown(self, record: Record | None) -> Record | None:
        if record is None or not self.behind_s:
            return record
        return Record(record.number, record.time_s - self.behind_s, record.values)

    def _lose(self, gone: list[int]) -> None:
        """Take out a record, as a full ring does; `gone` gets its number if it was held."""
        position = self._dispensable()
        number = self._ring.number_at(position)
        if number >= self.first and self.released.last_of(number) is None:
            gone.append(number)
            self.dropped += 1
        self._ring.remove(position)

    def _dispensable(self) -> int:
        """Return the position of the record that a full ring loses: a released one if there is one."""
        ring = self._ring
        if ring.number_at(0) < self.first:
            return 0
        for begin, last in self.released.ranges():
            position = ring.find(begin)
            if position < ring.count and ring.number_at(position) <= last:
                return position
        return self._thin() if self.thins else 0

    def _thin(self) -> int:
        """Return the position of a record of the older half that the curve can do without; 0 if every one of
        them is to be kept."""
        ring = self._ring
        half = ring.count // 2
        for step in range(1, MOST_JUDGED):
            position = ring.find(self._judged + 1)
            if position >= half or self._thinning is None:
                if step > half:
                    break
                position = 0
                if not self._raised:
                    self._tolerance >>= 1
                self._raised = False
                self._thinning = None  # from the oldest record on again
            record = ring.get(position)
            thinning = self._thinning or Thinning(self._units, self._tolerance)
            thinning.tolerance, self._thinning = self._tolerance, thinning
            goes = thinning.follow(record.time_s, record.values, ring.is_kept(position))
            before, self._before, self._judged = self._before, record.number, record.number
            if goes:
                position = ring.find(before)
                if ring.number_at(position) == before:
                    return position
            if not step % JUDGED:
                self._raised = True
                self._tolerance = coarser(self._tolerance)
        return self._oldest_ordinary()

    def _oldest_ordinary(self) -> int:
        for position in range(self._ring.count // 2):
            if not self._ring.is_kept(position):
                return position
        return 0

    def _reserve(self, number: int) -> None:
        self._reserved = number
        self._storage.save(NUMBERS_KEY, struct.pack(">II", number, self.dropped))


def _fingerprint(schema: Schema) -> int:
    """Return 16 bits that tell one list of channels from another."""
    columns = bytes([byte for c in schema.channels for byte in (c.channel, c.type_id)])
    return crc32(columns) & 0xFFFF
