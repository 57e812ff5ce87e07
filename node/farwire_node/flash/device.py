"""The seam to flash memory: NOR rules, as of SPI flash chips and of the flash inside microcontrollers.

Erasing a sector sets all its bits; programming only clears bits, any bytes at any offset, and may clear more
bits of a byte later. A power cut leaves a byte that was being programmed with some of its bits cleared, and
a sector that was being erased with anything.
"""

from farwire_node.errors import StorageError

ERASED = 0xFF


class Flash:
    """`size` bytes in sectors of `sector_size`; offsets are bytes from the beginning."""

    def __init__(self, size: int, sector_size: int) -> None:
        self.size = size
        self.sector_size = sector_size

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes."""
        raise NotImplementedError

    def program(self, offset: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`, lowest address first; on the medium when this returns."""
        raise NotImplementedError

    def erase(self, sector: int) -> None:
        """Set every bit of a sector, the number of which is given."""
        raise NotImplementedError


class RamFlash(Flash):
    """Flash in memory, for tests and simulations; strict about the rules. `erases` counts them, a sector."""

    def __init__(self, sectors: int, sector_size: int) -> None:
        super().__init__(sectors * sector_size, sector_size)
        self.memory = bytearray(b"\xff" * self.size)
        self.erases = [0] * sectors
        self.reads = 0  # bytes read

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes."""
        self.reads += count
        return bytes(self.memory[offset : offset + count])

    def program(self, offset: int, data: bytes) -> None:
        """Clear bits; raises StorageError for a bit that would have to be set."""
        for at, byte in enumerate(data, offset):
            if byte & ~self.memory[at]:
                raise StorageError(f"byte {at} is {self.memory[at]:#04x} and cannot become {byte:#04x}")
            self.memory[at] = byte

    def erase(self, sector: int) -> None:
        """Set all bits of a sector."""
        at = sector * self.sector_size
        self.memory[at : at + self.sector_size] = b"\xff" * self.sector_size
        self.erases[sector] += 1


class Part(Flash):
    """Some consecutive sectors of another flash."""

    def __init__(self, flash: Flash, first_sector: int, sectors: int) -> None:
        super().__init__(sectors * flash.sector_size, flash.sector_size)
        self._flash = flash
        self._first = first_sector

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes."""
        return self._flash.read(self._first * self.sector_size + offset, count)

    def program(self, offset: int, data: bytes) -> None:
        """Clear bits."""
        self._flash.program(self._first * self.sector_size + offset, data)

    def erase(self, sector: int) -> None:
        """Set all bits of a sector."""
        self._flash.erase(self._first + sector)
