"""The spool: entries in order, until the cloud has answered."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from farwire_bridge.database import Database
from farwire_bridge.spool import Spool, SpoolReader, bucket
from farwire_contract.v1.telemetry_pb2 import Device, Entry


def entry(number: int, dev_eui: str = "0102030405060708", size: int = 0) -> Entry:
    made = Entry(device=Device(dev_eui=dev_eui, name="x" * size), time_ms=number)
    made.joined.SetInParent()
    return made


def test_entries_come_in_the_order_in_which_they_went(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")
    with database.transaction():
        Spool(database, 100).append([entry(number) for number in range(5)])

    read = SpoolReader(database.reader(), 0, 1)

    assert [found.time_ms for found in read.read(0, 10, 10_000)] == [0, 1, 2, 3, 4]
    assert [found.time_ms for found in read.read(0, 2, 10_000)] == [0, 1]
    assert [found.time_ms for found in read.read(read.read(0, 2, 10_000)[-1].id, 2, 10_000)] == [2, 3]
    read.close()
    database.close()


def test_a_batch_is_bounded_by_size_but_never_empty(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")
    with database.transaction():
        Spool(database, 100).append([entry(number, size=1_000) for number in range(5)])
    read = SpoolReader(database.reader(), 0, 1)

    assert len(read.read(0, 10, 2_500)) == 2
    assert len(read.read(0, 10, 10)) == 1
    read.close()
    database.close()


def test_each_entry_is_in_one_lane_and_a_device_in_one_only(tmp_path: Path) -> None:
    database = Database(tmp_path / "spool")
    devices = [f"{number:016x}" for number in range(40)]
    with database.transaction():
        Spool(database, 1_000).append([entry(n, dev_eui) for n in range(3) for dev_eui in devices])

    readers = [SpoolReader(database.reader(), lane, 3) for lane in range(3)]
    lanes = [{found.device.dev_eui for found in reader.read(0, 1_000, 10**6)} for reader in readers]

    assert sum(len(lane) for lane in lanes) == len(devices)
    assert set().union(*lanes) == set(devices)
    assert all(lanes)
    for reader in readers:
        reader.close()
    database.close()


def test_the_bucket_of_a_device_never_changes() -> None:
    assert [bucket("0102030405060708"), bucket("70b3d57ed0000001")] == [122, 52]


class SpoolMachine(RuleBasedStateMachine):
    """The spool against a dict, over restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "spool"
        self.model: dict[int, int] = {}  # id -> time_ms
        self.numbers = iter(range(1_000_000))
        self.highest = 0
        self.open()

    def open(self) -> None:
        self.database = Database(self.path)
        self.spool = Spool(self.database, limit=8)
        self.reader = SpoolReader(self.database.reader(), 0, 1)

    def close(self) -> None:
        self.reader.close()
        self.database.close()

    @rule(count=st.integers(0, 5), durable=st.booleans())
    def append(self, count: int, durable: bool) -> None:
        entries = [entry(next(self.numbers)) for _ in range(count)]
        with self.database.transaction(durable=durable):
            self.spool.append(entries)
        new = self.reader.read(self.highest, 100, 10**6)
        assert [found.time_ms for found in new] == [made.time_ms for made in entries]
        for found in new:
            assert found.id > self.highest
            self.highest = found.id
            self.model[found.id] = found.time_ms

    @rule(ids=st.lists(st.integers(0, 40), max_size=6))
    def remove(self, ids: list[int]) -> None:
        with self.database.transaction(durable=False):
            self.spool.remove(ids)
        for id_ in ids:
            self.model.pop(id_, None)

    @rule()
    def restart(self) -> None:
        self.close()
        self.open()

    @invariant()
    def holds_what_was_not_removed_in_order(self) -> None:
        found = self.reader.read(0, 1_000, 10**6)
        assert [(entry.id, entry.time_ms) for entry in found] == sorted(self.model.items())

    @invariant()
    def knows_when_it_is_full(self) -> None:
        assert self.spool.count == len(self.model)
        assert self.spool.full is (len(self.model) >= 8)

    def teardown(self) -> None:
        self.close()
        self.folder.cleanup()


SpoolMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestSpool = SpoolMachine.TestCase
