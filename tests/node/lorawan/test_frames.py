"""Data frames: known answers, round trips, and bytes that are none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.aes import PureAes
from farwire_node.aes_host import HostAes
from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan import frames
from farwire_node.lorawan.frames import DataFrame
from tests.node.lorawan import vectors

FRAMES = vectors.load("lorawan_frames.json")
NO_KEY = bytes(16)
NWK, APP = bytes(range(16)), bytes(range(16, 32))
CRYPTO = HostAes()


def decoded(row, crypto):
    app_s_key = bytes.fromhex(row["app_s_key"]) if row["app_s_key"] else NO_KEY
    return frames.decode_data(
        bytes.fromhex(row["phy"]), bytes.fromhex(row["nwk_s_key"]), app_s_key, row["fcnt"], crypto
    )


@pytest.mark.parametrize("row", vectors.by_id(FRAMES["data_frames"]))
def test_known_frame_says_what_its_source_says(row):
    frame = decoded(row, CRYPTO)

    assert frame.uplink == row["ftype"].endswith("Up")
    assert frame.confirmed == row["ftype"].startswith("Confirmed")
    assert frame.dev_addr == int(row["dev_addr_msb"], 16)
    assert (frame.adr, frame.adr_ack_req, frame.ack) == (row["adr"], bool(row["adr_ack_req"]), row["ack"])
    assert frame.f_pending == row["fpending_or_classb"]
    assert frame.f_cnt == row["fcnt"]
    assert frame.f_opts.hex() == row["fopts"]
    assert frame.port == row["fport"]
    if "frm_payload_plain" in row:
        assert frame.payload.hex() == row["frm_payload_plain"]


@pytest.mark.parametrize("crypto", [pytest.param(PureAes(), id="pure"), pytest.param(CRYPTO, id="host")])
@pytest.mark.parametrize("row", vectors.by_id(FRAMES["data_frames"]))
def test_known_frame_is_encoded_to_the_same_bytes(row, crypto):
    app_s_key = bytes.fromhex(row["app_s_key"]) if row["app_s_key"] else NO_KEY

    phy = frames.encode_data(decoded(row, crypto), bytes.fromhex(row["nwk_s_key"]), app_s_key, crypto)

    assert phy.hex() == row["phy"]


@pytest.mark.parametrize(
    "row", vectors.by_id([row for row in FRAMES["negative"] if row["id"] == "bad-mic-data"])
)
def test_frame_with_a_changed_mic_is_refused(row):
    phy = bytes.fromhex(row["phy"])

    with pytest.raises(MicError):
        frames.decode_data(phy, bytes.fromhex(row["key"]), NO_KEY, frames.header(phy).f_cnt16, CRYPTO)


data_frames = st.builds(
    lambda up, confirmed, addr, adr, req, ack, pending, f_cnt, f_opts, port, payload: DataFrame(
        up,
        confirmed,
        addr,
        adr,
        up and req,
        ack,
        pending,
        f_cnt,
        b"" if port == 0 else f_opts,
        port,
        b"" if port is None else payload,
    ),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=15),
    st.none() | st.integers(0, 255),
    st.binary(max_size=227),
)


@given(frame=data_frames)
def test_frame_comes_back_as_it_was(frame):
    phy = frames.encode_data(frame, NWK, APP, CRYPTO)

    assert frames.decode_data(phy, NWK, APP, frame.f_cnt, CRYPTO) == frame


@given(frame=data_frames)
def test_header_needs_no_keys(frame):
    head = frames.header(frames.encode_data(frame, NWK, APP, CRYPTO))

    assert head.dev_addr == frame.dev_addr
    assert head.f_cnt16 == frame.f_cnt & 0xFFFF
    assert (head.uplink, head.confirmed, head.f_opts) == (frame.uplink, frame.confirmed, frame.f_opts)


@given(phy=st.binary(max_size=300))
def test_any_bytes_give_a_frame_or_a_frame_error(phy):
    with contextlib.suppress(FrameError):
        frames.decode_data(phy, NWK, APP, frames.header(phy).f_cnt16, CRYPTO)


@given(frame=data_frames, cut=st.integers(1, 20))
def test_every_prefix_of_a_frame_is_refused(frame, cut):
    phy = frames.encode_data(frame, NWK, APP, CRYPTO)

    with pytest.raises(FrameError):
        frames.decode_data(phy[:-cut], NWK, APP, frame.f_cnt, CRYPTO)


@given(frame=data_frames, where=st.integers(0), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(frame, where, bit):
    phy = bytearray(frames.encode_data(frame, NWK, APP, CRYPTO))
    phy[where % len(phy)] ^= 1 << bit

    with pytest.raises(FrameError):
        frames.decode_data(bytes(phy), NWK, APP, frame.f_cnt, CRYPTO)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"f_opts": bytes(16)}, "f_opts has 16 bytes"),
        ({"port": None, "payload": b"x"}, "payload without a port"),
        ({"port": 0, "f_opts": b"\x02"}, "f_opts beside port 0"),
        ({"payload": bytes(243)}, "frame has 256 bytes"),
    ],
)
def test_frame_that_has_no_encoding_is_refused(changes, why):
    frame = DataFrame(True, False, 1, False, False, False, False, 0, b"", 1, b"")._replace(**changes)

    with pytest.raises(FrameError, match=why):
        frames.encode_data(frame, NWK, APP, CRYPTO)


def test_frame_with_mac_commands_in_two_places_is_refused():
    both = bytes.fromhex("60" + "01000000" + "01" + "0000" + "02" + "00" + "02" + "00000000")

    with pytest.raises(FrameError, match="FPort is 0 beside FOpts"):
        frames.header(both)


def test_longest_payload_fits():
    frame = DataFrame(True, False, 1, False, False, False, False, 0, b"", 1, bytes(242))

    assert len(frames.encode_data(frame, NWK, APP, CRYPTO)) == frames.MAX_PHY


@given(last=st.integers(0, 2**32 - 2**17), ahead=st.integers(1, 2**16))
def test_counter_is_completed_to_the_next_one_that_matches(last, ahead):
    assert frames.whole_counter((last + ahead) & 0xFFFF, last + 1) == last + ahead


def test_replayed_counter_is_completed_to_one_that_the_mic_will_not_match():
    assert frames.whole_counter(7, 8) == 7 + 65_536


def test_counter_ends_with_thirty_two_bits():
    assert frames.whole_counter(0xFFFF, 0xFFFFFFFF) == 0xFFFFFFFF
    assert frames.whole_counter(0, 0xFFFFFFFF) is None
