"""Configuration (FPort 222, down): documents of settings, what leads from one to another, and pieces on air.

This module is its face. The settings there are: configuration_keys.py. Layout: codecs/README.md.
"""

from farwire_codecs.configuration_assembly import Assembly, assemble
from farwire_codecs.configuration_difference import (
    Difference,
    apply,
    decode_difference,
    difference,
    encode_difference,
)
from farwire_codecs.configuration_document import (
    MAXIMUM_DOCUMENT,
    crc32,
    decode_document,
    document_hash,
    encode_document,
)
from farwire_codecs.configuration_keys import (
    HIGH,
    HYSTERESIS,
    KEYS,
    LOW,
    REPORTING_INTERVAL_S,
    SAMPLING_INTERVAL_S,
    STATE_INTERVAL_S,
)
from farwire_codecs.configuration_pieces import (
    MAXIMUM_PIECES,
    MAXIMUM_TRANSFER,
    SMALLEST_LIMIT,
    Piece,
    Transfer,
    cut,
    decode_piece,
    difference_pieces,
    fewest_pieces,
    pieces,
    result,
    transfer_id,
)
from farwire_codecs.configuration_settings import MAXIMUM_SETTINGS, Setting, canonical, check

__all__ = [
    "HIGH",
    "HYSTERESIS",
    "KEYS",
    "LOW",
    "MAXIMUM_DOCUMENT",
    "MAXIMUM_PIECES",
    "MAXIMUM_SETTINGS",
    "MAXIMUM_TRANSFER",
    "REPORTING_INTERVAL_S",
    "SAMPLING_INTERVAL_S",
    "SMALLEST_LIMIT",
    "STATE_INTERVAL_S",
    "Assembly",
    "Difference",
    "Piece",
    "Setting",
    "Transfer",
    "apply",
    "assemble",
    "canonical",
    "check",
    "crc32",
    "cut",
    "decode_difference",
    "decode_document",
    "decode_piece",
    "difference",
    "difference_pieces",
    "document_hash",
    "encode_difference",
    "encode_document",
    "fewest_pieces",
    "pieces",
    "result",
    "transfer_id",
]
