"""Binary range coder with adaptive contexts: every yes or no takes as many bits as its chance says.

After G. N. N. Martin (1979), in 24-bit arithmetic: every intermediate is below 2^30, so that on a board it
stays a small integer. A coder holds an interval of byte strings; a bit cuts it in proportion to its chance.
The last bytes are the fewest with which every continuation lies inside the interval, and of those the lowest:
so no frame is the beginning of another, and each has one form only.
"""

from farwire_codecs.contexts import ADAPTED, Contexts
from farwire_codecs.errors import MalformedError, TruncatedError

TOP = 1 << 24
BOTTOM = 1 << 16


class RangeEncoder:
    """Codes bits into a buffer of `limit` bytes; `size` says when they no longer fit."""

    def __init__(self, contexts: Contexts, limit: int) -> None:
        self._chances = contexts.chances
        self._counts = contexts.counts
        self.limit = limit
        self._out = bytearray(limit)
        self._low = 0
        self._range = TOP - 1
        self._held = -1  # the last byte, until it is known whether a carry reaches it; -1: none yet
        self._ones = 0  # bytes of 255 behind it
        self._written = 0
        self._marks = [0] * 10

    def put(self, context: int, bit: int) -> None:
        """Code a bit in a context, which learns from it."""
        chance = self._chances[context]
        count = self._counts[context]
        bound = (self._range >> 9) * (chance >> 1) >> 6
        if bit:
            self._range = bound
            self._chances[context] = chance + 2 * (65536 - chance) // (2 * count + 3)
        else:
            self._low += bound
            self._range -= bound
            self._chances[context] = chance - 2 * chance // (2 * count + 3)
        if count < ADAPTED:
            self._counts[context] = count + 1
        while self._range < BOTTOM:
            self._shift()

    def put_even(self, value: int, bits: int) -> None:
        """Code the lowest `bits` bits of a value, the highest of them first, each as likely as not."""
        while bits:
            bits -= 1
            half = self._range >> 1
            if value >> bits & 1:
                self._range = half
            else:
                self._low += half
                self._range -= half
            while self._range < BOTTOM:
                self._shift()

    def put_chance(self, chance: int, bit: int) -> None:
        """Code a bit that is 1 with a chance of `chance` / 32768, which nothing changes."""
        bound = (self._range >> 9) * chance >> 6
        if bit:
            self._range = bound
        else:
            self._low += bound
            self._range -= bound
        while self._range < BOTTOM:
            self._shift()

    def mark(self, slot: int) -> None:
        """Remember the state in slot 0 or 1, for `rewind`; the contexts are the caller's to restore."""
        marks = self._marks  # integers in place: a tuple would take a board's heap for each record
        at = 5 * slot
        marks[at] = self._low
        marks[at + 1] = self._range
        marks[at + 2] = self._held
        marks[at + 3] = self._ones
        marks[at + 4] = self._written

    def rewind(self, slot: int) -> None:
        """Return to the state that `mark` remembered in a slot, which nothing coded since has written
        beyond."""
        marks = self._marks
        at = 5 * slot
        self._low = marks[at]
        self._range = marks[at + 1]
        self._held = marks[at + 2]
        self._ones = marks[at + 3]
        self._written = marks[at + 4]

    def size(self) -> int:
        """Return the bytes that `close` would give now; coding more never makes them fewer."""
        return self._written + self._ones + (self._held >= 0) + self._closing()

    def close(self) -> bytes:
        """Return the bytes, of which `size` has said that they fit; the coder is used up."""
        count = self._closing()
        rest = (1 << 24 - 8 * count) - 1
        self._low = self._low + rest & ~rest
        for _ in range(count):
            self._shift()
        self._emit(0)
        return bytes(memoryview(self._out)[: self._written])

    def _closing(self) -> int:
        """Return how many bytes more close the interval: 1, or 2, which always do."""
        lowest = self._low + 0xFFFF & ~0xFFFF
        return 1 if lowest + BOTTOM <= self._low + self._range else 2

    def _shift(self) -> None:
        byte = self._low >> 16
        if byte == 0xFF:
            self._ones += 1
        else:
            self._emit(byte >> 8)
            self._held = byte & 0xFF
        self._low = (self._low & 0xFFFF) << 8
        self._range <<= 8

    def _emit(self, carry: int) -> None:
        """Write the byte held back and the 255s behind it, now that their carry is known."""
        if self._held >= 0:
            self._write(self._held + carry)
        while self._ones:
            self._ones -= 1
            self._write(0xFF + carry & 0xFF)

    def _write(self, byte: int) -> None:
        if self._written < self.limit:
            self._out[self._written] = byte
        self._written += 1


