"""One device's orders, event by event."""

import itertools
from typing import Any

import pytest

from farwire_bridge.back_off import BackOff
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
from farwire_bridge.device_downlinks import DeviceDownlinks, DownlinkInput, Tick
from farwire_bridge.happenings import Confirmed, Discarded, Heard, Rejoined, Transmitted
from farwire_bridge.order_content import accepted
from farwire_bridge.outcome import Outcome
from farwire_codecs import command, configuration, ports
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Fate
from tests.bridge.events_made import DEV_EUI
from tests.bridge.orders_made import document_of

ANSWER_UPLINKS = 3
LATER_MS = 100_000


class Desk:
    """A device's machine whose queue is known to be empty, with what came out of it."""

    def __init__(self, limit: int | None = 36, queue_known: bool = True) -> None:
        self.core = DeviceDownlinks(
            DEV_EUI, limit, itertools.count(1), ANSWER_UPLINKS, BackOff(1.0, 10.0, lambda: 1.0)
        )
        self.now_ms = 0
        self.calls: list[Call] = []
        self.fates: list[tuple[str, int]] = []
        self.details: list[str] = []
        self._ids = itertools.count(1)
        if queue_known:
            self.seen()

    def take(self, outcome: Outcome) -> list[Call]:
        self.calls = outcome.calls
        self.fates += [(report.order.order_id, report.fate) for report in outcome.reports]
        self.details += [report.detail for report in outcome.reports if report.detail]
        return outcome.calls

    def handle(self, event: DownlinkInput) -> list[Call]:
        return self.take(self.core.handle(event, self.now_ms))

    def command(self, number: int = 1, **facts: Any) -> list[Call]:
        order = Order(order_id=f"command {number}", dev_eui=DEV_EUI, created_ms=number, attempts=2)
        order.expires_ms = LATER_MS
        order.command.number = number
        order.command.report_state.SetInParent()
        return self.order(order, **facts)

    def configuration(self, value: int = 1, settings: int = 1, base: bytes = b"", **facts: Any) -> list[Call]:
        document = document_of(settings, value)
        order = Order(order_id=f"configuration {value}", dev_eui=DEV_EUI, created_ms=value, attempts=2)
        order.expires_ms = LATER_MS
        order.configuration.document = configuration.encode_document(document)
        order.configuration.hash = configuration.document_hash(document)
        order.configuration.base = base
        return self.order(order, **facts)

    def order(self, order: Order, **facts: Any) -> list[Call]:
        for name, value in facts.items():
            setattr(order, name, value)
        return self.take(self.core.accept(accepted(order, next(self._ids)), self.now_ms))

    def heard(self, **facts: Any) -> list[Call]:
        return self.handle(Heard(DEV_EUI, 36, **facts))

    def enqueued(self, item_id: str) -> list[Call]:
        (call,) = self.calls
        assert isinstance(call, Enqueue)
        return self.handle(Enqueued(DEV_EUI, call.token, item_id))

    def transmitted(self, item_id: str) -> list[Call]:
        return self.handle(Transmitted(DEV_EUI, item_id))

    def confirmed(self, item_id: str, acknowledged: bool) -> list[Call]:
        return self.handle(Confirmed(DEV_EUI, item_id, acknowledged))

    def seen(self, *items: QueueItem) -> list[Call]:
        return self.handle(QueueSeen(DEV_EUI, items))

    def send(self, item_id: str) -> list[Call]:
        """Enqueue what was just asked for, and have it transmitted."""
        self.enqueued(item_id)
        return self.transmitted(item_id)


def sent(call: Call) -> object:
    """Return what an Enqueue carries."""
    assert isinstance(call, Enqueue)
    if call.f_port == ports.COMMAND:
        return command.decode(call.payload)
    return configuration.decode_piece(call.payload)


def payload_of(call: Call) -> bytes:
    assert isinstance(call, Enqueue)
    return call.payload


