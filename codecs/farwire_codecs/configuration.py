"""Configuration (FPort 222, down): a document of settings, its hash, and its pieces on air.

A document is a tuple of Setting, sorted by key and channel, no two alike: one document has one encoding and
one hash. It is whole: a setting that it does not name has the node's built-in value.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError, TruncatedError, UnknownTypeError

Setting = namedtuple("Setting", ("key", "channel", "value"))
"""`channel` 0 to 255 for a key that is per channel, else None; `value` an integer in the key's range."""

Piece = namedtuple("Piece", ("hash", "index", "count", "data"))
"""`index` 0 to count - 1; `data` 1 or more bytes of the encoded document."""

Key = namedtuple("Key", ("name", "per_channel", "low", "high"))

SAMPLING_INTERVAL_S = 1
REPORTING_INTERVAL_S = 2
STATE_INTERVAL_S = 3
HIGH = 16
LOW = 17
HYSTERESIS = 18

# Thresholds are in the raw integers of the channel's LPP type; -2^31 to 2^32 - 1 covers every type.
KEYS = {
    SAMPLING_INTERVAL_S: Key("sampling_interval_s", False, 1, 86_400),
    REPORTING_INTERVAL_S: Key("reporting_interval_s", False, 1, 604_800),
    STATE_INTERVAL_S: Key("state_interval_s", False, 60, 604_800),
    HIGH: Key("high", True, -(1 << 31), (1 << 32) - 1),
    LOW: Key("low", True, -(1 << 31), (1 << 32) - 1),
    HYSTERESIS: Key("hysteresis", True, 0, (1 << 32) - 1),
}

MAXIMUM_SETTINGS = 128
MAXIMUM_DOCUMENT = 1024  # bytes; a node holds the pieces in memory until the last one is there
PIECE_OVERHEAD = 8


def canonical(settings: tuple[Setting, ...] | list[Setting]) -> tuple[Setting, ...]:
    """Return the document of these settings in any order; raises CodecError for a bad or a doubled one."""
    document = tuple(sorted(settings, key=_order))
    check(document)
    return document


def check(document: tuple[Setting, ...]) -> None:
    """Raise CodecError unless every setting is known, in range, and in the canonical order."""
    if len(document) > MAXIMUM_SETTINGS:
        raise RangeError(f"{len(document)} settings, expected at most {MAXIMUM_SETTINGS}")
    previous = (0, -1)
    for setting in document:
        key = _key(setting.key)
        if key.per_channel:
            fields.checked(f"channel of {key.name}", setting.channel, 0, 255)
        elif setting.channel is not None:
            raise RangeError(f"{key.name} has channel {setting.channel}, expected None")
        fields.checked(key.name, setting.value, key.low, key.high)
        order = _order(setting)
        if order <= previous:
            raise MalformedError(f"{key.name} stands twice or out of order")
        previous = order


def encode_document(document: tuple[Setting, ...]) -> bytes:
    """Return the document's bytes; raises CodecError, also over MAXIMUM_DOCUMENT bytes."""
    check(document)
    out = bytearray((fields.header(0), len(document)))
    for setting in document:
        out.append(setting.key)
        if setting.channel is not None:
            out.append(setting.channel)
        _put_value(out, setting.value)
    fields.checked("length of the document", len(out), 0, MAXIMUM_DOCUMENT)
    return bytes(out)


def decode_document(data: bytes) -> tuple[Setting, ...]:
    """Return the document; raises CodecError."""
    fields.checked("length of the document", len(data), 0, MAXIMUM_DOCUMENT)
    cursor = fields.Cursor("configuration", data)
    cursor.header(0)
    settings: list[Setting] = []
    for _ in range(cursor.unsigned("count", 1)):
        key = cursor.unsigned("key", 1)
        channel = cursor.unsigned("channel", 1) if _key(key).per_channel else None
        settings.append(Setting(key, channel, _take_value(cursor)))
    cursor.end()
    document = tuple(settings)
    check(document)
    return document


def document_hash(document: tuple[Setting, ...]) -> int:
    """Return the CRC-32 of the document's bytes, which the node reports when it runs the document."""
    return crc32(encode_document(document))


def pieces(document: tuple[Setting, ...], limit: int) -> list[bytes]:
    """Return the frames that carry a document, each of at most `limit` bytes.

    Raises RangeError when `limit` is too small for 255 pieces to do.
    """
    data = encode_document(document)
    size = min(limit - PIECE_OVERHEAD, 255)
    count = (len(data) + size - 1) // size if size > 0 else 256
    if count > 255:
        raise RangeError(f"a document of {len(data)} bytes does not fit 255 pieces of {limit}")
    hash_ = crc32(data)
    frames = []
    for index in range(count):
        part = data[index * size : (index + 1) * size]
        out = bytearray((fields.header(0),))
        fields.put_unsigned(out, "hash", hash_, 4)
        out.extend(bytes((index, count, len(part))))
        out.extend(part)
        frames.append(bytes(out))
    return frames


def decode_piece(payload: bytes) -> Piece:
    """Return one piece; raises CodecError."""
    cursor = fields.Cursor("configuration piece", payload)
    cursor.header(0)
    hash_ = cursor.unsigned("hash", 4)
    index = cursor.unsigned("index", 1)
    count = cursor.unsigned("count", 1)
    data = cursor.take("data", cursor.unsigned("length", 1))
    cursor.end()
    if index >= count or not data:
        raise MalformedError(
            f"configuration piece: index {index}, count {count}, {len(data)} bytes; expected index < count "
            "and 1 byte or more"
        )
    return Piece(hash_, index, count, data)


def assemble(parts: tuple[Piece, ...] | list[Piece]) -> tuple[Setting, ...]:
    """Return the document of its pieces, in any order, repeated or not.

    Raises TruncatedError while one is missing, MalformedError when they are of different documents or the
    hash does not fit, and what decode_document raises.
    """
    if not parts:
        raise TruncatedError("configuration: no piece")
    first = parts[0]
    data: list[bytes] = [b""] * first.count
    for part in parts:
        if part.hash != first.hash or part.count != first.count or not 0 <= part.index < part.count:
            raise MalformedError("configuration: pieces of two documents")
        data[part.index] = part.data
    if not all(data):
        raise TruncatedError(f"configuration: {data.count(b'')} of {first.count} pieces are missing")
    whole = b"".join(data)
    if crc32(whole) != first.hash:
        raise MalformedError(f"configuration: hash is {crc32(whole):08x}, expected {first.hash:08x}")
    return decode_document(whole)


def crc32(data: bytes) -> int:
    """Return the CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320), as zlib's."""
    crc = fields.MAXIMUM_U32
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ fields.MAXIMUM_U32


def _key(key: int) -> Key:
    found = KEYS.get(key)
    if found is None:
        raise UnknownTypeError(f"configuration key {key} is not known")
    return found


def _order(setting: Setting) -> tuple[int, int]:
    return setting.key, -1 if setting.channel is None else setting.channel


def _put_value(out: bytearray, value: int) -> None:
    """Append a zigzag varint of up to 33 bits."""
    folded = fields.zigzag(value)
    while folded > 0x7F:
        out.append(folded & 0x7F | 0x80)
        folded >>= 7
    out.append(folded)


def _take_value(cursor: fields.Cursor) -> int:
    folded = shift = 0
    while True:
        byte = cursor.unsigned("value", 1)
        folded |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 28:
            raise MalformedError("configuration: value has more than 5 bytes")
    if shift and not byte:
        raise MalformedError("configuration: value is not a shortest varint")
    return fields.unzigzag(folded)
