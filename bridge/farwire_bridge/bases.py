"""What a device's next batch may build on: the node's base, found again among the records that it sent. Pure.

A node begins its base at an acknowledged record and moves it on, record by record, with later
acknowledgements (`farwire_codecs.base`); which of those reached it, nobody tells the bridge. A batch names
the base by 8 bits of its number and 8 of its model: it is the base of the batch before, moved on over the
records since, or one that begins at a record.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from farwire_codecs import base as codec
from farwire_codecs.base import Base
from farwire_codecs.batch import AgedRecord
from farwire_codecs.schema import Schema

SCHEMAS_KEPT = 3
"""Schemas of a device with which its base may begin: the one in use, one on offer, and the one before."""

_SPARE = 8  # one in so many: how far beyond the limit records may go before the oldest are forgotten

Values = tuple[tuple[int, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """One record as it was decoded: `values` parallel to the channels of `schema`."""

    schema: Schema
    values: Values


@dataclass(frozen=True, slots=True)
class Found:
    """A base that a batch may mean; `is_begun`: at a record, not moved on from the base before."""

    base: Base
    check: int
    is_begun: bool = False


class DeviceBases:
    """One device's last base and its records since; a record counts as older the earlier it came."""

    def __init__(self, base: Base | None = None, records: dict[int, Kept] | None = None) -> None:
        self.base = base
        self.records = records if records is not None else {}
        self._check = base.check() if base is not None else -1
        self._lost = False  # the last batch named a base that is none of ours: any record may be the next one
        self._schemas: list[Schema] = []  # the newest first
        for kept in self.records.values():
            self._note(kept.schema)

    def matching(self, low: int, check: int) -> Iterator[Found]:
        """Return the bases with this lowest byte of their number and this check, the likeliest first."""
        if self.base is not None and self.base.number & 0xFF == low and self._check == check:
            yield Found(self.base, check)
        for base in reversed(self._moved_on(low, check)):
            yield Found(base, check)
        for number in sorted((at for at in self.records if at & 0xFF == low), reverse=True):
            kept = self.records[number]
            for schema in self._schemas:
                if schema.channels == kept.schema.channels:
                    begun = codec.seed(schema, number, kept.values)
                    if begun is not None and begun.check() == check:
                        yield Found(begun, check, is_begun=True)

    def contradicts(self, records: tuple[AgedRecord, ...]) -> bool:
        """Return whether one of these has other values than the record of its number that came before.

        Then they were decoded with a base that only looks like the node's.
        """
        return any(
            record.number in self.records and self.records[record.number].values != record.values
            for record in records
        )

    def use(self, found: Found) -> None:
        """Take a base that served a batch, and forget the records up to it."""
        self._lost = False
        if found.base is not self.base:
            self.base, self._check = found.base, found.check
            for number in [number for number in self.records if number <= found.base.number]:
                del self.records[number]

    def lose(self) -> None:
        """Note that no base matched."""
        self._lost = True

    def remember(
        self, schema: Schema, records: tuple[AgedRecord, ...], limit: int
    ) -> tuple[list[int], list[int]]:
        """Keep complete records; return the numbers of those that are new or changed, and of those forgotten.

        About `limit` are kept, the oldest go first.
        """
        self._note(schema)
        least = 0 if self.base is None or self._lost else self.base.number
        new = []
        for number, _, values in records:
            kept = self.records.get(number)
            if number <= least or (kept is not None and kept.values == values and kept.schema == schema):
                continue
            self.records.pop(number, None)
            self.records[number] = Kept(schema, values)
            new.append(number)
        return new, self._trim(limit)

    def _moved_on(self, low: int, check: int) -> list[Base]:
        """Return the last base moved on to each later record that fits, the nearest first."""
        if self.base is None:
            return []
        last = max((number for number in self.records if number & 0xFF == low), default=0)
        later = sorted(number for number in self.records if self.base.number < number <= last)
        found: list[Base] = []
        moving = self.base
        for number in later:
            kept = self.records[number]
            if moving is self.base or (found and moving is found[-1]):
                moving = _copy(moving)
            if kept.schema.channels != moving.schema.channels or not moving.advance(number, kept.values):
                break
            if number & 0xFF == low and moving.check() == check:
                found.append(moving)
        return found

    def _note(self, schema: Schema) -> None:
        if not self._schemas or self._schemas[0] != schema:
            self._schemas = [schema, *(known for known in self._schemas if known != schema)][:SCHEMAS_KEPT]

    def _trim(self, limit: int) -> list[int]:
        if len(self.records) <= limit + limit // _SPARE:
            return []
        forgotten = list(self.records)[:-limit]
        for number in forgotten:
            del self.records[number]
        return forgotten


def _copy(base: Base) -> Base:
    copied = Base(base.schema, base.number)
    copied.model.copy(base.model)
    return copied
