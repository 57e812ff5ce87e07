"""Log pieces: one at a time, and put together in whatever order they come."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import log_piece, ports
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError
from farwire_codecs.log_piece import CRASH_REPORT, LOG, LogPiece
from farwire_codecs.log_report import Gap, LogReport, assemble
from farwire_codecs.uplink import decode_uplink
from tests.codecs import frames, second_decoder
from tests.codecs import strategies as any_

limits = st.integers(11, 242)


def pieces_of(report: bytes, limit: int, kind: int = LOG, number: int = 7) -> list[LogPiece]:
    made = [log_piece.piece_at(kind, number, report, 0, limit)]
    while not made[-1].last:
        made.append(log_piece.piece_at(kind, number, report, made[-1].offset + len(made[-1].data), limit))
    return made


@given(any_.log_pieces())
def test_piece_comes_back_and_no_part_of_it_passes(piece: LogPiece) -> None:
    frame = log_piece.encode(piece)

    assert decode_uplink(ports.LOG, frame, frames.nothing_known) == piece
    assert second_decoder.log_piece(frame) == piece
    for length in range(len(frame)):
        with pytest.raises(TruncatedError):
            log_piece.decode(frame[:length])
    with pytest.raises(MalformedError):
        log_piece.decode(frame + b"\x00")


@given(st.binary(max_size=60))
def test_any_bytes_give_a_piece_that_encodes_to_them_or_a_codec_error(payload: bytes) -> None:
    with contextlib.suppress(CodecError):
        assert log_piece.encode(log_piece.decode(payload)) == payload


@given(st.binary(max_size=2000), limits, limits, st.randoms(use_true_random=False))
def test_report_comes_back_from_pieces_in_any_order_repeated_and_of_two_sizes(
    report: bytes, limit: int, other_limit: int, order: random.Random
) -> None:
    pieces = pieces_of(report, limit) + pieces_of(report, other_limit)
    order.shuffle(pieces)

    assert all(len(log_piece.encode(piece)) <= max(limit, other_limit) for piece in pieces)
    assert assemble(pieces) == LogReport(LOG, 7, (), report)


@given(st.binary(min_size=1, max_size=600), limits, st.data())
def test_report_with_lost_pieces_says_which_bytes_are_missing(
    report: bytes, limit: int, data: st.DataObject
) -> None:
    pieces = pieces_of(report, limit)
    arrived = data.draw(st.lists(st.sampled_from(pieces), min_size=1))
    known = {piece.offset + at for piece in arrived for at in range(len(piece.data))}

    found = assemble(arrived)

    missing = {at for gap in found.missing for at in range(gap.start, gap.end or len(report))}
    assert missing == set(range(len(report))) - known
    assert report.startswith(found.data)
    assert len(found.data) == min(missing, default=len(report))
    assert (found.missing[-1:] or (Gap(0, 0),))[0].end is not None or pieces[-1] not in arrived


def test_missing_bytes_are_ranges_and_the_last_is_open_until_the_end_is_known() -> None:
    first, second, third, fourth = pieces_of(bytes(range(20)), 10)

    assert assemble([third, first]).missing == (Gap(5, 10), Gap(15, None))
    assert assemble([fourth, second, first]) == LogReport(LOG, 7, (Gap(10, 15),), bytes(range(10)))


def test_empty_report_has_one_piece_without_data() -> None:
    (piece,) = pieces_of(b"", 11, CRASH_REPORT)

    assert piece == LogPiece(CRASH_REPORT, 7, 0, True, b"")
    assert assemble([piece]) == LogReport(CRASH_REPORT, 7, (), b"")


def test_longest_report_fits_and_one_byte_more_does_not() -> None:
    report = bytes(log_piece.MAXIMUM_REPORT)

    assert assemble(pieces_of(report, 242)).data == report
    with pytest.raises(RangeError, match="length of the report is 65536"):
        log_piece.piece_at(LOG, 1, report + b"\x00", 0, 242)


@pytest.mark.parametrize(
    "other",
    [
        LogPiece(LOG, 8, 0, False, b"abc"),
        LogPiece(CRASH_REPORT, 7, 0, False, b"abc"),
        LogPiece(LOG, 7, 0, False, b"abx"),
        LogPiece(LOG, 7, 2, False, b"x"),
        LogPiece(LOG, 7, 0, True, b"ab"),
        LogPiece(LOG, 7, 5, True, b"f"),
    ],
)
def test_pieces_that_contradict_each_other_are_refused(other: LogPiece) -> None:
    pieces = [LogPiece(LOG, 7, 0, False, b"abc"), LogPiece(LOG, 7, 3, True, b"de"), other]

    for order in (pieces, pieces[::-1]):
        with pytest.raises(MalformedError):
            assemble(order)


def test_report_of_no_piece_is_refused() -> None:
    with pytest.raises(TruncatedError, match="no piece"):
        assemble([])


@pytest.mark.parametrize(
    ("piece", "error"),
    [
        (LogPiece(2, 0, 0, True, b"a"), RangeError),
        (LogPiece(LOG, 65_536, 0, True, b"a"), RangeError),
        (LogPiece(LOG, 0, 65_536, True, b"a"), RangeError),
        (LogPiece(LOG, 0, -1, True, b"a"), RangeError),
        (LogPiece(LOG, 0, 65_535, True, b"a"), RangeError),
        (LogPiece(LOG, 0, 0, True, bytes(256)), RangeError),
        (LogPiece(LOG, 0, 0, False, b""), MalformedError),
        (LogPiece(LOG, 0, 1, True, b""), MalformedError),
    ],
)
def test_piece_that_no_frame_can_carry_is_refused(piece: LogPiece, error: type[CodecError]) -> None:
    with pytest.raises(error):
        log_piece.encode(piece)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("04 0001 00 01 61", MalformedError),  # a flag that is not defined
        ("00 0001 00 00", MalformedError),  # no data, and more to come
        ("01 0001 8000 01 61", MalformedError),  # an offset longer than it need be
        ("01 0001 ffff03 01 61", RangeError),  # ends at byte 65,536
    ],
)
def test_frame_that_no_encoder_writes_is_refused(frame: str, error: type[CodecError]) -> None:
    with pytest.raises(error):
        log_piece.decode(bytes.fromhex(frame))


def test_piece_needs_room_for_a_byte_and_a_byte_to_carry() -> None:
    with pytest.raises(RangeError, match="the limit is 5"):
        log_piece.piece_at(LOG, 1, b"abc", 0, 5)
    with pytest.raises(RangeError, match="offset is 3, expected 0 to 2"):
        log_piece.piece_at(LOG, 1, b"abc", 3, 51)
