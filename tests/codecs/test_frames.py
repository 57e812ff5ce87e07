"""Every frame of ours against known answers, spelled out byte by byte in frames.json and history.json."""

from collections.abc import Iterator
from typing import Any

import pytest

from farwire_codecs.errors import CodecError, MalformedError, UnknownVersionError
from tests.codecs import second_history
from tests.codecs.frames import CASES, decoded, encoded, message_of

each_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


@each_case
def test_known_frame_is_spelled_out_to_the_last_bit(case: dict[str, Any]) -> None:
    spelled = "".join(part for part, _ in case["bytes"]).replace(" ", "")
    bits = "".join(part for part, _ in case.get("bits", [])).replace(" ", "")
    bits += "0" * (-len(bits) % 8)

    packed = "".join(f"{int(bits[at : at + 8], 2):02x}" for at in range(0, len(bits), 8))
    if "code" in case:
        packed = second_history.coded(steps_of(case)).hex()

    assert spelled + packed == case["hex"]


def steps_of(case: dict[str, Any]) -> Iterator[tuple[int, int | None]]:
    """Yield the bits of a coded part: 1@9000 is a 1 whose chance was 9000/32768."""
    for token in " ".join(part for part, _ in case["code"]).split():
        bit, _, chance = token.partition("@")
        yield int(bit), int(chance) if chance else None


@each_case
def test_known_frame_decodes_to_its_message(case: dict[str, Any]) -> None:
    message = decoded(case, bytes.fromhex(case["hex"]))

    assert message == message_of(case)
    assert type(message) is type(message_of(case))


@each_case
def test_known_message_encodes_to_its_frame(case: dict[str, Any]) -> None:
    assert encoded(case).hex() == case["hex"]


@each_case
def test_every_strict_prefix_of_a_known_frame_is_refused(case: dict[str, Any]) -> None:
    frame = bytes.fromhex(case["hex"])

    for length in range(len(frame)):
        with pytest.raises(CodecError):
            decoded(case, frame[:length])


@each_case
def test_a_byte_too_many_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        decoded(case, bytes.fromhex(case["hex"]) + b"\x00")


@each_case
def test_another_version_is_named(case: dict[str, Any]) -> None:
    frame = bytearray.fromhex(case["hex"])
    frame[0] |= 3 << 5

    with pytest.raises(UnknownVersionError, match="version 3, this codec knows 0"):
        decoded(case, bytes(frame))
