"""What the bridge remembers beside the spool: events seen, channel tables, and what nobody could read."""

import hashlib

from farwire_bridge.database import Database
from farwire_bridge.unpublished import Unpublished
from farwire_codecs import schema_table
from farwire_codecs.schema import Schema

SEEN_KEPT = 200_000
"""Keys kept. A broker repeats what was in flight at a reconnect (at most the receive maximum) or, with a
shared subscription, what another client left unacknowledged; both are far fewer. 200,000 take about 20 MB."""

SET_ASIDE_KEPT = 1_000
"""Messages kept for inspection."""
SET_ASIDE_BYTES = 4_096
"""Kept of each: more than any event about one frame has."""

_TRIM_EVERY = 1_000


class Seen:
    """Keys of events that were handled, so that a redelivery changes nothing."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection
        self._until_trim = _TRIM_EVERY

    def first_time(self, *key: str | int | bytes) -> bool:
        """Note the key and return whether it is new."""
        digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
        changed = self._connection.execute("INSERT OR IGNORE INTO seen (key) VALUES (?)", (digest,)).rowcount
        self._until_trim -= 1
        if self._until_trim <= 0:
            self._until_trim = _TRIM_EVERY
            self._connection.execute(
                "DELETE FROM seen WHERE id <= (SELECT max(id) FROM seen) - ?", (SEEN_KEPT,)
            )
        return changed == 1


class Schemas:
    """The channel tables that devices sent, by device and schema id."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection
        self._unpublished = Unpublished(database)
        self._known: dict[tuple[str, int], Schema] = {
            (dev_eui, schema_id): schema_table.from_bytes(schema_id, channels)
            for dev_eui, schema_id, channels in self._connection.execute("SELECT * FROM schemas")
        }

    def get(self, dev_eui: str, schema_id: int) -> Schema | None:
        """Return the table, None when the device has not sent it."""
        return self._known.get((dev_eui, schema_id))

    def keep(self, dev_eui: str, schema: Schema) -> None:
        """Remember a table that a batch carried; the newest of an id counts."""
        if self._known.get((dev_eui, schema.schema_id)) == schema:
            return
        self._known[dev_eui, schema.schema_id] = schema
        table = schema_table.to_bytes(schema)
        self._connection.execute(
            "INSERT OR REPLACE INTO schemas VALUES (?, ?, ?)", (dev_eui, schema.schema_id, table)
        )
        self._unpublished.add(dev_eui, schema.schema_id, table)


class SetAside:
    """Messages that belong to no device or that the cloud cannot even answer, kept for inspection."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection

    def keep(self, reason: str, source: str, content: bytes, now_ms: int) -> None:
        """Store a message; the oldest beyond SET_ASIDE_KEPT goes."""
        self._connection.execute(
            "INSERT INTO set_aside (at_ms, reason, source, content) VALUES (?, ?, ?, ?)",
            (now_ms, reason, source[:SET_ASIDE_BYTES], content[:SET_ASIDE_BYTES]),
        )
        self._connection.execute(
            "DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?", (SET_ASIDE_KEPT,)
        )
