"""Cayenne LPP history of one channel (FPort 100 + channel, up), both ways, strict.

Type, age, value, repeated; the age is an unsigned 16-bit integer: how many seconds before the uplink the
value was taken (as the lppv2 branch of xoseperez/CayenneLPP 9c419f1 reads it). It has room for channels 0
to 99. Servers' own decoders do not know this form; Farwire's nodes send history batches (batch.py), which
are much smaller.
"""

from collections import namedtuple

from farwire_codecs import fields, ports
from farwire_codecs.errors import MalformedError, RangeError, TruncatedError, UnknownTypeError, stopped
from farwire_codecs.lpp_types import TYPES, LppType, check_raw, pack, unpack

AgedItem = namedtuple("AgedItem", ("channel", "type_id", "age_s", "raw"))
"""`channel` 0 to 99; `age_s` 0 to 65,535; `raw` a tuple of integers, one per axis of the type."""

HIGHEST_CHANNEL = ports.LPP_HISTORY_LAST - ports.LPP_HISTORY_FIRST


def port_of(channel: int) -> int:
    """Return the FPort of a channel's history; raises RangeError for one that has none."""
    return ports.LPP_HISTORY_FIRST + fields.checked("channel of an LPP history", channel, 0, HIGHEST_CHANNEL)


def encode_history(
    items: "list[AgedItem] | tuple[AgedItem, ...]", types: dict[int, LppType] = TYPES
) -> bytes:
    """Return the payload for port_of(channel); the items, one or more, are all of one channel.

    Raises CodecError.
    """
    if not items:
        raise MalformedError("LPP history: there are no items, expected 1 or more")
    out = bytearray()
    channel = items[0].channel
    port_of(channel)
    for item in items:
        if item.channel != channel:
            raise RangeError(f"LPP history: an item has channel {item.channel}, expected {channel}")
        found = check_raw(item.type_id, item.raw, types)
        fields.put_unsigned(out, "LPP history: the type", item.type_id, 1)
        fields.put_unsigned(out, "LPP history: the age", item.age_s, 2)
        out.extend(pack(found, item.raw))
    return bytes(out)


def decode_history(
    f_port: int, payload: bytes, types: dict[int, LppType] = TYPES, padded: bool = False
) -> list[AgedItem]:
    """Return the items in the frame's order; raises CodecError with `offset` and `items`, as lpp.py does.

    `padded`: zero bytes up to the end are padding; last digital inputs 0 of age 0 are then lost.
    """
    channel = fields.checked("FPort less 100", f_port - ports.LPP_HISTORY_FIRST, 0, HIGHEST_CHANNEL)
    items: list[AgedItem] = []
    end = len(payload)
    start = 0
    while start < end:
        type_id = payload[start]
        if padded and not type_id and not any(payload[start:]):
            break
        found = types.get(type_id)
        if found is None:
            text = f"LPP type {type_id} at byte {start} is not in the table of types"
            raise stopped(UnknownTypeError(text), start, items)
        at = start + 3
        after = at + found.size
        if after > end:
            text = (
                f"LPP type {type_id} at byte {start} needs {after - start - 1} bytes with its age, "
                f"{end - start - 1} are left"
            )
            raise stopped(TruncatedError(text), start, items)
        age_s = payload[start + 1] << 8 | payload[start + 2]
        items.append(AgedItem(channel, type_id, age_s, unpack(found, payload, at)))
        start = after
    return items
