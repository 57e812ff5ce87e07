"""Trains the start tables of the history batch: `python -m tests.bench.compression.train`.

Only the training prefixes of the recorded series are looked at (their last rows, as many of each). Each
column's residuals, under the shape that a node would learn, go into one of two tables, whichever codes them
shorter; table and choice are refined in turns from seeded random choices, and the shortest outcome is kept.
The third table learns from first values (the distance of rows from the reference) and from times. A context
that was seen fewer than four times stays untrained.

`--without SERIES` leaves a series out, to see what the tables are worth on one that they never saw; `--write`
writes codecs/farwire_codecs/start_tables.py.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from farwire_codecs.contexts import ALL, CHANGED, TABLE, TRAINED, Contexts
from farwire_codecs.measuring_coder import MeasuringCoder
from farwire_codecs.model import LEAN_NEITHER
from farwire_codecs.residual import averaged, put_residual, scale_of
from farwire_codecs.schema import NO_PARTNER, Shape
from farwire_codecs.shape_learner import _residuals, _to_steps
from tests.bench.compression import ours
from tests.bench.compression.series import Series, recorded

PATH = Path(__file__).resolve().parents[3] / "codecs/farwire_codecs/start_tables.py"
TRAINED_ON = 1500  # rows of each series at most
FIRST_EVERY = 9  # rows between two that stand for the first of a payload
RESTART = 40  # residuals, about a payload of 51 bytes, after which costs start from the table again
SEEDS = 10
FEW = 4
CHANGED_CHANCE = 2  # in 1/256: no series has channels that come and go

Counts = list[list[int]]


@dataclass(frozen=True, slots=True)
class Residuals:
    """What one column has to code."""

    name: str
    values: list[int]
    magnitude: int


class Counter:
    """Takes the place of a coder, and counts the zeros and ones of each context."""

    def __init__(self) -> None:
        self.counts: Counts = [[0, 0] for _ in range(ALL)]

    def put(self, context: int, bit: int) -> None:
        self.counts[context][1 if bit else 0] += 1

    def put_even(self, _value: int, _bits: int) -> None:
        pass


def train(series: Sequence[Series]) -> tuple[bytes, list[str]]:
    """Return the tables, and the names of the columns that went into the second one."""
    columns: list[Residuals] = []
    rare = Counter()
    for one in series:
        rows = one.rows(max(0, len(one.times) - TRAINED_ON), len(one.times))
        shapes = ours.schema_of(one, one).shapes
        _run(rare, [after - before - one.interval_s for before, after in pairwise(rows.times)], 0)
        for at, shape in enumerate(shapes):
            columns += _residuals_of(rows, shapes, at)
            steps = _steps(rows, shapes, at)
            for step in steps[::FIRST_EVERY]:
                put_residual(rare, 0, shape.spread, 2, LEAN_NEITHER, step - shape.reference)
    tables, choice = min(
        (_clustered(columns, random.Random(seed)) for seed in range(SEEDS)), key=lambda outcome: outcome[2]
    )[:2]
    first = choice[0]  # the table of the first column, a temperature, is the even one
    even, uneven = (tables[0], tables[1]) if first == 0 else (tables[1], tables[0])
    names = [column.name for column, table in zip(columns, choice, strict=True) if table != first]
    return even + uneven + _table(rare.counts) + bytes((CHANGED_CHANCE, 0, 0)), names


def _residuals_of(rows: Series, shapes: Sequence[Shape], at: int) -> list[Residuals]:
    """Return a column's residuals: with the value before as the prediction, and as its shape predicts."""
    shape = shapes[at]
    steps = _steps(rows, shapes, at)
    kinds = [(None, 0, 0)]
    if shape.predictor or shape.partner != NO_PARTNER:
        kinds.append((None if shape.partner == NO_PARTNER else shape.partner, shape.predictor, shape.weight))
    found = []
    for partner, predictor, weight in kinds:
        other = None
        if partner is not None:
            beside = _steps(rows, shapes, partner)
            other = [0, *(step - last for last, step in pairwise(beside))]
        values = list(_residuals([*steps], other, predictor, weight))
        magnitude = 256 * sum(map(abs, values)) // len(values)
        found.append(Residuals(f"{rows.name} {rows.columns[at].name}", values, magnitude))
    return found


