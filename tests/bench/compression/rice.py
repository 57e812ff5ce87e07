"""Golomb-Rice with the best of the orders 0, 1, 2 and the best k for each channel of each payload.

A channel starts with order (2 bits) and k (4 bits); its first `order` values stand as they are. A residual,
zigzag, is its quotient by 2^k in unary and its k low bits; from 16 ones on it stands as it is.
"""

from itertools import accumulate

from tests.bench.compression.bound import residuals
from tests.bench.compression.columns import first_value
from tests.bench.compression.framing import Bits, BitSource, unzigzag, zigzag
from tests.bench.compression.series import Column

_ORDERS = 3
_KS = 14
_ESCAPE = 16  # ones


class Rice:
    """Rice codes of one channel."""

    def __init__(self, column: Column) -> None:
        self._values = column.values
        self._first_bits, self._shift = first_value(column)
        self._wide = self._first_bits + 3  # a zigzag residual of order 2
        self._folded = [[zigzag(r) for r in residuals(column.values, order)] for order in range(_ORDERS)]
        self._before = [
            (order, k, list(accumulate([self._code_size(n, k) for n in folded], initial=0)))
            for order, folded in enumerate(self._folded)
            for k in range(min(_KS, self._first_bits))
        ]

    def size(self, first: int, end: int) -> int:
        return 6 + self._best(first, end)[0]

    def put(self, bits: Bits, first: int, end: int) -> None:
        _, order, k = self._best(first, end)
        bits.put(order << 4 | k, 6)
        for value in self._values[first : min(first + order, end)]:
            bits.put(value + self._shift, self._first_bits)
        for n in self._folded[order][first + order : end]:
            quotient = n >> k
            if quotient < _ESCAPE:
                bits.put((1 << quotient + 1) - 2 << k | n & (1 << k) - 1, quotient + 1 + k)
            else:
                bits.put((1 << _ESCAPE) - 1 << self._wide | n, _ESCAPE + self._wide)

    def take(self, bits: BitSource, count: int) -> list[int]:
        head = bits.take(6)
        order, k = head >> 4, head & 15
        values = [bits.take(self._first_bits) - self._shift for _ in range(min(order, count))]
        for _ in range(count - len(values)):
            quotient = bits.ones(_ESCAPE)
            n = bits.take(self._wide) if quotient == _ESCAPE else quotient << k | bits.take(k)
            values.append(unzigzag(n) + _predicted(values, order))
        return values

    def _code_size(self, n: int, k: int) -> int:
        quotient = n >> k
        return quotient + 1 + k if quotient < _ESCAPE else _ESCAPE + self._wide

    def _best(self, first: int, end: int) -> tuple[int, int, int]:
        """Return the bits behind the choice, order and k of the cheapest choice."""
        best = (1 << 60, 0, 0)
        for order, k, before in self._before:
            from_here = min(first + order, end)
            size = (from_here - first) * self._first_bits + before[end] - before[from_here]
            if size < best[0]:
                best = (size, order, k)
        return best


def _predicted(values: list[int], order: int) -> int:
    if order == 0:
        return 0
    return values[-1] if order == 1 else 2 * values[-1] - values[-2]
