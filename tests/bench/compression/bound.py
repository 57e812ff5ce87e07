"""What no codec of single frames reaches: ideal adaptive arithmetic coding of each channel, never reset.

No header, no time, no rounding to bytes: the sum of -log2 of the chance that the coder gave each residual,
with the best of the orders 0, 1 and 2 for each channel, chosen after the fact. A residual, in the channel's
step, is binarised (zero? sign, exponent in unary, mantissa from its highest bit), each bit with an adaptive
chance.
"""

import math
from itertools import pairwise

from tests.bench.compression.series import Series

ORDERS = (0, 1, 2)
_SLOWEST = 128  # a chance moves by 1 / (times seen + 2), and never by less than 1 / (this + 2)
_LEARNED = (
    2,
    6,
)  # bits of a mantissa with a chance, others cost a bit; the better for a channel


def residuals(values: list[int], order: int) -> list[int]:
    """Return what is left of the values under the prediction 0, the last value, or the line through two."""
    left = values
    for _ in range(order):
        left = left[:1] + [after - before for before, after in pairwise(left)]
    return left


def bytes_per_reading(series: Series) -> float:
    """Return the bound of a series."""
    bits = 0.0
    for column in series.columns:
        step = math.gcd(*column.values) or 1
        values = [value // step for value in column.values]
        orders = [residuals(values, order) for order in ORDERS]
        bits += min(_bits(left, learned) for left in orders for learned in _LEARNED)
    return bits / 8 / series.readings


def _bits(left: list[int], learned: int) -> float:
    chances: dict[tuple[int, int], tuple[float, int]] = {}  # context -> (chance of a 1, times seen)
    log2 = math.log2

    def cost(context: tuple[int, int], bit: bool) -> float:
        chance, seen = chances.get(context, (0.5, 0))
        chances[context] = (chance + (bit - chance) / (seen + 2), min(seen + 1, _SLOWEST))
        return -log2(chance if bit else 1 - chance)

    bits = 0.0
    for residual in left:
        bits += cost((-1, 0), residual != 0)
        if not residual:
            continue
        bits += cost((-1, 1), residual > 0)
        size = abs(residual)
        exponent = size.bit_length() - 1
        for longer in range(exponent):
            bits += cost((-2, longer), True)
        bits += cost((-2, exponent), False)
        for shown in range(1, min(exponent, learned) + 1):
            rest = exponent - shown
            bits += cost((exponent, size >> rest + 1), bool(size >> rest & 1))
        bits += max(0, exponent - learned)
    return bits
