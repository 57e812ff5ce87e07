"""How columns behave, learned from the values that a node holds: the shapes that make their coding
shortest."""

from farwire_codecs.contexts import EVEN, UNEVEN, Contexts
from farwire_codecs.lpp_types import Axis
from farwire_codecs.measuring_coder import MeasuringCoder
from farwire_codecs.model import LEAN_NEITHER
from farwire_codecs.residual import FRACTION, averaged, magnitude_of, put_residual, scale_of
from farwire_codecs.schema import (
    HALF,
    LAST,
    LINEAR,
    MAXIMUM_REFERENCE,
    MAXIMUM_STEP2,
    MAXIMUM_WEIGHT,
    NO_PARTNER,
    SPREADS,
    Shape,
)

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from collections.abc import Callable

    Values = list[int | None]

_FEW = 8  # distinct values below which a step is not believed
_BARELY = 32  # a partner must save at least 1/32


class ShapeLearner:
    """Learns one column a call of `step`, since a column takes a board seconds.

    `column(at)` returns the values of a column, oldest first, None where one is missing, of the same records
    each time; `axes` are the columns' axes. Shapes are good for any values: others than these only take more
    bits.
    """

    def __init__(self, axes: list[Axis], column: "Callable[[int], Values]") -> None:
        self._axes = axes
        self._column = column
        self.shapes: list[Shape] = []

    @property
    def done(self) -> bool:
        """Whether `shapes` has one for each column."""
        return len(self.shapes) == len(self._axes)

    def step(self) -> None:
        """Learn the next column."""
        values = self._column(len(self.shapes))
        known = sorted([value for value in values if value is not None])
        if not known:
            self.shapes.append(Shape(2, LAST, False, 0, 0, 0, NO_PARTNER, 0))
            return
        step2 = _step2(known)
        steps = _in_steps(values, step2)
        reference = min(max(2 * known[len(known) // 2] // step2, -MAXIMUM_REFERENCE), MAXIMUM_REFERENCE)
        spread = 0
        for value in known:
            spread += abs(2 * value // step2 - reference)
        predictor, partner, weight = self._predictor(steps)
        other = (
            None if partner == NO_PARTNER else _in_steps(self._column(partner), self.shapes[partner].step2)
        )
        residuals = _residuals(steps, other, predictor, weight)
        mean = 0
        for residual in residuals:
            mean += abs(residual)
        scale = scale_of((mean << 8) // max(1, len(residuals)))
        uneven = _cost(residuals, scale, UNEVEN) < _cost(residuals, scale, EVEN)
        self.shapes.append(
            Shape(
                step2,
                predictor,
                uneven,
                scale,
                reference,
                min(_bits(spread // len(known)), SPREADS - 1),
                partner,
                weight,
            )
        )

    def _predictor(self, steps: "Values") -> tuple[int, int, int]:
        """Return predictor, partner and weight with the smallest residuals."""
        cost, alone = min([(_size(_residuals(steps, None, kind, 0)), kind) for kind in (LAST, HALF, LINEAR)])
        best = (alone, NO_PARTNER, 0)
        least = cost - cost // _BARELY
        for at in range(len(self.shapes)):
            other = _in_steps(self._column(at), self.shapes[at].step2)
            weight = _weight(steps, other)
            if weight:
                for kind in (LAST,) if alone == LAST else (LAST, alone):
                    cost = _size(_residuals(steps, other, kind, weight))
                    if cost < least:
                        least = cost
                        best = (kind, at, weight)
        return best


def _step2(known: "list[int]") -> int:
    """Return twice the step of values, given in their order: the largest whole one, or a half one like
    22.5."""
    distinct = 1
    closest = 0
    divisor = abs(known[0])
    for at in range(1, len(known)):
        apart = known[at] - known[at - 1]
        if apart:
            distinct += 1
            closest = min(closest or apart, apart)
        size = abs(known[at])
        while size:
            divisor, size = size, divisor % size
    if distinct < _FEW:
        return 2
    if divisor > 1:
        return min(2 * divisor, MAXIMUM_STEP2 - 1) if 2 * divisor < MAXIMUM_STEP2 else 2
    half = 2 * closest + 1
    if closest < 2 or half > MAXIMUM_STEP2:
        return 2
    for value in known:
        if 2 * value // half * half + 1 >> 1 != value:
            return 2
    return half


def _in_steps(values: "Values", step2: int) -> "Values":
    return [None if value is None else 2 * value // step2 for value in values]


def _moves(steps: "Values") -> list[int]:
    """Return by how much a column changed in each record, 0 where it has no value."""
    moves = []
    last = None
    for step in steps:
        moves.append(0 if step is None or last is None else step - last)
        last = last if step is None else step
    return moves


def _residuals(steps: "Values", other: "Values | None", predictor: int, weight: int) -> list[int]:
    """Return what the model would have to code of these values."""
    moves = _moves(other) if other is not None else None
    residuals = []
    known = False
    last = before = 0
    for at in range(len(steps)):
        step = steps[at]
        if step is None:
            continue
        if known:
            beside = (FRACTION >> 1) * (predictor * (last - before) + 1)
            if moves is not None:
                beside += weight * moves[at]
            residuals.append(step - last - beside // FRACTION)
        before = last if known else step
        last = step
        known = True
    return residuals


def _weight(steps: "Values", other: "Values") -> int:
    """Return by how many sixteenths of the other's change this one changes: least squares."""
    moves, others = _moves(steps), _moves(other)
    product = square = 0
    for at in range(len(moves)):
        product += others[at] * moves[at]
        square += others[at] * others[at]
    weight = (2 * FRACTION * product + square) // (2 * square) if square else 0
    return min(max(weight, -MAXIMUM_WEIGHT), MAXIMUM_WEIGHT)


def _size(residuals: list[int]) -> int:
    """Return about what residuals take, in quarter bits: 4 x log2(2 x |residual| + 1)."""
    total = 0
    for residual in residuals:
        size = 2 * abs(residual) + 1
        bits = _bits(size)
        total += 4 * bits + (size << 3 >> bits & 3)
    return total


def _cost(residuals: list[int], scale: int, table: int) -> int:
    """Return what residuals take in a table, in 1/16 bits."""
    coder = MeasuringCoder(Contexts())
    magnitude = magnitude_of(scale)
    last = 0
    for residual in residuals:
        put_residual(coder, table, scale_of(magnitude), last, LEAN_NEITHER, residual)
        magnitude, last = averaged(magnitude, residual), residual
    return coder.cost


def _bits(size: int) -> int:
    bits = 0
    while size >> bits:
        bits += 1
    return bits
