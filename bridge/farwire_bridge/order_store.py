"""Orders on the disk: the open ones with their progress, and for a while the ended ones."""

import dataclasses
import json
from typing import Any

from farwire_bridge.database import Database
from farwire_bridge.order_state import OrderState, Phase
from farwire_bridge.slot import Slot

KEPT_MS = 30 * 86_400_000
"""How long an ended order is known, so that one that the cloud hands out again is not carried out again."""

_TRIM_EVERY = 200


class OrderStore:
    """The writer's half of the orders table, inside the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection
        (self._arrivals,) = self._connection.execute(
            "SELECT coalesce(max(arrival), 0) FROM orders"
        ).fetchone()
        self._until_trim = _TRIM_EVERY

    def next_arrival(self) -> int:
        """Return the number for a new order."""
        self._arrivals += 1
        return int(self._arrivals)

    def find(self, order_id: str) -> OrderState | None:
        """Return an order that this bridge has accepted, open or ended."""
        row = self._connection.execute("SELECT state FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        return from_text(row[0]) if row else None

    def open_orders(self) -> list[OrderState]:
        """Return the orders that are not at their end, in the order of arrival."""
        rows = self._connection.execute("SELECT state FROM orders WHERE finished_ms IS NULL ORDER BY arrival")
        return [from_text(text) for (text,) in rows]

    def save(self, order: OrderState, now_ms: int) -> None:
        """Store an order's newest state."""
        ended = order.phase is Phase.FINISHED
        self._connection.execute(
            "INSERT OR REPLACE INTO orders (order_id, arrival, finished_ms, state) VALUES (?, ?, ?, ?)",
            (order.order_id, order.arrival, now_ms if ended else None, to_text(order)),
        )
        self._until_trim -= ended
        if self._until_trim <= 0:
            self._until_trim = _TRIM_EVERY
            self._connection.execute("DELETE FROM orders WHERE finished_ms < ?", (now_ms - KEPT_MS,))


def to_text(order: OrderState) -> str:
    """Return an order as JSON, bytes in hex."""
    return json.dumps(dataclasses.asdict(order), default=bytes.hex)


def from_text(text: str) -> OrderState:
    """Return the order that `to_text` wrote; what a later version added has its default."""
    document: dict[str, Any] = json.loads(text)
    slot = document["slot"]
    return OrderState(
        **{
            **document,
            "phase": Phase(document["phase"]),
            "content": bytes.fromhex(document["content"]),
            "base": bytes.fromhex(document.get("base", "")),
            "pieces": tuple(bytes.fromhex(piece) for piece in document["pieces"]),
            "slot": Slot(**{**slot, "payload": bytes.fromhex(slot["payload"])}) if slot else None,
        }
    )
