"""A bounded memory of what was seen last."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The last `size` entries put; not thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[Key, Value] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def get(self, key: Key) -> Value | None:
        """Return what was put under `key`, None if that was long ago or never."""
        return self._entries.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Remember; the oldest entry beyond `size` is forgotten."""
        self._entries.pop(key, None)
        self._entries[key] = value
        while len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]

    def drop(self, key: Key) -> None:
        """Forget it."""
        self._entries.pop(key, None)