def test_an_order_is_accepted_and_enqueued() -> None:
    desk = Desk()

    (call,) = desk.command(5, confirmed=True)

    assert sent(call) == command.ReportState(5)
    assert isinstance(call, Enqueue)
    assert (call.confirmed, call.expires_ms, call.flush) == (True, LATER_MS, False)
    assert desk.fates == [("command 5", Fate.ACCEPTED)]


def test_each_step_of_an_order_is_a_fate_and_the_nodes_answer_is_its_end() -> None:
    desk = Desk()
    desk.command(5, confirmed=True)
    desk.enqueued("item")
    desk.transmitted("item")
    desk.confirmed("item", True)
    desk.heard(answered=5)

    assert [fate for _, fate in desk.fates] == [Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT, Fate.ACKNOWLEDGED]
    assert desk.core.orders == ()


def test_an_answer_ends_an_order_in_whatever_step_it_is() -> None:
    desk = Desk()
    desk.command(5)
    desk.enqueued("item")

    desk.heard(answered=5)

    assert desk.core.orders == ()


def test_an_answer_to_a_number_that_was_not_sent_yet_is_an_old_one() -> None:
    desk = Desk(queue_known=False)
    desk.command(5)

    desk.heard(answered=5)

    assert len(desk.core.orders) == 1


def test_after_a_restart_nothing_is_enqueued_before_the_queue_was_looked_at() -> None:
    desk = Desk(queue_known=False)

    assert desk.command(5) == [AskQueue(DEV_EUI)]
    (call,) = desk.seen()

    assert sent(call) == command.ReportState(5)


def test_a_command_that_brings_no_answer_is_repeated() -> None:
    desk = Desk()
    desk.command(5)
    desk.send("item")

    assert [desk.heard() for _ in range(ANSWER_UPLINKS - 1)] == [[], []]
    (again,) = desk.heard()

    assert sent(again) == command.ReportState(5)
    assert desk.core.orders[0].attempt == 2


def test_a_command_fails_when_its_attempts_are_spent() -> None:
    desk = Desk()
    desk.command(5)
    for item_id in ("first", "second"):
        desk.send(item_id)
        for _ in range(ANSWER_UPLINKS):
            desk.heard()

    assert desk.fates[-1] == ("command 5", Fate.FATE_FAILED)
    assert desk.details == ["no answer of the node after 2 attempts"]
    assert desk.core.orders == ()


def test_a_confirmed_command_that_was_not_acknowledged_is_repeated_at_once() -> None:
    desk = Desk()
    desk.command(5, confirmed=True)
    desk.send("item")

    (again,) = desk.confirmed("item", False)

    assert sent(again) == command.ReportState(5)
    desk.send("again")
    desk.confirmed("again", False)
    assert desk.details == ["not acknowledged after 2 attempts"]


def test_an_acknowledgement_that_overtakes_its_txack_counts() -> None:
    desk = Desk()
    desk.command(5, confirmed=True)
    desk.enqueued("item")

    desk.confirmed("item", True)
    desk.transmitted("item")

    assert [fate for _, fate in desk.fates] == [Fate.ACCEPTED, Fate.ENQUEUED, Fate.ACKNOWLEDGED]


def test_a_txack_that_overtakes_the_reply_counts() -> None:
    desk = Desk()
    desk.command(5)
    (call,) = desk.calls
    assert isinstance(call, Enqueue)

    desk.transmitted("item")
    desk.handle(Enqueued(DEV_EUI, call.token, "item"))

    assert [fate for _, fate in desk.fates] == [Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT]


def test_a_later_command_waits_until_the_one_before_is_at_its_end() -> None:
    desk = Desk()
    desk.command(1)
    assert desk.command(2) == []
    desk.calls = [Enqueue(DEV_EUI, 1, ports.COMMAND, b"")]
    desk.send("item")
    assert desk.heard() == []

    (second,) = desk.heard(answered=1)

    assert sent(second) == command.ReportState(2)


