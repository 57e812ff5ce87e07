"""Configuration on air (FPort 222, down): a document or a difference, cut into the frames that carry it.

A transfer is the document's or the difference's bytes and a check of four: of a document its hash; of a
difference the CRC-32 of the old document's bytes and the new one's behind them. So the base of a difference
is named without a byte for it: on any other document, or damaged, the check fails.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.configuration_difference import apply, decode_difference, difference
from farwire_codecs.configuration_document import MAXIMUM_DOCUMENT, crc32, decode_document, encode_document
from farwire_codecs.configuration_settings import Setting
from farwire_codecs.errors import MalformedError, RangeError, TruncatedError

Piece = namedtuple("Piece", ("difference", "transfer", "index", "last", "data"))
"""`difference`: whether the transfer is one; `transfer` 0 to 7 tells it from the one before, None when this
piece is all of it; `index` 0 to 127; `last`: no piece has a higher index; `data` 1 or more of its bytes."""

Transfer = namedtuple("Transfer", ("difference", "content", "check"))
"""All of a transfer: whether `content` is a difference, else a document; `check` its CRC-32."""

CHECK_SIZE = 4
MAXIMUM_TRANSFER = MAXIMUM_DOCUMENT + CHECK_SIZE
MAXIMUM_PIECES = 128
SMALLEST_LIMIT = 11  # the least that LoRaWAN has; 128 pieces of it carry any document

_DIFFERENCE = 0x10
_SEVERAL = 0x08
_LAST = 0x04
_FLAGS = 0x1F


def pieces(document: "tuple[Setting, ...]", limit: int) -> list[bytes]:
    """Return the frames that carry a whole document, each of at most `limit` bytes; raises CodecError."""
    content = encode_document(document)
    return cut(Transfer(False, content, crc32(content)), limit)


def difference_pieces(old: "tuple[Setting, ...]", new: "tuple[Setting, ...]", limit: int) -> list[bytes]:
    """Return the frames that make `new` of `old`, each of at most `limit` bytes; raises CodecError."""
    check = crc32(encode_document(new), crc32(encode_document(old)))
    return cut(Transfer(True, difference(old, new), check), limit)


def fewest_pieces(old: "tuple[Setting, ...] | None", new: "tuple[Setting, ...]", limit: int) -> list[bytes]:
    """Return the frames of the difference where they have fewer bytes than those of the whole document.

    `old` is what the node is known to run, None when that is not known: then the whole document.
    """
    whole = pieces(new, limit)
    if old is None:
        return whole
    try:
        smaller = difference_pieces(old, new, limit)
    except RangeError:  # longer than any document
        return whole
    return smaller if sum([len(f) for f in smaller]) < sum([len(f) for f in whole]) else whole


def cut(transfer: Transfer, limit: int) -> list[bytes]:
    """Return a transfer's frames; raises RangeError for a limit below SMALLEST_LIMIT."""
    fields.checked("payload limit", limit, SMALLEST_LIMIT, 255)
    flags = _DIFFERENCE if transfer.difference else 0
    stream = bytearray(transfer.content)
    fields.put_unsigned(stream, "check", transfer.check, CHECK_SIZE)
    if len(stream) < limit:
        return [bytes((fields.header(flags),)) + bytes(stream)]
    size = limit - 2
    count = (len(stream) + size - 1) // size
    frames = []
    for index in range(count):
        word = fields.header(flags | _SEVERAL | (_LAST if index + 1 == count else 0)) << 8
        word |= transfer_id(transfer) << 7 | index
        frames.append(bytes((word >> 8, word & 0xFF)) + bytes(stream[index * size : (index + 1) * size]))
    return frames


def transfer_id(transfer: Transfer) -> int:
    """Return what the pieces of a transfer are told from others' by, if it needs more than one."""
    return int(transfer.check & 7)


def decode_piece(payload: bytes) -> Piece:
    """Return one piece; raises CodecError.

    One that is all of its transfer is looked into as far as can be without the base of a difference.
    """
    cursor = fields.Cursor("configuration piece", payload)
    flags = cursor.header(_FLAGS)
    is_difference = bool(flags & _DIFFERENCE)
    if flags & _SEVERAL:
        word = (flags & 3) << 8 | cursor.unsigned("index", 1)
        piece = Piece(is_difference, word >> 7, word & 0x7F, bool(flags & _LAST), payload[2:])
        if not piece.data:
            raise TruncatedError("configuration piece has no data")
        return piece
    if flags & ~_DIFFERENCE:
        raise MalformedError(f"configuration piece has flags 0x{flags:02x}, expected 0x00 or 0x10")
    whole = transfer_of(is_difference, payload[1:])
    if is_difference:
        decode_difference(whole.content)
    else:
        result(whole, b"")
    return Piece(is_difference, None, 0, True, payload[1:])


def transfer_of(is_difference: bool, stream: bytes) -> Transfer:
    """Return the transfer of its bytes; raises CodecError for too few or too many of them."""
    if len(stream) <= CHECK_SIZE:
        raise TruncatedError(f"configuration ends inside its check: {len(stream)} bytes")
    fields.checked("length of the configuration", len(stream), 0, MAXIMUM_TRANSFER)
    content = bytes(stream[:-CHECK_SIZE])
    check = fields.Cursor("configuration", stream[-CHECK_SIZE:]).unsigned("check", CHECK_SIZE)
    return Transfer(is_difference, content, check)


def result(transfer: Transfer, running: bytes) -> bytes:
    """Return the bytes of the document that a transfer leads to, `running` being those of the one that runs.

    Raises CodecError unless it arrived as it was sent and, if it is a difference, was made for `running`.
    """
    document: bytes = transfer.content
    before = 0
    if transfer.difference:
        document = encode_document(apply(decode_document(running), transfer.content))
        before = crc32(running)
    else:
        decode_document(document)
    found = crc32(document, before)
    if found != transfer.check:
        raise MalformedError(f"check of the configuration is {found:08x}, expected {transfer.check:08x}")
    return document
