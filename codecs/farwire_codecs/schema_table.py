"""The channel table as a batch carries it inline, and as its receiver keeps it: bytes, laid out in
codecs/README.md."""

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError
from farwire_codecs.schema import LINEAR, NO_PARTNER, Channel, Schema, Shape, axes_of, check

_SHAPED = 0x80
_UNEVEN = 0x04
_STEP = 0x08
_PARTNER = 0x10


def put(out: bytearray, schema: Schema) -> None:
    """Append the table (not its id) of a schema that `schema.check` has passed."""
    out.append(len(schema.channels) | (_SHAPED if schema.shapes else 0))
    for channel in schema.channels:
        out.append(channel.channel)
        out.append(channel.type_id)
    fields.put_varint(out, "interval_s", schema.interval_s)
    for shape in schema.shapes:
        _put_shape(out, shape)


def take(cursor: fields.Cursor, schema_id: int) -> Schema:
    """Return the schema of this id whose table follows; raises CodecError."""
    first = cursor.unsigned("number of channels", 1)
    channels = []
    for _ in range(first & 0x7F):
        channel = cursor.unsigned("channel", 1)
        channels.append(Channel(channel, cursor.unsigned("type", 1)))
    schema = Schema(schema_id, tuple(channels), cursor.varint("interval_s"), ())
    check(schema)
    if first & _SHAPED:
        shapes = tuple([_take_shape(cursor) for _ in axes_of(schema)])
        schema = Schema(schema_id, schema.channels, schema.interval_s, shapes)
        check(schema)
    return schema


def to_bytes(schema: Schema) -> bytes:
    """Return the table of a schema."""
    out = bytearray()
    put(out, schema)
    return bytes(out)


def from_bytes(schema_id: int, table: bytes) -> Schema:
    """Return the schema of this id and table; raises CodecError."""
    cursor = fields.Cursor("channel table", table)
    schema = take(cursor, schema_id)
    cursor.end()
    return schema


def _put_shape(out: bytearray, shape: Shape) -> None:
    flags = shape.predictor | (_UNEVEN if shape.uneven else 0)
    flags |= (_STEP if shape.step2 != 2 else 0) | (_PARTNER if shape.partner != NO_PARTNER else 0)
    out.append(flags)
    out.append(shape.scale << 4 | shape.spread)
    fields.put_varint(out, "reference", fields.zigzag(shape.reference))
    if flags & _STEP:
        fields.put_varint(out, "step2", shape.step2)
    if flags & _PARTNER:
        out.append(shape.partner)
        fields.put_varint(out, "weight", fields.zigzag(shape.weight))


def _take_shape(cursor: fields.Cursor) -> Shape:
    flags = cursor.unsigned("shape", 1)
    if flags & 3 > LINEAR or flags & ~(3 | _UNEVEN | _STEP | _PARTNER):
        raise MalformedError(f"{cursor.frame}: a shape has flags 0x{flags:02x}")
    classes = cursor.unsigned("scale and spread", 1)
    reference = fields.unzigzag(cursor.varint("reference"))
    step2 = cursor.varint("step2") if flags & _STEP else 2
    if flags & _STEP and step2 == 2:
        raise MalformedError(f"{cursor.frame}: a step of 1 is spelled out")
    partner = cursor.unsigned("partner", 1) if flags & _PARTNER else NO_PARTNER
    if flags & _PARTNER and partner == NO_PARTNER:
        raise MalformedError(f"{cursor.frame}: a shape has a partner that stands for none")
    weight = fields.unzigzag(cursor.varint("weight")) if flags & _PARTNER else 0
    return Shape(
        step2, flags & 3, bool(flags & _UNEVEN), classes >> 4, reference, classes & 15, partner, weight
    )
