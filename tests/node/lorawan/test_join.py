"""Join-request, join-accept, session keys and CFList: known answers, round trips, and bytes that are none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.aes import PureAes
from farwire_node.aes_host import HostAes
from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan import cf_list, join
from farwire_node.lorawan.join import JoinAccept, JoinRequest
from tests.node.lorawan import vectors

FRAMES = vectors.load("lorawan_frames.json")
CIPHERS = [pytest.param(PureAes(), id="pure"), pytest.param(HostAes(), id="host")]
CRYPTO = HostAes()
KEY = bytes(range(16))


@pytest.mark.parametrize("crypto", CIPHERS)
@pytest.mark.parametrize("row", vectors.by_id(FRAMES["join_requests"]))
def test_known_join_request_is_read_and_written(row, crypto):
    key, phy = bytes.fromhex(row["app_key"]), bytes.fromhex(row["phy"])

    request = join.decode_join_request(phy, key, crypto)

    assert request == (int(row["join_eui_msb"], 16), int(row["dev_eui_msb"], 16), row["dev_nonce"])
    assert join.encode_join_request(request, key, crypto) == phy
    assert phy[-4:].hex() == row["mic"]


@pytest.mark.parametrize("crypto", CIPHERS)
@pytest.mark.parametrize("row", vectors.by_id(FRAMES["join_accepts"]))
def test_known_join_accept_is_read_and_written(row, crypto):
    key, phy = bytes.fromhex(row["app_key"]), bytes.fromhex(row["phy_encrypted"])

    accept = join.decode_join_accept(phy, key, crypto)

    assert accept.join_nonce == row["join_nonce"]
    assert accept.net_id == int(row["net_id_msb"], 16)
    assert accept.dev_addr == int(row["dev_addr_msb"], 16)
    assert accept.rx1_dr_offset << 4 | accept.rx2_dr == row["dl_settings"]
    assert accept.rx_delay_s == row["rx_delay"]
    assert accept.cf_list.hex() == row["cflist"]
    assert join.encode_join_accept(accept, key, crypto) == phy


@pytest.mark.parametrize("row", vectors.by_id(FRAMES["join_accepts"]))
def test_deciphered_join_accept_is_the_clear_one_of_the_source(row):
    key, phy = bytes.fromhex(row["app_key"]), bytes.fromhex(row["phy_encrypted"])

    clear = phy[:1] + b"".join(CRYPTO.encrypt_block(key, phy[at : at + 16]) for at in range(1, len(phy), 16))

    assert clear.hex() == row["phy_clear"]
    assert clear[-4:].hex() == row["mic"]


@pytest.mark.parametrize("crypto", CIPHERS)
@pytest.mark.parametrize("row", vectors.by_id(FRAMES["session_keys"]))
def test_session_keys_are_those_of_the_source(row, crypto):
    join_nonce, net_id, dev_nonce = (
        int.from_bytes(bytes.fromhex(row[name]), "little")
        for name in ("join_nonce_le", "net_id_le", "dev_nonce_le")
    )

    keys = join.session_keys(bytes.fromhex(row["app_key"]), join_nonce, net_id, dev_nonce, crypto)

    assert [key.hex() for key in keys] == [row["nwk_s_key"], row["app_s_key"]]


def test_join_request_with_a_changed_mic_is_refused():
    row = next(row for row in FRAMES["negative"] if row["id"] == "bad-mic-jr")

    with pytest.raises(MicError):
        join.decode_join_request(bytes.fromhex(row["phy"]), bytes.fromhex(row["key"]), CRYPTO)


def test_join_accept_with_a_changed_mic_is_refused():
    row = next(row for row in FRAMES["negative"] if row["id"] == "bad-mic-ja-clear")
    key, clear = bytes.fromhex(row["key"]), bytes.fromhex(row["phy"])
    on_air = clear[:1] + CRYPTO.decrypt_block(key, clear[1:])

    with pytest.raises(MicError):
        join.decode_join_accept(on_air, key, CRYPTO)


@pytest.mark.parametrize("phy", [b"", bytes(22), bytes(24), b"\x40" + bytes(22), b"\x01" + bytes(22)])
def test_what_is_no_join_request_is_refused(phy):
    with pytest.raises(FrameError):
        join.read_join_request(phy)


requests = st.builds(
    JoinRequest, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1)
)
accepts = st.builds(
    JoinAccept,
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 7),
    st.integers(0, 15),
    st.integers(0, 15),
    st.just(b"") | st.binary(min_size=16, max_size=16),
)


@given(request=requests)
def test_join_request_comes_back_as_it_was(request):
    phy = join.encode_join_request(request, KEY, CRYPTO)

    assert join.decode_join_request(phy, KEY, CRYPTO) == request
    assert join.read_join_request(phy) == request


@given(accept=accepts)
def test_join_accept_comes_back_as_it_was(accept):
    assert join.decode_join_accept(join.encode_join_accept(accept, KEY, CRYPTO), KEY, CRYPTO) == accept


@given(phy=st.binary(max_size=40) | st.binary(min_size=33, max_size=33).map(lambda raw: b"\x20" + raw[1:]))
def test_any_bytes_give_a_join_message_or_a_frame_error(phy):
    for decode in (join.decode_join_request, join.decode_join_accept):
        with contextlib.suppress(FrameError):
            decode(phy, KEY, CRYPTO)


@given(accept=accepts, cut=st.integers(1, 17))
def test_every_prefix_of_a_join_accept_is_refused(accept, cut):
    phy = join.encode_join_accept(accept, KEY, CRYPTO)

    with pytest.raises(FrameError):
        join.decode_join_accept(phy[:-cut], KEY, CRYPTO)


def test_join_accept_with_half_a_cf_list_has_no_encoding():
    with pytest.raises(FrameError, match="cf_list has 8 bytes"):
        join.encode_join_accept(JoinAccept(1, 1, 1, 0, 0, 1, bytes(8)), KEY, CRYPTO)


CF_LISTS = {
    "type1 125 kHz mask ch0-7": (cf_list.MASKS, (0x00FF, 0, 0, 0, 0, 0, 0)),
    "type1 ch16-23": (cf_list.MASKS, (0, 0x00FF, 0, 0, 0, 0, 0)),
    "type0 867.1/.3/.5/.7/.9": (
        cf_list.FREQUENCIES,
        (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000),
    ),
}


@pytest.mark.parametrize("row", vectors.by_id(FRAMES["cflist"]))
def test_known_cf_list_is_read_and_written(row):
    raw = bytes.fromhex(row["bytes"])

    kind, values = cf_list.decode(raw)

    assert (kind, values) == CF_LISTS[row["name"]]
    encode = cf_list.encode_masks if kind == cf_list.MASKS else cf_list.encode_frequencies
    assert encode(values) == raw


def test_cf_list_with_two_frequencies_leaves_three_places_empty():
    raw = cf_list.encode_frequencies((867_100_000, 867_300_000))

    assert cf_list.decode(raw) == (cf_list.FREQUENCIES, (867_100_000, 867_300_000, 0, 0, 0))


@pytest.mark.parametrize("raw", [b"", bytes(15), bytes(15) + b"\x02"])
def test_what_is_no_cf_list_is_refused(raw):
    with pytest.raises(FrameError):
        cf_list.decode(raw)


def test_cf_list_holds_no_more_than_its_places():
    with pytest.raises(FrameError):
        cf_list.encode_frequencies((867_100_000,) * 6)
    with pytest.raises(FrameError):
        cf_list.encode_masks((1,) * 8)
