"""What a world keeps in its data folder between runs: its time, its nodes' memories, the state of its things.

One SQLite file, written by the world's thread. A write is with the operating system when it returns (it
survives a kill of the process; a power cut of the host may take the last ones, of all nodes alike).
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

from farwire_node.storage import Storage

FILE_NAME = "world.sqlite"
CREATE = """CREATE TABLE IF NOT EXISTS kept
    (owner TEXT, key TEXT, value BLOB, PRIMARY KEY (owner, key)) WITHOUT ROWID"""


class Keeping:
    """The data folder's file; made if it is not there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / FILE_NAME, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(CREATE)

    def load(self, owner: str, key: str) -> bytes | None:
        """What `owner` last saved under `key`."""
        row = self._database.execute(
            "SELECT value FROM kept WHERE owner = ? AND key = ?", (owner, key)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def save(self, owner: str, key: str, value: bytes) -> None:
        """Keep `value`."""
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (owner, key, value))

    def load_json(self, owner: str, key: str) -> Any:
        """What `save_json` kept, None if nothing."""
        value = self.load(owner, key)
        return None if value is None else json.loads(value)

    def save_json(self, owner: str, key: str, value: Any) -> None:
        """Keep a value that JSON can carry."""
        self.save(owner, key, json.dumps(value).encode())

    def close(self) -> None:
        """Write no more."""
        self._database.close()


class NodeStorage(Storage):
    """One node's storage in the folder."""

    def __init__(self, keeping: Keeping, dev_eui: str) -> None:
        self._keeping = keeping
        self._dev_eui = dev_eui

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        return self._keeping.load(self._dev_eui, key)

    def save(self, key: str, value: bytes) -> None:
        """Keep `value`."""
        self._keeping.save(self._dev_eui, key, value)
