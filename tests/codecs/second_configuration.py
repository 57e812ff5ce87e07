"""A second decoder of configuration, written from codecs/README.md: even the keys are from its table.

It shares nothing with farwire_codecs, so that an error in both encoder and decoder of that cannot hide.
"""

import re
import zlib
from pathlib import Path
from typing import Any

_README = Path(__file__).resolve().parents[2] / "codecs/README.md"
_ROW = re.compile(r"^\| (\d+) \| (\w+) \| (node|channel|sensor|server) \| (\w+) \| ([^|]*)\|$", re.MULTILINE)
KEYS = {
    int(number): (name, scope, kind) for number, name, scope, kind, _ in _ROW.findall(_README.read_text())
}
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

Settings = dict[tuple[int, int | None], Any]


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.left = "".join(f"{byte:08b}" for byte in data)

    def text(self, width: int) -> str:
        taken, self.left = self.left[:width], self.left[width:]
        assert len(taken) == width
        return taken

    def fixed(self, width: int) -> int:
        return int(self.text(width) or "0", 2)

    def gamma(self) -> int:
        zeros = len(self.left) - len(self.left.lstrip("0"))
        self.text(zeros)
        return self.fixed(zeros + 1)

    def number(self) -> int:
        length = self.fixed(4)
        if length == 15:
            length += self.fixed(6)
        return int("1" + self.text(length - 1), 2) if length else 0

    def duration(self) -> int:
        unit = {"0": 1, "10": 60, "11": 3600}
        code = self.text(1)
        if code == "1":
            code += self.text(1)
        m = 8 * (self.gamma() - 1) + self.fixed(3)
        return m if code == "0" else (m + 1) * unit[code]

    def word(self) -> bytes:
        count = self.number()
        if not count:
            return b""
        if self.text(1) == "0":
            return "".join(_LETTERS[self.fixed(6)] for _ in range(count)).encode()
        width = 7 + self.fixed(1)
        return bytes(self.fixed(width) for _ in range(count))

    def end(self) -> None:
        assert len(self.left) < 8
        assert "1" not in self.left


def document(data: bytes) -> Settings:
    """Return a document as (key, index) -> value."""
    bits = _Bits(data)
    assert bits.fixed(3) == 0
    groups = bits.fixed(5)
    if groups == 31:
        groups = bits.gamma() + 30
    found = _groups(bits, groups, True)
    bits.end()
    return found


def difference(data: bytes) -> tuple[Settings, list[tuple[int, int | None]]]:
    """Return what is set, and what is taken back."""
    bits = _Bits(data)
    changed = _groups(bits, bits.gamma() - 1, True)
    gone = _groups(bits, bits.gamma() - 1, False)
    bits.end()
    return changed, list(gone)


def transferred(frames: list[bytes], base: bytes = b"") -> Settings:
    """Return the document that frames in order lead to, `base` being the old document of a difference."""
    kinds = {(frame[0] >> 4 & 1, frame[0] >> 3 & 1) for frame in frames}
    ((is_difference, several),) = kinds
    if several:
        places = [((frame[0] << 8) + frame[1]) % 1024 for frame in frames]
        assert [place % 128 for place in places] == list(range(len(frames)))
        assert [frame[0] >> 2 & 1 for frame in frames] == [0] * (len(frames) - 1) + [1]
        stream = b"".join(frame[2:] for frame in frames)
        assert {place // 128 for place in places} == {stream[-1] % 8}
    else:
        stream = frames[0][1:]
    content, check = stream[:-4], int.from_bytes(stream[-4:], "big")
    if not is_difference:
        assert check == zlib.crc32(content)
        return document(content)
    changed, gone = difference(content)
    return {place: value for place, value in document(base).items() if place not in gone} | changed


def _groups(bits: _Bits, count: int, with_values: bool) -> Settings:
    found: Settings = {}
    remembered = {"channel": [1], "sensor": [1], "server": [1]}
    number = 0
    for _ in range(count):
        number += bits.gamma()
        _, scope, kind = KEYS[number]
        indices: list[Any] = [None]
        if scope != "node":
            if bits.text(1) == "0":
                remembered[scope] = _runs(bits)
            indices = remembered[scope]
        before: Any = None
        for index in indices:
            if with_values:
                before = _value(bits, kind, before)
            found[number, index] = before
    return found


def _runs(bits: _Bits) -> list[int]:
    indices: list[int] = []
    for _ in range(bits.gamma()):
        first = bits.gamma() - 1
        if indices:
            first += indices[-1] + 2
        indices += range(first, first + bits.gamma())
    return indices


def _value(bits: _Bits, kind: str, before: Any) -> Any:
    if kind == "boolean":
        return bits.text(1) == "1"
    if before is not None and bits.text(1) == "1":
        return before
    match kind:
        case "unsigned" if before is None:
            return bits.number()
        case "signed" | "unsigned":
            n = bits.number()
            return (before or 0) + (-(n + 1) // 2 if n % 2 else n // 2)
        case "duration":
            return bits.duration()
        case "choice":
            return bits.gamma() - 1
        case "text":
            return bits.word().decode()
        case _:
            return bits.word()
