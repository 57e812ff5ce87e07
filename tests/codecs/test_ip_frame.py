"""Frames of nodes without a radio: there and back, and what is none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import ip_frame
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownVersionError
from farwire_codecs.ip_frame import NOTHING, DownFrame, UpFrame

U32 = st.integers(0, 2**32 - 1)
PAYLOADS = st.binary(max_size=ip_frame.LONGEST_PAYLOAD)


@st.composite
def up_frames(draw: st.DrawFn) -> UpFrame:
    port = draw(st.integers(NOTHING, 223))
    utc_ms = draw(st.none() | st.integers(0, 2**48 - 1))
    age_ms = draw(U32) if utc_ms is None else 0
    payload = draw(PAYLOADS) if port else b""
    return UpFrame(draw(U32), draw(U32), draw(U32), port, payload, utc_ms, age_ms)


@given(up_frames())
def test_an_uplink_comes_back(frame: UpFrame) -> None:
    data = ip_frame.encode_up(frame)

    assert ip_frame.decode_up(data) == frame
    assert len(data) <= ip_frame.LONGEST_UP
    for length in range(len(data) - len(frame.payload)):
        with pytest.raises(TruncatedError):
            ip_frame.decode_up(data[:length])


@given(st.builds(DownFrame, st.integers(1, 2**32 - 1), st.integers(1, 223), PAYLOADS))
def test_a_downlink_comes_back(frame: DownFrame) -> None:
    data = ip_frame.encode_down(frame)

    assert ip_frame.decode_down(data) == frame
    assert len(data) <= ip_frame.LONGEST_DOWN
    for length in range(6):
        with pytest.raises(TruncatedError):
            ip_frame.decode_down(data[:length])


@given(st.lists(st.binary(max_size=2_000), max_size=5))
def test_several_come_back_and_no_part_of_them_passes_for_all(frames: list[bytes]) -> None:
    body = ip_frame.encode_several(frames)

    assert ip_frame.decode_several(body) == frames
    if body:
        with pytest.raises(TruncatedError):
            ip_frame.decode_several(body[:-1])


@given(st.binary(max_size=64))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    with contextlib.suppress(CodecError):
        assert ip_frame.encode_up(ip_frame.decode_up(data)) == data
    with contextlib.suppress(CodecError):
        assert ip_frame.encode_down(ip_frame.decode_down(data)) == data


def test_worked_frames_have_the_bytes_that_the_readme_shows() -> None:
    up = ip_frame.encode_up(UpFrame(0xA1B2C3D4, 7, 0, 210, b"\x01", 1_700_000_000_000, 0))
    down = ip_frame.encode_down(DownFrame(5, 221, b"\x02\x03"))

    assert up.hex() == "01a1b2c3d40000000700000000018bcfe56800d201"
    assert down.hex() == "0000000005dd0203"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("20" + "00" * 17 + "01", UnknownVersionError),
        ("02" + "00" * 17 + "01", MalformedError),
        ("00" + "00" * 16 + "e0", MalformedError),  # port 224
        ("00" + "00" * 16 + "0001", MalformedError),  # nothing, with a byte
        ("00" + "00" * 16 + "01" + "00" * 1001, MalformedError),
    ],
)
def test_what_is_no_uplink_is_refused(data: str, error: type[CodecError]) -> None:
    with pytest.raises(error):
        ip_frame.decode_up(bytes.fromhex(data))


def test_a_downlink_has_a_tag() -> None:
    with pytest.raises(MalformedError, match="tag 0"):
        ip_frame.decode_down(bytes(6))
    with pytest.raises(RangeError, match="tag is 0"):
        ip_frame.encode_down(DownFrame(0, 1, b""))
    with pytest.raises(RangeError, match="port is 0 with 1 bytes"):
        ip_frame.encode_up(UpFrame(0, 0, 0, NOTHING, b"x", None, 0))
