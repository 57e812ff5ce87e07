"""Configuration documents: one encoding and one hash each, every kind of value, whole or refused."""

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_document import crc32_by_bits
from farwire_codecs.configuration_keys import Key, name_of
from farwire_codecs.configuration_settings import is_text
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownTypeError
from tests.codecs import configuration_strategies as any_
from tests.codecs import second_configuration

DOCUMENT = codec.canonical(
    [
        Setting(codec.LOW, 3, -50),
        Setting(codec.SAMPLING_INTERVAL_S, None, 60),
        Setting(codec.HIGH, 4, 900),
        Setting(codec.HIGH, 3, 850),
    ]
)
SECRET = b"correct horse"

each_key = pytest.mark.parametrize(
    "key", codec.KEYS.values(), ids=[name_of(key) for key in codec.KEYS.values()]
)


def index_of(key: Key) -> int | None:
    return None if key.scope == keys.NODE else 255


def ends(key: Key) -> tuple[list[Any], list[Any]]:
    """Values just within and just outside what a key takes."""
    if key.kind == keys.BOOLEAN:
        return [False, True], [0, 1, None]
    if key.kind == keys.TEXT:
        return ["x" * key.low, "x" * key.high], ["x" * (key.high + 1), "a\nb", "\ud800", b"x", 1]
    if key.kind == keys.SECRET:
        return [bytes(key.low), b"\xff" * key.high], [b"x" * (key.high + 1), "x", None]
    return [key.low, key.high], [key.low - 1, key.high + 1, 0.5, True, "1", None]


def test_canonical_order_is_by_key_and_index() -> None:
    order = [(setting.key, setting.index) for setting in DOCUMENT]

    assert order == [(1, None), (4, 3), (4, 4), (5, 3)]


def test_order_of_writing_does_not_change_the_hash() -> None:
    assert codec.document_hash(codec.canonical(DOCUMENT[::-1])) == codec.document_hash(DOCUMENT)


def test_another_value_changes_the_hash() -> None:
    other = (Setting(codec.SAMPLING_INTERVAL_S, None, 61), *DOCUMENT[1:])

    assert codec.document_hash(other) != codec.document_hash(DOCUMENT)


def test_document_of_nothing_is_one_byte() -> None:
    assert codec.encode_document(()) == b"\0"
    assert codec.decode_document(b"\0") == ()


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_crc_is_that_of_zlib_and_goes_on_from_another(data: bytes, more: bytes) -> None:
    for crc32 in (codec.crc32, crc32_by_bits):
        assert crc32(data) == zlib.crc32(data)
        assert crc32(more, crc32(data)) == zlib.crc32(data + more)


@each_key
def test_both_ends_of_a_keys_range_are_carried_and_no_more(key: Key) -> None:
    inside, outside = ends(key)

    for value in inside:
        document = (Setting(key.number, index_of(key), value),)
        (found,) = codec.decode_document(codec.encode_document(document))
        assert (found.value, type(found.value)) == (value, type(value))
    for value in outside:
        with pytest.raises(RangeError, match=name_of(key)):
            codec.encode_document((Setting(key.number, index_of(key), value),))


@each_key
def test_a_key_has_an_index_exactly_if_it_is_not_the_nodes(key: Key) -> None:
    value = ends(key)[0][0]

    for index in (0, 256, -1) if key.scope == keys.NODE else (None, 256, -1):
        with pytest.raises(RangeError, match=name_of(key)):
            codec.encode_document((Setting(key.number, index, value),))


def test_numbers_and_names_of_keys_are_used_once() -> None:
    assert list(codec.KEYS) == list(range(1, len(codec.KEYS) + 1))
    assert len({name_of(key) for key in codec.KEYS.values()}) == len(codec.KEYS)


