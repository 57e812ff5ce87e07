"""The recorded series as the integers of their LPP types. Which column is what: the data's own README.

The first fifth of a series, at most 6,000 rows, is its training prefix: nothing is measured on it. What is
measured are the rows after it, at most 6,000.
"""

import csv
import math
import os
from dataclasses import dataclass
from pathlib import Path

from farwire_codecs.lpp_types import TYPES

DATA = Path(os.environ.get("FARWIRE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
ROWS = 6000


@dataclass(frozen=True, slots=True)
class Column:
    """One channel: its values as integers of its LPP type, which has one axis."""

    name: str
    type_id: int
    values: list[int]

    @property
    def size(self) -> int:
        """Bytes of the type in LPP."""
        size: int = TYPES[self.type_id].size
        return size

    @property
    def signed(self) -> bool:
        signed: bool = TYPES[self.type_id].axes[0].signed
        return signed


@dataclass(frozen=True, slots=True)
class Series:
    """Rows of some channels; both ends know the types and the interval, as they do from a schema."""

    name: str
    interval_s: int
    times: list[int]
    columns: tuple[Column, ...]

    @property
    def readings(self) -> int:
        return len(self.times) * len(self.columns)

    def row(self, index: int) -> tuple[int, ...]:
        return tuple(column.values[index] for column in self.columns)

    def rows(self, first: int, end: int) -> "Series":
        """Return the rows from `first` to before `end`."""
        columns = tuple(Column(c.name, c.type_id, c.values[first:end]) for c in self.columns)
        return Series(self.name, self.interval_s, self.times[first:end], columns)

    def one_channel(self) -> list["Series"]:
        """Return a series of each channel alone."""
        return [Series(self.name, self.interval_s, self.times, (column,)) for column in self.columns]


@dataclass(frozen=True, slots=True)
class Source:
    """A file, its columns with LPP type and the factor to its integer, and its interval in seconds."""

    title: str
    file: str
    interval_s: int
    columns: tuple[tuple[str, int, float], ...]


SOURCES = (
    Source(
        "leaf node",
        "lora_leaf_node.csv",
        301,
        (("temperature_c", 103, 10), ("humidity_pct", 104, 2), ("battery_v", 116, 100)),
    ),
    Source(
        "weather",
        "weather_station.csv",
        600,  # the recording jitters by some seconds; a node samples on its own grid
        (
            ("temperature_c", 103, 10),
            ("humidity_pct", 104, 2),
            ("pressure_hpa", 115, 10),
            ("wind_kmh", 2, 10),
            ("wind_dir_16", 132, 22.5),
            ("battery_v", 116, 100),
        ),
    ),
    Source("machine", "machine_temperature.csv", 300, (("temperature_f", 103, 10),)),
    Source(
        "mains",
        "mains_power.csv",
        60,
        (
            ("voltage_v", 116, 100),
            ("current_a", 117, 1000),
            ("active_kw", 128, 1000),
            ("reactive_kvar", 128, 1000),
        ),
    ),
)


def recorded() -> list[tuple[Series, Series]]:
    """Return the training prefix and the measured rows of each recorded series; [] without the folder."""
    if not DATA.is_dir():
        return []
    return [split(_read(source)) for source in SOURCES]


def split(series: Series) -> tuple[Series, Series]:
    """Return the training prefix and the rows to measure."""
    first = min(ROWS, len(series.times) // 5)
    return series.rows(0, first), series.rows(first, first + ROWS)


def _read(source: Source) -> Series:
    times: list[int] = []
    columns: list[list[int]] = [[] for _ in source.columns]
    grid_s = source.interval_s if source.title == "weather" else 1
    with (DATA / source.file).open(newline="") as file:
        for row in csv.DictReader(file):
            time_s = round(int(row["time"]) / grid_s) * grid_s
            if times and time_s <= times[-1]:
                continue
            times.append(time_s)
            for column, (name, _, factor) in zip(columns, source.columns, strict=True):
                column.append(math.floor(float(row[name]) * factor + 0.5))
    named = zip(source.columns, columns, strict=True)
    made = tuple(Column(name, type_id, values) for (name, type_id, _), values in named)
    return Series(source.title, source.interval_s, times, made)
