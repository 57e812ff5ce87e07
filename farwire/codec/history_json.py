"""History batches and schemas <-> JSON.

A schema: {"id", "interval_s", "channels": [{"channel", "type", "name", "unit"}], "shapes": [...]}; a batch
has it, its records with `values` and `raw` parallel to the channels, and what its header says.
"""

from collections.abc import Sequence
from typing import Any

from farwire.codec import given as check
from farwire.codec.lpp_json import AGREED, by_axis, meaning, read_meaning, read_value
from farwire.codec.small_json import age_ms
from farwire_codecs import batch, batch_layout, lpp_types, schema_table
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.model import ALL_CHANNELS
from farwire_codecs.schema import NO_PARTNER, Channel, Schema, Shape
from farwire_codecs.schema import check as check_schema


def show_schema(schema: Schema) -> dict[str, Any]:
    """Return a schema."""
    channels = [
        {"channel": channel, "type": type_id} | meaning(type_id, None) for channel, type_id in schema.channels
    ]
    shapes = [
        shape._asdict() | {"partner": None if shape.partner == NO_PARTNER else shape.partner}
        for shape in schema.shapes
    ]
    found = {"id": schema.schema_id, "interval_s": schema.interval_s, "channels": channels}
    return found | ({"shapes": shapes} if shapes else {})


def read_schema(given: Any) -> Schema:
    """Return the schema of an object; raises CodecError."""
    check.an_object("schema", given, ("id", "channels"), ("interval_s", "shapes"))
    channels = []
    for index, row in enumerate(check.a_list("schema: channels", given["channels"])):
        where = f"schema: channel {index}"
        check.an_object(where, row, ("channel",), ("type", "name", "unit"))
        channel = check.whole(f"{where}: channel", row["channel"], 0, 255)
        channels.append(Channel(channel, read_meaning(where, row)[0]))
    shapes = []
    for index, row in enumerate(check.a_list("schema: shapes", given.get("shapes", []))):
        where = f"schema: shape {index}"
        check.an_object(where, row, Shape._fields)
        values = dict(row) | {"partner": NO_PARTNER if row["partner"] is None else row["partner"]}
        check.flag(f"{where}: uneven", values["uneven"])
        shapes.append(Shape(**values))
        for name in Shape._fields:
            if name != "uneven":
                check.integer(f"{where}: {name}", values[name])
    interval_s = check.whole("schema: interval_s", given.get("interval_s", 0))
    schema = Schema(
        check.whole("schema: id", given["id"], 0, 255), tuple(channels), interval_s, tuple(shapes)
    )
    check_schema(schema)
    return schema


def schema_of_bytes(data: bytes) -> Schema:
    """Return the schema of its id and its table, as a batch carries them; raises CodecError."""
    if not data:
        raise MalformedError("schema has no bytes, expected its id and its table")
    return schema_table.from_bytes(data[0], data[1:])


def schemas_of(document: Any) -> list[Schema]:
    """Return the schemas of a file: one, several in a list, or those of batches as `decode --json` prints."""
    listed = document if isinstance(document, list) else [document]
    return [
        read_schema(each["schema"] if isinstance(each, dict) and "schema" in each else each)
        for each in listed
    ]


def show_batch(found: batch.Batch, payload: bytes) -> dict[str, Any]:
    """Return the body of a history batch that was decoded from a payload."""
    names = [AGREED.names[channel.type_id] for channel in found.schema.channels]
    records = []
    for record in found.records:
        values: list[Any] = []
        raws: list[Any] = []
        for (_, type_id), name, raw in zip(found.schema.channels, names, record.values, strict=True):
            values.append(None if raw is None else by_axis(name, lpp_types.to_values(type_id, raw)))
            raws.append(None if raw is None else by_axis(name, raw))
        row = {"number": record.number, "age_s": record.age_ms / 1000, "values": values, "raw": raws}
        records.append(row)
    return {
        "acknowledgement_wanted": found.acknowledgement_wanted,
        "schema": show_schema(found.schema),
        "schema_inline": bool(payload[0] & batch_layout.INLINE_SCHEMA),
        "only": None if found.only == ALL_CHANNELS else found.only,
        "records": records,
    }


def read_batch(body: dict[str, Any], limit: int) -> bytes:
    """Return the frame of all of the records; raises CodecError, also where they are more than fit."""
    check.an_object(
        "history", body, ("schema", "records"), ("acknowledgement_wanted", "schema_inline", "only")
    )
    schema = read_schema(body["schema"])
    only = body.get("only")
    if only is not None:
        check.whole("only", only, 0, len(schema.channels) - 1)
    given = check.a_list("records", body["records"])
    ages_ms = [_age_of(index, row) for index, row in enumerate(given)]
    if len({each % 1000 for each in ages_ms}) > 1:
        raise RangeError("records: ages differ by parts of a second, expected whole seconds between them")
    oldest_s = max(ages_ms, default=0) // 1000
    records = [
        _record_of(index, row, schema, oldest_s - ages_ms[index] // 1000) for index, row in enumerate(given)
    ]
    frame, count = batch.encode(
        schema,
        records,
        1000 * oldest_s + (ages_ms[0] % 1000 if ages_ms else 0),
        limit,
        check.flag("acknowledgement_wanted", body.get("acknowledgement_wanted", False)),
        check.flag("schema_inline", body.get("schema_inline", True)),
        None,
        ALL_CHANNELS if only is None else only,
    )
    if not records or count < len(records):
        raise RangeError(f"{count} of {len(records)} records fit into a limit of {limit} bytes, expected all")
    return frame


def _age_of(index: int, row: Any) -> int:
    where = f"record {index}"
    check.an_object(where, row, ("number", "age_s"), ("values", "raw", "time"))
    return age_ms(f"{where}: age_s", row["age_s"])


def _record_of(index: int, row: dict[str, Any], schema: Schema, time_s: int) -> batch.Record:
    where = f"record {index}"
    number = check.whole(f"{where}: number", row["number"], 1)
    nothing = [None] * len(schema.channels)
    listed: list[Sequence[Any]] = []
    for name in ("values", "raw"):
        found = check.a_list(f"{where}: {name}", row.get(name, nothing))
        if len(found) != len(nothing):
            raise MalformedError(
                f"{where}: {name} has {len(found)}, its schema {len(nothing)} channels; "
                "null stands for no value"
            )
        listed.append(found)
    values = tuple(
        read_value(f"{where}: channel {channel}", value, raw, type_id)
        for (channel, type_id), value, raw in zip(schema.channels, *listed, strict=True)
    )
    return batch.Record(number, time_s, values)
