"""AES-128 through MicroPython's cryptolib, which is the chip's own AES block where there is one.

`best` chooses the cipher of the machine that runs it. The board's module comes in as an argument, so that the
choice is the same code everywhere.
"""

from farwire_node.aes import Crypto, PureAes

_ECB = 1  # the mode's number in cryptolib (MicroPython documentation, cryptolib.aes)
_KEPT = 2  # a session has two keys

# Names of the module, newest first: boards before MicroPython 1.21 have the second.
_MODULES = ("cryptolib", "ucryptolib")


class BoardAes(Crypto):
    """Crypto of a board; `module` is its cryptolib. Keeps the ciphers of its last two keys."""

    def __init__(self, module: object) -> None:
        self._aes = module.aes  # type: ignore[attr-defined]
        self._ciphers: list[tuple[bytes, object]] = []

    def encrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` enciphered."""
        for known, cipher in self._ciphers:
            if known == key:
                return bytes(cipher.encrypt(block))  # type: ignore[attr-defined]
        cipher = self._aes(key, _ECB)
        self._ciphers.append((bytes(key), cipher))
        if len(self._ciphers) > _KEPT:
            self._ciphers.pop(0)
        return bytes(cipher.encrypt(block))

    def decrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` deciphered; a cipher object serves one direction only, so this one is new."""
        return bytes(self._aes(key, _ECB).decrypt(block))


def best() -> Crypto:
    """Return the board's cipher, else the host's OpenSSL, else the one in Python."""
    for name in _MODULES:
        try:
            return BoardAes(__import__(name))
        except ImportError:
            pass
    try:
        from farwire_node.aes_host import HostAes  # noqa: PLC0415 (CPython only, and only if it is installed)
    except ImportError:
        return PureAes()
    return HostAes()
