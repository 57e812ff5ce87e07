"""What encoder and decoder of a history batch have learned at a record: contexts, and the state of each
column.

Both run the same steps on the same values, so both arrive at the same model: after each record of a frame,
and, for a model carried on, after each acknowledged record.
"""

from farwire_codecs.contexts import CHANGED, EVEN, PRESENT, RARE, UNEVEN, Contexts
from farwire_codecs.errors import MalformedError
from farwire_codecs.lpp_types import Axis, type_of
from farwire_codecs.residual import (
    FRACTION,
    averaged,
    magnitude_of,
    put_residual,
    scale_of,
    take_residual,
)
from farwire_codecs.schema import NO_PARTNER, SPREADS, Schema, Shape, shapes_of

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from farwire_codecs.measuring_coder import MeasuringCoder
    from farwire_codecs.range_coder import RangeDecoder, RangeEncoder

ALL_CHANNELS = -1

LEAN_NEITHER = 1
_LEAST_LEAN = 2  # sixteenths that a prediction must lie beside an integer to lean
_STATE = 5  # integers a column: seen, last, before, magnitude, residual
_LAST, _BEFORE, _MAGNITUDE, _RESIDUAL = 1, 2, 3, 4


class Model:
    """The state of `columns` with these axes and shapes; `channels` are (index in a record, first column,
    columns)."""

    def __init__(self, channels: list[tuple[int, int, int]], axes: list[Axis], shapes: list[Shape]) -> None:
        self.contexts = Contexts()
        self.channels = channels
        self.presence = [1] * len(channels)
        self._axes = axes
        self._shapes = shapes
        self._state = [0] * (_STATE * len(shapes))
        for at in range(len(shapes)):
            self._state[_STATE * at + _MAGNITUDE] = magnitude_of(shapes[at].scale)
        self._moved = [0] * len(shapes)
        self._lean = LEAN_NEITHER  # of the latest prediction: a tuple would take heap for each value
        self._low: list[int] = [2 * axis.low // shape.step2 for axis, shape in zip(axes, shapes)]
        self._high: list[int] = [2 * axis.high // shape.step2 for axis, shape in zip(axes, shapes)]

    def copy(self, other: "Model") -> None:
        """Take over the state of another model of the same schema, taking next to no heap."""
        self.contexts.copy(other.contexts)
        self.presence[:] = other.presence
        self._state[:] = other._state

    def state(self) -> list[int]:
        """Return what it has learned of columns and presence, as integers."""
        return self._state + self.presence

    def set_state(self, state: list[int]) -> None:
        """Take over what `state` gave; raises MalformedError when it is of another number of columns."""
        columns = len(self._state)
        if len(state) != columns + len(self.presence):
            raise MalformedError(f"model has {len(state)} integers, expected {columns + len(self.presence)}")
        self._state[:] = state[:columns]
        self.presence[:] = state[columns:]

    def fits_grid(self, values: tuple[tuple[int, ...] | None, ...]) -> bool:
        """Return whether the values of a record lie on their columns' steps."""
        for index, first, wide in self.channels:
            raw = values[index]
            if raw is not None:
                for at in range(wide):
                    step2 = self._shapes[first + at].step2
                    if step2 != 2 and (2 * raw[at] // step2 * step2 + 1) >> 1 != raw[at]:
                        return False
        return True

    def put(self, coder: "RangeEncoder | MeasuringCoder", values: tuple[tuple[int, ...] | None, ...]) -> None:
        """Code the values of the next record, which `fits_grid`."""
        self._put_presence(coder, values)
        for index, first, wide in self.channels:
            raw = values[index]
            for at in range(first, first + wide):
                if raw is None:
                    self._moved[at] = 0
                else:
                    self._put_column(coder, at, raw[at - first])

    def take(self, coder: "RangeDecoder", values: list[tuple[int, ...] | None]) -> None:
        """Read the values of the next record into `values`, at each channel's index."""
        self._take_presence(coder)
        for at in range(len(self.channels)):
            index, first, wide = self.channels[at]
            if self.presence[at]:
                values[index] = tuple([self._take_column(coder, first + axis) for axis in range(wide)])
            else:
                values[index] = None
                for axis in range(wide):
                    self._moved[first + axis] = 0

    def _put_presence(
        self, coder: "RangeEncoder | MeasuringCoder", values: tuple[tuple[int, ...] | None, ...]
    ) -> None:
        changed = 0
        for at in range(len(self.channels)):
            if (values[self.channels[at][0]] is not None) != self.presence[at]:
                changed = 1
        coder.put(CHANGED, changed)
        if changed:
            for at in range(len(self.channels)):
                present = 0 if values[self.channels[at][0]] is None else 1
                coder.put(PRESENT + self.presence[at], present)
                self.presence[at] = present

    def _take_presence(self, coder: "RangeDecoder") -> None:
        if not coder.take(CHANGED):
            return
        changed = 0
        for at in range(len(self.channels)):
            present = coder.take(PRESENT + self.presence[at])
            changed |= present ^ self.presence[at]
            self.presence[at] = present
        if not changed:
            raise MalformedError("history batch: channels change, and are the same")

    def _put_column(self, coder: "RangeEncoder | MeasuringCoder", at: int, raw: int) -> None:
        state = self._state
        base = _STATE * at
        shape = self._shapes[at]
        step = 2 * raw // shape.step2
        if not state[base]:
            put_residual(coder, RARE, shape.spread, 2, LEAN_NEITHER, step - shape.reference)
            self._begin(at, step)
            return
        residual = step - self._predict(at, shape)
        scale, last = scale_of(state[base + _MAGNITUDE]), state[base + _RESIDUAL]
        put_residual(coder, UNEVEN if shape.uneven else EVEN, scale, last, self._lean, residual)
        self._advance(at, step, residual)

    def _take_column(self, coder: "RangeDecoder", at: int) -> int:
        state = self._state
        base = _STATE * at
        shape = self._shapes[at]
        axis = self._axes[at]
        if not state[base]:
            step = shape.reference + take_residual(coder, RARE, shape.spread, 2, LEAN_NEITHER)
            self._begin(at, step)
        else:
            predicted = self._predict(at, shape)
            scale, last = scale_of(state[base + _MAGNITUDE]), state[base + _RESIDUAL]
            residual = take_residual(coder, UNEVEN if shape.uneven else EVEN, scale, last, self._lean)
            step = predicted + residual
            self._advance(at, step, residual)
        value: int = step * shape.step2 + 1 >> 1
        if not axis.low <= value <= axis.high:
            raise MalformedError(
                f"history batch: a value is {value}, its type carries {axis.low} to {axis.high}"
            )
        return value

    def _predict(self, at: int, shape: Shape) -> int:
        """Return the integer nearest to the prediction within the type's range; `_lean` is how it leans."""
        base = _STATE * at
        last: int = self._state[base + _LAST]
        self._lean = LEAN_NEITHER
        if not shape.predictor and shape.partner == NO_PARTNER:
            return last
        beside: int = (FRACTION >> 1) * shape.predictor * (last - self._state[base + _BEFORE])
        if shape.partner != NO_PARTNER:
            beside += shape.weight * self._moved[shape.partner]
        beside += FRACTION >> 1
        predicted: int = last + beside // FRACTION
        if predicted < self._low[at]:
            return self._low[at]
        if predicted > self._high[at]:
            return self._high[at]
        rest = beside % FRACTION - (FRACTION >> 1)
        if rest > _LEAST_LEAN:
            self._lean = 2
        elif rest < -_LEAST_LEAN:
            self._lean = 0
        return predicted

    def _begin(self, at: int, step: int) -> None:
        base = _STATE * at
        self._state[base] = 1
        self._state[base + _LAST] = self._state[base + _BEFORE] = step
        self._moved[at] = 0

    def _advance(self, at: int, step: int, residual: int) -> None:
        state = self._state
        base = _STATE * at
        state[base + _MAGNITUDE] = averaged(state[base + _MAGNITUDE], residual)
        state[base + _RESIDUAL] = residual
        self._moved[at] = step - state[base + _LAST]
        state[base + _BEFORE] = state[base + _LAST]
        state[base + _LAST] = step


def model_of(schema: Schema, only: int = ALL_CHANNELS, off_grid: bool = False) -> Model:
    """Return the model with which a self-contained batch starts, of all channels or of the one with index
    `only`.

    `off_grid`: values need not lie on their columns' steps, so each step is 1.
    """
    known = shapes_of(schema)
    channels: list[tuple[int, int, int]] = []
    axes: list[Axis] = []
    shapes: list[Shape] = []
    places: dict[int, int] = {}  # column of the schema -> column of the model
    column = 0
    for index in range(len(schema.channels)):
        wide = type_of(schema.channels[index].type_id).axes
        if only in (ALL_CHANNELS, index):
            channels.append((index, len(shapes), len(wide)))
            for axis in wide:
                places[column] = len(shapes)
                axes.append(axis)
                shapes.append(_fitted(known[column], places, off_grid))
                column += 1
        else:
            column += len(wide)
    return Model(channels, axes, shapes)


def _fitted(shape: Shape, places: dict[int, int], off_grid: bool) -> Shape:
    """Return a shape for a model that may lack the partner's column, or the steps."""
    partner, weight = shape.partner, shape.weight
    if off_grid or partner not in places:
        partner, weight = NO_PARTNER, 0
    if not off_grid or shape.step2 == 2:
        return Shape(*shape[:6], places.get(partner, NO_PARTNER), weight)
    wider = 0
    while shape.step2 >> wider + 2:
        wider += 1
    reference = shape.reference * shape.step2 + 1 >> 1
    scale, spread = min(shape.scale + wider, SPREADS - 1), min(shape.spread + wider, SPREADS - 1)
    return Shape(2, shape.predictor, shape.uneven, scale, reference, spread, NO_PARTNER, 0)
