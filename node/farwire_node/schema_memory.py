"""The schema that the node's records have, and whether the cloud knows it, over restarts.

A changed channel list (another sensor, another firmware) gets the next schema id, so that the cloud never
reads a batch with the old list's columns.
"""

from farwire_codecs.schema import Channel, plain
from farwire_node.storage import Storage

SCHEMA_KEY = "schema"  # id, confirmed, then channel and type of each


class SchemaMemory:
    """Holds `schema` for the node's `channels`, and `confirmed`: batches need not carry it."""

    def __init__(self, channels: tuple[Channel, ...], storage: Storage) -> None:
        self._storage = storage
        self._columns = bytes([byte for c in channels for byte in (c.channel, c.type_id)])
        saved = storage.load(SCHEMA_KEY) or b""
        known = bytes(saved[2:]) == self._columns
        schema_id = saved[0] if known else (saved[0] + 1) % 256 if saved else 0
        self.schema = plain(schema_id, channels)
        self.confirmed = known and bool(saved[1])
        if not known:
            self._save()

    def confirm(self, confirmed: bool) -> None:
        """Note whether the cloud knows the schema; written only when that changed."""
        if confirmed != self.confirmed:
            self.confirmed = confirmed
            self._save()

    def _save(self) -> None:
        self._storage.save(SCHEMA_KEY, bytes((self.schema.schema_id, self.confirmed)) + self._columns)
