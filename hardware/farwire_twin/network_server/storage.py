"""The core's objects in an SQLite file, one row each, so that a restart goes on where the last run ended.

A row is JSON of the record's fields; protobuf messages and bytes in base64. Frames under way are not kept: as
after 30 s without a tx ack, their items stay queued.
"""

import dataclasses
import json
import sqlite3
import typing
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from farwire_twin.network_server.records import KINDS, Record
from farwire_twin.network_server.registry import Registry

SCHEMA_VERSION = 1  # of the rows; a file of another version is refused
SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Storage:
    """One open file, used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; a machine that loses power may lose the last commits.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            self._connection.close()
            raise ValueError(f"{path}: rows of version {version}, expected {SCHEMA_VERSION}")
        self._connection.execute(SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def load(self) -> list[Record]:
        """All records that were stored."""
        rows = self._connection.execute("SELECT kind, value FROM object").fetchall()
        return [_unpacked(KINDS[kind], json.loads(value)) for kind, value in rows]

    def save(self, registry: Registry) -> None:
        """Write what the registry has touched since the last time, in one transaction."""
        if not registry.touched:
            return
        touched, registry.touched = registry.touched, set()
        changed, gone = [], []
        for kind, key in touched:
            record = getattr(registry, _collection(kind)).get(key)
            if record is None:
                gone.append((kind, key))
            else:
                changed.append((kind, key, json.dumps(_packed(record))))
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", changed)
        self._connection.executemany("DELETE FROM object WHERE kind = ? AND key = ?", gone)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _collection(kind: str) -> str:
    return kind if kind == "device_keys" else f"{kind}s"


def _packed(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _packed(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Message):
        return b64encode(value.SerializeToString()).decode()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return [[_packed(key), _packed(each)] for key, each in value.items()]
    if isinstance(value, list):
        return [_packed(each) for each in value]
    return value


def _unpacked(kind: Any, value: Any) -> Any:  # noqa: PLR0911 - one line a kind of value
    if value is None:
        return None
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known: Iterable[str] = (field.name for field in dataclasses.fields(kind))
        return typing.cast("type", kind)(**{name: _unpacked(hints[name], value[name]) for name in known})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is dict:
        return {_unpacked(arguments[0], key): _unpacked(arguments[1], each) for key, each in value}
    if origin is list:
        return [_unpacked(arguments[0], each) for each in value]
    if arguments:  # an optional value that is there
        return _unpacked(next(each for each in arguments if each is not type(None)), value)
    if kind is bytes:
        return b64decode(value)
    if isinstance(kind, type) and issubclass(kind, Message):
        message: Message = kind()
        message.ParseFromString(b64decode(value))
        return message
    return value
