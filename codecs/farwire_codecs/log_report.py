"""A report put together from its log pieces, in any order, repeated, overlapping or not. Host only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farwire_codecs.errors import MalformedError, TruncatedError
from farwire_codecs.log_piece import LogPiece


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that no piece has brought: from `start` to before `end`, None while the end is not known."""

    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class LogReport:
    """What is there of a report."""

    kind: int  # log_piece.LOG or CRASH_REPORT
    number: int
    missing: tuple[Gap, ...]  # in order; () when the report is whole
    data: bytes  # up to the first gap


def assemble(pieces: Iterable[LogPiece]) -> LogReport:
    """Return what the pieces, one or more, make together.

    Raises TruncatedError without any piece, MalformedError when they are of different reports or contradict
    each other: in a byte, or about where the report ends.
    """
    ordered = sorted(pieces, key=lambda piece: piece.offset)
    if not ordered:
        raise TruncatedError("log report: no piece")
    first = ordered[0]
    for piece in ordered:
        if (piece.kind, piece.number) != (first.kind, first.number):
            raise MalformedError(
                f"log pieces of two reports: kind {first.kind}, number {first.number} and "
                f"kind {piece.kind}, number {piece.number}"
            )
    end = _end(ordered)
    data = bytearray()
    gaps: list[Gap] = []
    for piece in ordered:
        if piece.offset > len(data):
            gaps.append(Gap(len(data), piece.offset))
            data.extend(bytes(piece.offset - len(data)))
        known = data[piece.offset : piece.offset + len(piece.data)]
        if not piece.data.startswith(bytes(known)):
            raise MalformedError(f"log pieces at {piece.offset} of report {first.number} are not alike")
        data.extend(piece.data[len(known) :])
    if end is None:
        gaps.append(Gap(len(data), None))
    whole_to = gaps[0].start if gaps else len(data)
    return LogReport(first.kind, first.number, tuple(gaps), bytes(data[:whole_to]))


def _end(pieces: Sequence[LogPiece]) -> int | None:
    """Return the length of the report, None while no piece is its last; raises MalformedError."""
    ends = {piece.offset + len(piece.data) for piece in pieces if piece.last}
    furthest = max(piece.offset + len(piece.data) for piece in pieces)
    if ends and ends != {furthest}:
        raise MalformedError(f"log pieces end at {sorted(ends)} and go on to {furthest}")
    return furthest if ends else None
