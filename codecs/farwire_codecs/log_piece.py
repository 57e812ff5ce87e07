"""A node's log, or its crash report, in pieces (FPort 214, up).

A report is bytes, at most MAXIMUM_REPORT, as they were when its number was given; what was logged since goes
into a report with another number. So pieces that carry one number fit together, whenever they were sent and
however long they are; `log_report` puts them together.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError

LogPiece = namedtuple("LogPiece", ("kind", "number", "offset", "last", "data"))
"""`kind` one of KINDS; `number` the report's, 0 to 65,535, one more for each report, whatever its kind;
`offset` the byte of the report that `data` starts at; `last` the report ends with this piece. `data` has 0
bytes only in the one piece of an empty report, else 1 to 255."""

LOG = 0
CRASH_REPORT = 1
KINDS = (LOG, CRASH_REPORT)

MAXIMUM_REPORT = 65_535  # bytes; bounds what a receiver holds, and is far more than a board keeps
MAXIMUM_DATA = 255
_LAST = 0x01
_CRASH = 0x02


def checked_offset(offset: int) -> int:
    """Return the offset; raises RangeError for one beyond the longest report."""
    return fields.checked("offset", offset, 0, MAXIMUM_REPORT)


def piece_at(kind: int, number: int, report: bytes, offset: int, limit: int) -> LogPiece:
    """Return the longest piece of a report that starts at `offset` and encodes to at most `limit` bytes.

    Raises RangeError when the report has no byte there (an empty one has a piece at 0) or none fits.
    """
    fields.checked("length of the report", len(report), 0, MAXIMUM_REPORT)
    fields.checked("offset", offset, 0, max(len(report) - 1, 0))
    size = min(limit - 4 - fields.varint_size(offset), MAXIMUM_DATA, len(report) - offset)
    if size < min(1, len(report)):
        raise RangeError(f"log piece at {offset}: the limit is {limit}, expected some bytes more")
    end = offset + max(size, 0)
    return LogPiece(kind, number, offset, end == len(report), bytes(report[offset:end]))


def encode(piece: LogPiece) -> bytes:
    """Return the frame: 5 to 7 bytes and the data; raises CodecError."""
    _check(piece)
    out = bytearray(
        (fields.header((_CRASH if piece.kind == CRASH_REPORT else 0) | (_LAST if piece.last else 0)),)
    )
    fields.put_unsigned(out, "number", piece.number, 2)
    fields.put_varint(out, "offset", piece.offset)
    out.append(len(piece.data))
    out.extend(piece.data)
    return bytes(out)


def decode(payload: bytes) -> LogPiece:
    """Return the piece; raises CodecError."""
    cursor = fields.Cursor("log piece", payload)
    flags = cursor.header(_LAST | _CRASH)
    number = cursor.unsigned("number", 2)
    offset = cursor.varint("offset")
    data = cursor.chunk("data", cursor.unsigned("length", 1))
    cursor.end()
    kind = CRASH_REPORT if flags & _CRASH else LOG
    piece = LogPiece(kind, number, offset, bool(flags & _LAST), data)
    _check(piece)
    return piece


def _check(piece: LogPiece) -> None:
    fields.checked("kind", piece.kind, 0, KINDS[-1])
    checked_offset(piece.offset)
    size = fields.checked("length of the data", len(piece.data), 0, MAXIMUM_DATA)
    fields.checked("end of the log piece", piece.offset + size, 0, MAXIMUM_REPORT)
    if not size and (piece.offset or not piece.last):
        raise MalformedError(
            f"log piece at {piece.offset} has no data; only the one piece of an empty report has none"
        )
