"""The open orders as this copy of the service sees them, and the streams that hand them to bridges."""

import logging
import threading
from collections.abc import Callable, Iterator

from farwire_cloud.errors import CloudError
from farwire_cloud.feed import Feed, Happening
from farwire_cloud.model.orders import Order, expired_at
from farwire_cloud.orders.handing import due
from farwire_cloud.orders.register import Register

log = logging.getLogger("farwire.cloud.orders")

REFRESH_MS = 10_000  # an order that another copy moved forward is seen at the latest after this


class Book:
    """Kept up to date by `poll`; orders made or moved in this process show at once, through the feed."""

    def __init__(
        self, register: Register, feed: Feed, clock: Callable[[], int], answer_wait_ms: int, repeat_ms: int
    ) -> None:
        self._register = register
        self._clock = clock  # UTC ms
        self._answer_wait_ms = answer_wait_ms
        self._repeat_ms = repeat_ms
        self._orders: dict[str, tuple[Order, int]] = {}  # by id, with when it was read
        self._changed = threading.Condition()
        self._ends = False
        self._polling = threading.Lock()
        feed.listen(self._heard)

    def poll(self) -> None:
        """Read the list of open orders, and give up those that are over. Raises StoreUnavailableError."""
        with self._polling:
            now_ms = self._clock()
            with self._changed:
                fresh = [id_ for id_, (_, read_ms) in self._orders.items() if now_ms - read_ms < REFRESH_MS]
            ids, orders = self._register.open(fresh)
            with self._changed:
                for order in orders:
                    self._orders[order.order_id] = (order, now_ms)
                still_open = set(ids) | {
                    id_ for id_, (_, read_ms) in self._orders.items() if read_ms >= now_ms
                }
                self._orders = {id_: entry for id_, entry in self._orders.items() if id_ in still_open}
                self._changed.notify_all()
                over = [
                    order
                    for order, _ in self._orders.values()
                    if expired_at(order, now_ms, self._answer_wait_ms)
                ]
        for order in over:
            self._register.expire(order, now_ms, self._answer_wait_ms)

    def run(self, interval_s: float, stop: threading.Event) -> None:
        """Poll until `stop` is set; what fails is logged and tried again."""
        while not stop.wait(interval_s):
            try:
                self.poll()
            except CloudError as error:
                log.warning("orders_not_read", extra={"reason": str(error)})

    def end(self) -> None:
        """End all streams."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()

    def follow(
        self, application_ids: frozenset[str], is_active: Callable[[], bool], wait_s: float
    ) -> Iterator[Order]:
        """Yield open orders as they are due, until `end`, or the listener is gone (asked every `wait_s`)."""
        self.poll()
        handed_ms: dict[str, int] = {}
        first = True
        while is_active():
            with self._changed:
                if self._ends:
                    return
                orders = [order for order, _ in self._orders.values()]
            now_ms = self._clock()
            found = due(orders, application_ids, handed_ms, now_ms, self._repeat_ms, first=first)
            first = False
            for order in found:
                handed_ms[order.order_id] = now_ms
                yield order
            with self._changed:
                if not self._ends and not found:
                    self._changed.wait(wait_s)

    def _heard(self, happening: Happening | None) -> None:
        if not isinstance(happening, Order):
            return
        with self._changed:
            if happening.is_open:
                self._orders[happening.order_id] = (happening, self._clock())
            else:
                self._orders.pop(happening.order_id, None)
            self._changed.notify_all()
