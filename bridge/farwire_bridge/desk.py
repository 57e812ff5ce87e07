"""The desk: the one thread that writes. What comes in is written down in one transaction, and only then are
its consequences let out: acknowledgements to the broker, calls to the network server, deliveries.

Many messages share a transaction (group commit). While the spool is full, MQTT messages are held back
unacknowledged, so that the broker keeps the rest; nothing is dropped.
"""

import logging
import queue
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from farwire_bridge.acknowledgements import AcknowledgementInput
from farwire_bridge.calls import Call
from farwire_bridge.counters import Counters
from farwire_bridge.database import Database
from farwire_bridge.intake import Intake
from farwire_bridge.memory import SetAside
from farwire_bridge.messages import (
    Broken,
    Delivered,
    Happened,
    Message,
    MqttMessage,
    NewOrder,
    Published,
    QueueReply,
)
from farwire_bridge.order_desk import Consequences, OrderDesk
from farwire_bridge.spool import Spool
from farwire_bridge.unpublished import Unpublished

LOG = logging.getLogger("farwire.bridge")

MOST_AT_ONCE = 100
"""Messages in a transaction: decoding them takes about 50 ms, the longest that an order's call may wait."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the consequences go, after the commit."""

    acknowledge: Callable[[Iterable[MqttMessage]], None]  # to the broker
    call: Callable[[Call], None]  # to the network server; the reply comes back as a QueueReply
    tell: Callable[[AcknowledgementInput], None]  # to the acknowledgements
    spooled: Callable[[], None]  # to the forwarders


@dataclass(slots=True)
class _Round:
    """What one transaction leads to."""

    now_ms: int
    taken: list[MqttMessage] = field(default_factory=list)
    told: list[AcknowledgementInput] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    spooled: int = 0

    def add(self, consequences: Consequences) -> None:
        self.calls += consequences.calls
        self.told += consequences.flushed
        self.spooled += consequences.spooled


class Desk:
    """Handles the messages of `inbox`, a round at a time."""

    def __init__(
        self,
        inbox: "queue.SimpleQueue[Message]",
        database: Database,
        intake: Intake,
        spool: Spool,
        set_aside: SetAside,
        unpublished: Unpublished,
        orders: OrderDesk,
        counters: Counters,
        outlets: Outlets,
    ) -> None:
        self._inbox = inbox
        self._database = database
        self._intake = intake
        self._spool = spool
        self._set_aside = set_aside
        self._unpublished = unpublished
        self._orders = orders
        self._counters = counters
        self._outlets = outlets
        self._held: deque[MqttMessage] = deque()  # came, but the spool is full
        self._was_full = False

    def start(self, now_ms: int) -> None:
        """Go on with the orders of an earlier run."""
        round_ = _Round(now_ms)
        with self._database.transaction():
            round_.add(self._orders.start(now_ms))
        self._let_out(round_)

    def once(self, timeout_s: float, clock_ms: Callable[[], int]) -> None:
        """Wait for messages, at most `timeout_s`, and handle them; raises sqlite3.Error when the disk fails.

        Also raises what ended another thread (`Broken`).
        """
        messages = self._collect(timeout_s)
        round_ = _Round(clock_ms())
        wake_ms = self._orders.wake_ms()
        due = wake_ms is not None and wake_ms <= round_.now_ms
        if not messages and not due:
            return
        # That entries were delivered may be forgotten in a power cut: the cloud knows them again. So may what
        # was published: to do it again changes nothing.
        durable = due or any(not isinstance(message, Delivered | Published) for message in messages)
        with self._database.transaction(durable=durable or bool(self._held)):
            for message in messages:
                self._handle(message, round_)
            self._take_held(round_)
            if due:
                round_.add(self._orders.tick(round_.now_ms))
        self._let_out(round_)
        self._tell_whether_full()

    def _collect(self, timeout_s: float) -> list[Message]:
        messages: list[Message] = []
        try:
            messages.append(self._inbox.get(timeout=timeout_s))
            while len(messages) < MOST_AT_ONCE:
                messages.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return messages

    def _handle(self, message: Message, round_: _Round) -> None:
        match message:
            case MqttMessage():
                self._held.append(message)
                self._take_held(round_)
                self._counters.add("held", bool(self._held))
            case NewOrder(order):
                round_.add(self._orders.accept(order, round_.now_ms))
            case QueueReply(reply):
                round_.add(self._orders.handle(reply, round_.now_ms))
            case Happened(happening):
                round_.told.append(happening)
                round_.add(self._orders.handle(happening, round_.now_ms))
            case Delivered(ids, refused):
                self._spool.remove(ids)
                for entry, why in refused:
                    self._set_aside.keep(why, entry.device.dev_eui, entry.SerializeToString(), round_.now_ms)
            case Published(ids):
                self._unpublished.remove(ids)
            case Broken(error):
                raise error

    def _take_held(self, round_: _Round) -> None:
        while self._held and not self._spool.full:
            message = self._held.popleft()
            decoded = self._intake.take(message.topic, message.payload, round_.now_ms, message.source)
            self._spool.append(decoded.entries)
            round_.spooled += len(decoded.entries)
            round_.taken.append(message)
            round_.told += decoded.happenings
            for happening in decoded.happenings:
                round_.add(self._orders.handle(happening, round_.now_ms))

    def _let_out(self, round_: _Round) -> None:
        for event in round_.told:
            self._outlets.tell(event)
        if round_.spooled:
            self._counters.add("spooled", round_.spooled)
            self._outlets.spooled()
        for call in round_.calls:
            self._outlets.call(call)
        if round_.taken:
            self._outlets.acknowledge(round_.taken)

    def _tell_whether_full(self) -> None:
        if self._spool.full is self._was_full:
            return
        self._was_full = self._spool.full
        if self._was_full:
            LOG.error("spool full, events are left with the broker", extra={"entries": self._spool.count})
        else:
            LOG.warning("spool has room again", extra={"entries": self._spool.count})
