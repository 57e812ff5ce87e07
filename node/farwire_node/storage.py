"""Where a node keeps what must survive a restart: small values under short names.

On a board a file or a flash page behind each key, in the twin and in tests a dict.
"""


class Storage:
    """Contract: `save` is atomic, so a power cut leaves the old value or the new one, never a mixture."""

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        raise NotImplementedError

    def save(self, key: str, value: bytes) -> None:
        """Keep `value` under `key`; it is on the medium when this returns."""
        raise NotImplementedError


class MemoryStorage(Storage):
    """Storage that lives as long as its process."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        return self._values.get(key)

    def save(self, key: str, value: bytes) -> None:
        """Keep a copy of `value` under `key`."""
        self._values[key] = bytes(value)
