"""Configuration as a whole: a document of settings, its bytes and its hash.

A document is a tuple of Setting in canonical order (configuration_settings.py). It is whole: a setting that
it does not name has the node's own value. One document has one encoding, and so one hash.
"""

import binascii

from farwire_codecs import fields
from farwire_codecs.configuration_bits import BitReader, BitWriter
from farwire_codecs.configuration_groups import count_groups, put_groups, take_groups
from farwire_codecs.configuration_settings import Setting, check
from farwire_codecs.errors import MalformedError

MAXIMUM_DOCUMENT = 1024  # bytes; a node holds the pieces in memory until the last one is there
_crc32 = getattr(binascii, "crc32", None)
_MANY = 31  # groups from here on are counted behind the header


def encode_document(document: "tuple[Setting, ...]") -> bytes:
    """Return the document's bytes; raises CodecError, also over MAXIMUM_DOCUMENT bytes."""
    check(document)
    groups = count_groups(document)
    bits = BitWriter()
    bits.put(fields.header(min(groups, _MANY)), 8)
    if groups >= _MANY:
        bits.gamma(groups - _MANY + 1)
    put_groups(bits, document, True)
    fields.checked("length of the document", len(bits.bytes), 0, MAXIMUM_DOCUMENT)
    return bytes(bits.bytes)


def decode_document(data: bytes) -> "tuple[Setting, ...]":
    """Return the document; raises CodecError, also for bytes that encode_document would not write."""
    fields.checked("length of the document", len(data), 0, MAXIMUM_DOCUMENT)
    groups = fields.Cursor("configuration", data).header(0x1F)
    bits = BitReader("configuration", data, 1)
    if groups == _MANY:
        groups += bits.gamma() - 1
    document = take_groups(bits, groups, True)
    bits.end()
    if encode_document(document) != data:
        raise MalformedError("configuration is not written in its one shortest form")
    return document


def document_hash(document: "tuple[Setting, ...]") -> int:
    """Return the CRC-32 of the document's bytes, which the node reports when it runs the document."""
    return crc32(encode_document(document))


def crc32(data: bytes, before: int = 0) -> int:
    """Return the CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320), as zlib's.

    `before` is the CRC-32 of what stands before `data`.
    """
    return _crc32(data, before) if _crc32 else crc32_by_bits(data, before)


def crc32_by_bits(data: bytes, before: int = 0) -> int:
    """Return what `crc32` does: for boards whose MicroPython was built without it."""
    crc = before ^ fields.MAXIMUM_U32
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ fields.MAXIMUM_U32
