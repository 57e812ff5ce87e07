"""The base that batches build on: begun and moved on as acknowledgements come, while the setting allows it.

The bridge does the same with the records that it decoded (farwire_codecs.base). Where the two differ, a
batch's check tells, the bridge asks for another base, and batches are self-contained until then.
"""

from farwire_codecs import base as codec
from farwire_codecs.base import Base
from farwire_codecs.schema import Schema
from farwire_node.records.store import RecordStore


class Carry:
    """Holds `base`, None where the next batch must be self-contained; `enabled` as configured."""

    def __init__(self) -> None:
        self.base: Base | None = None
        self.enabled = False
        self.stored = (0, 0)  # number and schema id of the base in storage (hibernation.py)
        self._not_below = 0  # the bridge may have lost all records before this one

    @property
    def lacking(self) -> bool:
        """Whether an acknowledgement would give a base where there is none."""
        return self.enabled and self.base is None

    def drop(self, store: RecordStore) -> None:
        """Forget the base: the bridge lacks it, and perhaps every record until now."""
        self.base = None
        self._not_below = store.next

    def acknowledged(self, through: int, schema: Schema, store: RecordStore) -> None:
        """Move the base on to record `through`, the last one of which all before it are stored."""
        base = self.base
        if not self.enabled or through < self._not_below or not store.recalls(through):
            self.base = None
            return
        if base is not None and base.schema == schema:
            if base.number >= through:
                return
            if self._advance(base, through, store):
                return
        self.base = codec.seed(schema, through, store.record(through).values)

    def _advance(self, base: Base, through: int, store: RecordStore) -> bool:
        for number in range(base.number + 1, through + 1):
            if not store.recalls(number) or not base.advance(number, store.record(number).values):
                return False
        return True
