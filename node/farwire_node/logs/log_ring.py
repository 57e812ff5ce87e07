"""The node's log: lines of text, the oldest of which give way, so that it never takes more than LIMIT bytes.

A line is `<seconds on the node's clock> <E, W, I or D> <text>`. It lies in memory and goes into storage when
the node suspends or crashes; after the restart the lines before are still there.
"""

from farwire_node import node_events
from farwire_node.storage import Storage

ERROR, WARNING, INFO, DEBUG = 1, 2, 3, 4
_LETTERS = ".EWID"
THRESHOLDS = (WARNING, INFO, ERROR, DEBUG, 0)  # by the value of log_level (farwire_codecs.configuration_keys)

LOG_KEY = "log"
LIMIT = 2_048  # bytes; some 50 lines, and 10 frames to send all of it
LONGEST_LINE = 96  # characters of text

_OF_EVENTS = {
    node_events.AlarmRaised: (INFO, "alarm %s at %s"),
    node_events.AlarmsMissed: (WARNING, "no room for alarms: %d missed"),
    node_events.ConfigurationApplied: (INFO, "configuration %08x applied"),
    node_events.ConfigurationRolledBack: (WARNING, "configuration rolled back to %08x"),
    node_events.Dropped: (DEBUG, "record %d dropped"),
    node_events.Erased: (WARNING, "erased: %d"),
    node_events.FrameIgnored: (WARNING, "port %d ignored: %s"),
    node_events.FrameSent: (DEBUG, "port %d, %d bytes sent, %d ms from %d"),
    node_events.Joined: (INFO, "joined as %08x"),
    node_events.OutputSet: (INFO, "output %d set to %d/100"),
    node_events.Rebooted: (WARNING, "rebooted"),
    node_events.Released: (DEBUG, "acknowledged through %d: %d released"),
    node_events.Renumbered: (WARNING, "records renumbered from %d"),
}


class LogRing:
    """The newest lines of at least the severity `threshold` (ERROR to DEBUG; 0 keeps none)."""

    def __init__(self, storage: Storage, limit: int = LIMIT) -> None:
        self.threshold = WARNING
        self.now_ms = 0  # the moment that `event` writes
        self._storage = storage
        self._limit = limit
        self.restore()

    def restore(self) -> None:
        """Hold the lines that are in storage, and no others."""
        self._size = 0
        self._lines: list[bytes] = []
        for line in (self._storage.load(LOG_KEY) or b"").split(b"\n"):
            if line:
                self._put(bytes(line) + b"\n")
        self._saved = self._size

    def add(self, level: int, text: str, now_ms: int) -> None:
        """Write a line, unless it is less severe than the threshold."""
        if level <= self.threshold:
            cut = text[:LONGEST_LINE].replace("\n", " ")
            self._put(f"{now_ms // 1000} {_LETTERS[level]} {cut}\n".encode())
            self._saved = -1

    def event(self, event: "tuple[object, ...]") -> None:
        """Write a line about what the node tells (node_events.py), if it is worth one."""
        level, text = _OF_EVENTS.get(type(event), (0, ""))
        if 0 < level <= self.threshold:
            self.add(level, text % event, self.now_ms)

    def content(self) -> bytes:
        """Return all lines, the oldest first."""
        return b"".join(self._lines)

    def save(self) -> None:
        """Write what changed since to storage."""
        if self._saved != self._size:
            self._storage.save(LOG_KEY, self.content())
            self._saved = self._size

    def erase(self) -> None:
        """Forget all lines, in storage too."""
        self._lines = []
        self._size = 0
        self._saved = -1
        self.save()

    def _put(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        while self._size > self._limit:
            self._size -= len(self._lines.pop(0))
