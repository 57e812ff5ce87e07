"""The records that the cloud has not acknowledged: numbered, kept, dropped only when memory is full.

A record is held from its sampling until an acknowledgement covers it. Of a held record the store knows
whether it was ever sent (numbers below `unsent` were) and whether the cloud reported it missing since.
Numbers grow by one and are never given twice: they are reserved in storage in blocks, so that a node which
loses power without warning goes on above everything that it ever gave (the numbers between are gaps; a
state report's `oldest_record` tells the cloud that they will not come).
"""

import struct
from collections import namedtuple

from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.batch_layout import Record
from farwire_codecs.configuration_document import crc32
from farwire_codecs.schema import Schema
from farwire_node.record_ring import RecordRing
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

Release = namedtuple("Release", ("count", "highest"))
"""How many records an acknowledgement released, and the highest number of them (0: none)."""

NUMBERS_KEY = "record_numbers"  # >II: first number that is not reserved; records dropped so far
RECORDS_KEY = "records"  # what `save` wrote
RESERVED = 64  # numbers a write: one write an hour at one record a minute spares the flash

_FREE, _HELD, _MISSING = 0, 1, 2
# ms of writing, fingerprint of the channels, slot size, count, unsent; then number (>I) and slot of each one
_IMAGE = ">qHBHI"


