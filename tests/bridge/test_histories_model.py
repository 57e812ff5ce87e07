"""Histories against a node that builds on bases, while frames, memories and whole databases are lost."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from farwire_bridge import base_memory
from farwire_bridge.database import Database
from farwire_bridge.histories import Histories
from farwire_codecs import acknowledgement as codec
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.batch import AgedRecord
from farwire_codecs.errors import UnknownBaseError, UnknownSchemaError
from tests.bridge.carrying_node import CARRIED, CarryingNode, Values
from tests.bridge.events_made import DEV_EUI, NOW_MS

ROUNDING_MS = 63  # ages travel in 1/8 s
SETTLED_ROUNDS = 8

channel = st.one_of(
    st.none(), st.integers(-40, 40).map(lambda at: (2 * at,)), st.integers(-80, 80).map(lambda at: (at,))
)
humidity = st.one_of(st.none(), st.integers(0, 60).map(lambda at: (at,)))
values = st.tuples(channel, humidity)
mostly = st.sampled_from([True, True, True, False])


class Receiver:
    """A bridge with its database, and the store behind it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0
        self.stored: set[int] = set()
        self.path = folder / "0"
        self.database = Database(self.path)
        self.histories = Histories(self.database)

    def reopen(self) -> None:
        self.database.close()
        self.database = Database(self.path)
        self.histories = Histories(self.database)

    def lose_database(self) -> None:
        self._files += 1
        self.path = self._folder / str(self._files)
        self.reopen()

    def take(self, payload: bytes, node: CarryingNode, dev_eui: str = DEV_EUI) -> bytes:
        """Read a batch; return the acknowledgement that follows it. Every record must be as it was sent."""
        schema_wanted = base_wanted = False
        records: tuple[AgedRecord, ...] = ()
        with self.database.transaction(durable=False):
            try:
                records = self.histories.read(dev_eui, payload, NOW_MS + node.now_ms).records
            except UnknownSchemaError:
                schema_wanted = True
            except UnknownBaseError:
                base_wanted = True
        for record in records:
            truth = node.sent[record.number]
            assert record.values == truth.values
            assert abs(record.age_ms - (node.now_ms - 1000 * truth.time_s)) <= ROUNDING_MS
        if dev_eui == DEV_EUI:
            self.stored.update(record.number for record in records)
        through = 0
        while through + 1 in self.stored:
            through += 1
        return codec.encode(Acknowledgement(through, b"", 0, schema_wanted, base_wanted), 51)


class HistoriesMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.kept = base_memory.RECORDS_IN_MEMORY
        self.receiver = Receiver(Path(self.folder.name))
        self.node = CarryingNode()
        self.other = CarryingNode()
        self.late: list[bytes] = []  # acknowledgements that wait in the network server's queue

    @initialize(kept=st.sampled_from([12, 50_000]))
    def begin(self, kept: int) -> None:
        base_memory.RECORDS_IN_MEMORY = kept

    @rule(sampled=st.lists(values, min_size=1, max_size=12))
    def sample(self, sampled: list[Values]) -> None:
        self.node.sample(*sampled)

    @rule(heard=mostly, answered=mostly, limit=st.sampled_from([34, 51, 222]))
    def send(self, heard: bool, answered: bool, limit: int) -> None:
        payload = self.node.batch(limit)
        if not payload or not heard:
            return
        answer = self.receiver.take(payload, self.node)
        if answered:
            self.node.acknowledged(codec.decode(answer))
        else:
            self.late.append(answer)

    @precondition(lambda self: self.node.confirmed and self.node.held)
    @rule(count=st.integers(1, 4), heard=st.lists(st.booleans(), min_size=2, max_size=2), again=st.booleans())
    def send_parts(self, count: int, heard: list[bool], again: bool) -> None:
        for payload, is_heard in zip(self.node.parts(count), heard, strict=True):
            for _ in range(is_heard + (is_heard and again)):
                self.node.acknowledged(codec.decode(self.receiver.take(payload, self.node)))
                if not self.node.held:
                    return

    @precondition(lambda self: self.late)
    @rule(lost=st.booleans())
    def answer_late(self, lost: bool) -> None:
        answer = self.late.pop(0)
        if not lost:
            self.node.acknowledged(codec.decode(answer))

    @rule(sampled=st.lists(values, min_size=1, max_size=6))
    def another_device_talks(self, sampled: list[Values]) -> None:
        self.other.sample(*sampled)
        self.receiver.take(self.other.batch(222, inline=True), self.other, "f" * 16)
        self.other.held.clear()

    @rule(step2=st.sampled_from([2, 4]), linear=st.booleans())
    def learn(self, step2: int, linear: bool) -> None:
        self.node.offer(step2, linear)

    @rule()
    def restart_node(self) -> None:
        self.node.restart()

    @rule()
    def restart_bridge(self) -> None:
        self.receiver.reopen()

    @rule()
    def lose_database(self) -> None:
        self.receiver.lose_database()

    @invariant()
    def nothing_is_released_that_is_not_stored(self) -> None:
        assert set(self.node.sent) - {record.number for record in self.node.held} <= self.receiver.stored

    def teardown(self) -> None:
        """Whatever happened: with all frames heard and answered, batches build on a base again."""
        try:
            assert self.settled()
        finally:
            base_memory.RECORDS_IN_MEMORY = self.kept
            self.receiver.database.close()
            self.folder.cleanup()

    def settled(self) -> bool:
        carried = False
        for at in range(SETTLED_ROUNDS + len(self.node.held)):
            self.node.sample(((2 * at,), (20 + 2 * (at % 9),)))
            payload = self.node.batch(222)
            carried = bool(payload[0] & CARRIED)
            self.node.acknowledged(codec.decode(self.receiver.take(payload, self.node)))
        return carried and not self.node.held


TestHistories = HistoriesMachine.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
