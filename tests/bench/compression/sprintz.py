"""Blocks of eight differences, each packed to the width of its widest, as Sprintz does.

After D. Blalock, S. Madden, J. Guttag, "Sprintz: Time Series Compression for the Internet of Things", 2018:
differences modulo the type's width, zigzag, the width in 3 or 4 bits a block (the two largest widths share a
number). In its favour here: the last block ends with the rows, and each channel of a payload takes the
better of order 1 and 2. Runs of zero blocks and the Huffman stage are left out: they need more blocks than a
payload has.
"""

from tests.bench.compression.columns import first_value
from tests.bench.compression.framing import Bits, BitSource, unzigzag, zigzag
from tests.bench.compression.series import Column

BLOCK = 8
_ORDERS = (1, 2)


class Sprintz:
    """Bit-packed blocks of one channel."""

    def __init__(self, column: Column) -> None:
        self._values = column.values
        self._bits, self._shift = first_value(column)
        self._field = 3 if self._bits == 8 else 4  # bits of a width
        self._folded = [self._fold(order) for order in _ORDERS]
        self._from = [self._sizes(folded) for folded in self._folded]

    def size(self, first: int, end: int) -> int:
        return min(self._size(at, first, end) for at in range(len(_ORDERS)))

    def put(self, bits: Bits, first: int, end: int) -> None:
        at = min(range(len(_ORDERS)), key=lambda at: self._size(at, first, end))
        start = min(first + _ORDERS[at], end)
        bits.put(at, 1)
        for value in self._values[first:start]:
            bits.put(value + self._shift, self._bits)
        for block in range(start, end, BLOCK):
            folded = self._folded[at][block : min(block + BLOCK, end)]
            width = self._width(folded)
            bits.put(min(width, (1 << self._field) - 1), self._field)
            for n in folded:
                bits.put(n, width)

    def take(self, bits: BitSource, count: int) -> list[int]:
        order = _ORDERS[bits.take(1)]
        values = [bits.take(self._bits) - self._shift for _ in range(min(order, count))]
        while len(values) < count:
            width = bits.take(self._field)
            if width == (1 << self._field) - 1:
                width = self._bits
            for _ in range(min(BLOCK, count - len(values))):
                last = values[-1] if order == 1 else 2 * values[-1] - values[-2]
                value = last + unzigzag(bits.take(width)) + self._shift
                values.append((value & (1 << self._bits) - 1) - self._shift)
        return values

    def _fold(self, order: int) -> list[int]:
        """Return the zigzag residuals; the first `order` of them mean nothing."""
        half = 1 << self._bits - 1
        folded = [0] * order
        for index in range(order, len(self._values)):
            last = self._values[index - 1]
            if order == 2:
                last = 2 * last - self._values[index - 2]
            apart = (self._values[index] - last + half & 2 * half - 1) - half
            folded.append(zigzag(apart))
        return folded

    def _width(self, folded: list[int]) -> int:
        width = max(folded).bit_length()
        return self._bits if width >= (1 << self._field) - 1 else width

    def _sizes(self, folded: list[int]) -> list[int]:
        """Return, for each index, the bits of the blocks that start there and at every eighth index after."""
        sizes = [0] * (len(folded) + BLOCK)
        for index in range(len(folded) - BLOCK, -1, -1):
            width = self._width(folded[index : index + BLOCK])
            sizes[index] = self._field + BLOCK * width + sizes[index + BLOCK]
        return sizes

    def _size(self, at: int, first: int, end: int) -> int:
        order = _ORDERS[at]
        start = min(first + order, end)
        full = start + (end - start) // BLOCK * BLOCK
        bits = 1 + (start - first) * self._bits + self._from[at][start] - self._from[at][full]
        if full < end:
            bits += self._field + (end - full) * self._width(self._folded[at][full:end])
        return bits
