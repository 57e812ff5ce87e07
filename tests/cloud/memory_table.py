"""A `Table` in a dict, for tests of what stands above the store; held to the contract of the real ones."""

import threading
from collections.abc import Iterable, Sequence

from farwire_cloud.errors import StoreUnavailableError
from farwire_cloud.store.conditions import Condition, holds
from farwire_cloud.store.keys import Key, Span
from farwire_cloud.store.marshal import Item, from_wire, to_wire
from farwire_cloud.store.table import Page


class MemoryTable:
    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.calls: list[str] = []  # the verbs used, for tests of what a path costs
        self.fail_after: int | None = None  # after so many more written items the store is away
        self._lock = threading.Lock()

    def get(self, key: Key) -> Item | None:
        with self._lock:
            self.calls.append("get")
            self._fail(0)
            found = self.items.get(key)
            return dict(found) if found is not None else None

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        assert len(set(keys)) == len(keys), "DynamoDB refuses the same key twice"
        with self._lock:
            self.calls.append("get_many")
            self._fail(0)
            return {key: dict(self.items[key]) for key in keys if key in self.items}

    def query(
        self,
        span: Span,
        *,
        limit: int | None = None,
        after: str | None = None,
        descending: bool = False,
        keys_only: bool = False,
    ) -> Page:
        with self._lock:
            self.calls.append("query")
            self._fail(0)
            found = sorted(
                key.sk for key in self.items if key.pk == span.pk and span.first <= key.sk <= span.last
            )
            if descending:
                found.reverse()
            if after is not None:
                found = [sk for sk in found if (sk < after if descending else sk > after)]
            more = limit is not None and len(found) > limit
            found = found[:limit]
            items = [self.items[Key(span.pk, sk)] for sk in found]
            return Page(
                [{"sk": item["sk"]} if keys_only else dict(item) for item in items],
                found[-1] if more else None,
            )

    def put_many(self, items: Iterable[Item]) -> None:
        batch = list(items)
        assert len({(item["pk"], item["sk"]) for item in batch}) == len(batch), "the same key twice"
        with self._lock:
            self.calls.append("put_many")
            for item in batch:
                self._put(item)

    def put_if(self, item: Item, condition: Condition) -> bool:
        with self._lock:
            self.calls.append("put_if")
            if not holds(condition, self.items.get(Key(item["pk"], item["sk"]))):
                return False
            self._put(item)
            return True

    def delete(self, key: Key) -> None:
        with self._lock:
            self.calls.append("delete")
            self._fail(0)
            self.items.pop(key, None)

    def add(self, key: Key, attribute: str, amount: int) -> int:
        with self._lock:
            self.calls.append("add")
            item = dict(self.items.get(key, {"pk": key.pk, "sk": key.sk}))
            item[attribute] = item.get(attribute, 0) + amount
            self._put(item)
            return int(item[attribute])

    def _put(self, item: Item) -> None:
        self._fail(1)
        self.items[Key(item["pk"], item["sk"])] = from_wire(to_wire(item))

    def _fail(self, writes: int) -> None:
        if self.fail_after is None:
            return
        if self.fail_after < writes or self.fail_after == 0:
            raise StoreUnavailableError("the store is away")
        self.fail_after -= writes
