"""What `--explain` is made of: parts of a frame, one after the other without gaps, and details of parts."""

from dataclasses import dataclass

from farwire.codec.table import aligned
from farwire_codecs import fields

_BYTES_A_LINE = 8


@dataclass(frozen=True, slots=True)
class Part:
    """`size` bytes from `offset` on, and what they say; of size 0: a detail of the part before it."""

    offset: int
    size: int
    name: str
    value: str
    meaning: str = ""


def lines(parts: list[Part], payload: bytes) -> list[str]:
    """Return a table of the parts with their bytes; long ones take several lines."""
    cells = [["byte", "hex", "field", "value", "meaning"]]
    for part in parts:
        piece = payload[part.offset : part.offset + part.size]
        texts = [part.name if part.size else f"  {part.name}", part.value, part.meaning]
        at = part.offset
        cells.append([str(at) if part.size else "", piece[:_BYTES_A_LINE].hex(" "), *texts])
        for more in range(_BYTES_A_LINE, part.size, _BYTES_A_LINE):
            cells.append([str(at + more), piece[more : more + _BYTES_A_LINE].hex(" "), "", "", ""])
    return aligned(cells)


class Walk(fields.Cursor):
    """A cursor that keeps what it read as parts."""

    def __init__(self, frame: str, payload: bytes) -> None:
        super().__init__(frame, payload)
        self.parts: list[Part] = []

    def add(self, start: int, name: str, value: object, meaning: str = "") -> None:
        """Keep what was read since byte `start`."""
        self.parts.append(Part(start, self.position - start, name, str(value), meaning))

    def detail(self, name: str, value: object, meaning: str = "") -> None:
        """Keep something that has no bytes of its own."""
        self.parts.append(Part(self.position, 0, name, str(value), meaning))

    def flags(self, names: dict[int, str], kind: str = "") -> int:
        """Read a header whose flags have these names, or whose five bits are a `kind`."""
        start = self.position
        flags = self.header(0x1F if kind else sum(names))
        said = [name for flag, name in names.items() if (flags == flag if kind else flags & flag)]
        what = f"{kind} {flags}" + (f": {said[0]}" if said else "") if kind else ", ".join(said) or "no flags"
        self.add(start, "header", f"0x{self.payload[start]:02x}", f"version {fields.VERSION}, {what}")
        return flags

    def whole(self, name: str, size: int, meaning: str = "") -> int:
        """Read an unsigned integer."""
        start = self.position
        value = self.unsigned(name, size)
        self.add(start, name, value, meaning)
        return value

    def variable(self, name: str, meaning: str = "") -> int:
        """Read a varint."""
        start = self.position
        value = self.varint(name)
        self.add(start, name, value, meaning)
        return value

    def meant(self, meaning: str) -> None:
        """Say what the latest part means, where that depends on its value."""
        last = self.parts[-1]
        self.parts[-1] = Part(last.offset, last.size, last.name, last.value, meaning)

    def rest(self, why: str) -> None:
        """Keep what nobody read."""
        left = self.parts[-1].offset + self.parts[-1].size if self.parts else 0
        self.position = len(self.payload)
        if left < self.position:
            self.add(left, "not read", "", why)
