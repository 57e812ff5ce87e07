"""Records that come a channel at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_bridge import parts
from farwire_bridge.database import Database
from farwire_bridge.parts import Parts
from farwire_codecs import batch
from farwire_codecs.batch import AgedRecord, Batch, Record
from farwire_codecs.schema import Channel, plain
from tests.bridge.events_made import DEV_EUI, NOW_MS

SCHEMA = plain(0, (Channel(1, 103), Channel(2, 104), Channel(3, 113)), 60)  # the last one has three axes
ALL = range(len(SCHEMA.channels))
RECORDS = [Record(at, 60 * at, ((200 + at,), (90,), (at, -at, 1000))) for at in range(1, 6)]
END_S = RECORDS[-1].time_s


def part(only: int, records: list[Record] = RECORDS, late_s: int = 0) -> Batch:
    """Return the batch of one channel, sent `late_s` after the last record."""
    sent_ms = 1000 * (END_S + late_s)
    payload, count = batch.encode(SCHEMA, records, sent_ms, 242, only=only)
    assert count == len(records)
    return batch.decode(payload, lambda _: SCHEMA)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "spool")
    yield database
    database.close()


@pytest.fixture
def add(database: Database) -> Callable[..., tuple[AgedRecord, ...]]:
    def add(one: Batch, late_s: int = 0, dev_eui: str = DEV_EUI) -> tuple[AgedRecord, ...]:
        with database.transaction(durable=False):
            return Parts(database).add(dev_eui, one, NOW_MS + 1000 * late_s)

    return add


Add = Callable[..., tuple[AgedRecord, ...]]


def test_a_record_is_whole_with_its_last_channel(add: Add) -> None:
    assert add(part(0)) == ()
    assert add(part(2)) == ()

    whole = add(part(1))

    assert [(each.number, each.values) for each in whole] == [(each.number, each.values) for each in RECORDS]


def test_the_time_is_the_one_of_the_first_part(add: Add) -> None:
    add(part(0))
    add(part(1, late_s=7), late_s=8)  # a network server's clock was a second late

    whole = add(part(2, late_s=90), late_s=90)

    assert [NOW_MS + 90_000 - each.age_ms for each in whole] == [
        NOW_MS - 1000 * (END_S - each.time_s) for each in RECORDS
    ]


def test_a_channel_that_was_not_measured_counts_as_come(add: Add) -> None:
    missing = [RECORDS[0]._replace(values=(None, (90,), None))]

    add(part(0, missing))
    add(part(1, missing))
    (whole,) = add(part(2, missing))

    assert whole.values == (None, (90,), None)


def test_a_repeat_of_a_part_gives_the_same_records_again(add: Add) -> None:
    for only in ALL:
        whole = add(part(only))

    assert add(part(1)) == whole


def test_parts_of_two_devices_do_not_meet(add: Add) -> None:
    add(part(0))
    add(part(1))

    assert add(part(2), dev_eui="f" * 16) == ()


def test_a_part_of_another_life_of_the_node_begins_its_record_anew(add: Add) -> None:
    add(part(0))
    add(part(1))
    again = [record._replace(values=((-5,), (91,), (0, 0, 1000))) for record in RECORDS]

    assert add(part(1, again)) == ()
    assert add(part(2, again)) == ()
    whole = add(part(0, again))

    assert [each.values for each in whole] == [each.values for each in again]


def test_parts_whose_times_are_far_apart_are_not_of_one_record(add: Add) -> None:
    hour_s = 3600
    add(part(0))
    add(part(1))

    assert add(part(2), late_s=hour_s) == ()


def test_parts_of_other_channels_are_not_of_one_record(add: Add) -> None:
    add(part(0))
    add(part(1))
    other = part(2)
    other = other._replace(schema=plain(1, (*SCHEMA.channels[:2], Channel(4, 113))))

    assert add(other) == ()


def test_the_oldest_records_are_forgotten(
    database: Database, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "RECORDS_KEPT", 3)
    add(part(0))
    add(part(1))

    whole = add(part(2))

    assert [each.number for each in whole] == [3, 4, 5]
    assert database.connection.execute("SELECT count(*) FROM parts").fetchone() == (3,)


@given(order=st.lists(st.tuples(st.sampled_from(ALL), st.integers(1, 5), st.integers(1, 5)), max_size=30))
def test_every_record_of_which_all_channels_came_is_given_once_it_is_whole(
    order: list[tuple[int, int, int]],
) -> None:
    database = Database(Path(":memory:"))
    kept = Parts(database)
    came: dict[int, set[int]] = {record.number: set() for record in RECORDS}
    given_: set[int] = set()

    for only, first, last in order:
        sent = RECORDS[first - 1 : max(first, last)]
        for record in sent:
            came[record.number].add(only)
        for whole in kept.add(DEV_EUI, part(only, sent), NOW_MS):
            assert whole.values == RECORDS[whole.number - 1].values
            given_.add(whole.number)

        assert given_ == {number for number, channels in came.items() if channels == set(ALL)}
    database.close()
