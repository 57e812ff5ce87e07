"""One column of a history batch: differences between neighbours in an adaptive Rice code.

A difference is taken modulo 2^width, so that it always fits the column's own width, divided by the column's
step (the greatest common divisor of all differences), folded to an unsigned n (zigzag), and coded with a
parameter k: n >> k one bits, a zero bit, then the k lowest bits of n. An n with n >> k of ESCAPE or more is
coded as ESCAPE one bits and then all `width` bits of n. k follows the mean of the recent n, in the manner of
LOCO-I (Weinberger, Seroussi and Sapiro 2000), with the bound that served the recorded series best.
"""

from farwire_codecs.bits import BitReader, BitWriter
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.fields import unzigzag, zigzag

ESCAPE = 16
_WINDOW = 16  # values; then total and count are halved, so that k follows a signal that changes
_SURVEY = 32  # differences from which the start of k is chosen
_STEP_LENGTH_BITS = 5


class Column:
    """State of one column, alike in encoder and decoder.

    `width` bits; the values are 0 to 2^width - 1, or -2^(width-1) to 2^(width-1) - 1 where `signed`.
    """

    def __init__(self, width: int, signed: bool) -> None:
        self.width = width
        self.half = 1 << width - 1
        self.k_bits = 3 if width == 8 else 4 if width == 16 else 5
        self.low = -self.half if signed else 0
        self.high = self.low + 2 * self.half - 1
        self.step = 0  # 0 until something differs
        self.start_k = 0
        self.k = 0
        self.previous: int | None = None
        self._total = 0
        self._count = 0

    def look(self, value: int) -> None:
        """Take a value into account for step and start; raises RangeError when it is out of range."""
        if not isinstance(value, int) or not self.low <= value <= self.high:
            raise RangeError(f"history batch: the value is {value}, expected {self.low} to {self.high}")
        if self.previous is not None:
            self.look_at_difference(self.difference(value, self.previous))
        self.previous = value

    def look_at_difference(self, difference: int) -> None:
        """Take a difference into account for step and start."""
        size = abs(difference)
        if self._count < _SURVEY:
            self._count += 1
            self._total += size
        step = self.step
        if step != 1:
            while size:
                step, size = size, step % size
            self.step = step

    def settle(self, stepped: bool) -> None:
        """Fix step (1 unless `stepped`) and start of a batch after all its values were looked at."""
        if not stepped or not self.step:
            self.step = 1
        self.start_k = self._parameter(2 * self._total // self.step, max(1, self._count))

    def start(self) -> None:
        """Begin a batch."""
        self.previous = None
        self.k = self.start_k
        self._count = 1
        self._total = 1 << self.k

    def difference(self, value: int, previous: int) -> int:
        """Return value - previous modulo 2^width, as a signed integer of that width."""
        difference = value - previous
        if difference >= self.half:
            return difference - 2 * self.half
        if difference < -self.half:
            return difference + 2 * self.half
        return difference

    def put_start(self, writer: BitWriter) -> None:
        """Write the parameter k and the step that the column starts with."""
        writer.put(self.k, self.k_bits)
        if self.step == 1:
            writer.put(0, 1)
            return
        length = 0
        while self.step >> length + 1:
            length += 1
        writer.put(1, 1)
        writer.put(length, _STEP_LENGTH_BITS)
        writer.put(self.step - (1 << length), length)

    def take_start(self, reader: BitReader) -> None:
        """Read what `put_start` wrote."""
        self.start_k = reader.get(self.k_bits)
        self.start()
        self.step = 1
        if reader.get(1):
            length = reader.get(_STEP_LENGTH_BITS)
            self.step = (1 << length) + reader.get(length)

    def put(self, writer: BitWriter, value: int) -> None:
        """Write the next value, which must be in range and a multiple of the step away from the last one."""
        if self.previous is None:
            writer.put(value & 2 * self.half - 1, self.width)
        else:
            self.put_folded(writer, zigzag(self.difference(value, self.previous) // self.step))
        self.previous = value

    def take(self, reader: BitReader) -> int:
        """Read the next value."""
        if self.previous is None:
            value = reader.get(self.width)
            if value > self.high:
                value -= 2 * self.half
        else:
            value = self.previous + unzigzag(self.take_folded(reader)) * self.step
            if value > self.high:
                value -= 2 * self.half
            elif value < self.low:
                value += 2 * self.half
            if not self.low <= value <= self.high:
                raise MalformedError("history batch: a difference is larger than its column")
        self.previous = value
        return value

    def put_folded(self, writer: BitWriter, folded: int) -> None:
        """Write one unsigned integer of at most `width` bits."""
        ones = folded >> self.k
        if ones < ESCAPE:
            k = self.k
            writer.put((1 << ones + 1) - 2 << k | folded & (1 << k) - 1, ones + 1 + k)
        else:
            writer.put((1 << ESCAPE) - 1, ESCAPE)
            writer.put(folded, self.width)
        self._adapt(folded)

    def take_folded(self, reader: BitReader) -> int:
        """Read one unsigned integer."""
        ones = reader.ones(ESCAPE)
        folded = ones << self.k | reader.get(self.k) if ones < ESCAPE else reader.get(self.width)
        self._adapt(folded)
        return folded

    def _adapt(self, folded: int) -> None:
        """Move k; an escaped outlier counts no more than the largest integer that would not have escaped."""
        most = ESCAPE << self.k
        total = self._total + (folded if folded < most else most)
        count = self._count + 1
        if count > _WINDOW:
            total >>= 1
            count >>= 1
        self._total = total
        self._count = count
        self.k = self._parameter(total, count)

    def _parameter(self, total: int, count: int) -> int:
        """Return the smallest k, below the width, with 3 * count * 2^k >= 2 * total."""
        count *= 3
        total *= 2
        k = self.k  # as a rule it is this one or a neighbour
        while k and count << k - 1 >= total:
            k -= 1
        while count << k < total and k < self.width - 1:
            k += 1
        return k
