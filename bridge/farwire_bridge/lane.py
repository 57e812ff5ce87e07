"""One lane of deliveries to the cloud: what to send next, and what an answer or a failure makes of it. Pure.

A lane has one request under way at a time, so that what the cloud says of a device is never overtaken by
what it said before.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from farwire_contract.v1.telemetry_pb2 import DeliverResponse, Entry, EntryStatus

MOST_BYTES = 1_000_000
"""Of entries in a request; the contract allows 1 MiB with all that is around them."""


class Reader(Protocol):
    """Where entries come from, in order (`SpoolReader`)."""

    def read(self, after: int, entries: int, size: int) -> list[Entry]:
        """Return the next entries with an id above `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """What the cloud's answer says of a batch."""

    done: tuple[int, ...]  # ids that need not be sent again
    refused: tuple[tuple[Entry, str], ...]  # of these: never to be stored, and why
    unanswered: int  # entries to send again


class Lane:
    """Reads entries in order; what failed comes again before anything new."""

    def __init__(self, reader: Reader, most_entries: int) -> None:
        self._reader = reader
        self._most_entries = most_entries
        self._after = 0
        self._again: deque[list[Entry]] = deque()

    def next(self) -> list[Entry]:
        """Return the batch to send now; empty when there is nothing."""
        if self._again:
            return self._again.popleft()
        batch = self._reader.read(self._after, self._most_entries, MOST_BYTES)
        if batch:
            self._after = batch[-1].id
        return batch

    def failed(self, batch: Sequence[Entry]) -> None:
        """Take a batch back that nobody answered."""
        self._again.appendleft(list(batch))

    def rejected(self, batch: Sequence[Entry]) -> list[Entry]:
        """Take a batch that the cloud would not look at; return the entry to blame, once it is alone."""
        if len(batch) == 1:
            return list(batch)
        half = len(batch) // 2
        self._again.appendleft(list(batch[half:]))
        self._again.appendleft(list(batch[:half]))
        return []

    def answered(self, batch: Sequence[Entry], response: DeliverResponse) -> Answered:
        """Apply each entry's result; entries without one come again."""
        results = {result.id: result for result in response.results}
        done, refused, again = [], [], []
        for entry in batch:
            result = results.get(entry.id)
            if result is None or result.status not in (EntryStatus.STORED, EntryStatus.REFUSED):
                again.append(entry)
                continue
            done.append(entry.id)
            if result.status == EntryStatus.REFUSED:
                refused.append((entry, result.detail))
        if again:
            self._again.appendleft(again)
        return Answered(tuple(done), tuple(refused), len(again))
