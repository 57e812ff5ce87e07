"""Differences and pieces: on exactly the base that they were made for, whole or not at all."""

import itertools
import json
import random
from typing import Any

import pytest

from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Assembly, Difference, Setting
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownVersionError
from tests.codecs import second_configuration
from tests.codecs.frames import PATH, document_of

VECTORS = json.loads((PATH.parent / "configuration.json").read_text())["cases"]

OLD = codec.canonical(
    [
        Setting(codec.SAMPLING_INTERVAL_S, None, 60),
        Setting(codec.HIGH, 1, 850),
        Setting(codec.HIGH, 2, 900),
        Setting(codec.HYSTERESIS, 2, 20),
    ]
)
NEW = codec.canonical(
    [
        Setting(codec.SAMPLING_INTERVAL_S, None, 60),
        Setting(codec.HIGH, 1, 860),
        Setting(codec.HIGH, 2, 900),
        Setting(keys.ADR, None, True),
    ]
)
LONG = codec.canonical([Setting(codec.HIGH, n, 1000 * n * (-1) ** n) for n in range(40)])
BASE = codec.encode_document(OLD)


def test_a_difference_says_what_changed_and_what_is_gone_and_no_more() -> None:
    found = codec.decode_difference(codec.difference(OLD, NEW))

    assert found == Difference(
        (Setting(codec.HIGH, 1, 860), Setting(keys.ADR, None, True)), (Setting(codec.HYSTERESIS, 2, None),)
    )


def test_the_difference_to_itself_is_one_byte() -> None:
    assert len(codec.difference(OLD, OLD)) == 1
    assert codec.apply(OLD, codec.difference(OLD, OLD)) == OLD


