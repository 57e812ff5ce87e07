"""Plain values as bytes and back: what a board keeps over a deep sleep (hibernation.py).

None, truth values, integers of up to 120 bits, bytes, bytearrays, strings, tuples, lists and dictionaries of
such, and the named tuples of TYPES. Integers from -32 to 127 take a byte, others a byte more than they have.
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

TYPES = (Item, CommandAnswer, Shape, Sleep)

# First bytes: 0 to 159 are integers from -32 on; an integer of n bytes is _POSITIVE or _NEGATIVE and n.
_LOWEST, _HIGHEST = -32, 127
_POSITIVE, _NEGATIVE = 0xA0, 0xB0
_LONGEST = 15
_NONE, _FALSE, _TRUE = 0xC0, 0xC1, 0xC2
# Behind these comes an integer: how many bytes or values follow.
_BYTES, _BYTEARRAY, _STRING, _TUPLE, _LIST, _DICT = 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8
_NAMED = 0xD0  # and the place in TYPES


def packed(value: "Any") -> bytes:
    """Return the bytes of a value; raises TypeError for one that is not plain, or holds one."""
    kind = type(value)
    if value is None:
        return bytes((_NONE,))
    if kind is bool:
        return bytes((_TRUE if value else _FALSE,))
    if kind is int:
        return _integer(value)
    if kind is bytes:
        return _with_length(_BYTES, value)
    if kind is bytearray:
        return _with_length(_BYTEARRAY, bytes(value))
    if kind is str:
        return _with_length(_STRING, value.encode())
    if kind is dict:
        return bytes((_DICT,)) + _values([part for pair in value.items() for part in pair])
    if kind is list or kind is tuple:
        return bytes((_LIST if kind is list else _TUPLE,)) + _values(value)
    return _named(value)


def joined(parts: "list[bytes]") -> bytes:
    """Return the bytes of the list of values whose bytes these are."""
    return bytes((_LIST,)) + _integer(len(parts)) + b"".join(parts)


def _named(value: "Any") -> bytes:
    kind = type(value)
    for place, known in enumerate(TYPES):
        if kind is known:
            return bytes((_NAMED + place,)) + _values(value)
    raise TypeError("not plain")


def unpacked(data: bytes) -> "Any":
    """Return the value that `packed` gave these bytes for; raises MalformedError for any others."""
    reader = _Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise MalformedError(f"kept value has {len(data)} bytes, expected {reader.at}")
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


def _with_length(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + _integer(len(content)) + content


def _values(values: "Sequence[Any]") -> bytes:
    return _integer(len(values)) + b"".join([packed(value) for value in values])


class _Reader:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self) -> "Any":
        kind = self._take(1)[0]
        if kind < _POSITIVE:
            return kind + _LOWEST
        if kind < _NONE:
            size = kind & _LONGEST
            number = int.from_bytes(self._take(size), "little")
            return number if kind < _NEGATIVE else -1 - number
        if kind <= _TRUE:
            return None if kind == _NONE else kind == _TRUE
        if kind <= _STRING:
            content = self._take(self._count())
            return content if kind == _BYTES else bytearray(content) if kind == _BYTEARRAY else _text(content)
        values = [self.value() for _ in range(self._count())]
        if kind == _TUPLE:
            return tuple(values)
        if kind == _LIST:
            return values
        try:
            if kind == _DICT:
                return {values[at]: values[at + 1] for at in range(0, len(values), 2)}
            return TYPES[kind - _NAMED](*values)
        except (IndexError, TypeError):
            raise MalformedError(f"kept value begins with {kind} and has {len(values)} parts")

    def _count(self) -> int:
        count = self.value()
        if type(count) is not int or not 0 <= count <= len(self._data):
            raise MalformedError(f"kept value has {count} parts in {len(self._data)} bytes")
        return count

    def _take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) < count:
            raise MalformedError(f"kept value is cut after {len(self._data)} bytes")
        self.at += count
        return taken


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeError:
        raise MalformedError("kept value has a string that is none")