def test_the_older_command_goes_first_even_if_it_came_later() -> None:
    desk = Desk(queue_known=False)
    desk.command(2)
    desk.command(1)

    (call,) = desk.seen()

    assert sent(call) == command.ReportState(1)


def test_a_configuration_goes_while_a_command_waits_for_its_answer() -> None:
    desk = Desk()
    desk.command(1)
    desk.send("item")

    (piece,) = desk.configuration(7)

    assert isinstance(piece, Enqueue)
    assert piece.f_port == ports.CONFIGURATION


def test_a_configuration_goes_piece_by_piece() -> None:
    desk = Desk()
    desk.configuration(7, settings=12)
    pieces = [payload_of(desk.calls[0])]
    while calls := desk.send(f"item {len(pieces)}"):
        pieces.append(payload_of(calls[0]))

    document = configuration.assemble(pieces)
    assert len(pieces) == 2
    assert len(document) == 12
    assert [fate for _, fate in desk.fates] == [Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT]
    desk.heard(configuration_hash=configuration.document_hash(document))
    assert desk.core.orders == ()


def test_a_hash_that_the_node_ran_before_ends_nothing() -> None:
    desk = Desk()
    desk.configuration(7)
    (order,) = desk.core.orders
    desk.enqueued("item")
    desk.heard(configuration_hash=order.expected)
    desk.heard(configuration_hash=1)
    desk.transmitted("item")

    assert len(desk.core.orders) == 1


def test_a_configuration_that_the_node_reports_before_its_txack_came_is_at_its_end() -> None:
    desk = Desk()
    desk.configuration(7)
    (order,) = desk.core.orders
    desk.enqueued("item")

    desk.heard(configuration_hash=order.expected)
    desk.transmitted("item")

    assert desk.core.orders == ()


def test_a_hash_that_comes_between_two_configurations_ends_nothing() -> None:
    desk = Desk()
    desk.configuration(7, settings=12)
    (order,) = desk.core.orders
    desk.send("first piece")
    desk.enqueued("second piece")
    desk.calls = []

    desk.heard(configuration_hash=1)
    desk.transmitted("second piece")

    assert desk.core.orders[0].order_id == order.order_id


def test_only_the_piece_that_was_not_acknowledged_is_repeated() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, confirmed=True)
    first = sent(desk.calls[0])
    desk.send("first")
    desk.confirmed("first", True)
    second = sent(desk.calls[0])
    desk.send("second")

    (again,) = desk.confirmed("second", False)

    assert sent(again) == second != first
    assert desk.core.orders[0].attempt == 1


BASE = configuration.encode_document(document_of(12, 1))


def difference_sent(desk: Desk) -> bool:
    """Whether the present call carries the difference to BASE."""
    is_difference: bool = configuration.decode_piece(payload_of(desk.calls[0])).difference
    return is_difference


def test_a_difference_goes_where_it_is_smaller() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=BASE)

    frame = payload_of(desk.calls[0])
    assert len(frame) < 10
    assert configuration.assemble([frame], BASE) == document_of(12, 7)


def test_a_node_that_runs_something_else_gets_the_whole_document_in_the_same_attempt() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=BASE)
    assert difference_sent(desk)
    desk.send("difference")

    desk.heard(configuration_hash=1)

    assert not difference_sent(desk)
    assert desk.core.orders[0].attempt == 1


def test_a_node_that_still_runs_the_base_is_waited_for() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=BASE)
    desk.send("difference")

    assert desk.heard(configuration_hash=configuration.crc32(BASE)) == []


def test_a_difference_without_an_answer_is_followed_by_the_whole_document() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=BASE)
    desk.send("difference")
    for _ in range(ANSWER_UPLINKS):
        desk.heard()

    assert not difference_sent(desk)
    assert desk.core.orders[0].attempt == 2


