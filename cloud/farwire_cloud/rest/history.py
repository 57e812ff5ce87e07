"""Readings by time: from the time index to records, page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from farwire_cloud.errors import InvalidError
from farwire_cloud.model.readings import NamedReading, Reading, Record
from farwire_cloud.store import keys
from farwire_cloud.store.items import live_from_item, record_from_item
from farwire_cloud.store.marshal import Item
from farwire_cloud.store.table import Table

Each = TypeVar("Each")

MOST_LOOKED_AT = 20_000  # records a page may pass over in search of a rare channel; then the page ends
LARGEST_STRIDE = 1_000  # records read at a time


@dataclass(frozen=True, slots=True)
class Period:
    """UTC ms, both ends included."""

    from_ms: int = 0
    to_ms: int = keys.LAST_TIME_MS

    @property
    def is_all(self) -> bool:
        """Whether it excludes nothing."""
        return self.from_ms <= 0 and self.to_ms >= keys.LAST_TIME_MS

    def __contains__(self, time_ms: int) -> bool:
        return self.from_ms <= time_ms <= self.to_ms


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of the history."""

    reading: Reading
    time_ms: int
    record: int  # 0: a live value


@dataclass(frozen=True, slots=True)
class FoundNamed:
    """One named reading of the history."""

    reading: NamedReading
    time_ms: int


@dataclass(frozen=True, slots=True)
class HistoryPage(Generic[Each]):
    """A page, and where the next one begins (None: nowhere)."""

    found: list[Each]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The next page begins at reading `index` (as filtered) of this record, or of the live values at `sk`."""

    number: int = 0
    index: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "_Cursor | None":
        if not text:
            return None
        number, dot, index = text.partition(".")
        if not (dot and number.isdecimal() and index.isdecimal() and len(text) <= 20):
            raise InvalidError("cursor", text, "the cursor of the page before")
        return cls(int(number), int(index))

    def __str__(self) -> str:
        return f"{self.number}.{self.index}"


def of_records(
    table: Table,
    dev_eui: str,
    period: Period,
    channel: int | None,
    limit: int,
    cursor: str | None,
    *,
    descending: bool,
) -> HistoryPage[Found]:
    """Return readings from records, in the order of record numbers; raises InvalidError for a bad cursor."""
    start = _Cursor.parse(cursor)
    found: list[Found] = []
    looked_at = 0
    for first, last in _runs(table, dev_eui, period, start, descending=descending):
        for record in _records(table, dev_eui, first, last, min(limit + 1, LARGEST_STRIDE), descending):
            looked_at += 1
            if looked_at > MOST_LOOKED_AT:
                return HistoryPage(found, str(_Cursor(record.number)))
            if record.time_ms not in period:
                continue
            matching = [r for r in record.readings if channel is None or r.channel == channel]
            skipped = start.index if start and start.number == record.number else 0
            for index, reading in enumerate(matching):
                if index < skipped:
                    continue
                if len(found) == limit:
                    return HistoryPage(found, str(_Cursor(record.number, index)))
                found.append(Found(reading, record.time_ms, record.number))
    return HistoryPage(found, None)


def of_live(
    table: Table,
    dev_eui: str,
    period: Period,
    channel: int | None,
    limit: int,
    cursor: str | None,
    *,
    descending: bool,
) -> HistoryPage[Found]:
    """Return live values in the order of their times; a page ends between two frames, so may be longer."""

    def found(item: Item) -> list[Found]:
        readings = live_from_item(item).readings
        return [Found(r, item["t"], 0) for r in readings if channel is None or r.channel == channel]

    return _of_frames(table, dev_eui, period, found, limit, cursor, descending=descending)


def of_named(
    table: Table,
    dev_eui: str,
    period: Period,
    name: str | None,
    limit: int,
    cursor: str | None,
    *,
    descending: bool,
) -> HistoryPage[FoundNamed]:
    """Return named readings in the order of their times; a page ends between two frames, so may be longer."""

    def found(item: Item) -> list[FoundNamed]:
        return [
            FoundNamed(r, item["t"]) for r in live_from_item(item).named if name is None or r.name == name
        ]

    return _of_frames(table, dev_eui, period, found, limit, cursor, descending=descending)


def _of_frames(
    table: Table,
    dev_eui: str,
    period: Period,
    found_in: Callable[[Item], list[Each]],
    limit: int,
    cursor: str | None,
    *,
    descending: bool,
) -> HistoryPage[Each]:
    if cursor is not None and not cursor.startswith("L#"):
        raise InvalidError("cursor", cursor, "the cursor of the page before")
    found: list[Each] = []
    after = cursor
    span = keys.lives(dev_eui, period.from_ms, period.to_ms)
    while True:
        page = table.query(span, limit=limit, after=after, descending=descending)
        for item in page.items:
            found += found_in(item)
            if len(found) >= limit and item is not page.items[-1]:
                return HistoryPage(found, item["sk"])
        after = page.next_sk
        if after is None or len(found) >= limit:
            return HistoryPage(found, after)


def _runs(
    table: Table, dev_eui: str, period: Period, start: _Cursor | None, *, descending: bool
) -> Iterator[tuple[int, int]]:
    """Yield runs of record numbers that may lie in the period, from the cursor on."""
    low, high = 0, 10**keys.NUMBER_DIGITS - 1
    if start is not None:
        low, high = (low, start.number) if descending else (start.number, high)
    if period.is_all:
        yield low, high
        return
    index = table.query(keys.in_hours(dev_eui, period.from_ms, period.to_ms), keys_only=True)
    blocks = sorted({keys.block_in(item["sk"]) for item in index.items})
    runs: list[list[int]] = []
    for block in blocks:
        if runs and block == runs[-1][1] + 1:
            runs[-1][1] = block
        else:
            runs.append([block, block])
    for first_block, last_block in reversed(runs) if descending else runs:
        first, last = first_block * keys.BLOCK, (last_block + 1) * keys.BLOCK - 1
        if last >= low and first <= high:
            yield max(first, low), min(last, high)


def _records(
    table: Table, dev_eui: str, first: int, last: int, stride: int, descending: bool
) -> Iterator[Record]:
    span = keys.records(dev_eui, first, last)
    after = None
    while True:
        page = table.query(span, limit=stride, after=after, descending=descending)
        yield from map(record_from_item, page.items)
        after = page.next_sk
        if after is None:
            return
