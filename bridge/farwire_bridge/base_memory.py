"""All devices' bases: in memory for those in use, in the database for those that ever built on one.

Most devices never do, and cost no row: their last records are kept in memory alone. A device whose first
batch with a base comes when its records are no longer there (a restart, a forgotten device) is asked for
another base once, and its records are on the disk from then on.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from farwire_bridge.bases import DeviceBases, Found, Kept, Values
from farwire_bridge.database import Database
from farwire_bridge.memory import Schemas
from farwire_codecs import base as codec
from farwire_codecs import batch, schema_table
from farwire_codecs.base import Base
from farwire_codecs.batch import AgedRecord, Batch
from farwire_codecs.errors import CodecError, UnknownBaseError
from farwire_codecs.schema import Schema

RECORDS_KEPT = 2_048
"""Of a device that builds on bases: more than a node's memory holds unacknowledged, as a rule."""
RECORDS_KEPT_UNUSED = 256
"""Of another device, in memory: its first base begins at one of the last records."""
RECORDS_IN_MEMORY = 50_000
"""Of all devices, about 20 MB; the devices that were quiet for longest go first."""

DEVICES_IN_MEMORY = 5_000
"""A base takes about 5 KB."""
WRITTEN_EVERY = 64
"""Records by which a base moves on before it is written again: after a restart it is found from the one on
the disk over the records since, and to write it takes as long as to move it over some twenty of them."""


@dataclass(slots=True)
class _Device:
    bases: DeviceBases
    stored: bool  # whether it has rows
    written: int = 0  # number of the base on the disk


