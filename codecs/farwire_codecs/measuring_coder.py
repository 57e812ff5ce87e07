"""A coder without bytes: contexts learn as they do in the encoder, and the bits that it would take are
counted."""

from farwire_codecs.contexts import ADAPTED, Contexts

# -log2 of (i + 1/2) / 64, in 1/16 bits.
# fmt: off
_COSTS = bytes((
    112, 87, 75, 67, 61, 57, 53, 50, 47, 44, 42, 40, 38, 36, 34, 33,
    31, 30, 29, 27, 26, 25, 24, 23, 22, 21, 20, 20, 19, 18, 17, 16,
    16, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9, 9, 8, 8, 7, 7,
    6, 6, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1, 0,
))
# fmt: on


class MeasuringCoder:
    """Takes the place of a RangeEncoder; `cost` is what was coded, in about 1/16 bits."""

    def __init__(self, contexts: Contexts) -> None:
        self._chances = contexts.chances
        self._counts = contexts.counts
        self.cost = 0

    def put(self, context: int, bit: int) -> None:
        """Learn from a bit in a context."""
        chance = self._chances[context]
        count = self._counts[context]
        if bit:
            self.cost += _COSTS[chance >> 10]
            self._chances[context] = chance + 2 * (65536 - chance) // (2 * count + 3)
        else:
            self.cost += _COSTS[65535 - chance >> 10]
            self._chances[context] = chance - 2 * chance // (2 * count + 3)
        if count < ADAPTED:
            self._counts[context] = count + 1

    def put_even(self, _value: int, bits: int) -> None:
        """Count bits that nothing is learned from."""
        self.cost += 16 * bits
