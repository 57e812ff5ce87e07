"""The desk: written down first, let out then."""

import itertools
import queue
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from farwire_bridge import times
from farwire_bridge.acknowledgements import AcknowledgementInput, Flushed
from farwire_bridge.back_off import BackOff
from farwire_bridge.calls import AskQueue, Call, Enqueue, Enqueued, QueueItem, QueueSeen
from farwire_bridge.counters import Counters
from farwire_bridge.database import Database
from farwire_bridge.desk import Desk, Outlets
from farwire_bridge.device_downlinks import DeviceDownlinks
from farwire_bridge.downlinks import Downlinks
from farwire_bridge.happenings import Heard
from farwire_bridge.histories import Histories
from farwire_bridge.intake import Intake
from farwire_bridge.memory import Seen, SetAside
from farwire_bridge.messages import Broken, Delivered, Message, MqttMessage, NewOrder, QueueReply
from farwire_bridge.order_desk import OrderDesk
from farwire_bridge.order_store import OrderStore
from farwire_bridge.spool import Spool, SpoolReader
from farwire_bridge.unpublished import Unpublished
from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Entry, Fate
from tests.bridge import events_made
from tests.bridge.events_made import DEV_EUI, NOW_MS

SPOOL_LIMIT = 4


class Office:
    """A desk on a file, whose outlets are lists."""

    def __init__(self, path: Path) -> None:
        self.inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.database = Database(path)
        self.reader = SpoolReader(self.database.reader(), 0, 1)
        self.counters = Counters()
        self.acknowledged: list[int] = []
        self.calls: list[Call] = []
        self.told: list[AcknowledgementInput] = []
        self.spooled_when_acknowledged: list[int] = []
        self.now_ms = NOW_MS
        self.mids = itertools.count(1)
        tokens = itertools.count(1)

        def device(dev_eui: str, limit: int | None) -> DeviceDownlinks:
            return DeviceDownlinks(dev_eui, limit, tokens, 3, BackOff(1.0, 10.0, lambda: 1.0))

        def acknowledge(messages: Any) -> None:
            self.spooled_when_acknowledged.append(len(self.entries()))
            self.acknowledged += [message.mid for message in messages]

        self.spool = Spool(self.database, SPOOL_LIMIT)
        store = OrderStore(self.database)
        set_aside = SetAside(self.database)
        limits = times.Limits(86_400_000, 5_000)
        intake = Intake(Seen(self.database), Histories(self.database), set_aside, self.counters, limits, 15)
        orders = OrderDesk(Downlinks(device, store.open_orders()), store, self.spool, self.counters)
        self.desk = Desk(
            self.inbox,
            self.database,
            intake,
            self.spool,
            set_aside,
            Unpublished(self.database),
            orders,
            self.counters,
            Outlets(acknowledge, self.calls.append, self.told.append, lambda: None),
        )
        self.desk.start(self.now_ms)

    def entries(self) -> list[Entry]:
        return self.reader.read(0, 1_000, 10**6)

    def fates(self) -> list[int]:
        return [entry.fate.fate for entry in self.entries() if entry.HasField("fate")]

    def put(self, *messages: Message) -> None:
        for message in messages:
            self.inbox.put(message)
        while not self.inbox.empty():
            self.desk.once(0, lambda: self.now_ms)

    def message(self, event: Any = None, kind: str = "up") -> MqttMessage:
        event = event or events_made.up(DEV_EUI, 1, b"\x01\x66\x01")
        return MqttMessage(events_made.topic(DEV_EUI, kind), events_made.to_json(event), next(self.mids), 1)

    def close(self) -> None:
        self.reader.close()
        self.database.close()


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[Callable[[], Office]]:
    """Open offices on the same file, one after the other."""
    offices: list[Office] = []

    def opener() -> Office:
        offices.append(Office(tmp_path / "spool"))
        return offices[-1]

    yield opener
    for office in offices:
        office.close()


@pytest.fixture
def office(open_office: Callable[[], Office]) -> Office:
    return open_office()


def order(number: int = 1, **facts: Any) -> NewOrder:
    made = Order(order_id=f"order {number}", dev_eui=DEV_EUI, created_ms=number, attempts=1)
    made.expires_ms = NOW_MS + 1_000
    made.command.number = number
    made.command.reboot.SetInParent()
    for name, value in facts.items():
        setattr(made, name, value)
    return NewOrder(made)


def test_many_messages_share_a_transaction_and_are_acknowledged_after_it(office: Office) -> None:
    office.put(*(office.message() for _ in range(3)))

    assert office.acknowledged == [1, 2, 3]
    assert office.spooled_when_acknowledged == [3]


def test_a_duplicate_is_acknowledged_too(office: Office) -> None:
    message = office.message()
    office.put(message, MqttMessage(message.topic, message.payload, 2, 1))

    assert office.acknowledged == [1, 2]
    assert len(office.entries()) == 1


def test_bad_messages_are_acknowledged_too(office: Office) -> None:
    office.put(
        MqttMessage("", b"\xff", 1, 1),
        MqttMessage(events_made.topic(DEV_EUI, "up"), b"junk", 2, 1),
        MqttMessage(events_made.topic(DEV_EUI, "nonsense"), b"junk", 3, 1),
    )

    assert office.acknowledged == [1, 2, 3]


