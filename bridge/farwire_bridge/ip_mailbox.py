"""Downlinks to nodes over HTTPS, until the node's next request takes them along.

Safe from any thread. Nothing here is on the disk: after a restart the downlinks' machines send again what was
not answered.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from farwire_bridge.calls import Call, Enqueue, Enqueued, EnqueueFailed, QueueSeen, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.happenings import Discarded, Transmitted
from farwire_bridge.ip_items import Item, Tags
from farwire_bridge.messages import Happened

MOST_ITEMS = 32
"""Of a device; the machines have two under way at most, so that more are a mistake."""

MOST_AT_ONCE = 4
"""Downlinks in an answer: what a board holds in memory."""


class Mailbox:
    """The queues of all devices that come over HTTPS."""

    def __init__(self, deliver: Callable[[Happened], None], counters: Counters, tags: Tags) -> None:
        self._deliver = deliver
        self._counters = counters
        self._tags = tags
        self._items: defaultdict[str, list[Item]] = defaultdict(list)
        self._changed = threading.Condition()

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        """Take a call of the downlinks' machines; `then` gets its reply, on this thread."""
        with self._changed:
            reply = self._reply(call)
            self._changed.notify_all()
        then(reply)

    def look(self, dev_eui: str, wait_s: float, now_ms: Callable[[], int]) -> list[Item]:
        """Return a device's next downlinks as soon as there are some, none after `wait_s`."""
        deadline_s = time.monotonic() + wait_s
        with self._changed:
            while not self._current(dev_eui, now_ms()):
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    return []
            return self._items[dev_eui][:MOST_AT_ONCE]

    def sent(self, items: Sequence[Item]) -> None:
        """Forget downlinks that went out, and tell."""
        with self._changed:
            for item in items:
                queue = self._items[item.call.dev_eui]
                if item in queue:
                    queue.remove(item)
        for item in items:
            self._deliver(Happened(Transmitted(item.call.dev_eui, item.item_id)))

    def _reply(self, call: Call) -> Reply:
        items = self._items[call.dev_eui]
        if not isinstance(call, Enqueue):
            return QueueSeen(call.dev_eui, tuple(item.shown() for item in items))
        if call.flush:
            items.clear()
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
                self._deliver(Happened(Discarded(dev_eui, item.item_id, "EXPIRED")))
        return bool(items)
