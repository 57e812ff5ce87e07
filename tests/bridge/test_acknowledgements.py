"""Acknowledgement frames: at most one in a device's queue, the newest state, no delay."""

import itertools

from farwire_bridge.acknowledgements import Acknowledgements, Flushed, Stored
from farwire_bridge.calls import (
    AskQueue,
    Call,
    Enqueue,
    Enqueued,
    EnqueueFailed,
    QueueItem,
    QueueSeen,
    QueueUnknown,
)
from farwire_bridge.happenings import Discarded, Heard, Rejoined, Transmitted
from farwire_codecs import acknowledgement as codec
from farwire_codecs import ports
from farwire_contract.v1.telemetry_pb2 import Acknowledgement
from tests.bridge.events_made import DEV_EUI


class Desk:
    """Acknowledgements of one device whose queue is known to be empty."""

    def __init__(self, queue_known: bool = True) -> None:
        self.core = Acknowledgements(itertools.count(1))
        if queue_known:
            self.core.handle(QueueSeen(DEV_EUI, ()))

    def heard(self, schema_missing: bool = False, base_missing: bool = False) -> list[Call]:
        return self.core.handle(Heard(DEV_EUI, 36, schema_missing=schema_missing, base_missing=base_missing))

    def stored(self, through: int, wanted: bool = True, above: bytes = b"") -> list[Call]:
        state = Acknowledgement(dev_eui=DEV_EUI, through=through, stored_above=above, wanted=wanted)
        return self.core.handle(Stored(DEV_EUI, state))

    def enqueued(self, call: Call, item_id: str = "item") -> list[Call]:
        assert isinstance(call, Enqueue)
        return self.core.handle(Enqueued(DEV_EUI, call.token, item_id))

    def transmitted(self, item_id: str = "item") -> list[Call]:
        return self.core.handle(Transmitted(DEV_EUI, item_id))


def frame(call: Call) -> codec.Acknowledgement:
    assert isinstance(call, Enqueue)
    assert (call.f_port, call.confirmed, call.flush) == (ports.ACKNOWLEDGEMENT, False, False)
    return codec.decode(call.payload)


def test_a_wanted_acknowledgement_is_enqueued_at_once() -> None:
    desk = Desk()
    desk.heard()

    (call,) = desk.stored(41, above=b"\x05")

    assert frame(call) == codec.Acknowledgement(41, b"\x05", 0, False, False)


def test_an_acknowledgement_that_nobody_wants_is_not_sent() -> None:
    assert Desk().stored(41, wanted=False) == []


def test_while_one_is_in_the_queue_the_newest_state_waits() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)

    assert desk.stored(2) == []
    assert desk.stored(3) == []
    (second,) = desk.transmitted()

    assert frame(second).through == 3


def test_nothing_follows_one_that_said_it_all() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)

    desk.stored(1)

    assert desk.transmitted() == []


def test_nothing_follows_when_the_node_no_longer_wants_it() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    desk.stored(2)

    desk.stored(3, wanted=False)

    assert desk.transmitted() == []


def test_a_node_that_missed_it_gets_the_same_again() -> None:
    desk = Desk()
    (first,) = desk.stored(5)
    desk.enqueued(first)
    desk.transmitted()

    (again,) = desk.stored(5)

    assert frame(again).through == 5


def test_nothing_is_enqueued_while_a_reply_is_to_come() -> None:
    desk = Desk()
    (first,) = desk.stored(1)

    assert desk.stored(2) == []
    assert desk.enqueued(first) == []


def test_one_that_was_transmitted_before_its_reply_came_is_gone() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.stored(2)

    assert desk.transmitted("item") == []
    (second,) = desk.enqueued(first, "item")

    assert frame(second).through == 2


def test_another_applications_downlink_frees_nothing() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    desk.stored(2)

    assert desk.transmitted("of another") == []


def test_a_discarded_one_is_gone() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    desk.stored(2)

    (second,) = desk.core.handle(Discarded(DEV_EUI, "item", "DOWNLINK_PAYLOAD_SIZE"))

    assert frame(second).through == 2


def test_after_a_restart_the_queue_is_looked_at_first() -> None:
    desk = Desk(queue_known=False)

    assert desk.stored(1) == [AskQueue(DEV_EUI)]
    old = QueueItem(
        "old", ports.ACKNOWLEDGEMENT, codec.encode(codec.Acknowledgement(0, b"", 0, False, False), 36)
    )
    other = QueueItem("other", 17, b"x")
    assert desk.core.handle(QueueSeen(DEV_EUI, (other, old))) == []
    (call,) = desk.transmitted("old")

    assert frame(call).through == 1


