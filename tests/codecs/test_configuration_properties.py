"""What holds for every document, difference and piece."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from farwire_codecs import configuration
from farwire_codecs.errors import CodecError
from tests.codecs import configuration_strategies as any_


def refuse_every_prefix(decode: Callable[[bytes], Any], frame: bytes) -> None:
    for length in range(len(frame)):
        with pytest.raises(CodecError):
            decode(frame[:length])


@given(any_.documents, any_.payload_limits, st.randoms())
def test_document_comes_back_from_its_pieces_in_any_order_and_repeated(
    document: tuple[configuration.Setting, ...], limit: int, order: Any
) -> None:
    frames = configuration.pieces(document, limit)
    sent = frames[:-1] + order.sample(frames[:-1], len(frames) // 2)
    order.shuffle(sent)

    assert all(len(frame) <= limit for frame in frames)
    assert configuration.assemble([*sent, frames[-1]]) == document
    refuse_every_prefix(configuration.decode_document, configuration.encode_document(document))
    if len(frames) == 1:
        refuse_every_prefix(configuration.decode_piece, frames[0])


@given(any_.documents, any_.documents, any_.payload_limits, st.randoms())
def test_difference_leads_from_the_one_document_to_the_other(
    old: tuple[configuration.Setting, ...],
    new: tuple[configuration.Setting, ...],
    limit: int,
    order: Any,
) -> None:
    data = configuration.difference(old, new)
    base = configuration.encode_document(old)
    frames = configuration.difference_pieces(old, new, limit)
    order.shuffle(frames)

    assert configuration.apply(old, data) == new
    assert configuration.encode_difference(configuration.decode_difference(data)) == data
    assert configuration.assemble(frames, base) == new
    refuse_every_prefix(configuration.decode_difference, data)
    if len(frames) == 1:
        refuse_every_prefix(configuration.decode_piece, frames[0])


@given(any_.documents, any_.documents, any_.documents)
def test_difference_is_refused_on_any_other_document(
    old: tuple[configuration.Setting, ...],
    new: tuple[configuration.Setting, ...],
    other: tuple[configuration.Setting, ...],
) -> None:
    assume(old != other)

    with pytest.raises(CodecError):
        configuration.assemble(
            configuration.difference_pieces(old, new, 242), configuration.encode_document(other)
        )


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=12), any_.documents, st.data())
def test_any_frames_never_make_a_document_that_was_not_sent(
    noise: list[bytes], document: tuple[configuration.Setting, ...], data: st.DataObject
) -> None:
    frames = configuration.pieces(document, data.draw(any_.payload_limits))
    mixed = data.draw(st.permutations(noise + frames))

    with contextlib.suppress(CodecError):
        assert configuration.assemble(mixed) == document


@given(any_.documents, st.data())
def test_a_document_with_flipped_bits_is_another_one_or_refused(
    document: tuple[configuration.Setting, ...], data: st.DataObject
) -> None:
    damaged = bytearray(configuration.encode_document(document))
    for flip in data.draw(st.sets(st.integers(0, 8 * len(damaged) - 1), min_size=1, max_size=3)):
        damaged[flip // 8] ^= 1 << flip % 8

    with contextlib.suppress(CodecError):
        found = configuration.decode_document(bytes(damaged))
        assert found != document
        assert configuration.encode_document(found) == damaged


@given(st.binary(max_size=60))
def test_any_bytes_give_a_message_or_a_codec_error(payload: bytes) -> None:
    for decode in (
        configuration.decode_piece,
        configuration.decode_document,
        configuration.decode_difference,
    ):
        with contextlib.suppress(CodecError):
            decode(payload)
