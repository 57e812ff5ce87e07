"""LEC: the difference to the last value as a prefix code of its length, then its bits.

F. Marcelloni, M. Vecchio, "An Efficient Lossless Compression Algorithm for Tiny Nodes of Monitoring Wireless
Sensor Networks", The Computer Journal 52(8), 2009: the code of JPEG's DC coefficients, and from 12 bits on
one bit more each. The first value of a payload is written as it is.
"""

from itertools import accumulate

from tests.bench.compression.columns import first_value
from tests.bench.compression.framing import Bits, BitSource
from tests.bench.compression.series import Column

_LONGEST = 33  # bits of a difference of 4-byte values

# Length of a difference -> (its prefix, bits of the prefix).
PREFIXES = (
    (0b00, 2),
    (0b010, 3),
    (0b011, 3),
    (0b100, 3),
    (0b101, 3),
    (0b110, 3),
    *(((1 << ones + 1) - 2, ones + 1) for ones in range(3, _LONGEST - 2)),  # 1110, 11110, ...
)
_LENGTHS = {(size, prefix): length for length, (prefix, size) in enumerate(PREFIXES)}


class Lec:
    """LEC of one channel."""

    def __init__(self, column: Column) -> None:
        self._values = column.values
        self._first_bits, self._shift = first_value(column)
        pairs = zip(column.values, column.values[1:], strict=False)
        lengths = [abs(after - before).bit_length() for before, after in pairs]
        sizes = [PREFIXES[length][1] + length for length in lengths]
        self._before = list(accumulate(sizes, initial=0))  # bits before an index

    def size(self, first: int, end: int) -> int:
        return self._first_bits + self._before[end - 1] - self._before[first]

    def put(self, bits: Bits, first: int, end: int) -> None:
        last = self._values[first]
        bits.put(last + self._shift, self._first_bits)
        for value in self._values[first + 1 : end]:
            difference = value - last
            length = abs(difference).bit_length()
            prefix, size = PREFIXES[length]
            low = difference if difference >= 0 else difference - 1
            bits.put(prefix << length | low & (1 << length) - 1, size + length)
            last = value

    def take(self, bits: BitSource, count: int) -> list[int]:
        values = [bits.take(self._first_bits) - self._shift]
        for _ in range(count - 1):
            length = self._take_length(bits)
            low = bits.take(length)
            negative = length and not low >> length - 1
            values.append(values[-1] + (low - (1 << length) + 1 if negative else low))
        return values

    def _take_length(self, bits: BitSource) -> int:
        if bits.peek(2) == 3:
            ones = bits.ones(_LONGEST)
            return ones + 3 if ones > 2 else 5
        for size in (2, 3):
            length = _LENGTHS.get((size, bits.peek(size)))
            if length is not None:
                bits.take(size)
                return length
        raise AssertionError("a prefix of 00, 010, 011, 100 or 101")
