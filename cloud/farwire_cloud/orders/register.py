"""Orders in the store: made, moved forward step by step, read."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from farwire_cloud.errors import ConflictError, NotFoundError
from farwire_cloud.feed import Feed
from farwire_cloud.model.orders import Order, Step, expired_at, with_step
from farwire_cloud.store import keys
from farwire_cloud.store.conditions import Absent, Equals
from farwire_cloud.store.device_items import VERSION
from farwire_cloud.store.keys import Key
from farwire_cloud.store.order_items import (
    number_to_item,
    order_from_item,
    order_to_item,
    pointed_at,
    pointer_to_item,
)
from farwire_cloud.store.table import Table

log = logging.getLogger("farwire.cloud.orders")

ATTEMPTS = 10  # each one lost is won by another writer
COMMAND_NUMBERS = 65_536  # orders.proto, Command.number


@dataclass(frozen=True, slots=True)
class Orders:
    """One page of a device's orders, the newest first."""

    orders: list[Order]
    before: str | None  # order id to go on from


class Register:
    """All orders; any thread may call. Every change is told to `feed`."""

    def __init__(self, table: Table, feed: Feed) -> None:
        self._table = table
        self._feed = feed

    def next_number(self, dev_eui: str) -> int:
        """Return the device's next command number: 1, 2, ... 65,535, 0, 1, ..."""
        return self._table.add(keys.command_counter(dev_eui), "n", 1) % COMMAND_NUMBERS

    def make(self, order: Order, number: int | None = None) -> None:
        """Store a new order; durable when this returns. `number`: of its command.

        The entry in the list of open orders comes last: what a bridge can see is whole.
        """
        if number is not None:
            self._table.put_many([number_to_item(order.dev_eui, number, order.order_id)])
        if not self._table.put_if(order_to_item(order, 1), Absent()):
            raise ConflictError(f"order {order.order_id} exists already")
        self._table.put_many([pointer_to_item(order)])
        self._told(order)

    def get(self, dev_eui: str, order_id: str) -> Order:
        """Return an order; raises NotFoundError."""
        item = self._table.get(keys.order(dev_eui, order_id))
        if item is None:
            raise NotFoundError(f"{dev_eui} has no order {order_id}")
        return order_from_item(item)

    def find(self, dev_eui: str, order_id: str) -> Order | None:
        """Return an order, None if there is none."""
        item = self._table.get(keys.order(dev_eui, order_id))
        return order_from_item(item) if item else None

    def of_device(self, dev_eui: str, limit: int, before: str = "") -> Orders:
        """Return orders of a device made before the order `before`, the newest first."""
        after = keys.order(dev_eui, before).sk if before else None
        page = self._table.query(keys.orders(dev_eui), limit=limit, after=after, descending=True)
        more = page.next_sk
        return Orders([order_from_item(item) for item in page.items], more[2:] if more else None)

    def step(self, dev_eui: str, order_id: str, steps: Iterable[Step]) -> Order:
        """Add steps to an order; raises NotFoundError for one that does not exist."""

        def change(order: Order) -> Order:
            for step in steps:
                order = with_step(order, step)
            return order

        return self._change(keys.order(dev_eui, order_id), change)

    def answer(self, dev_eui: str, number: int, step: Step) -> Order:
        """Add the node's answer to the command with this number; raises NotFoundError."""
        item = self._table.get(keys.command_number(dev_eui, number))
        if item is None:
            raise NotFoundError(f"{dev_eui} was never given command number {number}")
        return self.step(dev_eui, item["order_id"], [step])

    def expire(self, order: Order, now_ms: int, answer_wait_ms: int) -> Order:
        """Give an order up if it is over by what the store holds of it; return what it is now."""
        step = Step("expired", now_ms, detail="no bridge reported its end in time")

        def change(current: Order) -> Order:
            return with_step(current, step) if expired_at(current, now_ms, answer_wait_ms) else current

        return self._change(keys.order(order.dev_eui, order.order_id), change)

    def open(self, known: Sequence[str]) -> tuple[list[str], list[Order]]:
        """Return the ids of all open orders, and those of the orders themselves that are not `known`.

        What is in the list of open orders but is not open is taken off it.
        """
        pointers = self._table.query(keys.open_orders()).items
        wanted = {pointed_at(item): item["sk"] for item in pointers if item["sk"] not in set(known)}
        found = self._table.get_many(list(wanted)) if wanted else {}
        orders = [order_from_item(item) for item in found.values()]
        closed = {order.order_id for order in orders if not order.is_open}
        closed |= {order_id for key, order_id in wanted.items() if key not in found}
        for order_id in closed:
            self._table.delete(keys.open_order(order_id))
        ids = [item["sk"] for item in pointers if item["sk"] not in closed]
        return ids, [order for order in orders if order.is_open]

    def _change(self, key: Key, change: Callable[[Order], Order]) -> Order:
        for _ in range(ATTEMPTS):
            item = self._table.get(key)
            if item is None:
                raise NotFoundError(f"there is no order {key.sk.partition('#')[2]} of this device")
            before = order_from_item(item)
            after = change(before)
            if after == before:
                return before
            version = item[VERSION]
            if self._table.put_if(order_to_item(after, version + 1), Equals(VERSION, version)):
                if before.is_open and not after.is_open:
                    self._table.delete(keys.open_order(after.order_id))
                self._told(after)
                return after
        raise ConflictError(f"others keep changing the order {key.sk.partition('#')[2]}")

    def _told(self, order: Order) -> None:
        step = order.decisive
        log.info(
            "order",
            extra={
                "dev_eui": order.dev_eui,
                "order_id": order.order_id,
                "step": step.name,
                "fate": order.fate.value,
                "detail": step.detail,
            },
        )
        self._feed.publish(order)
