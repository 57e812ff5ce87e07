"""A node's side of the frames, for tests: it samples two channels every minute and packs batches."""

from collections.abc import Callable

from farwire_codecs import batch
from farwire_codecs.batch import Batch, Record
from farwire_codecs.schema import Channel, Schema, plain

SCHEMA = plain(1, (Channel(1, 103), Channel(2, 104)))  # temperature, humidity
INTERVAL_S = 60


def reading(schema: Schema | None = None) -> Callable[[bytes, int], Batch]:
    """Return what reads a batch that builds on nothing, with one schema for every id or none."""
    return lambda payload, _: batch.decode(payload, lambda _: schema)


class Node:
    """Records that grow by one a minute; a batch holds all that are not forgotten."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._next = 1

    def sample(self, count: int) -> None:
        """Sample `count` times; the last one is just now."""
        for _ in range(count):
            time_s = self._next * INTERVAL_S
            self.records.append(Record(self._next, time_s, ((200 + self._next,), (100,))))
            self._next += 1

    def forget(self, through: int) -> None:
        """Drop the records up to this one."""
        self.records = [record for record in self.records if record.number > through]

    def batch(self, wanted: bool = False, inline: bool = True, limit: int = 222) -> bytes:
        """Return a batch of the first records that fit, sent at the last sample's time."""
        tx_end_ms = self.records[-1].time_s * 1000
        payload, count = batch.encode(SCHEMA, self.records, tx_end_ms, limit, wanted, inline)
        assert count
        return payload
