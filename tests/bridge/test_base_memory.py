"""Which base a batch builds on, and what is remembered to know it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farwire_bridge import base_memory
from farwire_bridge.database import Database
from farwire_bridge.histories import Histories
from farwire_codecs import base as codec
from farwire_codecs import batch
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.base import Base
from farwire_codecs.batch import Batch
from farwire_codecs.errors import CodecError, UnknownBaseError, UnknownSchemaError
from farwire_codecs.schema import Channel, plain
from tests.bridge.carrying_node import CARRIED, CarryingNode, Values
from tests.bridge.events_made import DEV_EUI, NOW_MS


class Bridge:
    """Histories on a file, which can be opened anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.restart()

    def restart(self) -> None:
        self.database = Database(self._path)
        self.histories = Histories(self.database)

    def read(self, payload: bytes, dev_eui: str = DEV_EUI) -> list[int]:
        return [record.number for record in self.batch(payload, dev_eui).records]

    def batch(self, payload: bytes, dev_eui: str = DEV_EUI) -> Batch:
        """Return a batch; what is noted of one that cannot be read is kept too, as the desk does."""
        with self.database.transaction(durable=False):
            try:
                return self.histories.read(dev_eui, payload, NOW_MS)
            except CodecError as error:
                refused = error
        raise refused

    def rows(self, table: str) -> int:
        count: int = self.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path / "spool")
    yield bridge
    bridge.database.close()


@pytest.fixture
def node() -> CarryingNode:
    node = CarryingNode()
    sample(node, 4)
    return node


def sample(node: CarryingNode, count: int) -> None:
    first = len(node.sent)
    node.sample(*[((200 + at * at % 7,), (90 + at % 2,)) for at in range(first, first + count)])


def acknowledge(node: CarryingNode, through: int, base_wanted: bool = False) -> None:
    node.acknowledged(Acknowledgement(through, b"", 0, False, base_wanted))


def carried(node: CarryingNode) -> bytes:
    payload = node.batch()
    assert payload[0] & CARRIED
    return payload


def begun(node: CarryingNode, bridge: Bridge) -> None:
    """Let both have a base at record 4."""
    bridge.read(node.batch())
    acknowledge(node, 4)
    sample(node, 2)
    bridge.read(carried(node))


def test_a_batch_is_read_with_the_base_that_begins_at_an_acknowledged_record(
    bridge: Bridge, node: CarryingNode
) -> None:
    bridge.read(node.batch())
    acknowledge(node, 4, base_wanted=True)
    sample(node, 4)
    bridge.read(node.batch())
    acknowledge(node, 6)
    sample(node, 1)

    found = bridge.batch(carried(node))

    assert [record.number for record in found.records] == [7, 8, 9]
    assert [record.values for record in found.records] == [node.sent[at].values for at in (7, 8, 9)]
    assert found.base == 6


def test_the_base_moves_on_with_the_records_however_often_its_acknowledgements_came(
    bridge: Bridge, node: CarryingNode
) -> None:
    begun(node, bridge)
    for through in (6, 9, 10):
        sample(node, 5)
        bridge.read(carried(node))
        acknowledge(node, through)
    sample(node, 1)

    assert bridge.batch(carried(node)).base == 10


def test_an_acknowledgement_that_the_node_missed_changes_nothing(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)
    sample(node, 2)

    for _ in range(2):
        assert bridge.batch(carried(node)).base == 4


def test_a_batch_without_a_base_that_is_known_is_not_read(bridge: Bridge, node: CarryingNode) -> None:
    bridge.read(node.batch())
    acknowledge(node, 4)
    node.base = codec.seed(node.schema, 4, ((-7,), (3,)))
    sample(node, 1)

    with pytest.raises(UnknownBaseError):
        bridge.read(carried(node))


def test_a_node_that_begins_another_base_is_read_again(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)
    acknowledge(node, 6, base_wanted=True)
    sample(node, 2)
    bridge.read(node.batch())
    acknowledge(node, 8)
    sample(node, 1)

    assert bridge.batch(carried(node)).base == 8


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_base_may_begin_with_the_schema_on_offer_or_the_one_in_use(
    bridge: Bridge, node: CarryingNode, is_taken: bool
) -> None:
    begun(node, bridge)
    node.offer(2, linear=True)
    bridge.read(node.batch())  # carries the schema on offer
    schema = node.offered if is_taken else node.schema
    assert schema is not None
    sample(node, 1)

    base = codec.seed(schema, 6, node.sent[6].values)
    payload, _ = batch.encode(schema, [node.sent[7]], node.now_ms, 51, base=base)

    assert bridge.batch(payload).schema == schema


def test_a_base_goes_on_over_records_that_came_with_another_schema_of_the_same_channels(
    bridge: Bridge, node: CarryingNode
) -> None:
    begun(node, bridge)
    bridge.read(node.batch(inline=False))
    base = node.base
    assert base is not None
    node.offer(2, linear=True)
    bridge.read(node.batch())
    for number in (5, 6):
        base.advance(number, node.sent[number].values)
    sample(node, 1)
    payload, _ = batch.encode(node.schema, [node.sent[7]], node.now_ms, 51, base=base)

    assert bridge.batch(payload).base == 6


