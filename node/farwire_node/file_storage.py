"""Storage in files, one a key: written beside the old one, then put in its place.

Each file ends with a check. Where a file system cannot replace a file in one step (FAT), a power cut can
leave only the new file beside; it counts when the other one is gone or damaged.
"""

import struct

from farwire_codecs.configuration_document import crc32
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class System(Protocol):
        """What it takes of the module `os`."""

        def rename(self, old: str, new: str) -> None:
            """Rename a file."""

        def remove(self, name: str) -> None:
            """Remove a file."""


_NEW = ".new"


class Files:
    """The seam to a file system: one folder of small files."""

    def read(self, name: str) -> bytes | None:
        """Return what is in a file, None if there is none."""
        raise NotImplementedError

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file; it is on the medium when this returns, and may be damaged if it does not."""
        raise NotImplementedError

    def replace(self, name: str, target: str) -> None:
        """Rename a file, over the target if that exists; on the medium when this returns."""
        raise NotImplementedError


class BoardFiles(Files):
    """Files of a board: `system` is its module `os`. littlefs renames over a file in one step."""

    def __init__(self, system: "System", folder: str) -> None:
        self._system = system
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Return what is in a file, None if there is none."""
        try:
            with open(self._folder + "/" + name, "rb") as file:
                return bytes(file.read())
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file; a board's file is on the medium when it is closed."""
        with open(self._folder + "/" + name, "wb") as file:
            file.write(data)

    def replace(self, name: str, target: str) -> None:
        """Rename a file, over the target if that exists."""
        try:
            self._system.rename(self._folder + "/" + name, self._folder + "/" + target)
        except OSError:  # FAT does not rename over a file
            self._system.remove(self._folder + "/" + target)
            self._system.rename(self._folder + "/" + name, self._folder + "/" + target)


class FileStorage(Storage):
    """Key-value storage in `files`. Keys are names of files."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        for name in (key, key + _NEW):
            data = self._files.read(name)
            if data is not None and len(data) >= 4:
                value = data[:-4]
                if struct.unpack(">I", data[-4:])[0] == crc32(value):
                    return value
        return None

    def save(self, key: str, value: bytes) -> None:
        """Keep `value` under `key`."""
        self._files.write(key + _NEW, bytes(value) + struct.pack(">I", crc32(value)))
        self._files.replace(key + _NEW, key)