def _steps(rows: Series, shapes: Sequence[Shape], at: int) -> list[int]:
    """Return a column's values in steps of its shape."""
    values: list[int | None] = list(rows.columns[at].values)
    _to_steps(values, shapes[at].step2)
    return [step for step in values if step is not None]


def _clustered(columns: list[Residuals], dice: random.Random) -> tuple[list[bytes], list[int], float]:
    """Return two tables, which of them each column chose, and the bits that all take."""
    choice = [dice.randrange(2) for _ in columns]
    best = float("inf")
    while True:
        tables = []
        for table in (0, 1):
            counter = Counter()
            for column, chosen in zip(columns, choice, strict=True):
                if chosen == table:
                    _run(counter, column.values, column.magnitude)
            tables.append(_table(counter.counts))
        costs = [[_cost(table, column) for table in tables] for column in columns]
        total = sum(map(min, costs))
        choice = [both.index(min(both)) for both in costs]
        if total >= best:
            return tables, choice, best
        best = total


def _run(coder: Counter | MeasuringCoder, residuals: Sequence[int], magnitude: int) -> None:
    last = 0
    for residual in residuals:
        put_residual(coder, 0, scale_of(magnitude), last, LEAN_NEITHER, residual)  # type: ignore[arg-type]
        magnitude, last = averaged(magnitude, residual), residual


def _cost(table: bytes, column: Residuals) -> float:
    """Return what a residual of the column takes from this start, in 1/16 bits."""
    total = 0
    values = column.values[-600:]
    for at in range(0, len(values), RESTART):
        contexts = Contexts()
        for context, chance in enumerate(table):
            contexts.chances[context] = chance << 8 if chance else 32768
            contexts.counts[context] = TRAINED if chance else 1
        coder = MeasuringCoder(contexts)
        _run(coder, values[at : at + RESTART], column.magnitude)
        total += coder.cost
    return total / len(values)


def _table(counts: Counts) -> bytes:
    return bytes(_chance(*counts[context]) for context in range(TABLE))


def _chance(zeros: int, ones: int) -> int:
    """Return the chance of a one, in 1/256 from 1 to 255; 0 where too little was seen."""
    if zeros + ones < FEW:
        return 0
    return min(255, max(1, round(256 * (ones + 0.4) / (zeros + ones + 0.8))))


def write(tables: bytes) -> None:
    """Write start_tables.py."""
    lines = [
        '    b"' + "".join(f"\\x{byte:02x}" for byte in tables[at : at + 24]) + '"'
        for at in range(0, len(tables), 24)
    ]
    PATH.write_text(
        '"""How the contexts of a history batch start: chances in 1/256, 0 where nothing was trained.\n\n'
        'Written by tests/bench/compression/train.py, which says on what they were trained.\n"""\n\n'
        "START = (\n" + "\n".join(lines) + "\n)\n"
    )


def main() -> None:
    """Train, say what went where, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", default="", metavar="SERIES")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    prefixes = [prefix for prefix, _ in recorded() if prefix.name != arguments.without]
    if not prefixes:
        raise SystemExit("there are no recorded series here (FARWIRE_DATA names the folder)")
    tables, uneven = train(prefixes)
    assert len(tables) == CHANGED + 3
    print(f"trained on {', '.join(prefix.name for prefix in prefixes)}; uneven: {', '.join(uneven)}")
    if arguments.write:
        write(tables)
        print(f"written: {PATH}")


if __name__ == "__main__":
    main()
