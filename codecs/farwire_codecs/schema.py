"""The channel table of a node: what the columns of its records are.

A schema's id is given by the node: it grows by one (255 is followed by 0) whenever the node's channel list
changes, so that a receiver never reads a batch with another list's columns.
"""

from collections import namedtuple

Channel = namedtuple("Channel", ("channel", "type_id"))
"""One measured quantity: `channel` 0 to 255, `type_id` a Cayenne LPP type."""

Schema = namedtuple("Schema", ("schema_id", "channels"))
"""`schema_id` 0 to 255; `channels` a tuple of 1 to 32 Channel, in the order of a record's values."""

MAXIMUM_CHANNELS = 32  # bounds what a decoder allocates for a frame; a plant's largest cabinet has fewer
