"""Storage in a folder: a file behind each key, replaced as a whole. Linux only."""

import os
from pathlib import Path

from farwire_node.storage import Storage


class FileStorage(Storage):
    """Values in `folder`, which is made if it is not there; OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None

    def save(self, key: str, value: bytes) -> None:
        """Keep `value` under `key`: written beside the old one, then put in its place."""
        path = self._folder / key
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
