"""Channel tables that ChirpStack's devices do not show yet: on the disk, until they are published."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from farwire_bridge.database import Database


@dataclass(frozen=True, slots=True)
class UnpublishedSchema:
    """One of them."""

    id: int  # grows: the newest has the highest
    dev_eui: str
    schema_id: int
    table: bytes  # as a batch carries it inline


class Unpublished:
    """The writer's half: add and remove, inside the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection

    def add(self, dev_eui: str, schema_id: int, table: bytes) -> None:
        """Note a device's new table, in place of the one with the same id."""
        self._connection.execute(
            "INSERT OR REPLACE INTO unpublished_schemas (dev_eui, schema_id, channels) VALUES (?, ?, ?)",
            (dev_eui, schema_id, table),
        )

    def remove(self, ids: Collection[int]) -> None:
        """Forget those that were published; one that was replaced meanwhile has another id and stays."""
        self._connection.executemany("DELETE FROM unpublished_schemas WHERE id = ?", [(id_,) for id_ in ids])


class UnpublishedReader:
    """The publisher's half, on a connection of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, after: int, most: int) -> list[UnpublishedSchema]:
        """Return the next ones with an id above `after`, oldest first, at most `most`.

        Devices that come without ChirpStack are left out: it does not know them.
        """
        rows = self._connection.execute(
            "SELECT id, dev_eui, schema_id, channels FROM unpublished_schemas"
            " WHERE id > ? AND dev_eui NOT IN (SELECT dev_eui FROM ip_nodes) ORDER BY id LIMIT ?",
            (after, most),
        ).fetchall()
        return [UnpublishedSchema(*row) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
