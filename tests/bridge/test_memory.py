"""Events seen, channel tables, and what is set aside."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from farwire_bridge import memory
from farwire_bridge.database import MIGRATIONS, Database
from farwire_bridge.memory import Schemas, Seen, SetAside
from farwire_bridge.unpublished import Unpublished, UnpublishedReader
from farwire_codecs import schema_table
from farwire_codecs.schema import Channel, plain


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def test_an_event_is_new_once(database: Database) -> None:
    seen = Seen(database)

    assert seen.first_time("up", "device", "an id")
    assert not seen.first_time("up", "device", "an id")
    assert seen.first_time("ack", "device", "an id")


def test_parts_of_a_key_do_not_run_together(database: Database) -> None:
    seen = Seen(database)

    assert seen.first_time("a", "bc")
    assert seen.first_time("ab", "c")


def test_an_event_is_known_after_a_restart(database: Database, path: Path) -> None:
    Seen(database).first_time("up", 1)
    database.close()

    again = Database(path)
    assert not Seen(again).first_time("up", 1)
    again.close()


def test_the_oldest_keys_are_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SEEN_KEPT", 500)
    seen = Seen(database)

    with database.transaction():
        for number in range(3_000):
            assert seen.first_time(number)

    (kept,) = database.connection.execute("SELECT count(*) FROM seen").fetchone()
    assert 500 <= kept <= 1_500
    assert not seen.first_time(2_999)


SCHEMA = plain(3, (Channel(0, 103), Channel(255, 136)))


def test_a_channel_table_is_known_after_a_restart(database: Database, path: Path) -> None:
    Schemas(database).keep("device", SCHEMA)
    database.close()

    again = Database(path)
    assert Schemas(again).get("device", 3) == SCHEMA
    again.close()


def test_a_channel_table_is_of_one_device(database: Database) -> None:
    schemas = Schemas(database)
    schemas.keep("device", SCHEMA)

    assert schemas.get("another", 3) is None
    assert schemas.get("device", 4) is None


def test_the_newest_table_of_an_id_counts(database: Database) -> None:
    schemas = Schemas(database)
    schemas.keep("device", SCHEMA)

    changed = plain(3, (Channel(1, 104),))
    schemas.keep("device", changed)

    assert schemas.get("device", 3) == changed


def unpublished(database: Database, after: int = 0) -> list[tuple[int, str, int]]:
    with contextlib.closing(UnpublishedReader(database.reader())) as reader:
        return [(each.id, each.dev_eui, each.schema_id) for each in reader.read(after, 10)]


def test_a_new_table_is_to_be_published_once(database: Database) -> None:
    schemas = Schemas(database)

    schemas.keep("device", SCHEMA)
    schemas.keep("device", SCHEMA)

    assert unpublished(database) == [(1, "device", 3)]
    assert unpublished(database, after=1) == []


def test_a_table_that_was_replaced_while_it_was_published_is_published_again(database: Database) -> None:
    schemas = Schemas(database)
    schemas.keep("device", SCHEMA)
    schemas.keep("device", plain(3, (Channel(1, 104),)))

    Unpublished(database).remove((1,))

    assert unpublished(database) == [(2, "device", 3)]


def test_tables_of_an_older_bridge_are_to_be_published(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for script in MIGRATIONS[:2]:
            connection.executescript(script)
        table = schema_table.to_bytes(SCHEMA)
        connection.execute("INSERT INTO schemas VALUES ('device', 3, ?)", (table,))
        connection.execute("PRAGMA user_version = 2")
        connection.commit()

    with contextlib.closing(Database(path)) as migrated:
        assert unpublished(migrated) == [(1, "device", 3)]


def test_what_is_set_aside_is_bounded_in_number_and_size(database: Database) -> None:
    set_aside = SetAside(database)

    with database.transaction():
        for number in range(memory.SET_ASIDE_KEPT + 10):
            set_aside.keep("reason", f"source {number}", b"x" * 10_000, number)

    rows = database.connection.execute("SELECT source, length(content) FROM set_aside ORDER BY id").fetchall()
    assert len(rows) == memory.SET_ASIDE_KEPT
    assert rows[0] == ("source 10", memory.SET_ASIDE_BYTES)