def test_a_difference_ends_with_the_hash_of_its_result() -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=BASE)
    desk.send("difference")

    desk.heard(configuration_hash=configuration.document_hash(document_of(12, 7)))

    assert desk.core.orders == ()


def test_what_was_reported_while_the_order_waited_makes_a_difference_useless() -> None:
    desk = Desk(limit=None)
    assert desk.configuration(7, settings=12, base=BASE) == []

    desk.heard(configuration_hash=1)

    assert not difference_sent(desk)


@pytest.mark.parametrize(("base", "attempts"), [(b"", 2), (b"\xff", 2), (BASE, 1), (b"\x1f" * 40, 2)])
def test_the_whole_document_goes_without_a_base_of_use(base: bytes, attempts: int) -> None:
    desk = Desk()
    desk.configuration(7, settings=12, base=base, attempts=attempts)

    assert not difference_sent(desk)


def test_a_newer_configuration_supersedes_an_older_one() -> None:
    desk = Desk()
    desk.configuration(1)
    desk.send("old")

    (call,) = desk.configuration(2)

    assert desk.fates[-2:] == [("configuration 2", Fate.ACCEPTED), ("configuration 1", Fate.FATE_FAILED)]
    assert desk.details == ["superseded by configuration 2"]
    assert desk.core.orders[0].order_id == "configuration 2"
    assert isinstance(call, Enqueue)


def test_an_older_configuration_that_comes_late_is_superseded_at_once() -> None:
    desk = Desk()
    desk.configuration(2)

    desk.configuration(1)

    assert [order.order_id for order in desk.core.orders] == ["configuration 2"]
    assert desk.details == ["superseded by configuration 2"]


def stale(desk: Desk, confirmed: bool = False) -> QueueItem:
    """Leave an old configuration in the queue behind a new one."""
    desk.configuration(1, confirmed=confirmed)
    (old,) = desk.calls
    assert isinstance(old, Enqueue)
    desk.enqueued("old")
    assert desk.configuration(2) == [AskQueue(DEV_EUI)]
    return QueueItem("old", old.f_port, old.payload, confirmed)


def test_an_old_configuration_in_the_queue_is_flushed_for_the_new_one() -> None:
    desk = Desk()
    old = stale(desk)

    (call,) = desk.seen(QueueItem("ack", ports.ACKNOWLEDGEMENT, b"\0\0\0"), old)

    assert isinstance(call, Enqueue)
    assert call.flush


def test_the_queue_is_not_flushed_when_it_holds_what_is_not_ours() -> None:
    desk = Desk()
    old = stale(desk)

    assert desk.seen(old, QueueItem("clock", 202, b"x")) == []
    (call,) = desk.transmitted("old") or desk.seen()

    assert isinstance(call, Enqueue | AskQueue)


def test_a_confirmed_configuration_in_the_queue_is_never_flushed() -> None:
    desk = Desk()
    old = stale(desk, confirmed=True)

    assert desk.seen(old) == []
    assert desk.heard() == [AskQueue(DEV_EUI)]
    (call,) = desk.seen()

    assert isinstance(call, Enqueue)
    assert not call.flush


def test_a_stranger_on_our_ports_is_waited_for() -> None:
    desk = Desk(queue_known=False)
    desk.command(1)

    assert desk.seen(QueueItem("a hand's", ports.COMMAND, b"x")) == []
    assert desk.heard() == [AskQueue(DEV_EUI)]
    assert len(desk.seen()) == 1


def test_after_a_join_what_is_not_at_its_end_is_enqueued_again() -> None:
    desk = Desk()
    desk.command(1)
    desk.enqueued("item")

    assert desk.handle(Rejoined(DEV_EUI)) == [AskQueue(DEV_EUI)]
    (again,) = desk.seen()

    assert sent(again) == command.ReportState(1)
    assert desk.core.orders[0].attempt == 1


