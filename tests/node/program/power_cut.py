"""Storage whose power goes off at a chosen write: before it is on the medium, or right after."""

from farwire_node.storage import MemoryStorage


class PowerCutError(BaseException):
    """The power went off: no program goes on after that, whatever it catches."""


class CutStorage(MemoryStorage):
    """Counts writes; `cut_at` n: the power goes off before the n-th one (from 0) has any effect."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.cut_at: int | None = None

    def save(self, key: str, value: bytes) -> None:
        if self.writes == self.cut_at:
            raise PowerCutError
        self.writes += 1
        super().save(key, value)

    def power_on(self) -> None:
        """Cut no more."""
        self.cut_at = None
