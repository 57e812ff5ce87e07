"""History batch: what encoder and decoder share. Layout: codecs/README.md."""

from collections import namedtuple

Record = namedtuple("Record", ("number", "time_s", "values"))
"""`number` 1 to 2^32 - 1; `time_s` on the node's clock; `values` a tuple parallel to the schema's channels,
each a tuple of raw integers (one per axis) or None where it was not measured."""

AgedRecord = namedtuple("AgedRecord", ("number", "age_ms", "values"))
"""A decoded Record: `age_ms` before the end of its transmission, to 1/8 s."""

Batch = namedtuple("Batch", ("schema", "records", "acknowledgement_wanted", "only", "base"))
"""`records` a tuple of AgedRecord, oldest first; `only` the index of the one channel that the batch
carries, the others being None in its records, or ALL_CHANNELS; `base` the number of the record that it
builds on, 0 if none."""

ACKNOWLEDGEMENT_WANTED = 0x01
INLINE_SCHEMA = 0x02
CARRIED = 0x04
ONE_CHANNEL = 0x08
OFF_GRID = 0x10

MAXIMUM_RECORDS = 1024  # bounds what a decoder does for a frame; recorded series reach 600 in 222 bytes
MAXIMUM_INTERVAL_S = (1 << 31) - 1
LENGTH_BITS = 5

LAST_ROW_ODDS = 16  # the chance that n records are all, is 1 / (n + 16)


def last_row_chance(rows: int) -> int:
    """Return the chance, in 1/32768, that a batch ends after so many records."""
    return 32768 // (rows + LAST_ROW_ODDS)