class RecordStore:
    """Records of one schema within `capacity` numbers; `storage` keeps the numbers over restarts."""

    def __init__(self, schema: Schema, capacity: int, storage: Storage) -> None:
        self.schema = schema
        self.capacity = capacity
        self._ring = RecordRing(schema, capacity)
        self._states = bytearray(capacity)
        self._storage = storage
        saved = storage.load(NUMBERS_KEY)
        self._reserved, self.dropped = struct.unpack(">II", saved) if saved else (1, 0)
        self.next = self._reserved  # the number that the next record gets
        self.first = self.next  # the oldest record held; `next` when there is none
        self.unsent = self.next  # every held record from here on was never sent
        self.held = 0
        self.missing = 0  # how many held records the cloud reported missing
        self._restored_below = 0
        self._alive_from = self.next  # the first record sampled since the start

    @property
    def slot_size(self) -> int:
        """Bytes that a record takes in memory; a batch needs less for it."""
        return self._ring.slot_size

    def holds(self, number: int) -> bool:
        """Return whether the record of this number is held."""
        return self.first <= number < self.next and self._states[self._at(number)] != _FREE

    def is_missing(self, number: int) -> bool:
        """Return whether it is held, was sent, and was reported missing since."""
        return self.first <= number < self.next and self._states[self._at(number)] == _MISSING

    def record(self, number: int) -> Record:
        """Return a record that is held, or that the store still `recalls`."""
        return self._ring.get(number)

    @property
    def oldest_recalled(self) -> int:
        """The first number from which on the store `recalls` records; `next` when there is none."""
        oldest: int = max(self._alive_from, self.next - self.capacity)
        return oldest

    def recalls(self, number: int) -> bool:
        """Return whether the record was sampled in this life of the node, and lies in memory still."""
        return bool(self.oldest_recalled <= number < self.next)

    def add(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> list[int]:
        """Hold a record under the number `next`; return the numbers of the records given up for it.

        `time_s` is larger than the last record's.
        """
        if self.next >= self._reserved:
            self._reserve(self.next + RESERVED)
        number = self.next
        given_up = self._make_room(number)
        self._ring.put(number, time_s, values)
        self._states[self._at(number)] = _HELD
        self.held += 1
        self.next += 1
        return given_up

    def first_unsent(self) -> int | None:
        """Return the oldest record that was never sent."""
        return self._find(max(self.unsent, self.first), _HELD)

    def first_missing(self) -> int | None:
        """Return the oldest record that was reported missing."""
        return self._find(self.first, _MISSING) if self.missing else None

    def mark_sent(self, first: int, count: int) -> None:
        """Note that the held records from `first` on were sent just now."""
        for number in range(first, first + count):
            if self._states[self._at(number)] == _MISSING:
                self._states[self._at(number)] = _HELD
                self.missing -= 1
        self.unsent = max(self.unsent, first + count)

    def acknowledge(self, acknowledgement: Acknowledgement, on_its_way: "tuple[int, int]") -> Release:
        """Release what is stored; mark as missing what the bitmap says is not.

        `on_its_way` (first number, count): sent so recently that the acknowledgement may be older. An
        acknowledgement beyond every number given here is of another life of this node: it releases nothing,
        see `continue_above`.
        """
        if self.is_foreign(acknowledgement):
            return Release(0, 0)
        count = highest = 0
        for number in self._stored(acknowledgement):
            if self.holds(number):
                self._free(number)
                count += 1
                highest = max(highest, number)
        self._advance()
        self._mark_missing(acknowledgement, on_its_way)
        if self._restored_below and self.first >= self._restored_below:
            self._restored_below = 0
            self._storage.save(RECORDS_KEY, b"")
        return Release(count, highest)

    def is_foreign(self, acknowledgement: Acknowledgement) -> bool:
        """Return whether it speaks of numbers that this node never gave (its storage was lost)."""
        return bool(_top(acknowledgement) >= self.next)

    def continue_above(self, acknowledgement: Acknowledgement) -> None:
        """Number everything held anew, above what the cloud already has from another life of this node."""
        numbers = [number for number in range(self.first, self.next) if self.holds(number)]
        slots = [self._ring.slot(number) for number in numbers]
        self._states = bytearray(self.capacity)
        self.first = self.unsent = self.next = _top(acknowledgement) + 1
        self.missing = self._restored_below = 0
        self._alive_from = self.next
        self._reserve(self.next + len(slots) + RESERVED)
        for slot in slots:
            self._ring.put_slot(self.next, slot, 0)
            self._states[self._at(self.next)] = _HELD
            self.next += 1

    def save(self, now_ms: int) -> None:
        """Write everything to storage, and give back the reserved numbers that were not used."""
        head = (now_ms, _fingerprint(self.schema), self.slot_size, self.held, self.unsent)
        out = bytearray(struct.pack(_IMAGE, *head))
        for number in range(self.first, self.next):
            if self.holds(number):
                out.extend(struct.pack(">I", number))
                out.extend(self._ring.slot(number))
        self._storage.save(RECORDS_KEY, bytes(out))
        self._reserve(self.next)
        self._restored_below = self.next

    def restore(self, now_ms: int) -> None:
        """Hold again what `save` wrote. Only for a store that has no record yet.

        Records of other channels cannot be sent any more and count as dropped. When the clock went back since
        (a board without a battery for it), times are moved as if the power had been off for no time.
        """
        image = self._storage.load(RECORDS_KEY)
        if not image:
            return
        saved_ms, fingerprint, slot_size, count, unsent = struct.unpack_from(_IMAGE, image, 0)
        if fingerprint != _fingerprint(self.schema) or slot_size != self.slot_size:
            self.dropped += count
            self._reserve(self._reserved)
            self._storage.save(RECORDS_KEY, b"")
            return
        later_s = min(0, (now_ms - saved_ms) // 1000)
        at = struct.calcsize(_IMAGE)
        for _ in range(count):
            (number,) = struct.unpack_from(">I", image, at)
            if number >= self.next - self.capacity:
                self._ring.put_slot(number, image[at + 4 : at + 4 + slot_size], later_s)
                self._states[self._at(number)] = _HELD
                self.first = min(self.first, number)
                self.held += 1
            else:
                self.dropped += 1
            at += 4 + slot_size
        self.unsent = max(unsent, self.first)
        self._restored_below = self.next
        if self.held < count:  # too old for the ring: count them once
            self.save(now_ms)

    def _stored(self, acknowledgement: Acknowledgement) -> "Iterator[int]":
        """Yield the numbers from `first` on that an acknowledgement says are stored."""
        yield from range(self.first, acknowledgement.through + 1)
        for index, byte in enumerate(acknowledgement.stored_above):
            for bit in range(8):
                if byte >> bit & 1:
                    yield acknowledgement.through + 2 + 8 * index + bit

    def _mark_missing(self, acknowledgement: Acknowledgement, on_its_way: "tuple[int, int]") -> None:
        """Mark what was sent, lies under the highest stored number and is not stored."""
        if not acknowledgement.stored_above:
            return
        start = max(self.first, acknowledgement.through + 1)
        for number in range(start, min(_top(acknowledgement), self.unsent)):
            fresh = on_its_way[0] <= number < on_its_way[0] + on_its_way[1]
            if not fresh and self._states[self._at(number)] == _HELD:
                self._states[self._at(number)] = _MISSING
                self.missing += 1

    def _make_room(self, number: int) -> list[int]:
        given_up = []
        while number - self.first >= self.capacity:
            given_up.append(self.first)
            self._free(self.first)
            self.dropped += 1
            self._advance()
        return given_up

    def _free(self, number: int) -> None:
        if self._states[self._at(number)] == _MISSING:
            self.missing -= 1
        self._states[self._at(number)] = _FREE
        self.held -= 1

    def _advance(self) -> None:
        """Bring `first` to the oldest record held."""
        while self.first < self.next and self._states[self._at(self.first)] == _FREE:
            self.first += 1

    def _find(self, number: int, state: int) -> int | None:
        while number < self.next:
            if self._states[self._at(number)] == state:
                return number
            number += 1
        return None

    def _reserve(self, number: int) -> None:
        self._reserved = number
        self._storage.save(NUMBERS_KEY, struct.pack(">II", number, self.dropped))

    def _at(self, number: int) -> int:
        return number % self.capacity


def _fingerprint(schema: Schema) -> int:
    """Return 16 bits that tell one list of channels from another."""
    columns = bytes([byte for c in schema.channels for byte in (c.channel, c.type_id)])
    return crc32(columns) & 0xFFFF


def _top(acknowledgement: Acknowledgement) -> int:
    """Return the highest number that an acknowledgement says is stored."""
    through: int = acknowledgement.through
    bitmap: bytes = acknowledgement.stored_above
    for index in range(len(bitmap) - 1, -1, -1):
        for bit in range(7, -1, -1):
            if bitmap[index] >> bit & 1:
                return through + 2 + 8 * index + bit
    return through