def test_while_the_spool_is_full_messages_stay_with_the_broker(office: Office) -> None:
    office.put(*(office.message() for _ in range(SPOOL_LIMIT + 3)))

    assert office.acknowledged == [1, 2, 3, 4]
    assert office.counters.snapshot()["held"] == 3
    assert len(office.entries()) == SPOOL_LIMIT


def test_when_the_cloud_took_entries_the_held_messages_follow(office: Office) -> None:
    office.put(*(office.message() for _ in range(SPOOL_LIMIT + 3)))

    office.put(Delivered(tuple(entry.id for entry in office.entries()[:2])))

    assert office.acknowledged == [1, 2, 3, 4, 5, 6]
    assert len(office.entries()) == SPOOL_LIMIT


def test_fates_are_told_even_when_the_spool_is_full(office: Office) -> None:
    office.put(*(office.message() for _ in range(SPOOL_LIMIT)))

    office.put(order())

    assert office.fates() == [Fate.ACCEPTED]


def test_an_entry_that_the_cloud_refused_is_set_aside(office: Office) -> None:
    office.put(office.message())
    (entry,) = office.entries()

    office.put(Delivered((entry.id,), ((entry, "time_ms is 5, expected more"),)))

    assert office.entries() == []
    rows = office.database.connection.execute("SELECT reason, source, content FROM set_aside").fetchall()
    assert rows == [("time_ms is 5, expected more", DEV_EUI, entry.SerializeToString())]


def test_an_order_is_on_the_disk_before_it_is_enqueued(office: Office) -> None:
    office.put(order())
    assert office.calls == [AskQueue(DEV_EUI)]
    office.put(QueueReply(QueueSeen(DEV_EUI, ())))

    assert isinstance(office.calls[-1], Enqueue)
    (state,) = OrderStore(office.database).open_orders()
    assert state.phase == "queued"
    assert office.fates() == [Fate.ACCEPTED]


def test_an_order_that_is_handed_out_again_changes_nothing(office: Office) -> None:
    office.put(order(), order())

    assert office.fates() == [Fate.ACCEPTED]
    assert office.counters.snapshot()["orders"] == 1


def test_an_end_that_the_cloud_does_not_know_is_told_again(office: Office) -> None:
    office.put(order())
    office.now_ms += 1_000
    office.desk.once(0, lambda: office.now_ms)
    assert office.fates() == [Fate.ACCEPTED, Fate.EXPIRED]

    office.put(order())

    assert office.fates() == [Fate.ACCEPTED, Fate.EXPIRED, Fate.EXPIRED]


def test_an_impossible_order_fails_with_its_reason(office: Office) -> None:
    office.put(order(attempts=0))

    (entry,) = office.entries()
    assert entry.fate.fate == Fate.FATE_FAILED
    assert "attempts" in entry.fate.detail


def test_an_uplink_is_a_chance_for_both_kinds_of_downlinks(office: Office) -> None:
    office.put(order())
    office.put(QueueReply(QueueSeen(DEV_EUI, ())))
    enqueue = office.calls[-1]
    assert isinstance(enqueue, Enqueue)
    office.put(QueueReply(Enqueued(DEV_EUI, enqueue.token, "item")))
    office.put(office.message(events_made.txack(DEV_EUI, "item"), "txack"), office.message())

    assert office.fates() == [Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT]
    assert isinstance(office.told[-1], Heard)


def test_an_acknowledgement_that_a_flush_took_is_told_of(office: Office) -> None:
    for value in (1, 2):
        document = (Setting(configuration.HIGH, 1, value),)
        made = Order(order_id=f"order {value}", dev_eui=DEV_EUI, created_ms=value, attempts=1)
        made.configuration.document = configuration.encode_document(document)
        made.configuration.hash = configuration.document_hash(document)
        if value == 2:
            office.put(NewOrder(made))
            continue
        office.put(office.message(), NewOrder(made), QueueReply(QueueSeen(DEV_EUI, ())))
        old = office.calls[-1]
        assert isinstance(old, Enqueue)
        office.put(QueueReply(Enqueued(DEV_EUI, old.token, "old")))

    office.put(QueueReply(QueueSeen(DEV_EUI, (QueueItem("old", old.f_port, old.payload),))))

    assert office.told[-1] == Flushed(DEV_EUI)
    assert isinstance(office.calls[-1], Enqueue)
    assert office.calls[-1].flush


def test_after_a_restart_open_orders_go_on(office: Office, open_office: Callable[[], Office]) -> None:
    office.put(order())
    office.put(QueueReply(QueueSeen(DEV_EUI, ())))
    office.close()

    again = open_office()

    assert again.calls == [AskQueue(DEV_EUI)]


def test_an_error_of_the_disk_lets_nothing_out(office: Office) -> None:
    office.database.connection.execute("DROP TABLE entries")

    with pytest.raises(sqlite3.OperationalError):
        office.put(office.message())

    assert office.acknowledged == []
    assert office.told == []


def test_what_ended_another_thread_ends_the_desk(office: Office) -> None:
    with pytest.raises(ZeroDivisionError):
        office.put(Broken(ZeroDivisionError()))