def test_a_document_of_every_key_comes_back() -> None:
    document = codec.canonical([Setting(k.number, index_of(k), ends(k)[0][1]) for k in codec.KEYS.values()])

    assert codec.decode_document(codec.encode_document(document)) == document


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ([Setting(99, None, 1)], UnknownTypeError),
        ([Setting(0, None, 1)], UnknownTypeError),
        ([Setting(codec.HIGH, 1, 60), Setting(codec.HIGH, 1, 61)], MalformedError),
        ([Setting(codec.HIGH + n // 200, n % 200, 60) for n in range(256)], RangeError),
        ([Setting(keys.SERVER_HOST, n, f"{n:0127}\N{BULLET}"[-126:]) for n in range(10)], RangeError),
    ],
)
def test_settings_that_make_no_document_are_refused(settings: list[Setting], error: type[Exception]) -> None:
    with pytest.raises(error):
        codec.encode_document(codec.canonical(settings))


def test_the_most_settings_fit() -> None:
    settings = [Setting(codec.HIGH, n, (-1) ** n * n**3) for n in range(codec.MAXIMUM_SETTINGS)]

    document = codec.canonical(settings)
    assert codec.decode_document(codec.encode_document(document)) == document


def test_settings_out_of_order_are_refused() -> None:
    with pytest.raises(MalformedError, match="out of order"):
        codec.encode_document(DOCUMENT[::-1])


def packed(bits: str) -> bytes:
    """Bytes of bits written with spaces."""
    text = bits.replace(" ", "")
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


@pytest.mark.parametrize(
    ("bits", "error"),
    [
        ("00000001 1 10 1 000", None),
        ("00100001 1 10 1 000", CodecError),  # another version
        ("00000001 1 0 0001000 100", MalformedError),  # 60 s in seconds
        ("00000001 1 0 1 000", RangeError),  # an interval of 0
        ("00000001 1 10 1 000 00000001", MalformedError),  # a bit behind the end
        ("00000001 1 10 1 000 00000000", MalformedError),  # a byte behind the end
        ("00000001 000001111111 1 000", UnknownTypeError),  # key 63
        ("00000001 000000000000000000000000000", MalformedError),  # zeros without an end
        ("00000001 00100 1 0000", None),  # high of channel 1: 0
        ("00000001 00100 0 1 010 1 0000", MalformedError),  # its index spelled out
        ("00000001 00100 0 1 000000010000000 1 0000", None),  # of channel 127
        ("00000001 00100 0 1 00000000100000001 1 0000", MalformedError),  # of channel 256
        ("00000001 00100 0 1 010 010 0000 0 0000", MalformedError),  # the same value spelled out
        ("00000001 0001111 1 1111 000000 10101010101010", MalformedError),  # a boolean, and more
        ("00000001 00110 1 1111 000001 1", TruncatedError),  # hysteresis ends inside its number
        ("00000001 00110 1 1111 100000 " + "1" * 46, RangeError),  # hysteresis of 47 bits
        ("00000001 00000100111 1 0001 10 1100001", MalformedError),  # host "a" in 7 bits
        ("00000001 00000100111 1 0001 0 000000", None),  # host "a"
        ("00000001 00000100111 1 0010 1 10 0101111 1100001", MalformedError),
        ("00000001 00000100111 1 0001 11 11000011", MalformedError),  # host that is no UTF-8
        ("00000001 00000100111 1 0001 10 0001010", MalformedError),  # host with a line feed
        ("00000001 00000100111 1 1001 00000000 0", MalformedError),  # host of 256 bytes
    ],
)
def test_only_the_one_form_of_a_document_is_taken(bits: str, error: type[Exception] | None) -> None:
    data = packed(bits)

    if error is None:
        assert codec.encode_document(codec.decode_document(data)) == data
    else:
        with pytest.raises(error):
            codec.decode_document(data)


@given(st.binary(max_size=8) | st.text(max_size=8).map(str.encode))
def test_text_is_what_utf8_is_without_control_characters(data: bytes) -> None:
    try:
        plain = not any(ord(letter) < 32 or ord(letter) == 127 for letter in data.decode("utf-8"))
    except UnicodeDecodeError:
        plain = False

    assert is_text(data) == plain


def test_no_error_tells_a_secret() -> None:
    told = []
    for value in (SECRET.decode(), SECRET * 20, [SECRET]):
        with pytest.raises(CodecError) as raised:
            codec.encode_document((Setting(keys.SERVER_PASSWORD, 1, value),))
        told.append(str(raised.value))
    first = Setting(keys.SERVER_PASSWORD, 1, SECRET)
    for attempt in (
        lambda: codec.canonical([first, first]),
        lambda: codec.apply((first,), codec.difference((), (first,))),
    ):
        with pytest.raises(CodecError) as raised:
            attempt()
        told.append(str(raised.value))

    assert [text for text in told if SECRET.decode() in text] == []


@given(any_.documents)
def test_the_second_decoder_reads_the_same(document: tuple[Setting, ...]) -> None:
    found = second_configuration.document(codec.encode_document(document))

    assert found == {(setting.key, setting.index): setting.value for setting in document}


@given(any_.documents, any_.documents, any_.payload_limits)
def test_the_second_decoder_follows_transfers(
    old: tuple[Setting, ...], new: tuple[Setting, ...], limit: int
) -> None:
    wanted = {(setting.key, setting.index): setting.value for setting in new}
    base = codec.encode_document(old)

    assert second_configuration.transferred(codec.pieces(new, limit)) == wanted
    assert second_configuration.transferred(codec.difference_pieces(old, new, limit), base) == wanted
