"""Readings and records: what was measured, and its compact text in the store.

The text of readings is `channel/type=raw[,raw...]`, separated by blanks and sorted: readable in any DynamoDB
console, a third of the bytes of nested lists, and one write unit for a record of some 40 channels.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Series: TypeAlias = tuple[int, int]  # (channel, LPP type): what a line in a chart is


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """One value of one channel."""

    channel: int  # 0 to 255
    lpp_type: int  # 0 to 255; farwire_codecs.lpp_types has the known ones
    raw: tuple[int, ...]  # integers at the type's resolution, one per axis

    @property
    def series(self) -> Series:
        """Which line in a chart it belongs to."""
        return self.channel, self.lpp_type


@dataclass(frozen=True, slots=True, order=True)
class NamedReading:
    """One value with a name instead of a channel: of a device that a vendor's codec reads."""

    name: str  # parts joined by dots
    unit: str  # empty: none, or not known
    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Record:
    """One sampling instant of one device."""

    number: int  # from 1
    time_ms: int  # UTC, of the sampling
    readings: tuple[Reading, ...]  # sorted


def readings_to_text(readings: Iterable[Reading]) -> str:
    """Return the compact text of `readings`."""
    return " ".join(f"{r.channel}/{r.lpp_type}={','.join(map(str, r.raw))}" for r in sorted(readings))


def readings_from_text(text: str) -> tuple[Reading, ...]:
    """Return what `readings_to_text` wrote."""
    return tuple(_reading(part) for part in text.split())


def named_to_text(readings: Iterable[NamedReading]) -> str:
    """Return the text of named readings: JSON, `[[name, unit, value], ...]`, in their order."""
    return json.dumps(
        [[r.name, r.unit, r.value] for r in readings], ensure_ascii=False, separators=(",", ":")
    )


def named_from_text(text: str) -> tuple[NamedReading, ...]:
    """Return what `named_to_text` wrote."""
    return tuple(NamedReading(name, unit, value) for name, unit, value in json.loads(text))


def series_to_text(series: Series) -> str:
    """Return `channel/type`."""
    return f"{series[0]}/{series[1]}"


def series_from_text(text: str) -> Series:
    """Return what `series_to_text` wrote."""
    channel, _, lpp_type = text.partition("/")
    return int(channel), int(lpp_type)


def _reading(part: str) -> Reading:
    series, _, raw = part.partition("=")
    channel, lpp_type = series_from_text(series)
    return Reading(channel, lpp_type, tuple(int(number) for number in raw.split(",")))
