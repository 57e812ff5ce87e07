"""Entries on their way to the cloud, in the order in which they came; gone only when the cloud has answered.

The spool only stores: who fills it looks at `full` and leaves messages with the broker while it is.
"""

import sqlite3
import zlib
from collections.abc import Collection, Sequence

from farwire_bridge.database import Database
from farwire_contract.v1.telemetry_pb2 import Entry

BUCKETS = 256  # how finely devices can be spread over lanes


class Spool:
    """The writer's half: append and remove, inside the database's transactions."""

    def __init__(self, database: Database, limit: int) -> None:
        self._connection = database.connection
        self._limit = limit
        (self.count,) = self._connection.execute("SELECT count(*) FROM entries").fetchone()

    @property
    def full(self) -> bool:
        """Whether no further events may be taken."""
        return bool(self.count >= self._limit)

    def append(self, entries: Sequence[Entry]) -> None:
        """Store entries behind all others; their `id` is given when they are read."""
        self._connection.executemany(
            "INSERT INTO entries (bucket, entry) VALUES (?, ?)",
            [(bucket(entry.device.dev_eui), entry.SerializeToString()) for entry in entries],
        )
        self.count += len(entries)

    def remove(self, ids: Collection[int]) -> None:
        """Forget entries that the cloud has answered; unknown ids are none."""
        before = self._connection.total_changes
        self._connection.executemany("DELETE FROM entries WHERE id = ?", [(id_,) for id_ in ids])
        self.count -= self._connection.total_changes - before


class SpoolReader:
    """The forwarder's half: reads one lane of `lanes`, each device always in the same one.

    An entry that is larger than the size asked for comes alone.
    """

    def __init__(self, connection: sqlite3.Connection, lane: int, lanes: int) -> None:
        self._connection = connection
        self._lane = lane
        self._lanes = lanes

    def read(self, after: int, entries: int, size: int) -> list[Entry]:
        """Return the next entries with an id above `after`: at most `entries`, and `size` bytes."""
        found: list[Entry] = []
        total = 0
        rows = self._connection.execute(
            "SELECT id, entry FROM entries WHERE id > ? AND bucket % ? = ? ORDER BY id LIMIT ?",
            (after, self._lanes, self._lane, entries),
        )
        for id_, blob in rows:
            total += len(blob) + _FRAMING
            if found and total > size:
                break
            entry = Entry.FromString(blob)
            entry.id = id_
            found.append(entry)
        rows.close()
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def bucket(dev_eui: str) -> int:
    """Return which of BUCKETS a device is in."""
    return zlib.crc32(dev_eui.encode()) % BUCKETS


_FRAMING = 16  # id (up to 10 bytes and its tag) and the tag and length around an entry in a request
