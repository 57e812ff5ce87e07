"""Which records a curve can do without: those on the line between the records kept, within a tolerance.

The swinging door with whole numbers: from the last kept record a cone is open on each axis; each record that
is let go narrows it to the slopes that pass within the tolerance of it; and a record is let go only while
the next one lies inside the cone. So every record let go lies within the tolerance of the straight line
between the two kept around it, on each axis, at its own time. Work and memory for a record are the same
however many were let go.
"""

from farwire_codecs.lpp_types import type_of
from farwire_codecs.residual import magnitude_of
from farwire_codecs.schema import Schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COARSEST = 1 << 20  # units; from there on every second record goes, whatever its values


def units(schema: Schema) -> list[int]:
    """Return what counts as one unit of tolerance, a column: what it changes by from record to record.

    Where nothing was learned of a column it is 1: its type's resolution.
    """
    if schema.shapes:
        return [max(1, magnitude_of(shape.scale) * shape.step2 >> 9) for shape in schema.shapes]
    return [1 for channel in schema.channels for _ in type_of(channel.type_id).axes]


def coarser(tolerance: int) -> int:
    """Return the tolerance after this one; the first one, 0, takes only what lies on the line exactly."""
    return min(COARSEST, 2 * tolerance if tolerance else 1)


class Thinning:
    """Judges records one after the other, in the order of their times."""

    def __init__(self, column_units: "Sequence[int]", tolerance: int) -> None:
        self.tolerance = tolerance  # may grow between two records
        self._units = column_units
        self._anchor_s = 0
        self._anchor: list[int | None] = []  # a value a column
        self._candidate_s = 0
        self._candidate: list[int | None] = []
        self._bound = True  # the candidate must be kept
        self._went = False
        self._cone: list[tuple[int, int, int, int] | None] = []

    def follow(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]", keep: bool) -> bool:
        """Take the next record; return whether the one before it goes. `keep`: this one must not go.

        The first record is kept, and so is the last one before `follow` is called no more.
        """
        flat = self._flat(values)
        if not self._candidate or self._bound:
            goes = False
        elif self.tolerance >= COARSEST:
            goes = not self._went
        else:
            goes = self._narrow(time_s, flat)
        if self._candidate and not goes:
            self._anchor_s, self._anchor = self._candidate_s, self._candidate
            self._cone = [None] * len(flat)
        # Without an anchor the first record is one.
        self._bound = keep or not self._candidate
        self._candidate_s, self._candidate = time_s, flat
        self._went = goes
        return goes

    def _narrow(self, time_s: int, flat: "list[int | None]") -> bool:
        """Narrow the cone by the candidate; return whether the record at `time_s` lies inside."""
        ahead_s = time_s - self._anchor_s
        passed_s = self._candidate_s - self._anchor_s
        if ahead_s <= passed_s or passed_s <= 0:
            return False  # a clock that stood still
        for at, value in enumerate(flat):
            anchor, candidate = self._anchor[at], self._candidate[at]
            if anchor is None or candidate is None or value is None:
                if anchor is None and candidate is None and value is None:
                    continue
                return False
            slack = self.tolerance * self._units[at]
            low, low_s = candidate - anchor - slack, passed_s
            high, high_s = candidate - anchor + slack, passed_s
            cone = self._cone[at]
            if cone is not None:
                if cone[0] * low_s > low * cone[1]:
                    low, low_s = cone[0], cone[1]
                if cone[2] * high_s < high * cone[3]:
                    high, high_s = cone[2], cone[3]
            rise = value - anchor
            if rise * low_s < low * ahead_s or rise * high_s > high * ahead_s:
                return False
            self._cone[at] = (low, low_s, high, high_s)
        return True

    def _flat(self, values: "tuple[tuple[int, ...] | None, ...]") -> "list[int | None]":
        """Return a value a column; an absent channel counts as one absent column."""
        flat: list[int | None] = []
        for raw in values:
            if raw is None:
                flat.append(None)
            else:
                flat.extend(raw)
        return flat
