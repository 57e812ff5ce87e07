"""What a perfect channel would have needed for the same records: each once, in full frames, nothing asked."""

from collections.abc import Sequence
from typing import Any

from farwire_codecs import base as base_codec
from farwire_codecs import batch_encoder
from farwire_codecs.base import Base
from farwire_codecs.batch_layout import MAXIMUM_RECORDS, Record
from farwire_codecs.schema import Schema
from farwire_twin.world.law_checker import airtime_ms

OVERHEAD = 13  # bytes of a frame around its payload (TS001-1.0.4 §4)


def records_of(truth: Sequence[dict[str, Any]], dev_eui: str, epoch_ms: int, schema: Schema) -> list[Record]:
    """Return a device's records in order, as the node had them."""
    return [
        Record(line["number"], (line["time_ms"] - epoch_ms) // 1000, _values(line["readings"], schema))
        for line in truth
        if line["kind"] == "record" and line["dev_eui"] == dev_eui
    ]


def least_ms(
    records: Sequence[Record], schema: Schema, limit: int, sf: int, carry: bool, most: int = MAXIMUM_RECORDS
) -> float:
    """Return the airtime of the records in frames of at most `limit` bytes and `most` records.

    `carry`: each builds on the one before.
    """
    total_ms = 0.0
    at = 0
    base: Base | None = None
    while at < len(records):
        chosen = records[at : at + most]
        end_ms = 1000 * chosen[-1].time_s
        payload, count = batch_encoder.encode(schema, chosen, end_ms, limit, False, False, base)
        total_ms += airtime_ms(len(payload) + OVERHEAD, sf, 125_000)
        if carry:
            base = _moved(base, records[at : at + count], schema)
        at += count
    return total_ms


def _moved(base: Base | None, sent: Sequence[Record], schema: Schema) -> Base | None:
    if base is not None and all(base.advance(record.number, record.values) for record in sent):
        return base
    return base_codec.seed(schema, sent[-1].number, sent[-1].values)


def _values(readings: list[Any], schema: Schema) -> tuple[tuple[int, ...] | None, ...]:
    found = {(channel, type_id): tuple(raw) for channel, type_id, raw in readings}
    return tuple(found.get((channel.channel, channel.type_id)) for channel in schema.channels)
