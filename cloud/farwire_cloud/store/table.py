"""The port to the store: what the service asks of a DynamoDB table. `DynamoTable` is the real one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from farwire_cloud.store.conditions import Condition
from farwire_cloud.store.keys import Key, Span
from farwire_cloud.store.marshal import Item


@dataclass(frozen=True, slots=True)
class Page:
    """Items in the order of their sort keys, and where to go on."""

    items: list[Item]
    next_sk: str | None  # exclusive start of the next page; None: that was all


class Table(Protocol):
    """One table with `pk` and `sk`. Every call may raise StoreUnavailableError; reads see all earlier writes.

    Any thread may call. An item carries its own `pk` and `sk`.
    """

    def get(self, key: Key) -> Item | None:
        """Return the item, None if there is none."""

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Return those of `keys` (no two alike) that exist."""

    def query(
        self,
        span: Span,
        *,
        limit: int | None = None,
        after: str | None = None,
        descending: bool = False,
        keys_only: bool = False,
    ) -> Page:
        """Return the items of `span`, behind the sort key `after`, at most `limit` (None: all)."""

    def put_many(self, items: Iterable[Item]) -> None:
        """Write items, no two with one key, in any order; some may be written when it raises."""

    def put_if(self, item: Item, condition: Condition) -> bool:
        """Write the item if `condition` holds for what lies there; return whether it did."""

    def delete(self, key: Key) -> None:
        """Remove the item if there is one."""

    def add(self, key: Key, attribute: str, amount: int) -> int:
        """Add to a number (0 where there is none) in one step and return the sum."""
