"""AES-128 through the host's OpenSSL. Never imported on a board."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.cmac import CMAC

from farwire_node.aes import Crypto


class HostAes(Crypto):
    """Crypto of the host; keeps nothing between calls, so threads may share one."""

    def encrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` enciphered."""
        # One block on its own, as LoRaWAN prescribes: chaining and counters are built on top of it.
        return Cipher(AES(key), ECB()).encryptor().update(block)  # noqa: S305

    def decrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` deciphered."""
        return Cipher(AES(key), ECB()).decryptor().update(block)  # noqa: S305

    def cmac(self, key: bytes, message: bytes) -> bytes:
        """Return the 16-byte CMAC of `message`."""
        mac = CMAC(AES(key))
        mac.update(message)
        return mac.finalize()
