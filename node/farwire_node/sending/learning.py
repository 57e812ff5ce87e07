"""When the node learns how its channels behave: a column a sample, over the records that lie in memory."""

from farwire_codecs.schema import axes_of
from farwire_codecs.shape_learner import ShapeLearner
from farwire_node.records.store import RecordStore
from farwire_node.sending.schema_memory import SchemaMemory

FIRST_AFTER = 48  # records: enough for a scale and a predictor
THEN_AFTER = 512  # and from then on every so many
WINDOW = 320  # records learned from, the newest: more than a day of one in five minutes; 1.3 KB a column


class Learning:
    """Offers shapes to `memory` as they are learned."""

    def __init__(self, memory: SchemaMemory) -> None:
        self._memory = memory
        self._learner: ShapeLearner | None = None
        self._sampled = 0
        self._next = FIRST_AFTER if not memory.schema.shapes else THEN_AFTER
        self._store: RecordStore | None = None

    def sampled(self, store: RecordStore) -> bool:
        """Learn a little more after each record; return whether a schema was offered."""
        self._sampled += 1
        self._store = store
        if self._learner is None:
            if self._sampled < self._next:
                return False
            self._learner = ShapeLearner(axes_of(self._memory.schema), self._column)
        self._learner.step()
        if not self._learner.done:
            return False
        before = self._memory.schema, self._memory.offered
        self._memory.learned(self._learner.shapes)
        self._learner = None
        self._sampled = 0
        self._next = THEN_AFTER
        return before != (self._memory.schema, self._memory.offered)

    def _column(self, at: int) -> "list[int | None]":
        return self._store.column(WINDOW, at)  # type: ignore[union-attr]  # a record came
