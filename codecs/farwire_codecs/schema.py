"""The channel table of a node: what the columns of its records are.

A schema's id is given by the node: it grows by one (255 is followed by 0) whenever the node's channel list
changes, so that a receiver never reads a batch with another list's columns.
"""

from collections import namedtuple

from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.lpp_types import type_of

Channel = namedtuple("Channel", ("channel", "type_id"))
"""One measured quantity: `channel` 0 to 255, `type_id` a Cayenne LPP type."""

Schema = namedtuple("Schema", ("schema_id", "channels"))
"""`schema_id` 0 to 255; `channels` a tuple of 1 to 32 Channel, in the order of a record's values."""

MAXIMUM_CHANNELS = 32  # bounds what a decoder allocates for a frame; a plant's largest cabinet has fewer


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
