"""Configuration documents: one encoding and one hash each, whole or refused."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import configuration as codec
from farwire_codecs.configuration import Piece, Setting
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownTypeError

DOCUMENT = codec.canonical(
    [
        Setting(codec.LOW, 3, -50),
        Setting(codec.SAMPLING_INTERVAL_S, None, 60),
        Setting(codec.HIGH, 4, 900),
        Setting(codec.HIGH, 3, 850),
    ]
)


def test_canonical_order_is_by_key_and_channel() -> None:
    order = [(setting.key, setting.channel) for setting in DOCUMENT]

    assert order == [(1, None), (16, 3), (16, 4), (17, 3)]


def test_order_of_writing_does_not_change_the_hash() -> None:
    assert codec.document_hash(codec.canonical(DOCUMENT[::-1])) == codec.document_hash(DOCUMENT)


def test_another_value_changes_the_hash() -> None:
    other = (Setting(codec.SAMPLING_INTERVAL_S, None, 61), *DOCUMENT[1:])

    assert codec.document_hash(other) != codec.document_hash(DOCUMENT)


def test_document_of_nothing_is_one_too() -> None:
    assert codec.decode_document(codec.encode_document(())) == ()


@given(st.binary(max_size=100))
def test_crc_is_that_of_zlib(data: bytes) -> None:
    assert codec.crc32(data) == zlib.crc32(data)


@pytest.mark.parametrize("key", codec.KEYS, ids=[key.name for key in codec.KEYS.values()])
def test_both_ends_of_a_keys_range_are_carried_and_no_more(key: int) -> None:
    channel = 255 if codec.KEYS[key].per_channel else None
    for inside, outside in (
        (codec.KEYS[key].low, codec.KEYS[key].low - 1),
        (codec.KEYS[key].high, codec.KEYS[key].high + 1),
    ):
        document = (Setting(key, channel, inside),)
        assert codec.decode_document(codec.encode_document(document)) == document
        with pytest.raises(RangeError, match=codec.KEYS[key].name):
            codec.encode_document((Setting(key, channel, outside),))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ([Setting(99, None, 1)], UnknownTypeError),
        ([Setting(codec.SAMPLING_INTERVAL_S, 1, 60)], RangeError),
        ([Setting(codec.HIGH, None, 60)], RangeError),
        ([Setting(codec.HIGH, 256, 60)], RangeError),
        ([Setting(codec.HIGH, 1, 60.5)], RangeError),
        ([Setting(codec.HIGH, 1, 60), Setting(codec.HIGH, 1, 61)], MalformedError),
        ([Setting(codec.HIGH, n, 60) for n in range(129)], RangeError),
        ([Setting(16 + n // 64, n % 64, -(1 << 31)) for n in range(128)], None),
    ],
)
def test_settings_that_make_no_document_are_refused(
    settings: list[Setting], error: type[Exception] | None
) -> None:
    if error is None:
        assert len(codec.encode_document(codec.canonical(settings))) <= codec.MAXIMUM_DOCUMENT
    else:
        with pytest.raises(error):
            codec.canonical(settings)


def test_settings_out_of_order_are_refused() -> None:
    with pytest.raises(MalformedError, match="out of order"):
        codec.encode_document(DOCUMENT[::-1])


@pytest.mark.parametrize(
    "data",
    [
        "0001 01 8100",  # a value in more bytes than it needs
        "0001 01 ffffffffffff01",
        "0002 01 78 01 78",  # twice
        "0002 1003 78 01 78",  # out of order
        "0001 63 00",  # an unknown key
        "0001 01 00",  # an interval of 0
        "0101 01 78",  # a flag
    ],
)
def test_document_that_no_encoder_writes_is_refused(data: str) -> None:
    with pytest.raises(CodecError):
        codec.decode_document(bytes.fromhex(data))


def test_repeated_piece_changes_nothing() -> None:
    pieces = [codec.decode_piece(frame) for frame in codec.pieces(DOCUMENT, 14)]

    assert len(pieces) > 2
    assert codec.assemble(pieces + pieces[:1]) == DOCUMENT


def test_missing_piece_is_waited_for() -> None:
    pieces = [codec.decode_piece(frame) for frame in codec.pieces(DOCUMENT, 14)]

    with pytest.raises(TruncatedError, match="1 of 3 pieces"):
        codec.assemble(pieces[:1] + pieces[2:])
    with pytest.raises(TruncatedError):
        codec.assemble([])


def test_pieces_of_two_documents_do_not_mix() -> None:
    (ours,) = [codec.decode_piece(frame) for frame in codec.pieces(DOCUMENT, 51)]
    (other,) = [codec.decode_piece(frame) for frame in codec.pieces((), 51)]

    with pytest.raises(MalformedError, match="two documents"):
        codec.assemble([ours, other])


def test_piece_outside_its_document_does_not_mix() -> None:
    with pytest.raises(MalformedError):
        codec.assemble([Piece(1, 5, 2, b"x")])


def test_damaged_document_is_refused_by_its_hash() -> None:
    (piece,) = [codec.decode_piece(frame) for frame in codec.pieces(DOCUMENT, 51)]
    damaged = piece.data[:-1] + bytes((piece.data[-1] ^ 2,))

    with pytest.raises(MalformedError, match="hash"):
        codec.assemble([piece._replace(data=damaged)])


def test_limit_without_room_for_a_byte_is_refused() -> None:
    with pytest.raises(RangeError, match="does not fit"):
        codec.pieces(DOCUMENT, 8)
