"""A device, its queue at the network server, and the air between them, as a model with every kind of loss.

The queue follows chirpstack src/downlink/data.rs. Events go to the machine under test as happenings, or get
lost; calls of the machine are executed when the test says so, and their replies can get lost.
"""

import contextlib
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from farwire_bridge.calls import (
    AskQueue,
    Call,
    Enqueue,
    Enqueued,
    EnqueueFailed,
    QueueItem,
    QueueSeen,
    QueueUnknown,
    Reply,
)
from farwire_bridge.happenings import Confirmed, Discarded, Happening, Heard, Rejoined, Transmitted
from farwire_codecs import command, configuration, ports
from farwire_codecs.errors import CodecError

DEV_EUI = "0102030405060708"
PAYLOAD_LIMIT = 36


@dataclass(slots=True)
class Item:
    """One downlink in the queue."""

    item_id: str
    f_port: int
    payload: bytes
    confirmed: bool
    expires_ms: int
    pending: bool = False


class Node:
    """Executes a command once, answers each arrival; runs a configuration when its pieces are there."""

    def __init__(self) -> None:
        self.executed: list[int] = []
        self.running = configuration.encode_document(())
        self.to_say: deque[tuple[int | None, int | None]] = deque()  # (answered, configuration_hash)
        self.mac_acknowledgement = False
        self._assembly = configuration.Assembly()

    @property
    def running_hash(self) -> int:
        return configuration.crc32(self.running)

    def receive(self, f_port: int, payload: bytes) -> None:
        if f_port == ports.COMMAND:
            number = command.decode(payload).number
            if number not in self.executed:
                self.executed.append(number)
            self.to_say.append((number, None))
        elif f_port == ports.CONFIGURATION:
            transfer = self._assembly.take(payload)
            if transfer:
                with contextlib.suppress(CodecError):  # a difference to something else
                    self.running = configuration.result(transfer, self.running)
                self.to_say.append((None, self.running_hash))


class Network:
    """One device's link; `tell` gives a happening to the machine, which appends its calls to `calls`."""

    def __init__(self, tell: Callable[[Happening | Reply], None]) -> None:
        self.node = Node()
        self.queue: list[Item] = []
        self.calls: deque[Call] = deque()
        self.replies: deque[Reply] = deque()  # late ones
        self.now_ms = 1_000
        self._tell = tell
        self._ids = itertools.count(1)

    def execute(self, reply: str) -> None:
        """Execute the next call; `reply`: "ok", "late", "lost" (executed) or "unreachable" (not executed)."""
        if not self.calls:
            return
        call = self.calls.popleft()
        answer = self._answer(call, reply)
        if reply == "late":
            self.replies.append(answer)
        else:
            self._tell(answer)

    def reply(self) -> None:
        """Let a late reply arrive."""
        if self.replies:
            self._tell(self.replies.popleft())

    def drop_calls(self, executed: bool) -> None:
        """The machine is gone: its calls are executed or not, and nobody hears of it."""
        self.replies.clear()
        while self.calls:
            call = self.calls.popleft()
            if executed and isinstance(call, Enqueue):
                self._enqueue(call)

    def uplink(self, radio: bool, events: bool, in_window: bool, heard_down: bool) -> None:
        """One uplink with its downlink opportunity; each flag False is a loss."""
        if not radio:
            return
        answered, hash_ = self.node.to_say.popleft() if self.node.to_say else (None, None)
        if self.queue and self.queue[0].pending:
            item = self.queue.pop(0)
            if events:
                self._tell(Confirmed(DEV_EUI, item.item_id, self.node.mac_acknowledgement))
        self.node.mac_acknowledgement = False
        if events:
            self._tell(Heard(DEV_EUI, PAYLOAD_LIMIT, answered, hash_))
        while in_window and self.calls:
            self.execute("ok")
        if in_window:
            self.reply()
        self.opportunity(events, heard_down)

    def opportunity(self, events: bool, heard_down: bool) -> None:
        while self.queue and self.queue[0].expires_ms and self.queue[0].expires_ms <= self.now_ms:
            item = self.queue.pop(0)
            if events:
                self._tell(Discarded(DEV_EUI, item.item_id, "EXPIRED"))
        if not self.queue or self.queue[0].pending:
            return
        item = self.queue[0]
        assert len(item.payload) <= PAYLOAD_LIMIT, "too large for the window: it would be thrown away"
        if item.confirmed:
            item.pending = True
        else:
            self.queue.pop(0)
        if events:
            self._tell(Transmitted(DEV_EUI, item.item_id))
        if heard_down:
            self.node.mac_acknowledgement = item.confirmed
            self.node.receive(item.f_port, item.payload)

    def discard(self, code: str) -> None:
        """Throw the first item away."""
        if self.queue and not self.queue[0].pending:
            item = self.queue.pop(0)
            self._tell(Discarded(DEV_EUI, item.item_id, code, PAYLOAD_LIMIT))

    def join(self, flush: bool, events: bool) -> None:
        if flush:
            self.queue.clear()
        self.node.mac_acknowledgement = False
        if events:
            self._tell(Rejoined(DEV_EUI))

    def _answer(self, call: Call, reply: str) -> Reply:
        if isinstance(call, AskQueue):
            if reply in ("lost", "unreachable"):
                return QueueUnknown(call.dev_eui, reply)
            return QueueSeen(call.dev_eui, tuple(_seen(item) for item in self.queue))
        if reply == "unreachable":
            return EnqueueFailed(call.dev_eui, call.token, False, reply)
        item_id = self._enqueue(call)
        if reply == "lost":
            return EnqueueFailed(call.dev_eui, call.token, False, reply)
        return Enqueued(call.dev_eui, call.token, item_id)

    def _enqueue(self, call: Enqueue) -> str:
        if call.flush:
            self.queue = [item for item in self.queue if item.pending]
        item_id = f"item-{next(self._ids)}"
        self.queue.append(Item(item_id, call.f_port, call.payload, call.confirmed, call.expires_ms))
        return item_id


def _seen(item: Item) -> QueueItem:
    return QueueItem(item.item_id, item.f_port, item.payload, item.confirmed, item.pending)
