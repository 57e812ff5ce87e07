"""What people paste as a payload -> bytes: hex as one meets it in logs and manuals, or base64."""

import base64
import binascii
import re

from farwire_codecs.errors import MalformedError

HEX, BASE64, EITHER = "hex", "base64", "either"

_PREFIX = re.compile(r"0[xX](?=[0-9a-fA-F])|\\x(?=[0-9a-fA-F]{2})")
_SEPARATOR = re.compile(r"[\s:,;-]+")
_SHOWN = 40  # characters of a text in a message


def payload_of(text: str, form: str = EITHER) -> bytes:
    """Return the bytes of a text; raises MalformedError.

    `form` EITHER: hex if it has nothing but hex digits, else base64 (of either alphabet, `=` or not).
    """
    digits = _SEPARATOR.sub("", _PREFIX.sub("", text))
    if form != BASE64:
        if re.fullmatch(r"(?:[0-9a-fA-F]{2})*", digits):
            return bytes.fromhex(digits)
        if form == HEX or re.fullmatch(r"[0-9a-fA-F]*", digits):
            raise MalformedError(
                f"payload is {_shown(text)}, expected an even number of hex digits, or --base64 if it is that"
            )
    joined = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except binascii.Error:
        wanted = "base64" if form == BASE64 else "an even number of hex digits, or base64"
        raise MalformedError(f"payload is {_shown(text)}, expected {wanted}") from None


def text_of(payload: bytes, form: str = HEX) -> str:
    """Return the text of bytes, as HEX or BASE64."""
    return base64.b64encode(payload).decode() if form == BASE64 else payload.hex()


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
