"""Plain values as bytes and back: what a board keeps over a deep sleep (hibernation.py).

None, truth values, integers of up to 120 bits, bytes, bytearrays, strings, tuples, lists and dictionaries of
such, and some named tuples. Integers from -32 to 127 take a byte, others a byte more than they have.
"""

from farwire_codecs.command import CommandAnswer
from farwire_codecs.errors import MalformedError
from farwire_codecs.lpp import Item
from farwire_codecs.schema import Shape
from farwire_node.steps import Sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# First bytes: 0 to 159 are integers from -32 on; an integer of n bytes is _POSITIVE or _NEGATIVE and n.
_LOWEST, _HIGHEST = -32, 127
_POSITIVE, _NEGATIVE = 0xA0, 0xB0
_LONGEST = 15
_NONE, _FALSE, _TRUE = 0xC0, 0xC1, 0xC2
# Behind these, and the place in the tuple, comes an integer: how many bytes or values follow.
_CONTENT, _PARTS = 0xC3, 0xC8
_CONTENTS = (bytes, bytearray, str)
_KINDS = (dict, list, tuple, Item, CommandAnswer, Shape, Sleep)
_PLAIN_PARTS = 3  # the first ones take their parts as one


def packed(value: "Any") -> bytes:
    """Return the bytes of a value; raises TypeError for one that is not plain, or holds one."""
    kind = type(value)
    if value is None:
        return bytes((_NONE,))
    if kind is bool:
        return bytes((_TRUE if value else _FALSE,))
    if kind is int:
        return _integer(value)
    if kind in _CONTENTS:
        content = value.encode() if kind is str else bytes(value)
        return bytes((_CONTENT + _CONTENTS.index(kind),)) + _integer(len(content)) + content
    if kind not in _KINDS:
        raise TypeError("not plain")
    parts = [part for pair in value.items() for part in pair] if kind is dict else value
    return _sequence(kind, [packed(part) for part in parts])


def joined(parts: "list[bytes]") -> bytes:
    """Return the bytes of the list of values whose bytes these are."""
    return _sequence(list, parts)


def unpacked(data: bytes) -> "Any":
    """Return the value that `packed` gave these bytes for; raises MalformedError for any others."""
    at = [0]
    value = _value(data, at)
    if at[0] != len(data):
        raise MalformedError(f"kept value has {len(data)} bytes, expected {at[0]}")
    return value


def _integer(value: int) -> bytes:
    if _LOWEST <= value <= _HIGHEST:
        return bytes((value - _LOWEST,))
    kind = _POSITIVE if value >= 0 else _NEGATIVE
    size = 1
    value = max(value, -1 - value)
    while value >> 8 * size:
        size += 1
    if size > _LONGEST:
        raise TypeError("not plain")
    return bytes((kind + size,)) + value.to_bytes(size, "little")


def _sequence(kind: type, parts: "Sequence[bytes]") -> bytes:
    return bytes((_PARTS + _KINDS.index(kind),)) + _integer(len(parts)) + b"".join(parts)


def _value(data: bytes, at: "list[int]") -> "Any":
    """Return the value that begins at `at[0]`, and move that behind it."""
    kind = _take(data, at, 1)[0]
    if kind < _POSITIVE:
        return kind + _LOWEST
    if kind < _NONE:
        number = int.from_bytes(_take(data, at, kind & _LONGEST), "little")
        return number if kind < _NEGATIVE else -1 - number
    if kind < _CONTENT:
        return None if kind == _NONE else kind == _TRUE
    count = _value(data, at)
    try:
        if kind < _PARTS:
            content = _take(data, at, count)
            make: Any = _CONTENTS[kind - _CONTENT]
            return content.decode() if make is str else make(content)
        make = _KINDS[kind - _PARTS]
        parts = [_value(data, at) for _ in range(count)]
        if make is dict:
            return {parts[i]: parts[i + 1] for i in range(0, count, 2)}
        return make(parts) if kind < _PARTS + _PLAIN_PARTS else make(*parts)
    except (IndexError, TypeError, UnicodeError):
        raise MalformedError(f"kept value begins with {kind}, {count}")


def _take(data: bytes, at: "list[int]", count: int) -> bytes:
    taken = data[at[0] : at[0] + count]
    if not 0 <= count == len(taken):
        raise MalformedError(f"kept value is cut after {len(data)} bytes")
    at[0] += count
    return taken
