"""A device's history batch -> its whole records, with what came before: schemas, bases, parts."""

from farwire_bridge.base_memory import Bases
from farwire_bridge.database import Database
from farwire_bridge.memory import Schemas
from farwire_bridge.parts import Parts
from farwire_codecs.batch import Batch
from farwire_codecs.model import ALL_CHANNELS


class Histories:
    """What is remembered of all devices to read their batches, inside the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._schemas = Schemas(database)
        self._bases = Bases(database, self._schemas)
        self._parts = Parts(database)

    def read(self, dev_eui: str, payload: bytes, heard_ms: int) -> Batch:
        """Return a batch that was heard at `heard_ms`, with whole records alone; raises CodecError.

        Of a batch of one channel these are the records of which no channel is missing any more.
        """
        batch = self._bases.decode(dev_eui, payload)
        if not batch.base:
            self._learn(dev_eui, batch)
        if batch.only != ALL_CHANNELS:
            batch = batch._replace(records=self._parts.add(dev_eui, batch, heard_ms))
        self._bases.remember(dev_eui, batch.schema, batch.records)
        return batch

    def _learn(self, dev_eui: str, batch: Batch) -> None:
        """Remember the schema of a batch that does not build on another's."""
        known = self._schemas.get(dev_eui, batch.schema.schema_id)
        if known is not None and known.channels != batch.schema.channels:
            self._bases.forget(dev_eui)
        self._schemas.keep(dev_eui, batch.schema)
