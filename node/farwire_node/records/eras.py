"""When what is held was sampled, though the node's clock began anew at each power cut.

A store's own time is the node's clock plus the seconds that this is behind it, so that it goes on over a cut
as if that had taken no time. For each life of the node in which the network told its time, the eras say what
that was when the store's time was 0: so the length of the cuts between two such lives is known. What was
sampled in a life that ended before it learned the time counts as if the power had come
back at once after its last record.
"""

import struct

from farwire_node.storage import Storage

MOST = 16  # lives; what an older one sampled then counts to the next
SAVED_WITHIN_MS = 500  # of the truth: a clock that is corrected by less costs no write

_ENTRY = ">Iq"  # numbers below this one, 0: all that follow; the network's time at the store's time 0
_OPEN = 0


class Eras:
    """Of one store, by its numbers. `awaited_below`: what is below it waits for the network's time."""

    def __init__(self, storage: Storage, key: str) -> None:
        self._storage = storage
        self._key = key
        self._ended: list[tuple[int, int]] = []  # (numbers below this one, network's ms at 0), rising
        self._zero_ms: int | None = None  # of this life
        self._saved_ms: int | None = None  # as it is in storage
        self._later: list[tuple[int, int]] = []  # (numbers below this one, seconds), rising

    @property
    def known(self) -> bool:
        """Whether the network told its time in this life."""
        return self._zero_ms is not None

    @property
    def awaited_below(self) -> int:
        """The number below which times will change when the network tells its time; 0: none will."""
        return 0 if self.known or not self._ended else self._ended[-1][0]

    def begin(self, first: int, following: int) -> None:
        """Begin a life in which numbers from `following` on will be given, and `first` is the oldest held."""
        stored = self._storage.load(self._key) or b""
        size = struct.calcsize(_ENTRY)
        for at in range(0, len(stored) - size + 1, size):
            end, zero_ms = struct.unpack_from(_ENTRY, stored, at)
            self._ended.append((end or following, zero_ms))
        self._forget(first)
        if stored and (not self._ended or stored[-size:-8] == b"\0\0\0\0"):
            self._save()

    def know(self, zero_ms: int, first: int) -> None:
        """Take the network's time at the store's time 0."""
        self._zero_ms = zero_ms
        self._forget(first)
        later_s = 0
        self._later = []
        for end, earlier_ms in reversed(self._ended):  # what came first cannot be younger than what came then
            later_s = min(later_s, (earlier_ms - zero_ms + 500) // 1000)
            self._later = [(end, later_s)] + self._later
        if self._saved_ms is None or abs(zero_ms - self._saved_ms) >= SAVED_WITHIN_MS:
            self._save()

    def later_s(self, number: int) -> int:
        """Return how much later than its store knew a number was sampled: 0 or less seconds."""
        for end, later_s in self._later:
            if number < end:
                return later_s
        return 0

    def renumber(self, by: int) -> None:
        """Add `by` to the numbers."""
        self._ended = [(end + by, zero_ms) for end, zero_ms in self._ended]
        self._later = [(end + by, later_s) for end, later_s in self._later]
        if self._ended:
            self._save()

    def _forget(self, first: int) -> None:
        self._ended = [entry for entry in self._ended if entry[0] > first][-MOST:]

    def _save(self) -> None:
        out = b""
        for end, zero_ms in self._ended:
            out += struct.pack(_ENTRY, end, zero_ms)
        if self._zero_ms is not None:
            out += struct.pack(_ENTRY, _OPEN, self._zero_ms)
        self._saved_ms = self._zero_ms
        self._storage.save(self._key, out)
