"""Downlinks to nodes over HTTPS, until the node's requests take them along.

Safe from any thread. Nothing here is on the disk: after a restart the downlinks' machines send again what was
not answered. An answer may be lost where nobody notices (a connection that is half open), so a downlink that
went along with one is kept until a request names it as heard, and goes again with the next one that does not;
the node tells by its tag that it has it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farwire_bridge.calls import Call, Enqueue, Enqueued, EnqueueFailed, QueueSeen, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.happenings import Discarded, Transmitted
from farwire_bridge.ip_items import Item, Tags
from farwire_bridge.messages import Happened

MOST_ITEMS = 32
"""Of a device; the machines have two under way at most, so that more are a mistake."""

MOST_AT_ONCE = 4
"""Downlinks in an answer: what a board holds in memory."""

MOST_TRIES = 3
"""Answers that a downlink goes along with: a node may have it and name another one as its last."""


@dataclass(slots=True)
class _Sent:
    """A downlink in an answer; `gone`: the answer was written."""

    item: Item
    tries: int
    gone: bool = False


class Mailbox:
    """The queues of all devices that come over HTTPS; `changed` is called with the DevEUI of one whose queue
    grew, on the thread that calls."""

    def __init__(self, deliver: Callable[[Happened], None], counters: Counters, tags: Tags) -> None:
        self.changed: Callable[[str], None] = lambda dev_eui: None
        self._deliver = deliver
        self._counters = counters
        self._tags = tags
        self._items: defaultdict[str, list[Item]] = defaultdict(list)
        self._sent: defaultdict[str, list[_Sent]] = defaultdict(list)
        self._tries: dict[int, int] = {}  # by tag, of those that are in a queue again
        self._lock = threading.Lock()

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        """Take a call of the downlinks' machines; `then` gets its reply, on this thread."""
        with self._lock:
            reply = self._reply(call)
        if isinstance(reply, Enqueued):
            self.changed(call.dev_eui)
        then(reply)

    def heard(self, dev_eui: str, tag: int) -> None:
        """Take that a request came in which the device names the last downlink that it has; 0: none."""
        with self._lock:
            sent = self._sent.pop(dev_eui, [])
            at = next((number for number, each in enumerate(sent) if each.item.tag == tag), -1)
            again = [each for each in sent[at + 1 :] if each.gone and each.tries < MOST_TRIES]
            under_way = [each for each in sent[at + 1 :] if not each.gone]
            if under_way:
                self._sent[dev_eui] = under_way
            self._tries.update({each.item.tag: each.tries for each in again})
            self._items[dev_eui][:0] = [each.item for each in again]

    def take(self, dev_eui: str, now_ms: int) -> list[Item]:
        """Return a device's next downlinks for an answer; `sent` or `put_back` must follow."""
        with self._lock:
            if not self._current(dev_eui, now_ms):
                return []
            queue = self._items[dev_eui]
            items = queue[:MOST_AT_ONCE]
            del queue[:MOST_AT_ONCE]
            self._sent[dev_eui] += [_Sent(item, self._tries.pop(item.tag, 0) + 1) for item in items]
            return items

    def sent(self, items: Sequence[Item]) -> None:
        """Take that the answer with these was written, and tell it of those of which it is new."""
        first = []
        with self._lock:
            for each in self._of(items):
                each.gone = True
                if each.tries == 1:
                    first.append(each.item)
        for item in first:
            self._deliver(Happened(Transmitted(item.call.dev_eui, item.item_id)))

    def put_back(self, items: Sequence[Item]) -> None:
        """Take that the answer with these could not be written."""
        if not items:
            return
        dev_eui = items[0].call.dev_eui
        with self._lock:
            found = self._of(items)
            self._sent[dev_eui] = [each for each in self._sent[dev_eui] if each not in found]
            self._tries.update({each.item.tag: each.tries - 1 for each in found})
            self._items[dev_eui][:0] = [each.item for each in found]
        self.changed(dev_eui)

    def _of(self, items: Sequence[Item]) -> list[_Sent]:
        """Return what is known of these; nothing of one that was flushed, or heard, meanwhile."""
        if not items:
            return []
        return [each for each in self._sent[items[0].call.dev_eui] if each.item in items]

    def _reply(self, call: Call) -> Reply:
        items = self._items[call.dev_eui]
        if not isinstance(call, Enqueue):
            under_way = [each.item for each in self._sent[call.dev_eui] if not each.gone and each.tries == 1]
            waiting = [item for item in items if not self._tries.get(item.tag)]  # others were told as sent
            return QueueSeen(call.dev_eui, tuple(item.shown() for item in under_way + waiting))
        if call.flush:
            self._forget(items)
            items.clear()
            self._sent.pop(call.dev_eui, None)
        if len(items) >= MOST_ITEMS:
            self._counters.add("enqueue_failures")
            return EnqueueFailed(call.dev_eui, call.token, False, f"{MOST_ITEMS} downlinks are waiting")
        item = Item(self._tags.next(), call)
        items.append(item)
        self._counters.add("enqueued")
        return Enqueued(call.dev_eui, call.token, item.item_id)

    def _current(self, dev_eui: str, now_ms: int) -> bool:
        """Throw away what expired; return whether anything is left."""
        items = self._items[dev_eui]
        for item in list(items):
            if item.call.expires_ms and item.call.expires_ms <= now_ms:
                items.remove(item)
                if not self._tries.pop(item.tag, 0):  # else it was told that it went
                    self._deliver(Happened(Discarded(dev_eui, item.item_id, "EXPIRED")))
        return bool(items)

    def _forget(self, items: Sequence[Item]) -> None:
        for item in items:
            self._tries.pop(item.tag, None)
