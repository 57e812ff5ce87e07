"""The SQLite file that holds what must survive a restart, and its numbered migrations.

One thread writes, inside `transaction`; other threads read through connections of their own (`reader`).
Journal in WAL mode: a reader never waits for the writer. A durable transaction is on the disk when it
returns (synchronous=FULL, https://www.sqlite.org/pragma.html#pragma_synchronous); one that is not durable
is atomic too, but a power cut may undo it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from farwire_bridge.errors import SpoolVersionError

MIGRATIONS = (
    # 1: entries on their way to the cloud; what was seen; channel tables; orders; what nobody could read.
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        bucket INTEGER NOT NULL,
        entry BLOB NOT NULL
    );
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key BLOB NOT NULL UNIQUE
    );
    CREATE TABLE schemas (
        dev_eui TEXT NOT NULL,
        schema_id INTEGER NOT NULL,
        channels BLOB NOT NULL,
        PRIMARY KEY (dev_eui, schema_id)
    ) WITHOUT ROWID;
    CREATE TABLE orders (
        order_id TEXT PRIMARY KEY,
        arrival INTEGER NOT NULL,
        finished_ms INTEGER,
        state TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX orders_open ON orders (arrival) WHERE finished_ms IS NULL;
    CREATE TABLE set_aside (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        source TEXT NOT NULL,
        content BLOB NOT NULL
    );
    """,
    # 2: what history batches build on, of devices that use it (all NULL: no base yet); records in parts.
    """
    CREATE TABLE bases (
        dev_eui TEXT PRIMARY KEY,
        number INTEGER,
        schema_id INTEGER,
        channels BLOB,
        model BLOB
    );
    CREATE TABLE recent_records (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        dev_eui TEXT NOT NULL,
        number INTEGER NOT NULL,
        schema_id INTEGER NOT NULL,
        readings TEXT NOT NULL,
        UNIQUE (dev_eui, number)
    );
    CREATE TABLE parts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        dev_eui TEXT NOT NULL,
        number INTEGER NOT NULL,
        channels BLOB NOT NULL,
        time_ms INTEGER NOT NULL,
        readings TEXT NOT NULL,
        UNIQUE (dev_eui, number)
    );
    CREATE INDEX parts_by_age ON parts (dev_eui, id);
    """,
    # 3: channel tables that ChirpStack's devices do not show yet, in the order in which they came.
    """
    CREATE TABLE unpublished_schemas (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        dev_eui TEXT NOT NULL,
        schema_id INTEGER NOT NULL,
        channels BLOB NOT NULL,
        UNIQUE (dev_eui, schema_id)
    );
    INSERT INTO unpublished_schemas (dev_eui, schema_id, channels)
        SELECT dev_eui, schema_id, channels FROM schemas;
    """,
    # 4: devices whose last uplink came without ChirpStack, and how.
    """
    CREATE TABLE ip_nodes (
        dev_eui TEXT PRIMARY KEY,
        way TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)


class Database:
    """The file at `path`, made or brought to the newest schema; raises SpoolVersionError for a newer one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.connection = self._open()
        self.connection.execute("PRAGMA journal_mode = WAL")
        self._durable: bool | None = None
        self._set_durable(True)
        self._migrate()

    @contextlib.contextmanager
    def transaction(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Commit what the block did, or undo it when the block raises."""
        self._set_durable(durable)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself, e.g. on a full disk
                self.connection.execute("ROLLBACK")
            raise

    def reader(self) -> sqlite3.Connection:
        """Return a connection that only reads, for one other thread, which closes it."""
        connection = self._open()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def close(self) -> None:
        """Close the writer's connection."""
        self.connection.close()

    def _open(self) -> sqlite3.Connection:
        # isolation_level=None: transactions are ours alone. Another thread may close what one has opened.
        return sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)

    def _set_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _migrate(self) -> None:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise SpoolVersionError(
                f"{self._path} has schema version {version}, this bridge knows up to {len(MIGRATIONS)}"
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self.connection.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;"
            )
