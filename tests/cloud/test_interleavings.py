"""Whatever order deliveries come in, through whichever copies, the store ends the same and no copy lies."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farwire_cloud.errors import StoreUnavailableError
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import listed_alarm_from_item, state_from_item
from farwire_cloud.store.items import record_from_item
from farwire_cloud.store.table import Table
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.copies import Copy, copy_of, pool, stored_alarms, stored_numbers
from tests.cloud.examples import EUI, alarm, alarms_entry, records_entry, state_entry
from tests.cloud.memory_table import MemoryTable
from tests.cloud.stores import empty_table, engine

COPIES = 3
RECORDS, ALARMS = 90, 8  # records span two blocks of the time index


@dataclass(frozen=True)
class Frame:
    """What one uplink carries."""

    first: int
    count: int
    alarms: tuple[int, ...]

    def entries(self) -> list[contract.Entry]:
        last = min(RECORDS, self.first + self.count - 1)
        entries = [records_entry(range(self.first, last + 1))]
        if self.alarms:
            entries.append(alarms_entry(*(alarm(n, active=n % 2 == 1) for n in self.alarms)))
        return entries


frames = st.builds(
    Frame,
    st.integers(1, RECORDS),
    st.integers(1, 30),
    st.lists(st.integers(1, ALARMS), max_size=3, unique=True).map(tuple),
)


@dataclass(frozen=True)
class Deliver:
    """A request to one copy; the store may go away after some more written items."""

    copy: int
    frames: tuple[Frame, ...]
    fails_after: int | None


@dataclass(frozen=True)
class WriteViews:
    """A copy writes its views, as it does every second."""

    copy: int


@dataclass(frozen=True)
class Restart:
    """A copy is killed and starts anew."""

    copy: int


copies = st.integers(0, COPIES - 1)
steps = st.one_of(
    st.builds(
        Deliver, copies, st.lists(frames, min_size=1, max_size=3).map(tuple), st.none() | st.integers(0, 40)
    ),
    st.builds(WriteViews, copies),
    st.builds(Restart, copies),
)


def check_acknowledgements(table: Table, answer: contract.DeliverResponse) -> None:
    stored = set(stored_numbers(table))
    alarms = set(stored_alarms(table))
    for found in answer.acknowledgements:
        assert set(range(1, found.through + 1)) <= stored
        assert found.alarms_through == 0 or set(range(1, found.alarms_through + 1)) <= alarms
        for i in range(len(found.stored_above) * 8):
            if found.stored_above[i // 8] >> i % 8 & 1:
                assert found.through + 2 + i in stored
    assert all(result.status == contract.STORED for result in answer.results)


def deliver(copy: Copy, frames: Iterable[Frame]) -> contract.DeliverResponse:
    return copy.deliver(*(each for frame in frames for each in frame.entries()))


def check_end(table: Table, copies: list[Copy]) -> None:
    """Everything is delivered once more to the first copy; then all that is shown must be right."""
    whole = (Frame(1, RECORDS, tuple(range(1, ALARMS + 1))),)
    (found,) = deliver(copies[0], whole).acknowledgements

    assert (found.through, found.stored_above, found.alarms_through) == (RECORDS, b"", ALARMS)
    records = [record_from_item(item) for item in table.query(keys.records(EUI, 0)).items]
    assert [record.number for record in records] == list(range(1, RECORDS + 1))
    for record in records:
        blocks = table.query(keys.in_hours(EUI, record.time_ms, record.time_ms), keys_only=True).items
        assert keys.block_of(record.number) in {keys.block_in(item["sk"]) for item in blocks}
    for copy in copies:
        copy.devices.write_views()
    item = table.get(keys.state(EUI))
    assert item is not None
    state = state_from_item(item)
    assert (state.through, len(state.records), state.missing) == (RECORDS, RECORDS, 0)
    assert state.last[1, 103].number == RECORDS
    assert not next(iter(state.alarms.values())).active
    (listed,) = map(listed_alarm_from_item, table.query(keys.all_alarms()).items)
    assert (listed.alarm.number, listed.alarm.active) == (ALARMS, False)
    assert state.conflicts == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=15))
def test_any_interleaving_over_copies_failures_and_restarts_ends_at_the_same_store(
    history: list[Deliver | WriteViews | Restart],
) -> None:
    table = MemoryTable()
    with pool() as executor:
        running = [copy_of(table, executor) for _ in range(COPIES)]
        for step in history:
            match step:
                case Deliver(copy, delivered, fails_after):
                    table.fail_after = fails_after
                    try:
                        answer = deliver(running[copy], delivered)
                    except StoreUnavailableError:
                        continue
                    finally:
                        table.fail_after = None
                    check_acknowledgements(table, answer)
                case WriteViews(copy):
                    running[copy].devices.write_views()
                case Restart(copy):
                    running[copy] = copy_of(table, executor)
        check_end(table, running)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(copies, frames), min_size=2, max_size=12))
def test_copies_that_deliver_at_the_same_time_do_not_lose_anything(
    requests: list[tuple[int, Frame]],
) -> None:
    table = MemoryTable()
    with pool() as executor, pool() as callers:
        running = [copy_of(table, executor) for _ in range(COPIES)]
        answers = callers.map(lambda request: deliver(running[request[0]], [request[1]]), requests)
        writers = [callers.submit(copy.devices.write_views) for copy in running]
        for answer in answers:
            check_acknowledgements(table, answer)
        for writer in writers:
            writer.result()
        check_end(table, running)


@pytest.mark.parametrize("kind", ["dynoxide", "moto"])
def test_interleaved_copies_agree_on_a_real_engine(kind: str) -> None:
    with engine(kind) as endpoint_url, pool() as executor, pool() as callers:
        table = empty_table(kind, endpoint_url)
        running = [copy_of(table, executor) for _ in range(COPIES)]
        requests = [(n % COPIES, Frame(1 + n * 7 % RECORDS, 12, (1 + n % ALARMS,))) for n in range(30)]
        for answer in callers.map(lambda request: deliver(running[request[0]], [request[1]]), requests):
            check_acknowledgements(table, answer)
        running[0] = copy_of(table, executor)
        check_end(table, running)


def test_a_floor_that_one_copy_learnt_counts_for_all() -> None:
    table = MemoryTable()
    with pool() as executor:
        one, other = copy_of(table, executor), copy_of(table, executor)
        other.deliver(records_entry([10]))
        one.deliver(state_entry(oldest=10, upcoming=11))

        other.devices.write_views()

        assert other.acknowledgement(records_entry([11])).through == 11
