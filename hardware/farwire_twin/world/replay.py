"""Recorded series as sensors: a folder of CSV files, each a logger's channels over time.

The first column of a file is `time` (unix seconds); each other column becomes one channel, typed by its
name's unit (table below). Rows whose time does not grow are left out: the logger's clock was set back. A
replay starts at an offset into the file, goes on at the world's pace, holds a value until the next row's
time, and starts over at the end. An empty or impossible cell is a missing value.
"""

import csv
import logging
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from farwire_codecs import lpp_types
from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Sensor
from farwire_twin.errors import TwinError

log = logging.getLogger("farwire.twin")

MAXIMUM_COLUMNS = 32  # farwire_codecs.schema.MAXIMUM_CHANNELS
ANALOG_INPUT = 2


class ReplayError(TwinError):
    """A file or folder that cannot be replayed; the message names file, line and column."""


@dataclass(frozen=True, slots=True)
class Unit:
    """How a column becomes an LPP value: integer = round(cell x scale)."""

    ending: str
    type_id: int
    scale: float


# The first whose ending fits the column's name counts. Scales are the types' steps except where noted.
UNITS = (
    Unit("_c", 103, 10),
    Unit("temperature_f", 103, 10),  # kept as it stands: LPP has no Fahrenheit
    Unit("humidity_pct", 104, 2),
    Unit("_hpa", 115, 10),
    Unit("_v", 116, 100),
    Unit("_a", 117, 1000),
    Unit("_kw", 128, 1000),
    Unit("_kvar", 128, 1000),
    Unit("_w", 128, 1),
    Unit("wind_kmh", ANALOG_INPUT, 10),  # a tenth of the speed, so that storms fit
    Unit("wind_dir_16", 132, 22.5),  # sixteenths of a turn; 16 = no valid sector
    Unit("_pct", 120, 1),
    Unit("_lux", 101, 1),
    Unit("_ppm", 125, 1),
    Unit("_m", 130, 1000),
    Unit("_hz", 118, 1),
    Unit("_kwh", 131, 1000),
    Unit("", ANALOG_INPUT, 100),
)
SECTORS = 16


@dataclass(frozen=True, slots=True)
class Series:
    """One file: its times (seconds from its first row) and, a column, its raw values (None: missing)."""

    name: str
    times_s: tuple[float, ...]
    channels: tuple[Channel, ...]
    columns: tuple[tuple[int | None, ...], ...]

    @property
    def period_s(self) -> float:
        """When it starts over: one usual interval after the last row."""
        return self.times_s[-1] + self.interval_s

    @property
    def interval_s(self) -> float:
        """The median distance of its rows."""
        gaps = sorted(after - before for before, after in pairwise(self.times_s))
        return gaps[len(gaps) // 2] if gaps else 1.0

    def row_at(self, at_s: float) -> int:
        """Index of the row that holds at `at_s` (0 or more; after the end it starts over)."""
        return max(0, bisect_right(self.times_s, at_s % self.period_s) - 1)


class ReplaySensor(Sensor):
    """A series from `offset_s` on; the world's `start_ms` is where the offset lies."""

    def __init__(self, series: Series, offset_s: float, start_ms: int = 0) -> None:
        self.channels = series.channels
        self._series = series
        self._offset_s = offset_s
        self._start_ms = start_ms
        self._period_s = series.period_s

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the values of the row that holds now."""
        row = self._series.row_at(self._offset_s + (now_ms - self._start_ms) / 1000)
        return tuple(None if column[row] is None else (column[row],) for column in self._series.columns)  # type: ignore[misc]


def load_folder(folder: Path) -> tuple[Series, ...]:
    """Read every *.csv of a folder, in the order of their names. Raises ReplayError."""
    if not folder.is_dir():
        raise ReplayError(f"{folder} is not a folder")
    series = tuple(load_file(path) for path in sorted(folder.glob("*.csv")))
    if not series:
        raise ReplayError(f"{folder} has no *.csv file")
    return series


def load_file(path: Path) -> Series:
    """Read one file. Raises ReplayError."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if len(header) < 2 or header[0] != "time" or len(header) > MAXIMUM_COLUMNS + 1:
            found = ",".join(header)[:80]
            raise ReplayError(
                f"{path} line 1: expected `time` and 1 to {MAXIMUM_COLUMNS} columns, got {found!r}"
            )
        units = [unit_of(name) for name in header[1:]]
        times: list[float] = []
        columns: list[list[int | None]] = [[] for _ in units]
        skipped = 0
        for row in reader:
            at = _time(path, reader.line_num, row)
            if times and at <= times[-1]:
                skipped += 1
                continue
            times.append(at)
            for column, unit, cell in zip(columns, units, [*row[1:], *[""] * len(units)], strict=False):
                column.append(raw_of(unit, cell))
    if not times:
        raise ReplayError(f"{path} has no rows")
    if skipped:
        log.warning(
            "replay left out rows whose time does not grow", extra={"file": str(path), "rows": skipped}
        )
    channels = tuple(Channel(index + 1, unit.type_id) for index, unit in enumerate(units))
    first_s = times[0]
    return Series(path.stem, tuple(at - first_s for at in times), channels, tuple(map(tuple, columns)))


def unit_of(column: str) -> Unit:
    """The unit that a column's name tells; without one it is an analog input."""
    return next(unit for unit in UNITS if column == unit.ending or column.endswith(unit.ending))


def raw_of(unit: Unit, cell: str) -> int | None:
    """The integer of a cell, None when it holds no number that the type can carry."""
    try:
        value = float(cell)
    except ValueError:
        return None
    if not math.isfinite(value) or (unit.ending == "wind_dir_16" and not 0 <= value < SECTORS):
        return None
    raw = math.floor(abs(value) * unit.scale + 0.5) * (1 if value >= 0 else -1)
    low, high = lpp_types.limits(lpp_types.type_of(unit.type_id).axes[0])
    return raw if low <= raw <= high else None


def _time(path: Path, line: int, row: Sequence[str]) -> float:
    try:
        at = float(row[0])
    except (IndexError, ValueError):
        raise ReplayError(f"{path} line {line}: time {row[:1]!r} is not a number") from None
    if not math.isfinite(at):
        raise ReplayError(f"{path} line {line}: time {row[:1]!r} is not a number")
    return at
