"""History batch (FPort 210, up): consecutive records, compressed column by column. Layout: codecs/README.md.

This module is its face: the node encodes, the receiver decodes.
"""

from farwire_codecs.batch_decoder import decode
from farwire_codecs.batch_encoder import encode
from farwire_codecs.batch_layout import MAXIMUM_RECORDS, AgedRecord, Batch, Record

__all__ = ["MAXIMUM_RECORDS", "AgedRecord", "Batch", "Record", "decode", "encode"]