class Bases:
    """Decodes batches and remembers what later ones may build on, inside the database's transactions."""

    def __init__(self, database: Database, schemas: Schemas) -> None:
        self._connection = database.connection
        self._schemas = schemas
        self._devices: OrderedDict[str, _Device] = OrderedDict()  # the last used at the end
        self._held = 0  # records of all of them

    def decode(self, dev_eui: str, payload: bytes) -> Batch:
        """Return a device's batch; raises CodecError, of which UnknownBaseError when no base serves it."""
        matching: Iterator[Found] | None = None
        used: Found | None = None

        def base_for(low: int, check: int) -> Base | None:
            nonlocal matching, used
            if matching is None:
                matching = self._device(dev_eui).bases.matching(low, check)
            used = next(matching, None)
            return used.base if used is not None else None

        while True:
            try:
                found = batch.decode(payload, self._schema_of(dev_eui), base_for)
            except UnknownBaseError:
                self._lose(dev_eui)
                raise
            except CodecError:
                if matching is None:
                    raise
                continue  # a base of another model has the same check, one in 256: the next one, then
            if used is None:
                return found
            if not self._device(dev_eui).bases.contradicts(found.records):
                self._use(dev_eui, used)
                return found

    def remember(self, dev_eui: str, schema: Schema, records: tuple[AgedRecord, ...]) -> None:
        """Keep complete records of a device."""
        if not records:
            return
        device = self._device(dev_eui)
        held = len(device.bases.records)
        limit = RECORDS_KEPT if device.stored else RECORDS_KEPT_UNUSED
        new, forgotten = device.bases.remember(schema, records, limit)
        self._held += len(device.bases.records) - held
        if device.stored:
            self._write(dev_eui, device, new)
            self._delete(dev_eui, forgotten)
        self._make_room()

    def forget(self, dev_eui: str) -> None:
        """Forget a device's base and records: they are of channels that it no longer has."""
        device = self._device(dev_eui)
        self._held -= len(device.bases.records)
        device.bases = DeviceBases()
        if device.stored:
            self._connection.execute("DELETE FROM recent_records WHERE dev_eui = ?", (dev_eui,))
            self._write_base(dev_eui, device)

    def _schema_of(self, dev_eui: str) -> Callable[[int], Schema | None]:
        return lambda schema_id: self._schemas.get(dev_eui, schema_id)

    def _use(self, dev_eui: str, found: Found) -> None:
        device = self._device(dev_eui)
        held = len(device.bases.records)
        device.bases.use(found)
        self._held += len(device.bases.records) - held
        if not device.stored:
            self._store(dev_eui, device)
        elif found.is_begun or found.base.number - device.written >= WRITTEN_EVERY:
            self._write_base(dev_eui, device)

    def _lose(self, dev_eui: str) -> None:
        device = self._device(dev_eui)
        device.bases.lose()
        if not device.stored:
            self._store(dev_eui, device)

    def _device(self, dev_eui: str) -> _Device:
        device = self._devices.get(dev_eui)
        if device is None:
            device = self._devices[dev_eui] = self._load(dev_eui)
            self._held += len(device.bases.records)
        self._devices.move_to_end(dev_eui)
        return device

    def _make_room(self) -> None:
        while len(self._devices) > 1 and (
            self._held > RECORDS_IN_MEMORY or len(self._devices) > DEVICES_IN_MEMORY
        ):
            _, device = self._devices.popitem(last=False)
            self._held -= len(device.bases.records)

    def _load(self, dev_eui: str) -> _Device:
        row = self._connection.execute(
            "SELECT number, schema_id, channels, model FROM bases WHERE dev_eui = ?", (dev_eui,)
        ).fetchone()
        if row is None:
            return _Device(DeviceBases(), stored=False)
        number, schema_id, channels, model = row
        base = None
        if number is not None:
            base = codec.from_bytes(schema_table.from_bytes(schema_id, channels), number, model)
        records = {}
        for number, schema_id, values in self._connection.execute(
            "SELECT number, schema_id, readings FROM recent_records WHERE dev_eui = ? ORDER BY id", (dev_eui,)
        ):
            schema = self._schemas.get(dev_eui, schema_id)
            if schema is not None:
                records[number] = Kept(schema, values_from_text(values))
        return _Device(DeviceBases(base, records), True, base.number if base is not None else 0)

    def _store(self, dev_eui: str, device: _Device) -> None:
        """Give a device its rows."""
        device.stored = True
        self._write_base(dev_eui, device)
        self._write(dev_eui, device, list(device.bases.records))

    def _write_base(self, dev_eui: str, device: _Device) -> None:
        """Store the base in place of the one before and the records up to it."""
        base = device.bases.base
        device.written = base.number if base is not None else 0
        self._connection.execute(
            "DELETE FROM recent_records WHERE dev_eui = ? AND number <= ?", (dev_eui, device.written)
        )
        row: tuple[int | bytes | None, ...] = (None, None, None, None)
        if base is not None:
            row = (base.number, base.schema.schema_id, schema_table.to_bytes(base.schema), base.to_bytes())
        self._connection.execute("INSERT OR REPLACE INTO bases VALUES (?, ?, ?, ?, ?)", (dev_eui, *row))

    def _write(self, dev_eui: str, device: _Device, numbers: list[int]) -> None:
        records = device.bases.records
        rows = [
            (dev_eui, number, records[number].schema.schema_id, values_to_text(records[number].values))
            for number in numbers
            if number in records
        ]
        self._connection.executemany(
            "INSERT OR REPLACE INTO recent_records (dev_eui, number, schema_id, readings)"
            " VALUES (?, ?, ?, ?)",
            rows,
        )

    def _delete(self, dev_eui: str, numbers: list[int]) -> None:
        self._connection.executemany(
            "DELETE FROM recent_records WHERE dev_eui = ? AND number = ?",
            [(dev_eui, number) for number in numbers],
        )


def values_to_text(values: Values) -> str:
    """Return a record's values as JSON."""
    return json.dumps(values, separators=(",", ":"))


def values_from_text(text: str) -> Values:
    """Return the values that `values_to_text` wrote."""
    return tuple(None if raw is None else tuple(raw) for raw in json.loads(text))
