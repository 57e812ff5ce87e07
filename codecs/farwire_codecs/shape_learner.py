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
    from collections.abc import Callable, Iterable, Iterator

    Values = list[int | None]

_FEW = 8  # distinct values below which a step is not believed
_BARELY = 32  # a partner must save at least 1/32


class ShapeLearner:
    """Learns one column a call of `step`, since a column takes a board seconds.

    `column(at)` returns the values of a column, oldest first, None where one is missing, of the same records
    each time within a step, as a list that is the learner's to change: it holds two of them at a time.
    `axes` are the columns' axes. Shapes are good for any values: others than these only take more bits.
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
        steps = self._column(len(self.shapes))
        known = _known(steps)
        if not known:
            self.shapes.append(Shape(2, LAST, False, 0, 0, 0, NO_PARTNER, 0))
            return
        step2 = _step2(known)
        reference = min(max(2 * known[len(known) // 2] // step2, -MAXIMUM_REFERENCE), MAXIMUM_REFERENCE)
        spread = 0
        for value in known:
            spread += abs(2 * value // step2 - reference)
        spread = min(_bits(spread // len(known)), SPREADS - 1)
        known = []  # a board has other use for it
        _to_steps(steps, step2)
        predictor, partner, weight = self._predictor(steps)
        moves = None if partner == NO_PARTNER else self._moves(partner)
        total = count = 0
        for residual in _residuals(steps, moves, predictor, weight):
            total += abs(residual)
            count += 1
        scale = scale_of((total << 8) // max(1, count))
        contexts = Contexts()
        uneven = _cost(contexts, _residuals(steps, moves, predictor, weight), scale, UNEVEN) < _cost(
            contexts, _residuals(steps, moves, predictor, weight), scale, EVEN
        )
        self.shapes.append(Shape(step2, predictor, uneven, scale, reference, spread, partner, weight))

    def _predictor(self, steps: "Values") -> tuple[int, int, int]:
        """Return predictor, partner and weight with the smallest residuals."""
        cost, alone = min([(_size(_residuals(steps, None, kind, 0)), kind) for kind in (LAST, HALF, LINEAR)])
        best = (alone, NO_PARTNER, 0)
        least = cost - cost // _BARELY
        for at in range(len(self.shapes)):
            moves = self._moves(at)
            weight = _weight(steps, moves)
            if weight:
                for kind in (LAST,) if alone == LAST else (LAST, alone):
                    cost = _size(_residuals(steps, moves, kind, weight))
                    if cost < least:
                        least = cost
                        best = (kind, at, weight)
        return best

    def _moves(self, at: int) -> list[int]:
        """Return by how much a learned column changed in each record, 0 where it has no value."""
        moves = self._column(at)
        _to_steps(moves, self.shapes[at].step2)
        last = None
        for index in range(len(moves)):
            step = moves[index]
            moves[index] = 0 if step is None or last is None else step - last
            last = last if step is None else step
        return moves  # type: ignore[return-value]  # none is None any more


def _known(values: "Values") -> list[int]:
    """Return the values that are there, in their order."""
    known = [0] * (len(values) - values.count(None))
    at = 0
    for value in values:
        if value is not None:
            known[at] = value
            at += 1
    known.sort()
    return known


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


def _to_steps(values: "Values", step2: int) -> None:
    for at in range(len(values)):
        value = values[at]
        if value is not None:
            values[at] = 2 * value // step2


def _residuals(steps: "Values", moves: "list[int] | None", predictor: int, weight: int) -> "Iterator[int]":
    """Yield what the model would have to code of these values."""
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
            yield step - last - beside // FRACTION
        before = last if known else step
        last = step
        known = True


def _weight(steps: "Values", moves: list[int]) -> int:
    """Return by how many sixteenths of the other's moves this one moves: least squares."""
    product = square = 0
    last = None
    for at in range(len(steps)):
        step = steps[at]
        if step is not None:
            product += moves[at] * (0 if last is None else step - last)
            last = step
        square += moves[at] * moves[at]
    weight = (2 * FRACTION * product + square) // (2 * square) if square else 0
    return min(max(weight, -MAXIMUM_WEIGHT), MAXIMUM_WEIGHT)


def _size(residuals: "Iterable[int]") -> int:
    """Return about what residuals take, in quarter bits: 4 x log2(2 x |residual| + 1)."""
    total = 0
    for residual in residuals:
        size = 2 * abs(residual) + 1
        bits = _bits(size)
        total += 4 * bits + (size << 3 >> bits & 3)
    return total


def _cost(contexts: Contexts, residuals: "Iterable[int]", scale: int, table: int) -> int:
    """Return what residuals take in a table, in 1/16 bits."""
    contexts.start()
    coder = MeasuringCoder(contexts)
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
