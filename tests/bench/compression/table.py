"""Prints how many bytes a reading of history takes, Farwire's codec beside its neighbours and the bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.bench.compression import bound, ours, series, unseen
from tests.bench.compression.cbor import CborDeltas
from tests.bench.compression.columns import Columns
from tests.bench.compression.deflate import DeflatedColumns, DeflatedLpp
from tests.bench.compression.framing import Baseline
from tests.bench.compression.lec import Lec
from tests.bench.compression.lpp_time import LppTime
from tests.bench.compression.measure import Figures, both_layouts, ours_measured
from tests.bench.compression.rice import Rice
from tests.bench.compression.series import Series
from tests.bench.compression.sprintz import Sprintz

LIMITS = (11, 51, 115, 222, 242)
LPP = "LPP dynamic + time"
BASELINES: dict[str, Callable[[Series], Baseline]] = {
    LPP: LppTime,
    "CBOR delta arrays": CborDeltas,
    "deflate of LPP + time": DeflatedLpp,
    "deflate of column deltas": DeflatedColumns,
    "LEC (Marcelloni-Vecchio)": partial(Columns, Lec),
    "Sprintz-like bit-packing": partial(Columns, Sprintz),
    "Rice, best k and order": partial(Columns, Rice),
}
Modes = tuple[ours.Mode, ...]
LAYOUTS = {False: "all channels in one payload", True: "one channel per payload"}


@dataclass(frozen=True, slots=True)
class Gate:
    """The most bytes a reading may take, mean over the series named, of each its better layout."""

    what: str
    mode: ours.Mode
    limit: int
    most: float
    only: str | None = None


GATES = (
    Gate("gate", ours.SELF_CONTAINED, 51, 0.60),
    Gate("gate", ours.SELF_CONTAINED, 222, 0.54),
    Gate("gate", ours.SELF_CONTAINED, 51, 0.155, "leaf node"),
    Gate("gate", ours.SELF_CONTAINED, 222, 0.135, "leaf node"),
    Gate("aim", ours.CARRIED, 51, 0.54),
    Gate("aim", ours.CARRIED, 222, 0.51),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One series: its bound in bytes a reading, and the figures of each codec by name."""

    name: str
    bound: float
    figures: dict[str, Figures]


def main() -> None:
    """Print the tables."""
    print("History, bytes a reading: the whole payload, each value and time decoded again and compared.")
    print("A cell: bytes a reading | readings a payload | LPP with time is so many times larger | this is so")
    print("many times the bound. '-': a row does not fit, or the codec for comparison has no figure.")
    print("Shapes are learned from the training prefix. 'Model carried on': as if every payload were")
    print("acknowledged before the next one, the best case; it has one layout, all channels.")
    recorded = series.recorded()
    if recorded:
        found = [_measured(one, training, LIMITS, ours.MODES) for training, one in recorded]
        _print_all(found, LIMITS, ours.MODES)
        _print_gates(found)
    else:
        print(f"No recorded series in {series.DATA} (FARWIRE_DATA names the folder): no gate can be judged.")
    print("\nSynthetic series that no table was trained on (fixed seeds, see unseen.py)")
    limits = (51, 222)
    split = [series.split(one) for one in unseen.unseen()]
    found = [_measured(one, training, limits, ours.MODES_UNSEEN) for training, one in split]
    _print_all(found, limits, ours.MODES_UNSEEN)
    _print_starts(found, limits)


def better(figures: Figures, limit: int) -> float | None:
    """Return the bytes a reading of the better layout."""
    sizes = [figure.bytes_per_reading for alone in LAYOUTS if (figure := figures[limit, alone])]
    return min(sizes, default=None)


def _measured(one: Series, training: Series, limits: tuple[int, ...], modes: Modes) -> Measured:
    figures = {name: both_layouts(make, one, limits) for name, make in BASELINES.items()}
    for mode in modes:
        figures[mode.name] = ours_measured(mode, one, training, limits)
    return Measured(one.name, bound.bytes_per_reading(one), figures)


def _print_all(found: list[Measured], limits: tuple[int, ...], modes: Modes) -> None:
    names = [*BASELINES, *[mode.name for mode in modes]]
    bounds = [one.bound for one in found]
    cells = "".join(f"{one.name}: {one.bound:.3f}   " for one in found)
    print(f"The bound (adaptive arithmetic coding, never reset): {cells}mean: {_mean(bounds):.3f}")
    for limit in limits:
        for alone, layout in LAYOUTS.items():
            print(f"\n{limit} bytes, {layout}")
            print(f"  {'':<26}" + "".join(f"{one.name:<26}" for one in found) + "mean")
            for name in names:
                sizes = [
                    figure.bytes_per_reading for one in found if (figure := one.figures[name][limit, alone])
                ]
                mean = f"{_mean(sizes):.3f}" if len(sizes) == len(found) else "-"
                cells = "".join(f"{_cell(one, name, limit, alone):<26}" for one in found)
                print(f"  {name:<26}{cells}{mean}", flush=True)
        print(f"\n{limit} bytes, for each series the better of both layouts")
        for name in names:
            best = [size for one in found if (size := better(one.figures[name], limit)) is not None]
            if len(best) == len(found):
                cells = "".join(f"{size:<26.3f}" for size in best)
                print(f"  {name:<26}{cells}{_mean(best):.3f}   {_mean(best) / _mean(bounds):.2f} x bound")


def _cell(one: Measured, name: str, limit: int, alone: bool) -> str:
    figure = one.figures[name][limit, alone]
    if figure is None:
        return "-"
    lpp = one.figures[LPP][limit, alone]
    ratio = f"{lpp.bytes_per_reading / figure.bytes_per_reading:.1f}x" if lpp else "-"
    size = figure.bytes_per_reading
    return f"{size:.3f} {figure.readings_per_payload:5.0f} {ratio:>6} {size / one.bound:5.2f}"


def _print_gates(found: list[Measured]) -> None:
    print("\nGates and aims, with the better layout of each series")
    for gate in GATES:
        name = gate.mode.name
        sizes = [
            size
            for one in found
            if gate.only in (None, one.name)
            if (size := better(one.figures[name], gate.limit)) is not None
        ]
        mean = _mean(sizes)
        whom = gate.only or f"mean of {len(sizes)}"
        verdict = "met" if mean <= gate.most else "NOT met"
        print(
            f"  {gate.what}: {name}, {whom}, {gate.limit} bytes: {mean:.3f}, at most {gate.most}: {verdict}"
        )


def _print_starts(found: list[Measured], limits: tuple[int, ...]) -> None:
    """Print whether the trained start of the coder is worse than an untrained one on these series."""
    print("\nTrained start beside flat start, the better layout of each series")
    for limit in limits:
        for one in found:
            trained, flat = (
                better(one.figures[mode.name], limit) for mode in (ours.SELF_CONTAINED, ours.FLAT)
            )
            if trained is not None and flat is not None:
                verdict = "no worse" if trained <= flat else "WORSE"
                print(f"  {one.name:<12}{limit:>4} bytes: {trained:.3f}, flat {flat:.3f}: {verdict}")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
