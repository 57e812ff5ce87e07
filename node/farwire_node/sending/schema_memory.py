"""The schema that the node's records are sent with, and whether the cloud knows it, over restarts.

A changed list of channels gets the next schema id, so that the cloud never reads a batch with the old list's
columns. A better schema of the same channels (learned shapes, another interval) is offered first: batches go
on with the one that the cloud knows until it knows the new one. Each schema has an id of its own, also one
that was offered in vain.
"""

from farwire_codecs import schema_table
from farwire_codecs.errors import CodecError
from farwire_codecs.schema import Channel, Schema, Shape, plain
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA_KEY = "schema"  # id, confirmed, then the table


class SchemaMemory:
    """Holds `schema` for the node's `channels`, `confirmed` (batches need not carry it), and the one
    `offered`."""

    def __init__(self, channels: tuple[Channel, ...], interval_s: int, storage: Storage) -> None:
        self._storage = storage
        saved = storage.load(SCHEMA_KEY) or b""
        known = _read(saved)
        self.offered: Schema | None = None
        self.confirmed = False
        if known is not None and known.channels == channels:
            self.schema = known
            self.confirmed = bool(saved[1])
            self.set_interval(interval_s)
        else:
            self.schema = plain((saved[0] + 1) % 256 if saved else 0, channels, interval_s)
            self._save()

    def confirm(self, confirmed: bool) -> None:
        """Note whether the cloud knows the schema; written only when that changed."""
        if confirmed != self.confirmed:
            self.confirmed = confirmed
            self._save()

    def set_interval(self, interval_s: int) -> None:
        """Offer the schema with another usual interval, unless it has that already."""
        newest = self.schema if self.offered is None else self.offered
        if interval_s != newest.interval_s:
            self._offer(interval_s, newest.shapes)

    def learned(self, shapes: "Sequence[Shape]") -> None:
        """Offer the schema with these shapes, if they differ enough from its own to be worth the bytes."""
        newest = self.schema if self.offered is None else self.offered
        if not newest.shapes or _differ(newest.shapes, shapes):
            self._offer(newest.interval_s, tuple(shapes))

    def adopt(self) -> None:
        """Use the offered schema from now on: the cloud knows it."""
        if self.offered is not None:
            self.schema, self.offered = self.offered, None
            self.confirmed = True
            self._save()

    def _offer(self, interval_s: int, shapes: "tuple[Shape, ...]") -> None:
        newest = self.schema if self.offered is None else self.offered
        schema = Schema((newest.schema_id + 1) % 256, self.schema.channels, interval_s, shapes)
        if self.confirmed:
            self.offered = schema
        else:  # nobody knows the present one either
            self.schema = schema
            self._save()

    def _save(self) -> None:
        head = bytes((self.schema.schema_id, self.confirmed))
        self._storage.save(SCHEMA_KEY, head + schema_table.to_bytes(self.schema))


def _read(saved: bytes) -> Schema | None:
    if len(saved) < 2:
        return None
    try:
        return schema_table.from_bytes(saved[0], bytes(saved[2:]))
    except CodecError:
        return None


def _differ(old: "Sequence[Shape]", new: "Sequence[Shape]") -> bool:
    """Return whether a column changed its behaviour, not just its figures by a little."""
    for before, after in zip(old, new):
        if before[:3] != after[:3] or before.partner != after.partner:
            return True
        if abs(before.scale - after.scale) > 1 or abs(before.reference - after.reference) >> after.spread + 2:
            return True
    return False
