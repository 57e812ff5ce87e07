"""AES and CMAC: the two ciphers agree with the RFC and with each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.aes import Crypto, PureAes
from farwire_node.aes_host import HostAes
from tests.node.lorawan import vectors

CIPHERS = [pytest.param(PureAes(), id="pure"), pytest.param(HostAes(), id="host")]
RFC = vectors.load("lorawan_frames.json")["cmac_rfc4493"]

blocks = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_block_of_fips_197_appendix_b_is_enciphered_as_printed(cipher):
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")

    enciphered = cipher.encrypt_block(key, bytes.fromhex("3243f6a8885a308d313198a2e0370734"))

    assert enciphered.hex() == "3925841d02dc09fbdc118597196a0b32"


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("row", RFC)
def test_cmac_is_the_one_of_rfc_4493(cipher, row):
    assert cipher.cmac(bytes.fromhex(row["key"]), bytes.fromhex(row["msg"])).hex() == row["cmac"]


@given(key=blocks, block=blocks)
def test_pure_cipher_agrees_with_openssl(key, block):
    assert PureAes().encrypt_block(key, block) == HostAes().encrypt_block(key, block)
    assert PureAes().decrypt_block(key, block) == HostAes().decrypt_block(key, block)


@given(key=blocks, message=st.binary(max_size=80))
def test_pure_cmac_agrees_with_openssl(key, message):
    assert PureAes().cmac(key, message) == HostAes().cmac(key, message)


def test_cipher_remembers_which_key_it_used_last():
    cipher = PureAes()
    keys = [bytes([number]) * 16 for number in range(4)]
    first_round = [cipher.encrypt_block(key, bytes(16)) for key in keys]

    second_round = [cipher.encrypt_block(key, bytes(16)) for key in keys]

    assert second_round == first_round
    assert len(set(first_round)) == 4


def test_contract_leaves_the_blocks_to_whoever_brings_a_cipher():
    with pytest.raises(NotImplementedError):
        Crypto().encrypt_block(bytes(16), bytes(16))
    with pytest.raises(NotImplementedError):
        Crypto().decrypt_block(bytes(16), bytes(16))
