"""A configuration piece byte by byte, and its bits code by code."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from farwire.codec.parts import Walk
from farwire_codecs.configuration_bits import BitReader
from farwire_codecs.configuration_groups import take_groups
from farwire_codecs.configuration_keys import BOOLEAN, KEYS, NODE, name_of
from farwire_codecs.configuration_pieces import CHECK_SIZE
from farwire_codecs.configuration_settings import Setting
from farwire_codecs.configuration_words import to_json

_DIFFERENCE, _SEVERAL, _LAST = 0x10, 0x08, 0x04
_WHICH = {2: "which 2", 1: "which 1"}  # the highest bits of the byte behind it
_MANY = 31  # groups from here on are counted behind a document's header


class Code(NamedTuple):
    """A code that was read: `width` bits from bit `at` of the content on."""

    at: int
    width: int
    value: int


class TracingReader(BitReader):
    """A bit reader that keeps each code; a code is one call from outside, whatever it reads inside."""

    def __init__(self, name: str, data: bytes, start: int) -> None:
        super().__init__(name, data, start)
        self.codes: list[Code] = []
        self._depth = 0

    def get(self, width: int) -> int:
        """Read bits."""
        at = self._enter()
        return self._leave(at, super().get(width))

    def gamma(self) -> int:
        """Read a gamma code."""
        at = self._enter()
        return self._leave(at, super().gamma())

    def number(self) -> int:
        """Read a number."""
        at = self._enter()
        return self._leave(at, super().number())

    def duration(self) -> int:
        """Read a duration."""
        at = self._enter()
        return self._leave(at, super().duration())

    def word(self, most: int) -> bytes:
        """Read a word; its bytes are not kept, they may be secret."""
        at = self._enter()
        data = super().word(most)
        self._leave(at, 0)
        return data

    def _enter(self) -> int:
        self._depth += 1
        return self._position

    def _leave(self, at: int, value: int) -> int:
        self._depth -= 1
        if not self._depth:
            self.codes.append(Code(at, self._position - at, value))
        return value


def piece(walk: Walk) -> None:
    """Walk a configuration piece; raises CodecError."""
    flags = walk.flags({_DIFFERENCE: "difference", _SEVERAL: "one of several", _LAST: "last", **_WHICH})
    if flags & _SEVERAL:
        which = walk.whole("which", 1)
        transfer, index = (flags & 3) << 1 | which >> 7, which & 0x7F
        walk.meant(f"index {index} of the transfer whose check ends in {transfer:03b}")
        start = walk.position
        data = walk.chunk("data", len(walk.payload) - start)
        walk.add(start, "data", f"{len(data)} bytes", "of the transfer")
        return
    walk.meant(f"version 0, all of a {'difference' if flags & _DIFFERENCE else 'document'}")
    groups = None
    if not flags & _DIFFERENCE:
        start = walk.position
        groups = walk.header(0x1F)
        walk.add(start, "document", f"0x{walk.payload[start]:02x}", f"version 0, groups {groups}")
    start = walk.position
    content = walk.chunk("settings", max(len(walk.payload) - CHECK_SIZE - start, 0))
    walk.add(start, "settings", f"{len(content)} bytes", "in bits")
    bits = TracingReader("configuration", content, 0)
    if groups is None:
        for title, with_values in (("changed", True), ("removed", False)):
            count = bits.gamma() - 1
            _detail(walk, start, bits.codes[-1], title, f"groups {count}")
            _groups(walk, start, bits, count, with_values)
    else:
        if groups == _MANY:
            groups += bits.gamma() - 1
            _detail(walk, start, bits.codes[-1], "groups", str(groups))
        _groups(walk, start, bits, groups, True)
    bits.end()
    check = walk.whole("check", CHECK_SIZE)
    walk.meant(f"CRC-32 {check:08x}")


def _groups(walk: Walk, start: int, bits: TracingReader, count: int, with_values: bool) -> None:
    """Read groups, and add a detail for each of their keys, indices and values."""
    first = len(bits.codes)
    settings = take_groups(bits, count, with_values)
    codes = iter(bits.codes[first:])
    for number, group in groupby(settings, key=lambda setting: setting.key):
        key = KEYS[number]
        members = list(group)
        _detail(walk, start, next(codes), "key", f"{number} {name_of(key)}")
        if key.scope != NODE:
            indices = ", ".join(str(setting.index) for setting in members)
            _detail(walk, start, _joined(_index_codes(codes)), key.scope, indices)
        for at, setting in enumerate(members if with_values else ()):
            code = _joined(_value_codes(codes, key.kind == BOOLEAN or not at))
            _detail(walk, start, code, _name(setting), str(to_json(key, setting.value)))


def _index_codes(codes: Iterator[Code]) -> Iterator[Code]:
    """Yield the codes of a group's indices: one bit, or it and the runs."""
    first = next(codes)
    yield first
    if not first.value:
        runs = next(codes)
        yield runs
        for _ in range(2 * runs.value):
            yield next(codes)


def _value_codes(codes: Iterator[Code], alone: bool) -> Iterator[Code]:
    """Yield the codes of a value, which from the second on begins with a bit for "as the one before"."""
    first = next(codes)
    yield first
    if not alone and not first.value:
        yield next(codes)


def _joined(codes: Iterator[Code]) -> Code:
    listed = list(codes)
    return Code(listed[0].at, sum(code.width for code in listed), 0)


def _name(setting: Setting) -> str:
    return "value" if setting.index is None else f"value of {setting.index}"


def _detail(walk: Walk, start: int, code: Code, name: str, value: str) -> None:
    at = 8 * start + code.at
    walk.detail(name, value, f"bits {code.width} from byte {at >> 3} bit {7 - (at & 7)} on")