def test_one_whose_transmission_nobody_told_is_looked_for_in_the_queue() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    desk.heard()
    desk.heard()

    assert desk.stored(2) == [AskQueue(DEV_EUI)]
    (second,) = desk.core.handle(QueueSeen(DEV_EUI, ()))

    assert frame(second).through == 2


def test_one_that_is_still_in_the_queue_is_left_there() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    desk.heard()
    desk.heard()
    desk.stored(2)

    there = QueueItem("item", ports.ACKNOWLEDGEMENT, first.payload)  # type: ignore[union-attr]

    assert desk.core.handle(QueueSeen(DEV_EUI, (there,))) == []
    assert len(desk.transmitted()) == 1


def test_after_a_lost_reply_the_queue_is_looked_at() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    assert isinstance(first, Enqueue)
    assert desk.core.handle(EnqueueFailed(DEV_EUI, first.token, False, "")) == []

    assert desk.stored(2) == [AskQueue(DEV_EUI)]


def test_a_device_that_the_network_server_does_not_know_is_tried_again_when_it_asks() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    assert isinstance(first, Enqueue)
    desk.core.handle(EnqueueFailed(DEV_EUI, first.token, True, ""))

    (second,) = desk.stored(1)

    assert frame(second).through == 1


def test_a_queue_that_cannot_be_read_is_asked_again_when_the_node_asks() -> None:
    desk = Desk(queue_known=False)
    desk.stored(1)

    assert desk.core.handle(QueueUnknown(DEV_EUI, "")) == []
    assert desk.stored(1) == [AskQueue(DEV_EUI)]


def test_after_a_join_or_a_flush_the_queue_is_looked_at() -> None:
    for event in (Rejoined(DEV_EUI), Flushed(DEV_EUI)):
        desk = Desk()
        (first,) = desk.stored(1)
        desk.enqueued(first)

        desk.core.handle(event)

        assert desk.stored(2) == [AskQueue(DEV_EUI)]
        assert len(desk.core.handle(QueueSeen(DEV_EUI, ()))) == 1


def test_a_missing_channel_table_is_asked_for_without_the_cloud() -> None:
    desk = Desk()
    desk.stored(7, wanted=False)

    (call,) = desk.heard(schema_missing=True)

    assert frame(call) == codec.Acknowledgement(7, b"", 0, True, False)


def test_a_missing_channel_table_is_asked_for_once_for_each_frame_without_it() -> None:
    desk = Desk()
    (first,) = desk.heard(schema_missing=True)
    desk.enqueued(first)
    desk.transmitted()

    (second,) = desk.stored(1)

    assert not frame(second).schema_wanted


def test_another_base_is_asked_for_without_the_cloud() -> None:
    desk = Desk()
    desk.stored(7, wanted=False)

    (call,) = desk.heard(base_missing=True)

    assert frame(call) == codec.Acknowledgement(7, b"", 0, False, True)


def test_another_base_is_asked_for_once_for_each_frame_that_lacks_it() -> None:
    desk = Desk()
    (first,) = desk.heard(base_missing=True)
    desk.enqueued(first)
    desk.transmitted()

    (second,) = desk.stored(1)

    assert not frame(second).base_wanted


def test_another_base_is_asked_for_behind_an_acknowledgement_that_is_in_the_queue() -> None:
    desk = Desk()
    (first,) = desk.stored(1)
    desk.enqueued(first)
    assert desk.heard(base_missing=True) == []
    assert desk.stored(2, wanted=False) == []

    (second,) = desk.transmitted()

    assert frame(second) == codec.Acknowledgement(2, b"", 0, False, True)


def test_the_first_word_on_an_unknown_device_claims_nothing() -> None:
    (call,) = Desk().heard(schema_missing=True)

    assert frame(call) == codec.Acknowledgement(0, b"", 0, True, False)


def test_the_bitmap_is_cut_to_what_the_device_can_receive_now() -> None:
    desk = Desk()
    desk.core.handle(Heard(DEV_EUI, 11))

    (call,) = desk.stored(300, above=bytes(range(1, 60)))

    assert isinstance(call, Enqueue)
    assert len(call.payload) <= 11
    assert frame(call).stored_above == bytes(range(1, 7))


def test_devices_do_not_wait_for_each_other() -> None:
    desk = Desk()
    desk.stored(1)
    other = "f" * 16
    desk.core.handle(QueueSeen(other, ()))

    calls = desk.core.handle(Stored(other, Acknowledgement(dev_eui=other, through=1, wanted=True)))

    assert [call.dev_eui for call in calls] == [other]
