"""Reading the entries of one sector in order."""

from farwire_node.flash import entries
from farwire_node.flash.device import Flash
from farwire_node.flash.entries import Before

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 128  # bytes read at a time


class Walk:
    """Stands before the first record of a sector; `next` goes on.

    After it `before` is the record, `keep` whether it is one to be kept, and `mark` the newest mark passed.
    """

    def __init__(
        self, flash: Flash, begin: int, end: int, axes: "Sequence[int]", first: int, sequence: int
    ) -> None:
        self.before = Before(axes, first - 1)
        self.keep = False
        self.mark: tuple[int, ...] | None = None
        self.offset = begin  # behind the last entry passed
        self.run_used = 0  # records of the run that was passed last, while nothing came behind it
        self._run_left = 0
        self._flash = flash
        self._end = end
        self._sequence = sequence
        self._data = b""
        self._base = 0

    def next(self) -> bool:
        """Go to the next record; False when there is none."""
        if self._run_left:
            self._run_left -= 1
            self.before.repeat()
            return True
        while True:
            entry = self._entry()
            if entry is None:
                return False
            self.offset = entry.end + self._base
            self.run_used = 0
            if entry.kind == entries.MARK:
                self.mark = entry.content
            elif entry.kind == entries.RUN:
                self.keep = False
                self.run_used = entry.content
                if entry.content:
                    self._run_left = entry.content - 1
                    self.before.repeat()
                    return True
            else:
                self.keep = not entry.head & entries.NORMAL
                return True

    def state(self) -> "tuple[object, ...]":
        """Return where it stands, for `set_state` of another walk through the sector."""
        return self.offset, self.run_used - self._run_left, self.before.state()

    def set_state(self, state: "tuple[object, ...]") -> None:
        """Stand where that walk stood."""
        self.offset, passed, before = state  # type: ignore[assignment]
        self.run_used = self._run_left = 0
        if passed:  # of a run, to which more may have been added since
            self.run_used = entries.cleared(self._flash.read(self.offset - entries.MARKS, entries.MARKS))
            self._run_left = self.run_used - passed  # type: ignore[operator]
        self.before.set_state(before)  # type: ignore[arg-type]
        self._data = b""  # more may have been written since

    def rest_is_free(self) -> bool:
        """Return whether nothing was programmed behind the last entry, not even in part."""
        at = self.offset
        while at < self._end:
            data = self._flash.read(at, min(WINDOW, self._end - at))
            for byte in data:
                if byte != entries.FREE:
                    return False
            at += len(data)
        return True

    def _entry(self) -> "entries.Entry | None":
        at = self.offset - self._base
        if not 0 <= at < len(self._data):
            self._load(WINDOW)
            at = 0
        while at < len(self._data) and self._data[at] != entries.FREE:
            try:
                return entries.read(self._data, at, self.before, self._sequence)
            except IndexError:
                if len(self._data) - at >= entries.LONGEST or self._base + len(self._data) >= self._end:
                    return None
                self._load(WINDOW if at else entries.LONGEST + WINDOW)
                at = 0
        return None

    def _load(self, count: int) -> None:
        self._base = self.offset
        self._data = self._flash.read(self.offset, max(0, min(count, self._end - self.offset)))
