"""Acknowledgement (FPort 220, down): which records and alarms of a node are stored for good."""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError

Acknowledgement = namedtuple(
    "Acknowledgement", ("through", "stored_above", "alarms_through", "schema_wanted", "base_wanted")
)
"""`through`: every record up to it is stored (0: none). `stored_above`: bytes, bit i (lowest first in each
byte): record through + 2 + i is stored too. `alarms_through`: as `through`, of alarms. `schema_wanted`: the
receiver lacks the node's schema; send it inline. `base_wanted`: it lacks the model that the node's batches
build on; begin another one with a record that is sampled after this."""

SCHEMA_WANTED = 0x01
HAS_BITMAP = 0x02
BASE_WANTED = 0x04
MAXIMUM_BITMAP = 255


def encode(acknowledgement: Acknowledgement, limit: int) -> bytes:
    """Return the frame in at most `limit` bytes: the bitmap's far end is left out where it does not fit.

    Raises RangeError when not even the fixed part (at most 11 bytes) fits.
    """
    out = bytearray(1)
    fields.put_varint(out, "through", acknowledgement.through)
    fields.put_varint(out, "alarms_through", acknowledgement.alarms_through)
    if len(out) > limit:
        raise RangeError(f"acknowledgement needs {len(out)} bytes, the limit is {limit}")
    bitmap = _without_trailing_zeros(acknowledgement.stored_above[: _room(limit - len(out))])
    flags = SCHEMA_WANTED if acknowledgement.schema_wanted else 0
    flags |= BASE_WANTED if acknowledgement.base_wanted else 0
    if bitmap:
        flags |= HAS_BITMAP
        out.append(len(bitmap))
        out.extend(bitmap)
    out[0] = fields.header(flags)
    return bytes(out)


def decode(payload: bytes) -> Acknowledgement:
    """Return the acknowledgement; raises CodecError."""
    cursor = fields.Cursor("acknowledgement", payload)
    flags = cursor.header(SCHEMA_WANTED | HAS_BITMAP | BASE_WANTED)
    through = cursor.varint("through")
    alarms_through = cursor.varint("alarms_through")
    bitmap = b""
    if flags & HAS_BITMAP:
        bitmap = cursor.chunk("bitmap", cursor.unsigned("bitmap length", 1))
        if not bitmap or not bitmap[-1]:
            raise MalformedError("acknowledgement: the bitmap ends in a zero byte or is empty")
    cursor.end()
    schema_wanted, base_wanted = bool(flags & SCHEMA_WANTED), bool(flags & BASE_WANTED)
    return Acknowledgement(through, bitmap, alarms_through, schema_wanted, base_wanted)


def _room(left: int) -> int:
    """Return how many bitmap bytes fit into `left` bytes behind their length byte."""
    return max(0, min(left - 1, MAXIMUM_BITMAP))


def _without_trailing_zeros(bitmap: bytes) -> bytes:
    length = len(bitmap)
    while length and not bitmap[length - 1]:
        length -= 1
    return bytes(bitmap[:length])
