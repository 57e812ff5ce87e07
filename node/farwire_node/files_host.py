"""Files of Linux behind the seam of file storage. Host only."""

import os
from pathlib import Path

from farwire_node.file_storage import Files


class HostFiles(Files):
    """The files of one folder, which is made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> bytes | None:
        """Return what is in a file, None if there is none."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file, and wait until the medium has it."""
        with (self._folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def replace(self, name: str, target: str) -> None:
        """Rename a file, and wait until the medium has the folder."""
        (self._folder / name).replace(self._folder / target)
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
