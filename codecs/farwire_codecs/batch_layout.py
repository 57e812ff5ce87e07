"""What the two halves of the history batch share: records, flags, limits, columns."""

from collections import namedtuple

from farwire_codecs.column import Column
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Schema

Record = namedtuple("Record", ("number", "time_s", "values"))
"""One sampling instant: `number` from 1, `time_s` whole seconds of the node's clock, `values` parallel to the
schema's channels, each a tuple of integers (one per axis) or None where the channel has no value."""

AgedRecord = namedtuple("AgedRecord", ("number", "age_ms", "values"))
"""A record as the receiver has it: `age_ms` at the end of the frame's transmission, to 1/8 s."""

Batch = namedtuple("Batch", ("schema", "records", "acknowledgement_wanted"))

ACKNOWLEDGEMENT_WANTED = 0x01
INLINE_SCHEMA = 0x02
UNEVEN = 0x04  # the intervals between the records are not all alike
MISSING = 0x08  # some channel has no value in some record
FLAGS = ACKNOWLEDGEMENT_WANTED | INLINE_SCHEMA | UNEVEN | MISSING

MAXIMUM_RECORDS = 2048  # more than 242 bytes can carry; bounds what the encoder looks at
MAXIMUM_INTERVAL_S = (1 << 31) - 1
TIME_BITS = 32


def columns_of(schema: Schema) -> list[list[Column]]:
    """Return new columns: for each channel a list with one for each axis."""
    return [
        [Column(8 * axis.size, axis.signed) for axis in type_of(channel.type_id).axes]
        for channel in schema.channels
    ]