def test_after_a_join_what_is_still_in_the_queue_is_left_there() -> None:
    desk = Desk()
    (call,) = desk.command(1)
    assert isinstance(call, Enqueue)
    desk.enqueued("item")
    desk.handle(Rejoined(DEV_EUI))

    assert desk.seen(QueueItem("item", call.f_port, call.payload)) == []


def test_after_a_join_what_waits_for_an_answer_is_sent_again() -> None:
    desk = Desk()
    desk.command(1)
    desk.send("item")

    assert desk.handle(Rejoined(DEV_EUI)) == [AskQueue(DEV_EUI)]
    (again,) = desk.seen()

    assert sent(again) == command.ReportState(1)
    assert desk.core.orders[0].attempt == 2


def test_an_enqueue_whose_reply_was_lost_is_found_by_its_payload() -> None:
    desk = Desk()
    (call,) = desk.command(1)
    assert isinstance(call, Enqueue)
    desk.handle(EnqueueFailed(DEV_EUI, call.token, False, "UNAVAILABLE"))
    assert desk.calls == []
    desk.now_ms = 1_000
    assert desk.handle(Tick(DEV_EUI)) == [AskQueue(DEV_EUI)]

    assert desk.seen(QueueItem("item", call.f_port, call.payload)) == []

    assert desk.fates[-1] == ("command 1", Fate.ENQUEUED)
    desk.transmitted("item")
    assert desk.fates[-1] == ("command 1", Fate.SENT)


def test_an_enqueue_that_never_came_there_is_made_again() -> None:
    desk = Desk()
    (call,) = desk.command(1)
    assert isinstance(call, Enqueue)
    desk.handle(EnqueueFailed(DEV_EUI, call.token, False, "UNAVAILABLE"))
    desk.now_ms = desk.core.wake_ms() or 0
    desk.handle(Tick(DEV_EUI))

    (again,) = desk.seen()

    assert sent(again) == command.ReportState(1)
    assert desk.core.orders[0].attempt == 1


def test_an_unreachable_network_server_is_asked_again_with_growing_pauses() -> None:
    desk = Desk(queue_known=False)
    desk.command(1)
    pauses = []
    for _ in range(3):
        desk.handle(QueueUnknown(DEV_EUI, "UNAVAILABLE"))
        wake_ms = desk.core.wake_ms()
        assert wake_ms is not None
        pauses.append(wake_ms - desk.now_ms)
        desk.now_ms = wake_ms - 1
        assert desk.handle(Tick(DEV_EUI)) == []
        desk.now_ms = wake_ms
        assert desk.handle(Tick(DEV_EUI)) == [AskQueue(DEV_EUI)]

    assert pauses == [1_000, 2_000, 4_000]


def test_an_order_that_the_network_server_refuses_has_failed_with_its_reason() -> None:
    desk = Desk()
    (call,) = desk.command(1)
    assert isinstance(call, Enqueue)

    desk.handle(EnqueueFailed(DEV_EUI, call.token, True, "NOT_FOUND: no such device"))

    assert desk.fates[-1] == ("command 1", Fate.FATE_FAILED)
    assert desk.details == ["NOT_FOUND: no such device"]


def test_an_item_of_which_no_txack_came_is_looked_for() -> None:
    desk = Desk()
    desk.command(1)
    desk.enqueued("item")
    assert desk.heard() == []

    assert desk.heard() == [AskQueue(DEV_EUI)]
    assert desk.seen() == []  # gone, so a gateway took it

    assert desk.core.orders[0].phase == "awaiting"


def test_a_pending_item_was_sent() -> None:
    desk = Desk()
    (call,) = desk.command(1, confirmed=True)
    assert isinstance(call, Enqueue)
    desk.enqueued("item")
    desk.heard()
    desk.heard()

    desk.seen(QueueItem("item", call.f_port, call.payload, True, pending=True))

    assert desk.fates[-1] == ("command 1", Fate.SENT)


