"""History batch (FPort 210, up): consecutive records, column values compressed."""

from collections import namedtuple

from farwire_codecs.schema import Schema

Record = namedtuple("Record", ("number", "time_s", "values"))
AgedRecord = namedtuple("AgedRecord", ("number", "age_ms", "values"))
Batch = namedtuple("Batch", ("schema", "records", "acknowledgement_wanted"))


def encode(
    schema: Schema,
    records: list[Record],
    tx_end_ms: int,
    limit: int,
    acknowledgement_wanted: bool,
    inline_schema: bool,
) -> tuple[bytes, int]:
    """Return (payload, count)."""
    raise NotImplementedError


def decode(payload: bytes, schema_for) -> Batch:  # type: ignore[no-untyped-def]
    """Return the batch."""
    raise NotImplementedError
