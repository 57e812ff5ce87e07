"""The spool's file: migrations and transactions."""

import sqlite3
from pathlib import Path

import pytest

from farwire_bridge.database import MIGRATIONS, Database
from farwire_bridge.errors import SpoolVersionError


def names(database: Database) -> set[str]:
    rows = database.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows if not name.startswith("sqlite_")}


def test_a_new_file_gets_every_migration(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")

    assert names(database) == {
        *("entries", "seen", "schemas", "orders", "set_aside"),
        *("bases", "recent_records", "parts", "unpublished_schemas", "ip_nodes"),
    }
    assert database.connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    database.close()


def test_a_second_start_migrates_nothing(tmp_path: Path) -> None:
    Database(tmp_path / "spool").close()

    Database(tmp_path / "spool").close()


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool") as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()

    with pytest.raises(SpoolVersionError, match=f"version {len(MIGRATIONS) + 1}"):
        Database(tmp_path / "spool")


def test_a_transaction_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")

    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.executemany("INSERT INTO seen (key) VALUES (?)", [(b"1",), (b"1",)])

    assert database.connection.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    database.close()


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_a_durable_transaction_is_synchronous(tmp_path: Path, durable: bool, synchronous: int) -> None:
    database = Database(tmp_path / "spool")

    with database.transaction(durable=durable):
        pass

    assert database.connection.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    assert database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_reader_sees_what_is_committed_and_cannot_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")
    reader = database.reader()

    with database.transaction():
        database.connection.execute("INSERT INTO seen (key) VALUES (x'01')")
        assert reader.execute("SELECT count(*) FROM seen").fetchone() == (0,)

    assert reader.execute("SELECT count(*) FROM seen").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM seen")
    reader.close()
    database.close()
