"""EUIs, keys, DevAddrs and UUIDs as text, with ChirpStack's own complaints [lrwn/src eui64.rs, aes128.rs]."""

import uuid

from farwire_twin.network_server.errors import InvalidArgumentError, MalformedIdError


def parse_eui64(text: str) -> str:
    """16 lower-case hex digits; an empty text is all zeros. MalformedIdError."""
    return _hex(text, 8)


def parse_key(text: str) -> bytes:
    """The 16 bytes of an AES-128 key; an empty text is all zeros. MalformedIdError."""
    return bytes.fromhex(_hex(text, 16))


def parse_dev_addr(text: str) -> int:
    """A DevAddr of 8 hex digits; an empty text is 0. MalformedIdError."""
    return int(_hex(text, 4), 16)


def parse_uuid(text: str) -> str:
    """A UUID in its usual form; InvalidArgumentError."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidArgumentError(f"invalid UUID: {text[:50]!r}") from error


def _hex(text: str, size: int) -> str:
    if not text:
        return "00" * size
    if len(text) % 2:
        raise MalformedIdError("Odd number of digits")
    if len(text) != 2 * size:
        raise MalformedIdError("Invalid string length")
    for position, character in enumerate(text):
        if character not in "0123456789abcdefABCDEF":
            raise MalformedIdError(f"Invalid character {character!r} at position {position}")
    return text.lower()
