"""Records of one schema in one block of bytes: what a board can hold many of.

A slot is the time, one bit a channel that tells whether it has a value, and each axis at its type's width
(GPS's three bytes take four), so that four everyday channels take 12 bytes instead of some 200 as Python
objects. The slot of a number is the number modulo the capacity; whoever uses the ring sees to it that two
held numbers never share a slot.
"""

import struct

from farwire_codecs.batch_layout import Record
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Schema


class RecordRing:
    """Slots for `capacity` records of a schema, allocated once."""

    def __init__(self, schema: Schema, capacity: int) -> None:
        self.capacity = capacity
        types = [type_of(channel.type_id) for channel in schema.channels]
        self._axes = [len(found.axes) for found in types]
        mask = "B" if len(types) <= 8 else "H" if len(types) <= 16 else "I"
        codes = [found.format[1:] or "i" * len(found.axes) for found in types]
        self._format = ">i" + mask + "".join(codes)
        self.slot_size = struct.calcsize(self._format)
        self._slots = bytearray(self.slot_size * capacity)

    def put(self, number: int, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> None:
        """Write the slot of `number`. `time_s` is signed 32 bits; values are raw integers, or None."""
        mask = 0
        flat: list[int] = []
        for index, (axes, value) in enumerate(zip(self._axes, values)):
            if value is None:
                flat.extend((0,) * axes)
            else:
                mask |= 1 << index
                flat.extend(value)
        struct.pack_into(self._format, self._slots, self._at(number), time_s, mask, *flat)

    def get(self, number: int) -> Record:
        """Return the record that was put under `number`."""
        flat = struct.unpack_from(self._format, self._slots, self._at(number))
        values: list[tuple[int, ...] | None] = []
        at = 2
        for index, axes in enumerate(self._axes):
            values.append(flat[at : at + axes] if flat[1] >> index & 1 else None)
            at += axes
        return Record(number, flat[0], tuple(values))

    def slot(self, number: int) -> bytes:
        """Return the slot of `number` as stored, to be saved."""
        at = self._at(number)
        return bytes(self._slots[at : at + self.slot_size])

    def put_slot(self, number: int, slot: bytes, later_s: int) -> None:
        """Write a slot that `slot` gave, its time moved by `later_s` seconds."""
        at = self._at(number)
        self._slots[at : at + self.slot_size] = slot
        (time_s,) = struct.unpack_from(">i", self._slots, at)
        struct.pack_into(">i", self._slots, at, time_s + later_s)

    def _at(self, number: int) -> int:
        return number % self.capacity * self.slot_size
