"""Flash in a file: for Linux, and for boards that give the node a file system and no partition."""

from farwire_node.errors import StorageError
from farwire_node.flash.device import Flash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_CHUNK = 256


class FileFlash(Flash):
    """A `file` opened for reading and writing ("r+b"), made as large as needed.

    `sync` is called after each write, for what `file.flush` leaves in the system's memory.
    """

    def __init__(
        self, file: "BinaryIO", sectors: int, sector_size: int, sync: "Callable[[], None] | None" = None
    ) -> None:
        super().__init__(sectors * sector_size, sector_size)
        self._file = file
        self._sync = sync
        self._file.seek(0, 2)
        missing = self.size - self._file.tell()
        while missing > 0:
            self._file.write(b"\xff" * min(_CHUNK, missing))
            missing -= _CHUNK
        self._flush()

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes; raises StorageError where the file ends before."""
        self._file.seek(offset)
        data = self._file.read(count)
        if len(data) != count:
            raise StorageError(f"the flash file has {len(data)} bytes at {offset}, expected {count}")
        return bytes(data)

    def program(self, offset: int, data: bytes) -> None:
        """Write the bytes."""
        self._file.seek(offset)
        self._file.write(data)
        self._flush()

    def erase(self, sector: int) -> None:
        """Set all bits of a sector."""
        self._file.seek(sector * self.sector_size)
        for at in range(0, self.sector_size, _CHUNK):
            self._file.write(b"\xff" * min(_CHUNK, self.sector_size - at))
        self._flush()

    def _flush(self) -> None:
        self._file.flush()
        if self._sync is not None:
            self._sync()
