"""Records that come a channel at a time, kept on the disk until they are whole.

A node sends them so where a whole record does not fit the payload (US915 at its slowest). A record of which
a channel is missing goes nowhere, so nobody acknowledges it and the node sends its parts again.
"""

import json

from farwire_bridge.bases import Values
from farwire_bridge.database import Database
from farwire_codecs.batch import AgedRecord, Batch

RECORDS_KEPT = 1_024
"""Of a device, whole ones included, so that a part that is repeated finds the others; the oldest go first."""

SAME_WITHIN_MS = 600_000
"""Between the sampling times that two parts of one record give: they differ by the rounding of ages and by
what network servers' clocks differ. Further apart, a node began its numbers anew."""

_ByIndex = dict[int, tuple[int, ...] | None]  # values by the channel's index; None: not measured


class Parts:
    """The parts of all devices' records, inside the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection

    def add(self, dev_eui: str, batch: Batch, heard_ms: int) -> tuple[AgedRecord, ...]:
        """Keep what a batch of one channel carries; return the records that are whole with it, repeats too.

        `heard_ms` is when the batch was heard. A record has the time that its first part gave, as an age
        before `heard_ms`. A part that contradicts what is kept begins its record anew.
        """
        channels = bytes(number for channel in batch.schema.channels for number in channel)
        whole = []
        kept = 0
        for record in batch.records:
            time_ms = heard_ms - record.age_ms
            part = record.values[batch.only]
            began_ms, values = self._known(dev_eui, record.number, channels, time_ms)
            if values.get(batch.only, part) != part:
                began_ms, values = time_ms, {}
            if batch.only not in values:
                values[batch.only] = part
                self._keep(dev_eui, record.number, channels, began_ms, values)
                kept += 1
            if len(values) == len(batch.schema.channels):
                readings: Values = tuple(values[index] for index in range(len(values)))
                whole.append(AgedRecord(record.number, heard_ms - began_ms, readings))
        if kept:
            self._trim(dev_eui)
        return tuple(whole)

    def _known(self, dev_eui: str, number: int, channels: bytes, time_ms: int) -> tuple[int, _ByIndex]:
        """Return time and values of the record that this can be a part of; its own time and none if it is the
        first."""
        row = self._connection.execute(
            "SELECT channels, time_ms, readings FROM parts WHERE dev_eui = ? AND number = ?",
            (dev_eui, number),
        ).fetchone()
        if row is None or row[0] != channels or abs(row[1] - time_ms) > SAME_WITHIN_MS:
            return time_ms, {}
        return row[1], {
            int(index): None if raw is None else tuple(raw) for index, raw in json.loads(row[2]).items()
        }

    def _keep(
        self,
        dev_eui: str,
        number: int,
        channels: bytes,
        time_ms: int,
        values: _ByIndex,
    ) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO parts (dev_eui, number, channels, time_ms, readings)"
            " VALUES (?, ?, ?, ?, ?)",
            (dev_eui, number, channels, time_ms, json.dumps(values, separators=(",", ":"))),
        )

    def _trim(self, dev_eui: str) -> None:
        self._connection.execute(
            "DELETE FROM parts WHERE dev_eui = ? AND id <= ("
            " SELECT id FROM parts WHERE dev_eui = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (dev_eui, dev_eui, RECORDS_KEPT),
        )
