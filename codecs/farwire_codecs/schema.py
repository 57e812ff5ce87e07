"""Schema: the ordered channels that a node's records have, how often it samples, and how each channel
behaves.

A node numbers its schemas (id 0 to 255, growing when its list of channels, its interval or a shape changes),
so that a history batch names one byte instead of repeating types.
"""

from collections import namedtuple

from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.fields import MAXIMUM_U32
from farwire_codecs.lpp_types import Axis, type_of

Channel = namedtuple("Channel", ("channel", "type_id"))
"""One measured quantity: `channel` 0 to 255, `type_id` a Cayenne LPP type."""

Schema = namedtuple("Schema", ("schema_id", "channels", "interval_s", "shapes"))
"""`schema_id` 0 to 255; `channels` a tuple of 1 to 32 Channel, in the order of a record's values;
`interval_s` 0 to 2^32 - 1, the usual seconds between two records; `shapes` one Shape a column (an axis
of a channel), in order, or () where nothing is known yet."""

Shape = namedtuple(
    "Shape", ("step2", "predictor", "uneven", "scale", "reference", "spread", "partner", "weight")
)
"""How a column behaves: what shortens its coding, and never what can be coded.

`step2`: twice the distance of its values: they are (k x step2 + 1) >> 1 for whole k, 2 to 2^17 - 1 (2: every
integer; 45: a vane of 16 sectors in degrees); all others but `weight` are in these steps. `predictor`: LAST,
the value before; HALF, and half of its change; LINEAR, and all of it. `uneven`: it jumps between plateaus
rather than drifts. `scale`: class of its residuals' mean magnitude, 0 to 12. `reference`: a value in the
middle of its range, and `spread`, the class of the distances from it, 0 to 12. `partner`: a column before it
whose change in the same record, times `weight` / 16, is added to the prediction; NO_PARTNER: none."""

LAST, HALF, LINEAR = 0, 1, 2
NO_PARTNER = 255

MAXIMUM_CHANNELS = 32  # bounds what a decoder allocates for a frame; a plant's largest cabinet has fewer
MAXIMUM_STEP2 = (1 << 17) - 1
MAXIMUM_REFERENCE = (1 << 31) - 1  # so that a table holds it in a varint
MAXIMUM_WEIGHT = (1 << 20) - 1
SPREADS = 13

UNKNOWN_SCALE = 5


def plain(schema_id: int, channels: tuple[Channel, ...], interval_s: int = 0) -> Schema:
    """Return a schema of channels of which nothing is known yet."""
    return Schema(schema_id, channels, interval_s, ())


def axes_of(schema: Schema) -> list[Axis]:
    """Return the axis of each column; raises UnknownTypeError."""
    return [axis for channel in schema.channels for axis in type_of(channel.type_id).axes]


def shapes_of(schema: Schema) -> tuple[Shape, ...]:
    """Return the shape of each column: the schema's, or what is assumed of a column that nothing is known
    of."""
    if schema.shapes:
        return tuple(schema.shapes)
    return tuple(
        [
            Shape(2, LAST, False, UNKNOWN_SCALE, 0, min(8 * axis.size, SPREADS - 1), NO_PARTNER, 0)
            for axis in axes_of(schema)
        ]
    )


def check(schema: Schema) -> None:
    """Raise CodecError unless the schema is one that a batch can carry."""
    if not 0 <= schema.schema_id <= 255:
        raise RangeError(f"schema id is {schema.schema_id}, expected 0 to 255")
    if not 1 <= len(schema.channels) <= MAXIMUM_CHANNELS:
        raise MalformedError(f"schema has {len(schema.channels)} channels, expected 1 to {MAXIMUM_CHANNELS}")
    for channel in schema.channels:
        if not 0 <= channel.channel <= 255 or not 0 <= channel.type_id <= 255:
            raise RangeError(f"schema has {channel}, expected channel and type within 0 to 255")
        type_of(channel.type_id)
    if len(set(schema.channels)) != len(schema.channels):
        raise MalformedError("schema names a channel and type twice")
    if not 0 <= schema.interval_s <= MAXIMUM_U32:
        raise RangeError(f"schema has an interval of {schema.interval_s} s, expected 0 to {MAXIMUM_U32}")
    if schema.shapes:
        axes = axes_of(schema)
        if len(schema.shapes) != len(axes):
            raise MalformedError(f"schema has {len(schema.shapes)} shapes, expected {len(axes)}")
        for at in range(len(axes)):
            _check_shape(schema.shapes[at], axes[at], at)


def _check_shape(shape: Shape, axis: Axis, at: int) -> None:
    _check_field("step2", at, shape.step2, 2, MAXIMUM_STEP2)
    low = max(2 * axis.low // shape.step2, -MAXIMUM_REFERENCE)
    high = min(2 * axis.high // shape.step2, MAXIMUM_REFERENCE)
    _check_field("predictor", at, shape.predictor, LAST, LINEAR)
    _check_field("scale", at, shape.scale, 0, SPREADS - 1)
    _check_field("reference", at, shape.reference, low, high)
    _check_field("spread", at, shape.spread, 0, SPREADS - 1)
    _check_field("weight", at, shape.weight, -MAXIMUM_WEIGHT, MAXIMUM_WEIGHT)
    if shape.partner != NO_PARTNER and not 0 <= shape.partner < at:
        raise RangeError(f"schema: partner of column {at} is {shape.partner}, expected a column before it")
    if shape.partner == NO_PARTNER and shape.weight:
        raise RangeError(f"schema: weight of column {at} is {shape.weight}, expected 0 without a partner")


def _check_field(name: str, at: int, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or not low <= value <= high:
        raise RangeError(f"schema: {name} of column {at} is {value}, expected {low} to {high}")