def test_one_interval_changed_is_a_frame_of_seven_bytes() -> None:
    changed = (Setting(codec.SAMPLING_INTERVAL_S, None, 120), *OLD[1:])

    (frame,) = codec.fewest_pieces(OLD, changed, 11)

    assert len(frame) == 7
    assert codec.assemble([frame], BASE) == changed


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Difference((), (Setting(codec.LOW, 1, None),)), "takes back low 1, which is not set"),
        (Difference((), (Setting(keys.ADR, None, None),)), "takes back adr, which is not set"),
        (Difference((Setting(codec.HIGH, 1, 850),), ()), "sets high 1 to what it is"),
        (Difference((Setting(codec.HIGH, 1, 8),), (Setting(codec.HIGH, 1, None),)), "sets and takes back"),
    ],
)
def test_a_difference_that_could_not_have_been_made_is_refused(found: Difference, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        codec.apply(OLD, codec.encode_difference(found))


def test_the_whole_document_goes_where_it_is_smaller_or_the_base_unknown() -> None:
    assert codec.fewest_pieces(LONG, NEW, 51) == codec.pieces(NEW, 51)
    assert codec.fewest_pieces(None, NEW, 51) == codec.pieces(NEW, 51)


def test_a_difference_longer_than_any_document_gives_way_to_the_whole() -> None:
    names = ["\N{BULLET}" * 42, "\N{WHITE BULLET}" * 42]
    old = codec.canonical([Setting(keys.SERVER_HOST, 2 * n, names[n % 2]) for n in range(7)])
    new = codec.canonical([Setting(keys.SERVER_HOST, 2 * n + 1, names[n % 2]) for n in range(7)])

    assert codec.fewest_pieces(old, new, 51) == codec.pieces(new, 51)


def test_a_difference_is_refused_on_another_base_even_if_it_led_to_the_same() -> None:
    frames = codec.difference_pieces(OLD, NEW, 51)
    other = tuple(setting for setting in OLD if setting.key != codec.SAMPLING_INTERVAL_S)
    same_result = codec.canonical([*OLD[:1], Setting(codec.HIGH, 1, 7), *OLD[2:]])

    assert codec.assemble(frames, BASE) == NEW
    for base in (other, same_result, NEW, ()):
        with pytest.raises(CodecError):
            codec.assemble(frames, codec.encode_document(base))


def test_a_piece_alone_costs_five_bytes_and_one_of_several_two() -> None:
    whole = len(codec.encode_document(LONG))

    (alone,) = codec.pieces(LONG, 242)
    several = codec.pieces(LONG, 20)

    assert len(alone) == whole + 5
    assert sum(len(frame) for frame in several) == whole + 4 + 2 * len(several)
    assert {len(frame) for frame in several[:-1]} == {20}


def test_the_largest_document_goes_at_the_smallest_limit() -> None:
    document = codec.canonical(
        [Setting(codec.HIGH, n, (-1) ** n * (2**31 - 7 * n)) for n in range(186)]
        + [Setting(keys.SERVER_PASSWORD, 1, bytes(range(200, 205)))]
    )
    assert codec.MAXIMUM_DOCUMENT - 40 < len(codec.encode_document(document)) <= codec.MAXIMUM_DOCUMENT

    frames = codec.pieces(document, codec.SMALLEST_LIMIT)

    assert len(frames) <= codec.MAXIMUM_PIECES
    assert codec.assemble(frames) == document


def test_a_limit_below_that_of_any_data_rate_is_refused() -> None:
    with pytest.raises(RangeError, match="payload limit is 10"):
        codec.pieces(OLD, 10)


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_known_transfer_has_its_frames(case: dict[str, Any]) -> None:
    frames = [bytes.fromhex(head + data) for head, _, data in case["frames"]]
    document, limit = document_of(case["document"]), case["limit"]

    if case["base"] is None:
        assert codec.pieces(document, limit) == frames
        assert codec.assemble(frames) == document
        assert second_configuration.transferred(frames) == places(document)
    else:
        base = document_of(case["base"])
        assert codec.difference_pieces(base, document, limit) == frames
        assert codec.assemble(frames, codec.encode_document(base)) == document
        assert second_configuration.transferred(frames, codec.encode_document(base)) == places(document)


def places(document: tuple[Setting, ...]) -> second_configuration.Settings:
    return {(setting.key, setting.index): setting.value for setting in document}


def test_pieces_come_in_any_order_and_twice() -> None:
    frames = codec.pieces(LONG, 60)
    assert len(frames) == 3

    for order in itertools.permutations(range(3)):
        assembly = Assembly()
        taken = [assembly.take(frames[index]) for index in (*order[:2], *order)]
        assert taken[:-1] == [None] * 4
        assert codec.result(taken[-1], b"") == codec.encode_document(LONG)  # type: ignore[arg-type]


def test_a_missing_piece_is_waited_for() -> None:
    frames = codec.pieces(LONG, 30)

    for missing in range(len(frames)):
        with pytest.raises(TruncatedError):
            codec.assemble(frames[:missing] + frames[missing + 1 :])
    with pytest.raises(TruncatedError):
        codec.assemble([])


def test_a_newer_transfer_takes_the_place_of_an_unfinished_one() -> None:
    for value in range(64):  # whatever the three bits that tell transfers apart happen to be
        newer = codec.canonical([*LONG[1:], Setting(codec.LOW, 9, value)])
        old, new = codec.pieces(LONG, 30), codec.pieces(newer, 30)

        assert codec.assemble(old[:-1] + new) == newer


def test_a_transfer_cut_anew_takes_the_place_of_the_first_cut() -> None:
    assert codec.assemble(codec.pieces(LONG, 30)[:-1] + codec.pieces(LONG, 20)) == LONG
    assert codec.assemble(codec.pieces(LONG, 20)[1:] + codec.pieces(LONG, 30)) == LONG


def test_mixed_transfers_never_make_a_third_one() -> None:
    shuffled = random.Random(5)
    documents = [codec.canonical([*LONG[1:], Setting(codec.LOW, 9, value)]) for value in range(40)]
    frames = [frame for document in documents for frame in codec.pieces(document, 60)]

    for _ in range(40):
        shuffled.shuffle(frames)
        assembly = Assembly()
        for transfer in filter(None, map(assembly.take, frames)):
            try:
                found = codec.result(transfer, b"")
            except CodecError:
                continue
            assert codec.decode_document(found) in documents


def test_memory_for_pieces_is_bounded() -> None:
    assembly = Assembly()
    frames = [bytes((0x08, index)) + bytes(230) for index in range(128)]

    refused = 0
    for frame in frames:
        try:
            assert assembly.take(frame) is None
        except MalformedError:
            refused += 1
        assert assembly.held <= codec.MAXIMUM_TRANSFER

    assert refused


@pytest.mark.parametrize("limit", [20, 242])
def test_damage_to_any_bit_is_noticed(limit: int) -> None:
    frames = codec.pieces(LONG, limit)
    for at in range(8 * len(frames[-1])):
        damaged = bytearray(frames[-1])
        damaged[at // 8] ^= 1 << at % 8

        with pytest.raises(CodecError):
            codec.assemble([*frames[:-1], bytes(damaged)])


def test_a_piece_that_was_shortened_makes_no_document() -> None:
    frames = codec.pieces(LONG, 60)

    for which, frame in enumerate(frames):
        for length in range(len(frame)):
            with pytest.raises(CodecError):
                codec.assemble([*frames[:which], frame[:length], *frames[which + 1 :]])


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("", TruncatedError),
        ("08", TruncatedError),
        ("0c00", TruncatedError),
        ("0000000000", TruncatedError),
        ("40", UnknownVersionError),
        ("0100d202ef8d", MalformedError),
        ("0400d202ef8d", MalformedError),
        ("00" * 1030, RangeError),
    ],
)
def test_bytes_that_are_no_piece_are_refused(payload: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        codec.decode_piece(bytes.fromhex(payload))


def test_the_empty_document_is_a_frame_of_six_bytes() -> None:
    (frame,) = codec.pieces((), 11)

    assert frame.hex() == "0000d202ef8d"
    assert codec.assemble([frame]) == ()


def typical() -> list[tuple[str, tuple[Setting, ...], int]]:
    """Documents, each with the bytes of the one frame that carries it."""
    room = [
        Setting(codec.SAMPLING_INTERVAL_S, None, 60),
        Setting(codec.REPORTING_INTERVAL_S, None, 600),
        Setting(codec.LOW, 1, 150),
        Setting(codec.HIGH, 2, 140),
        Setting(codec.HYSTERESIS, 1, 10),
        Setting(codec.HYSTERESIS, 2, 6),
    ]
    server: list[tuple[int, Any]] = [
        (keys.SERVER_PROTOCOL, 0),
        (keys.SERVER_HOST, "mqtt.plant-7.example.com"),
        (keys.SERVER_PORT, 8883),
        (keys.SERVER_USER, "node-0017"),
        (keys.SERVER_PASSWORD, b"q7fXz02LkPw9_sTe"),
    ]
    cabinet = [Setting(codec.SAMPLING_INTERVAL_S, None, 300), Setting(codec.STATE_INTERVAL_S, None, 86_400)]
    for n in range(1, 9):
        cabinet += [Setting(codec.HIGH, n, 800 + 10 * n), Setting(codec.LOW, n, -100)]
        cabinet += [Setting(codec.HYSTERESIS, n, 20), Setting(keys.SENSOR_ADDRESS, n, 64 + n)]
        cabinet += [Setting(keys.SENSOR_ENABLED, n, True), Setting(keys.SENSOR_DRIVER, n, 4)]
    return [
        ("a room", codec.canonical(room), 16),
        ("a server", codec.canonical([*room[:2], *(Setting(k, 1, v) for k, v in server)]), 56),
        ("eight sensors", codec.canonical(cabinet), 37),
    ]


@pytest.mark.parametrize(("name", "document", "size"), typical())
def test_a_typical_document_takes_few_bytes(name: str, document: tuple[Setting, ...], size: int) -> None:
    (frame,) = codec.pieces(document, 242)

    assert len(frame) == size