def test_a_payload_that_does_not_fit_waits_for_a_better_data_rate() -> None:
    desk = Desk()
    desk.handle(Heard(DEV_EUI, 2))
    assert desk.command(1) == []

    (call,) = desk.handle(Heard(DEV_EUI, 11))

    assert sent(call) == command.ReportState(1)


def test_a_configuration_waits_until_the_device_was_heard() -> None:
    desk = Desk(limit=None)
    assert desk.configuration(1, settings=12) == []

    (call,) = desk.heard()

    assert isinstance(call, Enqueue)
    assert len(call.payload) <= 36


def test_a_configuration_is_cut_anew_when_the_data_rate_falls() -> None:
    desk = Desk()
    desk.configuration(1, settings=12)
    desk.enqueued("first")
    desk.handle(Heard(DEV_EUI, 16))

    (call,) = desk.transmitted("first")

    assert isinstance(call, Enqueue)
    piece = configuration.decode_piece(call.payload)
    assert (piece.index, len(call.payload)) == (0, 16)


def test_an_item_that_was_too_large_after_all_is_cut_smaller() -> None:
    desk = Desk()
    desk.configuration(1, settings=12)
    desk.enqueued("item")

    (call,) = desk.handle(Discarded(DEV_EUI, "item", "DOWNLINK_PAYLOAD_SIZE", 25))

    assert isinstance(call, Enqueue)
    assert len(call.payload) == 25
    assert desk.core.orders[0].attempt == 1


def test_an_item_that_the_queue_let_expire_has_expired() -> None:
    desk = Desk()
    desk.command(1)
    desk.enqueued("item")

    desk.handle(Discarded(DEV_EUI, "item", "EXPIRED"))

    assert desk.fates[-1] == ("command 1", Fate.EXPIRED)


def test_an_item_with_a_wrong_counter_is_the_next_attempts() -> None:
    desk = Desk()
    desk.command(1)
    desk.enqueued("item")

    (again,) = desk.handle(Discarded(DEV_EUI, "item", "F_CNT_DOWN"))

    assert sent(again) == command.ReportState(1)
    assert desk.core.orders[0].attempt == 2


@pytest.mark.parametrize(
    ("is_sent", "detail"), [(False, "not sent in time"), (True, "sent, but no answer came in time")]
)
def test_at_its_deadline_an_order_expires(is_sent: bool, detail: str) -> None:
    desk = Desk()
    desk.command(1)
    desk.enqueued("item")
    if is_sent:
        desk.transmitted("item")
    assert desk.core.wake_ms() == LATER_MS

    desk.now_ms = LATER_MS
    desk.handle(Tick(DEV_EUI))

    assert desk.fates[-1] == ("command 1", Fate.EXPIRED)
    assert desk.details == [detail]


def test_an_order_that_is_too_late_already_is_not_sent() -> None:
    desk = Desk()
    desk.now_ms = LATER_MS

    assert desk.command(1) == []

    assert desk.fates == [("command 1", Fate.ACCEPTED), ("command 1", Fate.EXPIRED)]


def test_an_order_without_a_deadline_never_expires() -> None:
    desk = Desk()
    desk.command(1, expires_ms=0)

    assert desk.core.wake_ms() is None


def test_what_an_ended_order_left_in_the_queue_is_waited_for() -> None:
    desk = Desk()
    (old,) = desk.command(1, expires_ms=10)
    assert isinstance(old, Enqueue)
    desk.enqueued("item")
    desk.now_ms = 10

    assert desk.handle(Tick(DEV_EUI)) == [AskQueue(DEV_EUI)]
    desk.seen(QueueItem("item", old.f_port, old.payload))
    assert desk.command(2) == []
    assert desk.handle(Discarded(DEV_EUI, "item", "EXPIRED")) != []