def test_a_base_that_only_looks_like_the_nodes_is_passed_over(
    bridge: Bridge, node: CarryingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Base, "check", lambda _: 0)
    begun(node, bridge)
    for _ in range(5):
        sample(node, 6)
        bridge.read(node.batch(inline=False, limit=222))
    node.base = codec.seed(node.schema, 30, node.sent[30].values)
    node.held = [node.sent[at] for at in range(31, 37)]

    found = bridge.batch(carried(node))

    assert [record.values for record in found.records] == [node.sent[at].values for at in range(31, 37)]


def test_a_batch_that_contradicts_what_came_before_is_not_read(
    bridge: Bridge, node: CarryingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Base, "check", lambda _: 0)
    begun(node, bridge)
    other = node.sent[6]._replace(values=((200,), (20,)))
    payload, _ = batch.encode(node.schema, [node.sent[5], other], node.now_ms, 51, base=node.base)

    with pytest.raises(UnknownBaseError):
        bridge.read(payload)


def test_what_is_broken_is_not_blamed_on_the_base(bridge: Bridge, node: CarryingNode) -> None:
    payload = node.batch()

    for size in range(len(payload)):
        with pytest.raises(CodecError) as refused:
            bridge.read(payload[:size])
        assert not isinstance(refused.value, (UnknownBaseError, UnknownSchemaError))


def test_a_device_that_never_builds_on_a_base_has_no_rows(bridge: Bridge, node: CarryingNode) -> None:
    for _ in range(5):
        bridge.read(node.batch())
        sample(node, 3)

    assert bridge.rows("bases") == bridge.rows("recent_records") == 0


def test_a_base_outlives_a_restart(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)
    sample(node, 2)
    bridge.read(carried(node))
    bridge.database.close()

    bridge.restart()

    assert bridge.batch(carried(node)).base == 4
    acknowledge(node, 7)
    sample(node, 1)
    assert bridge.batch(carried(node)).base == 7


def test_a_first_base_that_comes_after_a_restart_is_asked_for_once(
    bridge: Bridge, node: CarryingNode
) -> None:
    bridge.read(node.batch())
    acknowledge(node, 4)
    sample(node, 1)
    bridge.database.close()
    bridge.restart()
    with pytest.raises(UnknownBaseError):
        bridge.read(carried(node))
    acknowledge(node, 4, base_wanted=True)
    bridge.read(node.batch())
    bridge.database.close()

    bridge.restart()
    acknowledge(node, 5)
    sample(node, 1)

    assert bridge.batch(carried(node)).base == 5


def test_records_that_a_base_contains_are_forgotten(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)

    assert bridge.rows("recent_records") == 2  # 5 and 6
    assert bridge.rows("bases") == 1
    for _ in range(100):
        sample(node, 3)
        bridge.read(carried(node))
        acknowledge(node, len(node.sent))
    assert 0 < bridge.rows("recent_records") < 2 * base_memory.WRITTEN_EVERY
    assert bridge.rows("bases") == 1


def test_a_base_that_moved_on_since_it_was_written_is_found_after_a_restart(
    bridge: Bridge, node: CarryingNode
) -> None:
    begun(node, bridge)
    for _ in range(100):
        sample(node, 3)
        bridge.read(carried(node))
        acknowledge(node, len(node.sent))
        bridge.database.close()
        bridge.restart()
    sample(node, 1)

    assert bridge.batch(carried(node)).base == len(node.sent) - 1


def test_the_oldest_records_beyond_the_limit_are_forgotten(
    bridge: Bridge, node: CarryingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_memory, "RECORDS_KEPT", 16)
    begun(node, bridge)
    for _ in range(20):
        sample(node, 3)
        bridge.read(node.batch(inline=False, limit=222))
        node.held = node.held[-3:]

    assert bridge.rows("recent_records") <= 18


@pytest.mark.parametrize(("limit", "most"), [("RECORDS_IN_MEMORY", 8), ("DEVICES_IN_MEMORY", 2)])
def test_devices_that_were_quiet_leave_the_memory_and_come_back_from_the_disk(
    bridge: Bridge, node: CarryingNode, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(base_memory, limit, most)
    begun(node, bridge)
    for at in range(8):
        other = CarryingNode()
        sample(other, 4)
        bridge.read(other.batch(), f"{at:016x}")
    acknowledge(node, 6)
    sample(node, 1)

    assert bridge.batch(carried(node)).base == 6


def test_a_base_of_other_channels_is_forgotten(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)
    before = carried(node)
    other = plain(node.schema.schema_id, (Channel(7, 103),))
    record = batch.Record(7, node.now_ms // 1000, ((1,),))
    bridge.read(batch.encode(other, [record], node.now_ms, 51, inline_schema=True)[0])

    with pytest.raises(UnknownBaseError):
        bridge.read(before)


@pytest.mark.parametrize("values", [((1,), None), (None, None), ((-5, 6, 7), (0,))])
def test_values_are_read_as_they_were_written(values: Values) -> None:
    assert base_memory.values_from_text(base_memory.values_to_text(values)) == values


def test_a_batch_of_one_channel_gives_records_once_they_are_whole(bridge: Bridge, node: CarryingNode) -> None:
    bridge.read(node.batch())
    first, second = node.parts(4)

    assert bridge.read(first) == []
    assert bridge.read(second) == [1, 2, 3, 4]


def test_a_base_goes_on_over_records_that_came_in_parts(bridge: Bridge, node: CarryingNode) -> None:
    begun(node, bridge)
    sample(node, 2)
    for payload in node.parts(4):
        bridge.read(payload)
    acknowledge(node, 8)
    sample(node, 1)

    assert bridge.batch(carried(node)).base == 8