class RangeDecoder:
    """Reads bits from a frame, from byte `start` on."""

    def __init__(self, contexts: Contexts, payload: bytes, start: int) -> None:
        self._chances = contexts.chances
        self._counts = contexts.counts
        self._payload = payload
        self._position = start
        self._missing = 0  # bytes read beyond the end, as zeros
        self._range = TOP - 1
        self._code = 0  # the frame's value less the interval's low end
        for _ in range(3):
            self._code = self._code << 8 | self._next()
        self._refuse_outside()

    def take(self, context: int) -> int:
        """Read a bit in a context, which learns from it."""
        chance = self._chances[context]
        count = self._counts[context]
        bound = (self._range >> 9) * (chance >> 1) >> 6
        if self._code < bound:
            self._range = bound
            self._chances[context] = chance + 2 * (65536 - chance) // (2 * count + 3)
            bit = 1
        else:
            self._code -= bound
            self._range -= bound
            self._chances[context] = chance - 2 * chance // (2 * count + 3)
            bit = 0
        if count < ADAPTED:
            self._counts[context] = count + 1
        while self._range < BOTTOM:
            self._code = self._code << 8 | self._next()
            self._range <<= 8
        return bit

    def take_even(self, bits: int) -> int:
        """Read what `put_even` coded."""
        value = 0
        while bits:
            bits -= 1
            half = self._range >> 1
            value <<= 1
            if self._code < half:
                self._range = half
                value |= 1
            else:
                self._code -= half
                self._range -= half
            while self._range < BOTTOM:
                self._code = self._code << 8 | self._next()
                self._range <<= 8
        return value

    def take_chance(self, chance: int) -> int:
        """Read what `put_chance` coded."""
        bound = (self._range >> 9) * chance >> 6
        if self._code < bound:
            self._range = bound
            bit = 1
        else:
            self._code -= bound
            self._range -= bound
            bit = 0
        while self._range < BOTTOM:
            self._code = self._code << 8 | self._next()
            self._range <<= 8
        return bit

    def end(self) -> None:
        """Raise unless the frame ends here, in the form that the encoder gives it."""
        unit = 1 << 8 * self._missing
        if self._position < len(self._payload) or self._missing == 0:
            raise MalformedError(f"history batch goes on after its end, before byte {self._position}")
        if self._code + unit > self._range:
            raise TruncatedError(f"history batch ends before its end, at byte {len(self._payload)}")
        if self._code >= unit:
            raise MalformedError("history batch: its last byte is not the lowest that ends it")
        if self._missing == 1:
            above = self._code - (self._payload[-1] << 8)  # of the value that one byte less would give
            if above < 0:
                above += BOTTOM
            if above + BOTTOM <= self._range:
                raise MalformedError("history batch: one byte less would end it")

    def _next(self) -> int:
        if self._position < len(self._payload):
            self._position += 1
            return self._payload[self._position - 1]
        if self._missing == 2:  # closing takes at least one byte of the three looked at
            raise TruncatedError(f"history batch ends inside a record, at byte {len(self._payload)}")
        self._missing += 1
        return 0

    def _refuse_outside(self) -> None:
        if self._code >= self._range:
            raise MalformedError("history batch starts with three bytes of 255, which no encoder writes")
