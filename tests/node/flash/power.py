"""A flash whose power is cut at a byte of what it programs or erases, and a file system likewise."""

import random

from farwire_node.errors import StorageError
from farwire_node.file_storage import Files
from farwire_node.flash.device import RamFlash


class PowerCut(Exception):  # noqa: N818
    """The power went off: whatever was going on will not go on."""


class CuttableFlash(RamFlash):
    """Counts the bytes that it programs and erases; at the byte `cut_at` the power goes off.

    A byte that is being programmed is left with some of its bits cleared. An erasure that is cut leaves
    bytes that are erased, untouched, or anything between, chosen at random.
    """

    def __init__(self, sectors: int, sector_size: int) -> None:
        super().__init__(sectors, sector_size)
        self.written = 0
        self.cut_at: int | None = None
        self.dice = random.Random(1)

    def program(self, offset: int, data: bytes) -> None:
        left = None if self.cut_at is None else self.cut_at - self.written
        if left is None or left >= len(data):
            super().program(offset, data)
            self.written += len(data)
            return
        super().program(offset, data[:left])
        before = self.memory[offset + left]
        if data[left] & ~before:
            raise StorageError("a bit would have to be set")
        self.memory[offset + left] = data[left] | (before & self.dice.randrange(256))
        raise PowerCut

    def erase(self, sector: int) -> None:
        left = None if self.cut_at is None else self.cut_at - self.written
        if left is None or left >= self.sector_size:
            super().erase(sector)
            self.written += self.sector_size
            return
        self.cut_erase(sector, self.dice)
        raise PowerCut

    def cut_erase(self, sector: int, dice: random.Random) -> None:
        """Leave a sector as an erasure does that was cut."""
        begin = sector * self.sector_size
        share = dice.random()
        for at in range(begin, begin + self.sector_size):
            if dice.random() < share:
                self.memory[at] = 0xFF if dice.random() < 0.5 else self.memory[at] | dice.randrange(256)


class CuttableFiles(Files):
    """A file system in memory. `cut_at` counts the bytes written and the renames; `fat`: a rename over a file
    is a removal and a rename, with a power cut possible between."""

    def __init__(self, fat: bool) -> None:
        self.files: dict[str, bytes] = {}
        self.fat = fat
        self.written = 0
        self.cut_at: int | None = None

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        for size in range(len(data)):
            self.files[name] = data[:size]
            self._step()
        self.files[name] = data

    def replace(self, name: str, target: str) -> None:
        self._step()
        if self.fat:
            self.files.pop(target, None)
            self._step()
        self.files[target] = self.files.pop(name)

    def _step(self) -> None:
        if self.cut_at is not None and self.written >= self.cut_at:
            raise PowerCut
        self.written += 1
