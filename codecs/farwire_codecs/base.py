"""Base: the model at an acknowledged record, which node and receiver both have, for batches that build on it.

It begins at one acknowledged record (`seed`) and goes on record by record (`advance`) as acknowledgements
come. Both ends do the same, so a batch needs to name no more than the record's number, modulo 256, and 8 bits
of check.
"""

from farwire_codecs.errors import MalformedError
from farwire_codecs.measuring_coder import MeasuringCoder
from farwire_codecs.model import model_of
from farwire_codecs.schema import Schema

FARTHEST = 1 << 16  # records from a base to the first of a batch that builds on it


class Base:
    """`number` of the record, 1 to 2^32 - 1; `schema`; `model` after it."""

    def __init__(self, schema: Schema, number: int) -> None:
        self.schema = schema
        self.number = number
        self.model = model_of(schema)

    def serves(self, schema: Schema, first: int) -> bool:
        """Return whether a batch from this record on can build on it."""
        return self.schema == schema and 0 < first - self.number <= FARTHEST

    def advance(self, number: int, values: tuple[tuple[int, ...] | None, ...]) -> bool:
        """Go on to the next record that both have; False, and the base is of no more use, if it is off its
        steps."""
        if number <= self.number or not self.model.fits_grid(values):
            return False
        self.model.put(MeasuringCoder(self.model.contexts), values)
        self.number = number
        return True

    def check(self) -> int:
        """Return 8 bits that differ, as a rule, when the models differ."""
        total = self.number & 0xFFFFFF
        for chance in self.model.contexts.chances:
            total = total * 31 + chance & 0xFFFFFF
        for integer in self.model.state():
            total = total * 31 + integer & 0xFFFFFF
        return (total ^ total >> 8 ^ total >> 16) & 0xFF

    def to_bytes(self) -> bytes:
        """Return the model for storage, without number and schema."""
        contexts = self.model.contexts
        out = bytearray()
        for chance in contexts.chances:
            out.append(chance >> 8)
            out.append(chance & 0xFF)
        out.extend(contexts.counts)
        for integer in self.model.state():
            out.extend((integer & 0xFFFFFFFFFF).to_bytes(5, "big"))
        return bytes(out)


def seed(schema: Schema, number: int, values: tuple[tuple[int, ...] | None, ...]) -> Base | None:
    """Return the base that begins at a record; None if the record is off its steps."""
    base = Base(schema, number - 1)
    return base if base.advance(number, values) else None


def from_bytes(schema: Schema, number: int, stored: bytes) -> Base:
    """Return the base that `to_bytes` gave; raises MalformedError when its length is not that of the
    schema."""
    base = Base(schema, number)
    chances, counts = base.model.contexts.chances, base.model.contexts.counts
    size = len(chances)
    state = base.model.state()
    if len(stored) != 3 * size + 5 * len(state):
        raise MalformedError(f"base has {len(stored)} bytes, expected {3 * size + 5 * len(state)}")
    for at in range(size):
        chances[at] = stored[2 * at] << 8 | stored[2 * at + 1]
        counts[at] = stored[2 * size + at]
    for at in range(len(state)):
        start = 3 * size + 5 * at
        integer = int.from_bytes(stored[start : start + 5], "big")
        state[at] = integer - (1 << 40) if integer >> 39 else integer
    base.model.set_state(state)
    return base
