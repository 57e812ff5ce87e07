"""Records of one schema in one block of bytes: what a board can hold many of.

A slot is the number, the time, one bit a channel that tells whether it has a value, and each axis at its
type's width (GPS's three bytes take four), so that four everyday channels take 16 bytes instead of some 200
as Python objects. Which slots are taken, and in which order, stands in two bytes a slot beside them; so a
record in the middle can be taken out without moving others.
"""

import struct

from farwire_codecs.batch_layout import Record
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Schema
from farwire_node.errors import StorageError

MOST = 65_535  # slots
_NUMBER = 0x7FFFFFFF  # the number's lower 31 bits; the highest one: keep
_KEEP = 0x80000000


class RecordRing:
    """Slots for `capacity` records of a schema, allocated once; in the order of their numbers."""

    def __init__(self, schema: Schema, capacity: int) -> None:
        if not 1 <= capacity <= MOST:
            raise StorageError(f"a ring of {capacity} records, expected 1 to {MOST}")
        self.capacity = capacity
        self.count = 0
        types = [type_of(channel.type_id) for channel in schema.channels]
        self._axes = [len(found.axes) for found in types]
        mask = "B" if len(types) <= 8 else "H" if len(types) <= 16 else "I"
        codes = [found.format[1:] or "i" * len(found.axes) for found in types]
        self._format = ">Ii" + mask + "".join(codes)
        self.slot_size = struct.calcsize(self._format)
        self._slots = bytearray(self.slot_size * capacity)
        self._order = bytearray(2 * capacity)
        for index in range(capacity):
            struct.pack_into("<H", self._order, 2 * index, index)
        self._begin = 0  # where the oldest one stands in the order
        self._newest = 0  # the newest number, in full

    def add(
        self, number: int, time_s: int, values: "tuple[tuple[int, ...] | None, ...]", keep: bool = False
    ) -> None:
        """Put a record behind the newest one; `time_s` is signed 32 bits, values are raw integers or None.

        There must be room.
        """
        mask = 0
        flat: list[int] = []
        for index, (axes, value) in enumerate(zip(self._axes, values)):
            if value is None:
                flat.extend((0,) * axes)
            else:
                mask |= 1 << index
                flat.extend(value)
        marked = number & _NUMBER | (_KEEP if keep else 0)
        struct.pack_into(self._format, self._slots, self._at(self.count), marked, time_s, mask, *flat)
        self._newest = number
        self.count += 1

    def get(self, position: int) -> Record:
        """Return the record at a position: 0 for the oldest one, to count - 1."""
        flat = struct.unpack_from(self._format, self._slots, self._at(position))
        values: list[tuple[int, ...] | None] = []
        at = 3
        for index, axes in enumerate(self._axes):
            values.append(flat[at : at + axes] if flat[2] >> index & 1 else None)
            at += axes
        return Record(self._full(flat[0]), flat[1], tuple(values))

    def column(self, most: int, at: int) -> "list[int | None]":
        """Return raw integers of an axis, `at` counted over all channels, of `most` newest records or fewer.

        Oldest first, None for no value. Takes no heap but the list, as a rule.
        """
        channel, before = 0, at
        while before >= self._axes[channel]:
            before -= self._axes[channel]
            channel += 1
        letters = self._format  # one each for number, time, bits and axes
        begin = struct.calcsize(letters[: 4 + at])
        end = struct.calcsize(letters[: 5 + at])
        half = 1 << 8 * (end - begin) - 1 if letters[4 + at] >= "a" else 0  # of a signed one's range
        bits = struct.calcsize(letters[:4]) - 1 - (channel >> 3)
        slots = self._slots
        values: list[int | None] = [None] * min(most, self.count)
        for place in range(len(values)):
            slot = self._at(self.count - len(values) + place)
            if slots[slot + bits] >> (channel & 7) & 1:
                value = 0
                for byte in range(slot + begin, slot + end):
                    value = value << 8 | slots[byte]
                values[place] = (value ^ half) - half
        return values

    def lookup(self, number: int) -> Record | None:
        """Return the record of a number, None if it is not here; takes no more heap than `get`, as a rule."""
        position = self.find(number)
        if position < self.count:
            record = self.get(position)
            if record.number == number:
                return record
        return None

    def number_at(self, position: int) -> int:
        """Return the number of the record at a position."""
        return self._full(self._word(position))

    def is_kept(self, position: int) -> bool:
        """Return whether the record at a position is one to be kept."""
        return self._word(position) >= _KEEP

    def keep(self, position: int) -> None:
        """Have the record at a position kept."""
        struct.pack_into(">I", self._slots, self._at(position), self._word(position) | _KEEP)

    def find(self, number: int) -> int:
        """Return the position of the first record from this number on; count if there is none."""
        low, high = 0, self.count
        guess = high - 1 - (self._newest - number)  # right unless numbers are missing behind it
        if 0 <= guess < high and self.number_at(guess) == number:
            return guess
        while low < high:
            middle = (low + high) // 2
            if self.number_at(middle) < number:
                low = middle + 1
            else:
                high = middle
        return low

    def remove(self, position: int) -> None:
        """Take a record out; its slot is free."""
        index = self._index(position)
        slot = self._order[2 * index : 2 * index + 2]
        if index >= position:  # the older ones lie before it in one piece
            begin = 2 * self._begin
            self._order[begin + 2 : 2 * index + 2] = self._order[begin : 2 * index]
        else:
            for at in range(position, 0, -1):
                to, source = 2 * self._index(at), 2 * self._index(at - 1)
                self._order[to : to + 2] = self._order[source : source + 2]
        self._order[2 * self._begin : 2 * self._begin + 2] = slot
        self._begin = self._index(1)
        self.count -= 1

    def renumber(self, by: int) -> None:
        """Add `by` to every number."""
        for position in range(self.count):
            word = self._word(position)
            moved = word + by & _NUMBER | word & _KEEP
            struct.pack_into(">I", self._slots, self._at(position), moved)
        self._newest += by

    def slot(self, position: int) -> bytes:
        """Return the slot at a position as stored, to be saved."""
        at = self._at(position)
        return bytes(self._slots[at : at + self.slot_size])

    def add_slot(self, number: int, slot: bytes) -> None:
        """Put a slot that `slot` gave behind the newest record, under a number."""
        at = self._at(self.count)
        (word,) = struct.unpack_from(">I", slot, 0)
        self._slots[at : at + self.slot_size] = slot
        struct.pack_into(">I", self._slots, at, word & _KEEP | number & _NUMBER)
        self._newest = number
        self.count += 1

    def _full(self, word: int) -> int:
        return self._newest - (self._newest - word & _NUMBER)

    def _word(self, position: int) -> int:
        slots, at = self._slots, self._at(position)
        return slots[at] << 24 | slots[at + 1] << 16 | slots[at + 2] << 8 | slots[at + 3]  # takes no heap

    def _index(self, position: int) -> int:
        return (self._begin + position) % self.capacity

    def _at(self, position: int) -> int:
        index = 2 * self._index(position)
        return (self._order[index] | self._order[index + 1] << 8) * self.slot_size
