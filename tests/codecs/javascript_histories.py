"""History batches for decodeUplink, drawn by the generator of both_sides, and what it must show of them."""

from datetime import datetime, timedelta
from typing import Any

from farwire_codecs import batch_encoder, schema_table
from farwire_codecs.batch_layout import Batch, Record
from farwire_codecs.errors import RangeError
from farwire_codecs.lpp_types import TYPES, Axis
from farwire_codecs.model import ALL_CHANNELS
from farwire_codecs.schema import (
    MAXIMUM_REFERENCE,
    MAXIMUM_STEP2,
    MAXIMUM_WEIGHT,
    NO_PARTNER,
    SPREADS,
    Channel,
    Schema,
    Shape,
    axes_of,
    check,
)
from tests.codecs import javascript_shown
from tests.codecs.both_sides import Source
from tests.codecs.javascript_engine import RECEIVED

_ERA = 400  # years of the Gregorian calendar, after which it repeats
_ERA_DAYS = 146_097


def variable(schema: Schema) -> str:
    """Return the text of farwire_schema for one schema."""
    return bytes((schema.schema_id,)).hex() + schema_table.to_bytes(schema).hex()


def schema_in(source: Source) -> Schema:
    """Return a schema, half of them with shapes."""
    drawn = [Channel(source.below(256), source.type_id()) for _ in range(1 + source.below(6))]  # type: ignore[no-untyped-call]
    interval_s = source.among(0, 0xFFFFFFFF) if source.below(8) == 0 else source.below(4000)  # type: ignore[no-untyped-call]
    schema = Schema(source.below(256), tuple(dict.fromkeys(drawn)), interval_s, ())  # type: ignore[no-untyped-call]
    if source.below(2):  # type: ignore[no-untyped-call]
        shapes = tuple(_shape(source, axis, at) for at, axis in enumerate(axes_of(schema)))
        schema = schema._replace(shapes=shapes)
    check(schema)
    return schema


def _shape(source: Any, axis: Axis, at: int) -> Shape:
    step2 = (2, 2, 3 + source.below(200), source.among(2, MAXIMUM_STEP2))[source.below(4)]
    low, high = 2 * axis.low // step2, 2 * axis.high // step2
    reference = source.among(max(low, -MAXIMUM_REFERENCE), min(high, MAXIMUM_REFERENCE))
    partner, weight = NO_PARTNER, 0
    if at and source.below(2):
        partner = source.below(at)
        widest = (40, MAXIMUM_WEIGHT)[source.below(2)]
        weight = source.among(-widest, widest)
    scale, spread = source.below(SPREADS), source.below(SPREADS)
    return Shape(step2, source.below(3), source.below(2) == 1, scale, reference, spread, partner, weight)


def batch_in(source: Any, schema: Schema) -> bytes:
    """Return a batch: of one channel or all, on or off the columns' steps, with its schema or without."""
    while True:
        only = source.below(len(schema.channels)) if source.below(4) == 0 else ALL_CHANNELS
        records = records_in(source, schema)
        end_ms = 1000 * records[-1].time_s + source.among(0, 10**6)
        limit, wanted = 11 + source.below(232), source.below(2) == 1
        inline = source.below(4) == 0
        try:
            frame, _ = batch_encoder.encode(schema, records, end_ms, limit, wanted, inline, None, only)
        except RangeError:  # a record that is older than a batch can say
            continue
        if frame:
            return frame


def records_in(source: Any, schema: Schema) -> list[Record]:
    """Return consecutive records, on or off the columns' steps."""
    axes = axes_of(schema)
    step2s = [shape.step2 for shape in schema.shapes] or [2] * len(axes)
    on_grid = source.below(4) > 0
    wild = [source.below(4) == 0 for _ in schema.channels]
    missing, gaps = source.below(3) == 0, source.below(3) == 0
    last = [0] * len(axes)
    number, time_s = source.among(1, 0xFFFFFFFF - 100), source.below(100_000)
    records = []
    for index in range(1 + source.below(60)):
        values, at = [], 0
        for channel, jumps in zip(schema.channels, wild, strict=True):
            raw = []
            for axis in TYPES[channel.type_id].axes:
                value = source.among(axis.low, axis.high) if jumps or not index else last[at]
                value += step2s[at] * (source.below(5) - 2) // 2 if source.below(3) == 0 else 0
                raw.append(_within(value, axis, step2s[at] if on_grid else 2))
                last[at] = raw[-1]
                at += 1
            values.append(None if missing and source.below(4) == 0 else tuple(raw))
        records.append(Record(number + index, time_s, tuple(values)))
        time_s += 60 + (source.among(0, 2**31 - 61) % 10 ** source.below(11) if gaps else 0)
    return records


def _within(value: int, axis: Axis, step2: int) -> int:
    """Return a value of the axis that is one of its steps, near to another."""
    value = max(axis.low, min(axis.high, value))
    step = 2 * value // step2
    for tried in (step, step + 1, step - 1):
        on_step = tried * step2 + 1 >> 1
        if axis.low <= on_step <= axis.high:
            return on_step
    return value


def shown(batch: Batch, inline: bool) -> dict[str, Any]:
    """Return the data of a batch."""
    schema = batch.schema
    carried = [batch.only] if batch.only != ALL_CHANNELS else list(range(len(schema.channels)))
    history = {
        "schema_id": schema.schema_id,
        "channels": [_channel(*schema.channels[index]) for index in carried],
        "acknowledgement_wanted": batch.acknowledgement_wanted,
        "one_channel": batch.only != ALL_CHANNELS,
        "records": [],
    } | ({"farwire_schema": variable(schema)} if inline else {})
    for number, age_ms, values in batch.records:
        record: dict[str, Any] = {"number": number, "age_s": age_ms / 1000, "time": time_of(age_ms)}
        record |= {"values": {}, "raw": {}}
        for (channel, type_id), raw in zip(schema.channels, values, strict=True):
            if raw is not None:
                one = javascript_shown.described(type_id, raw)
                record["values"].setdefault(one["name"], {})[str(channel)] = one["value"]
                record["raw"].setdefault(one["name"], {})[str(channel)] = one["raw"]
        history["records"].append(record)
    return {"frame": "history", "history": history}


def _channel(channel: int, type_id: int) -> dict[str, Any]:
    return {"channel": channel, "type": type_id} | javascript_shown.described(type_id, None)


def time_of(age_ms: int) -> str:
    """Return the UTC of what happened so long before the frame was heard, also before the year 1."""
    eras = age_ms // (86_400_000 * _ERA_DAYS)
    then = datetime.fromisoformat(RECEIVED) - timedelta(milliseconds=age_ms - eras * 86_400_000 * _ERA_DAYS)
    year = then.year - _ERA * eras
    text = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")[4:]
    return (f"{year:04}" if year >= 0 else f"{year:+07}") + text
