"""Cayenne LPP uplinks: dynamic (FPort 1), packed (2) and full-scale GPS (3), both ways, strict.

Dynamic: channel, type, value, repeated. Packed: type, value; the channels are 1, 2, 3, ... in order (as the
lppv2 branch of xoseperez/CayenneLPP 9c419f1 numbers them). GPS: channel, latitude and longitude (4 bytes,
1e-6 deg), altitude (2 bytes, 0.01 m). Values are raw integers; `lpp_types.to_values` scales them.

Decoders never guess: a cut value or an unknown type is an error that carries `offset`, where the item that
could not be read starts, and `items`, what was read before it. `padded`: zero bytes up to the end are
padding, as some senders append them. A last digital input 0 on channel 0 is then lost (packed: the last ones
that are 0; a last GPS position of zeros on channel 0), which is why it is off by default.
"""

import struct
from collections import namedtuple

from farwire_codecs.errors import (
    CodecError,
    MalformedError,
    RangeError,
    TruncatedError,
    UnknownTypeError,
    stopped,
)
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES, LppType, check_raw, pack, unpack, unpack_wide

Item = namedtuple("Item", ("channel", "type_id", "raw"))
"""`channel` 0 to 255; `raw` a tuple of integers, one per axis of the type."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def encode_dynamic(items: list[Item] | tuple[Item, ...], types: dict[int, LppType] = TYPES) -> bytes:
    """Return the items one after the other; raises CodecError for a value, type or channel out of range."""
    out = bytearray()
    for channel, type_id, raw in items:
        found = check_raw(type_id, raw, types)
        if not 0 <= channel <= 255 or type_id > 255:
            raise RangeError(f"LPP channel {channel}, type {type_id}: expected 0 to 255")
        out.append(channel)
        out.append(type_id)
        out.extend(pack(found, raw))
    return bytes(out)


def decode_dynamic(
    payload: bytes,
    types: dict[int, LppType] = TYPES,
    padded: bool = False,
    readers: "dict[int, Callable[[bytes, int], tuple[tuple[int, ...], int]]] | None" = None,
) -> list[Item]:
    """Return the items of a frame; raises CodecError.

    `readers`: for types that have no fixed size, by id: a function of the payload and where the value starts
    that returns the raw integers and where the next item starts, or raises CodecError.
    """
    unpack_from = struct.unpack_from
    items: list[Item] = []
    append = items.append
    end = len(payload)
    start = 0
    while start < end:
        if padded and not payload[start] and not any(payload[start:]):
            break
        at = start + 2
        if at > end:
            raise stopped(TruncatedError(f"LPP ends after channel {payload[start]}"), start, items)
        type_id = payload[start + 1]
        found = types.get(type_id)
        if found is None:
            if not readers or type_id not in readers:
                text = f"LPP type {type_id} at byte {start + 1} is not in the table of types"
                raise stopped(UnknownTypeError(text), start, items)
            try:
                raw, after = readers[type_id](payload, at)
            except CodecError as error:
                raise stopped(error, start, items)
            append(Item(payload[start], type_id, raw))
            start = after
            continue
        axes, size, form = found
        after = at + size
        if after > end:
            text = f"LPP type {type_id} at byte {start + 1} needs {size} bytes, {end - at} are left"
            raise stopped(TruncatedError(text), start, items)
        append(
            Item(
                payload[start],
                type_id,
                unpack_from(form, payload, at) if form else unpack_wide(axes, payload, at),
            )
        )
        start = after
    return items


def encode_packed(items: list[Item] | tuple[Item, ...], types: dict[int, LppType] = TYPES) -> bytes:
    """Return the items without their channels, which must be 1, 2, 3, ...; raises CodecError."""
    out = bytearray()
    for index, item in enumerate(items):
        if item.channel != index + 1:
            raise RangeError(f"packed LPP: item {index} has channel {item.channel}, expected {index + 1}")
        found = check_raw(item.type_id, item.raw, types)
        if item.type_id > 255:
            raise RangeError(f"packed LPP: the type is {item.type_id}, expected 0 to 255")
        out.append(item.type_id)
        out.extend(pack(found, item.raw))
    return bytes(out)


def decode_packed(payload: bytes, types: dict[int, LppType] = TYPES, padded: bool = False) -> list[Item]:
    """Return the items, with channels 1, 2, 3, ...; raises CodecError."""
    items: list[Item] = []
    start = 0
    while start < len(payload):
        type_id = payload[start]
        if padded and not type_id and not any(payload[start:]):
            break
        found = types.get(type_id)
        if found is None:
            text = f"LPP type {type_id} at byte {start} is not in the table of types"
            raise stopped(UnknownTypeError(text), start, items)
        after = start + 1 + found.size
        if after > len(payload):
            left = len(payload) - start - 1
            text = f"LPP type {type_id} at byte {start} needs {found.size} bytes, {left} are left"
            raise stopped(TruncatedError(text), start, items)
        items.append(Item(len(items) + 1, type_id, unpack(found, payload, start + 1)))
        start = after
    return items


def encode_gps(items: list[Item] | tuple[Item, ...]) -> bytes:
    """Return positions (type FULL_SCALE_GPS), 11 bytes each; raises CodecError."""
    out = bytearray()
    for item in items:
        if item.type_id != FULL_SCALE_GPS:
            raise MalformedError(f"full-scale GPS: the type is {item.type_id}, expected {FULL_SCALE_GPS}")
        found = check_raw(item.type_id, item.raw)
        if not 0 <= item.channel <= 255:
            raise RangeError(f"full-scale GPS: the channel is {item.channel}, expected 0 to 255")
        out.append(item.channel)
        out.extend(pack(found, item.raw))
    return bytes(out)


def decode_gps(payload: bytes, padded: bool = False) -> list[Item]:
    """Return the positions as items of type FULL_SCALE_GPS; raises CodecError."""
    items: list[Item] = []
    found = TYPES[FULL_SCALE_GPS]
    size = 1 + found.size
    for start in range(0, len(payload), size):
        if padded and not any(payload[start:]):
            break
        if start + size > len(payload):
            text = f"full-scale GPS has {len(payload)} bytes, expected a multiple of {size}"
            raise stopped(TruncatedError(text), start, items)
        items.append(Item(payload[start], FULL_SCALE_GPS, unpack(found, payload, start + 1)))
    return items
