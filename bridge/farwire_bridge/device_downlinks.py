"""The orders of one device: which downlink is in the network server's queue, and what each event leads to.

Pure. Rules:
- At most one order's downlink of a device is in the queue, so never more than one confirmed one (it blocks
  the queue, chirpstack src/downlink/data.rs), and the newest configuration never waits behind old ones.
- Commands go one after the other, each until its end: a command that is repeated late must not undo a later
  one. A configuration goes beside them; only the newest counts.
- Only the node's own answer, or its report of the configuration's hash, ends an order well. A downlink that a
  gateway took is repeated when `answer_uplinks` uplinks bring no answer, until the attempts are spent.
- Everything that is not at its end goes into the queue again after a join (P14).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from farwire_bridge.back_off import BackOff
from farwire_bridge.calls import (
    AskQueue,
    Enqueue,
    Enqueued,
    EnqueueFailed,
    QueueItem,
    QueueSeen,
    QueueUnknown,
    Reply,
)
from farwire_bridge.happenings import Confirmed, Discarded, Happening, Heard, Rejoined, Transmitted
from farwire_bridge.order_state import OrderState, Phase
from farwire_bridge.outcome import Outcome, Report
from farwire_bridge.slot import CHANCES, Slot
from farwire_codecs import ports
from farwire_contract.v1.telemetry_pb2 import Fate


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""

    dev_eui: str


DownlinkInput = Happening | Reply | Tick


class DeviceDownlinks:
    """The open orders of one device; `payload_limit` None until the device was heard."""

    def __init__(
        self,
        dev_eui: str,
        payload_limit: int | None,
        tokens: Iterator[int],
        answer_uplinks: int,
        back_off: BackOff,
    ) -> None:
        self._dev_eui = dev_eui
        self._limit = payload_limit
        self._tokens = tokens
        self._answer_uplinks = answer_uplinks
        self._back_off = back_off
        self._orders: dict[str, OrderState] = {}  # open ones, in the order of arrival
        self._orphan: Slot | None = None  # in the queue, but of no open order
        self._replaceable = False  # the orphan is an old configuration that a flush may remove
        self._queue_known = False
        self._asking = False
        self._retry_ms = 0
        self._early: set[str] = set()  # items transmitted while a reply was to come: perhaps it was ours
        self._out = Outcome()
        self._handlers: dict[type, Callable[..., None]] = {
            Heard: self._on_heard,
            Rejoined: self._on_rejoined,
            Transmitted: self._on_transmitted,
            Confirmed: self._on_confirmed,
            Discarded: self._on_discarded,
            Enqueued: self._on_enqueued,
            EnqueueFailed: self._on_enqueue_failed,
            QueueSeen: self._on_queue_seen,
            QueueUnknown: self._on_queue_unknown,
            Tick: self._on_tick,
        }

    @property
    def orders(self) -> tuple[OrderState, ...]:
        """The open orders, in the order of arrival."""
        return tuple(self._orders.values())

    def restore(self, order: OrderState) -> None:
        """Take an order as it was saved; what was in the queue is looked for there."""
        if order.slot:
            order = replace(order, slot=replace(order.slot, unsure=not order.slot.item_id, uplinks=CHANCES))
        self._orders[order.order_id] = order

    def accept(self, order: OrderState, now_ms: int) -> Outcome:
        """Take a new order."""
        self._keep(order)
        self._report(order, Fate.ACCEPTED)
        configurations = [other for other in self.orders if not other.is_command]
        newest = max(configurations, key=lambda other: other.age, default=None)
        for other in configurations:
            if newest and other is not newest:
                self._keep(other.finished(Fate.FATE_FAILED, f"superseded by {newest.order_id}"))
        return self._outcome(now_ms)

    def handle(self, event: DownlinkInput, now_ms: int) -> Outcome:
        """Take an event of the device or a reply of the network server."""
        self._handlers[type(event)](event, now_ms)
        return self._outcome(now_ms)

    def wake_ms(self) -> int | None:
        """Return when a Tick is due, None when nothing waits for the time."""
        times = [order.expires_ms for order in self.orders if order.expires_ms]
        if self._retry_ms and self._orders:
            times.append(self._retry_ms)
        return min(times, default=None)

    # What follows, whatever happened.

    def _outcome(self, now_ms: int) -> Outcome:
        for order in self.orders:
            if order.expires_ms and now_ms >= order.expires_ms:
                detail = "sent, but no answer came in time" if order.was_sent else "not sent in time"
                self._keep(order.finished(Fate.EXPIRED, detail))
        if now_ms >= self._retry_ms:
            self._retry_ms = 0
            self._advance()
        out, self._out = self._out, Outcome()
        return out

    def _advance(self) -> None:
        slots = self._slots()
        if self._asking or any(slot.in_flight for slot in slots):
            return
        waiting = self._next()
        if any(slot.doubtful for slot in slots) or (not self._queue_known and (waiting or slots)):
            self._asking = True
            self._out.calls.append(AskQueue(self._dev_eui))
        elif waiting and not slots:
            self._enqueue(waiting)
        elif waiting and slots == [self._orphan] and self._replaceable:
            self._orphan = None
            self._out.flushed = True
            self._enqueue(waiting, flush=True)

    def _next(self) -> OrderState | None:
        """Return the order whose turn it is, in pieces that fit."""
        commands = sorted((order for order in self.orders if order.is_command), key=lambda order: order.age)
        configurations = [order for order in self.orders if not order.is_command]
        for order in (*commands[:1], *configurations):
            if order.phase is Phase.WAITING and (ready := order.cut(self._limit)):
                return ready
        return None

    def _enqueue(self, order: OrderState, flush: bool = False) -> None:
        slot = Slot(order.f_port, order.pieces[order.piece], next(self._tokens))
        self._keep(order.queued(slot))
        self._out.calls.append(
            Enqueue(
                self._dev_eui,
                slot.token,
                slot.f_port,
                slot.payload,
                order.confirmed,
                order.expires_ms,
                flush,
            )
        )

    # What the device says.

    def _on_tick(self, _: Tick, now_ms: int) -> None:
        pass  # the time alone may expire or retry

    def _on_heard(self, event: Heard, now_ms: int) -> None:
        self._limit = event.payload_limit
        for order in self.orders:
            if _is_answered(order, event):
                self._keep(order.finished())
            elif not order.is_command and event.configuration_hash is not None:
                if order.slot:
                    reported = order.is_last_piece and event.configuration_hash == order.expected
                    self._keep(replace(order, reported=reported))
                elif event.configuration_hash != order.expected:
                    self._keep(order.reported_as(event.configuration_hash))
        for order in self.orders:
            if order.slot:
                self._orders[order.order_id] = replace(order, slot=order.slot.heard())
            elif order.phase is Phase.AWAITING:
                waited = replace(order, uplinks=order.uplinks + 1)
                self._orders[order.order_id] = waited
                if waited.uplinks >= self._answer_uplinks:
                    self._keep(waited.next_attempt("no answer of the node"))
        if self._orphan:
            self._orphan = replace(self._orphan, uplinks=CHANCES)

    def _on_rejoined(self, _: Rejoined, now_ms: int) -> None:
        self._queue_known = False
        for order in self.orders:
            if order.slot:
                self._keep(replace(order, slot=replace(order.slot, flushed=True)))
            elif order.phase is Phase.AWAITING and order.attempt < order.attempts:
                self._keep(order.next_attempt("joined again"))

    # What becomes of the item in the queue.

    def _on_transmitted(self, event: Transmitted, now_ms: int) -> None:
        order = self._holder(event.item_id)
        if order:
            self._sent(order)
        elif self._orphan and self._orphan.item_id == event.item_id:
            self._orphan = None
            self._queue_known = False  # a confirmed one is still there, pending
        elif any(slot.in_flight for slot in self._slots()):
            self._early.add(event.item_id)

    def _sent(self, order: OrderState) -> None:
        """A gateway took the present piece."""
        if order.slot is None or order.slot.transmitted:
            return
        if order.is_last_piece:
            self._report(order, Fate.SENT)
        if order.confirmed:
            self._keep(replace(order, slot=replace(order.slot, transmitted=True, uplinks=0)))
        else:
            self._keep(order.piece_done())

    def _on_confirmed(self, event: Confirmed, now_ms: int) -> None:
        order = self._holder(event.item_id)
        if order and event.acknowledged:
            if order.is_last_piece:
                self._report(order, Fate.ACKNOWLEDGED)
            self._keep(order.piece_done())
        elif order:
            self._keep(order.not_arrived("not acknowledged"))
        self._forget_orphan(event.item_id)

    def _on_discarded(self, event: Discarded, now_ms: int) -> None:
        self._forget_orphan(event.item_id)
        order = self._holder(event.item_id)
        if order is None:
            return
        if event.code == "DOWNLINK_PAYLOAD_SIZE":
            if event.payload_limit is not None:
                self._limit = event.payload_limit
            self._keep(order.from_the_start())
        elif event.code == "EXPIRED":
            expired = replace(order, slot=None).finished(
                Fate.EXPIRED, "expired in the network server's queue"
            )
            self._keep(expired)
        else:
            self._keep(order.not_arrived(f"discarded by the network server ({event.code})"))

    # What the network server replies.

    def _on_enqueued(self, event: Enqueued, now_ms: int) -> None:
        self._back_off.succeeded()
        for order in self.orders:
            if order.slot and order.slot.token == event.token:
                there = replace(order, slot=replace(order.slot, item_id=event.item_id, unsure=False))
                self._queued(there)
                if event.item_id in self._early:
                    self._sent(there)
        if self._orphan and self._orphan.token == event.token:
            self._orphan = replace(self._orphan, item_id=event.item_id, unsure=False)
        self._early.clear()

    def _queued(self, order: OrderState) -> None:
        self._keep(order)
        if order.piece == 0:
            self._report(order, Fate.ENQUEUED)

    def _on_enqueue_failed(self, event: EnqueueFailed, now_ms: int) -> None:
        for order in self.orders:
            if order.slot and order.slot.token == event.token and event.permanent:
                self._keep(replace(order, slot=None).finished(Fate.FATE_FAILED, event.detail))
            elif order.slot and order.slot.token == event.token:
                self._keep(replace(order, slot=replace(order.slot, unsure=True)))
        if self._orphan and self._orphan.token == event.token:
            self._orphan = None if event.permanent else replace(self._orphan, unsure=True)
        if not event.permanent:
            self._retry_ms = now_ms + self._back_off.failed_ms()

    def _on_queue_unknown(self, _: QueueUnknown, now_ms: int) -> None:
        self._asking = False
        self._retry_ms = now_ms + self._back_off.failed_ms()

    def _on_queue_seen(self, event: QueueSeen, now_ms: int) -> None:
        self._back_off.succeeded()
        self._asking = False
        self._queue_known = True
        others = list(event.items)
        for order in self.orders:
            if order.slot and (item := order.slot.find(event.items)):
                others.remove(item)
                self._found(order, order.slot, item)
            elif order.slot:
                self._keep(_missing(order, order.slot))
        self._find_orphan([item for item in others if item.f_port != ports.ACKNOWLEDGEMENT])

    def _found(self, order: OrderState, was: Slot, item: QueueItem) -> None:
        order = replace(order, slot=replace(was.found(item), transmitted=was.transmitted))
        if was.item_id:
            self._keep(order)
        else:
            self._queued(order)
        if item.pending:
            self._sent(order)

    def _find_orphan(self, others: list[QueueItem]) -> None:
        """Note what is in the queue on our ports without an order of ours behind it.

        A confirmed one is never flushed: it may be sent before the flush, and then stays, pending.
        """
        known = self._orphan
        ours = [item for item in others if item.f_port in (ports.COMMAND, ports.CONFIGURATION)]
        self._orphan = Slot(ours[0].f_port, ours[0].payload).found(ours[0]) if ours else None
        self._replaceable = (
            len(others) == len(ours) == 1
            and ours[0].f_port == ports.CONFIGURATION
            and not ours[0].confirmed
            and known is not None
            and known.find(ours) is not None
        )

    # Book-keeping.

    def _slots(self) -> list[Slot]:
        return [slot for slot in (self._orphan, *(order.slot for order in self.orders)) if slot]

    def _holder(self, item_id: str) -> OrderState | None:
        return next((order for order in self.orders if order.slot and order.slot.item_id == item_id), None)

    def _forget_orphan(self, item_id: str) -> None:
        if self._orphan and self._orphan.item_id == item_id:
            self._orphan = None

    def _keep(self, order: OrderState) -> None:
        """Set an order's state, to be saved; one that is finished leaves its item in the queue an orphan."""
        self._orders[order.order_id] = order
        self._out.saves[order.order_id] = order
        if order.phase is Phase.FINISHED:
            del self._orders[order.order_id]
            if order.fate:
                self._report(order, order.fate, order.detail)
            if order.slot:
                self._orphan = order.slot
                self._queue_known = False

    def _report(self, order: OrderState, fate: int, detail: str = "") -> None:
        self._out.reports.append(Report(order, fate, detail, order.slot.item_id if order.slot else ""))


def _is_answered(order: OrderState, event: Heard) -> bool:
    if order.is_command:
        return order.attempt > 0 and event.answered == order.expected
    return order.was_sent and event.configuration_hash == order.expected


def _missing(order: OrderState, slot: Slot) -> OrderState:
    """Return an order whose item is not in the queue: it was sent, or flushed, or never came there."""
    never_sent = slot.flushed or not slot.item_id or not (slot.uplinks or slot.transmitted)
    return order.again() if never_sent else order.piece_done()
