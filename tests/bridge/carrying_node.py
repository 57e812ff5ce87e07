"""A node's side of batches that build on an acknowledged record, for tests: records, base, schemas."""

from farwire_codecs import base as codec
from farwire_codecs import batch
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.base import Base
from farwire_codecs.batch import Record
from farwire_codecs.schema import LAST, LINEAR, NO_PARTNER, Channel, Schema, Shape, plain

CARRIED = 0x04  # in a batch's first byte (codecs/README.md)
ONE_CHANNEL = 0x08
CHANNELS = (Channel(1, 103), Channel(2, 104))  # temperature, humidity
INTERVAL_S = 60

Values = tuple[tuple[int, ...] | None, ...]


class CarryingNode:
    """Holds what is not acknowledged; `sent` is the truth of all records by number."""

    def __init__(self) -> None:
        self.sent: dict[int, Record] = {}
        self.held: list[Record] = []
        self.schema = plain(0, CHANNELS, INTERVAL_S)
        self.offered: Schema | None = None
        self.confirmed = False
        self.base: Base | None = None
        self.through = 0
        self._next = 1
        self._alive_from = 1  # records before are not in memory any more
        self._inline_through = 0  # the last record that went with the schema to come

    @property
    def now_ms(self) -> int:
        return (self._next - 1) * INTERVAL_S * 1000

    def sample(self, *values: Values) -> None:
        for each in values:
            record = Record(self._next, self._next * INTERVAL_S, each)
            self.sent[record.number] = record
            self.held.append(record)
            self._next += 1

    def restart(self) -> None:
        """Lose what only memory has: the base, and the values that it could move over."""
        self.base = None
        self._alive_from = self._next

    def offer(self, step2: int, linear: bool) -> None:
        """Have another schema of the same channels, as the node does when it learned how they behave."""
        shape = Shape(step2, LINEAR if linear else LAST, False, 4, 40, 8, NO_PARTNER, 0)
        schema = Schema((self.schema.schema_id + 1) % 256, CHANNELS, INTERVAL_S, (shape, shape))
        if self.confirmed:
            self.offered = schema
        else:
            self.schema, self._inline_through = schema, 0

    def batch(self, limit: int = 51, inline: bool | None = None) -> bytes:
        """Return a batch of the oldest held records that fit, b"" if nothing is held."""
        if not self.held:
            return b""
        tells = not self.confirmed or self.offered is not None if inline is None else inline
        schema = self.offered if tells and self.offered is not None else self.schema
        payload, count = batch.encode(
            schema, self.held, self.now_ms, limit, True, tells, None if tells else self.base
        )
        assert count
        if tells:
            self._inline_through = self.held[count - 1].number
        return payload

    def parts(self, count: int) -> list[bytes]:
        """Return the batches of one channel that carry the oldest held records."""
        return [
            batch.encode(self.schema, self.held[:count], self.now_ms, 51, only=only)[0]
            for only in range(len(CHANNELS))
        ]

    def acknowledged(self, stored: Acknowledgement) -> None:
        """Take an acknowledgement, perhaps an old one."""
        through = stored.through
        self.through = max(self.through, through)
        self.held = [record for record in self.held if record.number > through]
        if stored.schema_wanted:
            self.confirmed, self._inline_through = False, 0
        elif 0 < self._inline_through <= through:
            self.confirmed, self._inline_through = True, 0
            if self.offered is not None:
                self.schema, self.offered = self.offered, None
        if stored.base_wanted:
            self.base = None
        elif self.confirmed:
            self._move_base(through)

    def _move_base(self, through: int) -> None:
        if not self._alive_from <= through < self._next:
            self.base = None
            return
        base = self.base
        if base is not None and base.schema == self.schema:
            numbers = range(base.number + 1, through + 1)
            if all(at >= self._alive_from and base.advance(at, self.sent[at].values) for at in numbers):
                return
        self.base = codec.seed(self.schema, through, self.sent[through].values)
