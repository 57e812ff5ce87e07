"""The contexts of the history batch: in which circumstances a bit is learned, and how each starts.

A context holds the chance that its bit is 1, in 1/65536, and how many bits it has learned from, at most
ADAPTED: the more, the slower it changes. A residual is coded in one of three tables of contexts: even (noise,
slow curves), uneven (jumps between plateaus), rare (first values, times). Inside a table they are chosen by
the magnitude of recent residuals, so that one table serves every channel of every scale.
"""

from array import array

from farwire_codecs.start_tables import START

ADAPTED = 60

# Offsets inside a table, and sizes.
SCALES = 13  # classes of recent magnitude
ZERO = 0  # not zero? by scale, and by the last residual's magnitude: 0, 1, more
SIGN = (
    ZERO + 3 * SCALES
)  # positive? by where the prediction lay between two integers, and the last one's sign
LENGTHS = 10  # steps of the length that have contexts of their own
LENGTH = SIGN + 9  # longer? by scale and step
MANTISSAS = 6  # lengths whose first bits have contexts of their own
MANTISSA = LENGTH + SCALES * LENGTHS
TABLE = MANTISSA + 3 * MANTISSAS

EVEN, UNEVEN, RARE = 0, TABLE, 2 * TABLE
CHANGED = 3 * TABLE  # are other channels present than in the record before?
PRESENT = CHANGED + 1  # is this channel present? by whether it was
ALL = PRESENT + 2

TRAINED = 6  # what a trained start counts for: few, so that a signal of another kind is learned soon
UNTRAINED = 1


class Contexts:
    """Chances and counts of all contexts: `chances` of 16 bits, `counts` of 8."""

    def __init__(self) -> None:
        if _kept:
            self.chances: array[int] = _kept[0].chances[:]
            self.counts: bytearray = _kept[0].counts[:]
        else:
            self.chances = array("H", range(ALL))
            self.counts = bytearray(ALL)
            self.start()

    def start(self, flat: bool = False) -> None:
        """Begin as every self-contained frame begins; `flat`: as if nothing had been trained."""
        if _kept and not flat:
            self.copy(_kept[0])
            return
        chances, counts, trained = self.chances, self.counts, START
        for at in range(ALL):
            chance = 0 if flat else trained[at]
            chances[at] = chance << 8 if chance else 32768
            counts[at] = TRAINED if chance else UNTRAINED

    def copy(self, other: "Contexts") -> None:
        """Take over the state of another, without taking heap."""
        self.chances[:] = other.chances
        self.counts[:] = other.counts


_kept: list[Contexts] = []  # one that has begun, or none


def keep_start() -> None:
    """Let every start be a copy of one that is kept: where there is heap for it."""
    if not _kept:
        _kept.append(Contexts())
