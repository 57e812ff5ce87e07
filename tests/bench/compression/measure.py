"""Packs a series into payloads, decodes them, compares, and only then counts."""

from collections.abc import Callable
from dataclasses import dataclass

from farwire_codecs.batch import Record
from farwire_codecs.schema import Schema
from tests.bench.compression import ours
from tests.bench.compression.framing import Baseline
from tests.bench.compression.series import Series


@dataclass(frozen=True, slots=True)
class Figure:
    """What some payloads of a codec took; the last payload of a series, which is not full, is not counted."""

    size: int  # bytes
    readings: int
    payloads: int

    @property
    def bytes_per_reading(self) -> float:
        return self.size / self.readings

    @property
    def readings_per_payload(self) -> float:
        return self.readings / self.payloads


Figures = dict[tuple[int, bool], Figure | None]
"""By payload limit, and by whether each channel travels alone; None where a row does not fit."""


def both_layouts(make: Callable[[Series], Baseline], series: Series, limits: tuple[int, ...]) -> Figures:
    """Return the figures of a baseline; raises AssertionError as `measured`."""
    whole = make(series)
    alone = [(make(one), one) for one in series.one_channel()] if len(series.columns) > 1 else []
    found: Figures = {}
    for limit in limits:
        found[limit, False] = measured(whole, series, limit)
        parts = [measured(codec, one, limit) for codec, one in alone]
        found[limit, True] = together(parts) if alone else found[limit, False]
    return found


def ours_measured(
    mode: ours.Mode, series: Series, training: Series | None, limits: tuple[int, ...]
) -> Figures:
    """Return the figures of Farwire's codec; raises AssertionError as `measured`."""
    known = ours.schema_of(series, training if mode.shaped else None)
    records = ours.records_of(series)
    width = len(known.channels)
    found: Figures = {}
    for limit in limits:
        found[limit, False] = _checked(mode, known, records, mode.pack(known, records, limit), limit)
        found[limit, True] = found[limit, False] if width == 1 else None
        if width > 1 and mode.pack_one_channel:
            parts = []
            for at in range(width):
                packed = mode.pack_one_channel(known, records, at, limit)
                parts.append(_checked(mode, known, _only(records, at), packed, limit))
            found[limit, True] = together(parts)
    return found


def measured(codec: Baseline, series: Series, limit: int) -> Figure | None:
    """Return the figure of a codec, or None where a row does not fit the limit.

    Raises AssertionError unless every payload is within the limit and gives its rows back exactly.
    """
    size = readings = payloads = first = 0
    rows = len(series.times)
    while first < rows:
        payload, count = codec.pack(first, limit)
        if not count:
            return None
        assert len(payload) <= limit, f"{series.name}: {len(payload)} bytes, the limit is {limit}"
        expected = [(series.times[index], series.row(index)) for index in range(first, first + count)]
        assert codec.unpack(payload) == expected, f"{series.name}: the rows from {first} did not come back"
        first += count
        if first < rows or not payloads:
            size += len(payload)
            readings += count * len(series.columns)
            payloads += 1
    return Figure(size, readings, payloads)


def together(figures: list[Figure | None]) -> Figure | None:
    """Return the sum of the figures of channels that travel alone; None if one of them has none."""
    found = [figure for figure in figures if figure is not None]
    if len(found) < len(figures):
        return None
    return Figure(sum(f.size for f in found), sum(f.readings for f in found), sum(f.payloads for f in found))


def _checked(
    mode: ours.Mode, known: Schema, records: list[Record], packed: ours.Packed, limit: int
) -> Figure | None:
    if not packed:
        return None
    heard = []
    end = 0
    for payload, count in packed:
        assert len(payload) <= limit, f"{mode.name}: {len(payload)} bytes, the limit is {limit}"
        end += count
        heard.append((payload, records[end - 1].time_s))
    assert mode.unpack(known, heard) == records, f"{mode.name}: the records did not come back"
    counted = packed[:-1] or packed
    values = sum(value is not None for value in records[0].values)
    readings = values * sum(count for _, count in counted)
    return Figure(sum(len(payload) for payload, _ in counted), readings, len(counted))


def _only(records: list[Record], at: int) -> list[Record]:
    """Return the records as the receiver of one channel's payloads has them."""
    alone = []
    for number, time_s, values in records:
        alone.append(Record(number, time_s, tuple(v if i == at else None for i, v in enumerate(values))))
    return alone
