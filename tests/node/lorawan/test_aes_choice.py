"""Which cipher a machine gets, and that a board's is used as cryptolib wants it."""

import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.aes import PureAes
from farwire_node.aes_board import BoardAes, best
from farwire_node.aes_host import HostAes
from tests import micropython
from tests.node.lorawan import vectors

RFC = vectors.load("lorawan_frames.json")["cmac_rfc4493"]

blocks = st.binary(min_size=16, max_size=16)


class FakeCipher:
    """As cryptolib's object: ECB, one direction for life, whole blocks only."""

    def __init__(self, key, mode):
        assert mode == 1
        self._key = bytes(key)
        self._direction = None

    def encrypt(self, block):
        return self._run("encrypt_block", block)

    def decrypt(self, block):
        return self._run("decrypt_block", block)

    def _run(self, direction, block):
        assert self._direction in (None, direction), "a cryptolib object has one direction"
        assert len(block) % 16 == 0
        self._direction = direction
        return getattr(HostAes(), direction)(self._key, bytes(block))


def fake_module(name):
    module = ModuleType(name)
    module.aes = FakeCipher
    return module


@given(key=blocks, other=blocks, block=blocks)
def test_cipher_of_a_board_agrees_with_openssl_in_both_directions(key, other, block):
    board = BoardAes(fake_module("cryptolib"))

    for each in (key, other, key):
        assert board.encrypt_block(each, block) == HostAes().encrypt_block(each, block)
        assert board.decrypt_block(each, block) == HostAes().decrypt_block(each, block)


@pytest.mark.parametrize("row", RFC)
def test_cmac_of_a_board_is_the_one_of_rfc_4493(row):
    board = BoardAes(fake_module("cryptolib"))

    assert board.cmac(bytes.fromhex(row["key"]), bytes.fromhex(row["msg"])).hex() == row["cmac"]


def test_board_keeps_the_ciphers_of_two_keys_and_no_more():
    made = []

    class Counted(FakeCipher):
        def __init__(self, key, mode):
            made.append(key)
            super().__init__(key, mode)

    module = ModuleType("cryptolib")
    module.aes = Counted
    board = BoardAes(module)
    for key in (b"a" * 16, b"b" * 16, b"a" * 16, b"b" * 16, b"c" * 16, b"a" * 16):
        board.encrypt_block(key, bytes(16))

    assert [key[:1] for key in made] == [b"a", b"b", b"c", b"a"]


@pytest.mark.parametrize("name", ["cryptolib", "ucryptolib"])
def test_board_with_either_name_of_the_module_is_found(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, fake_module(name))

    assert isinstance(best(), BoardAes)


def test_host_gets_openssl():
    assert isinstance(best(), HostAes)


def test_machine_without_either_gets_the_cipher_in_python(monkeypatch):
    monkeypatch.setitem(sys.modules, "farwire_node.aes_host", None)

    assert isinstance(best(), PureAes)


def test_micropython_without_cryptolib_gets_the_cipher_in_python():
    source = "from farwire_node.aes_board import best\nprint(type(best()).__name__)"

    assert micropython.run(source, [micropython.NODE]).strip() in ("PureAes", "BoardAes")


def test_micropython_uses_a_module_that_is_there():
    source = "\n".join(
        (
            "import sys",
            "from farwire_node.aes import PureAes",
            "from farwire_node.aes_board import best",
            "class Cipher:",
            "    def __init__(self, key, mode):",
            "        self.key = key",
            "    def encrypt(self, block):",
            "        return PureAes().encrypt_block(self.key, block)",
            "class Module:",
            "    aes = Cipher",
            "sys.modules['cryptolib'] = Module",
            "cipher = best()",
            "key = bytes(range(16))",
            "print(type(cipher).__name__, cipher.cmac(key, b'x' * 20) == PureAes().cmac(key, b'x' * 20))",
        )
    )

    assert micropython.run(source, [micropython.NODE]).strip() == "BoardAes True"
