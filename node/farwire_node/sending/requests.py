"""When a history batch asks the cloud for an acknowledgement.

An acknowledgement is a downlink, and public networks afford a device about ten a day (The Things Network's
fair use). The cloud sends one unasked when it sees a hole or an alarm. So a node asks only where something
that it sent in an earlier frame is unacknowledged, and then only for a reason: the cloud does not know the
schema yet, the memory is half full, a tenth of a day went by, or nothing new will come.
"""

INTERVAL_MS = 24 * 3600_000 // 10
FIRST_PAUSE_MS = INTERVAL_MS // 8  # before an unanswered request is repeated; doubles up to INTERVAL_MS
MOST_FRAMES_BETWEEN = 16  # where something presses, a repetition comes after 1, 2, 4, ... so many frames
_MOST_DOUBLINGS = 4  # 16 frames, and more than INTERVAL_MS


class Requests:
    """The node's requests for acknowledgements and what came of them."""

    def __init__(self, now_ms: int) -> None:
        self._due_ms = now_ms + INTERVAL_MS
        self._unanswered = 0
        self._frames_since = MOST_FRAMES_BETWEEN

    def wanted(self, outstanding: bool, tail: bool, pressing: bool, now_ms: int) -> bool:
        """Return whether a batch sent now asks.

        `outstanding`: something sent earlier is unacknowledged. `tail`: nothing new will come. `pressing`:
        the schema is unconfirmed or the memory half full. An answer may come one uplink late, so an
        unanswered request is not repeated with the very next frame; in the tail it is, nothing else will
        fetch it.
        """
        if tail:
            return True
        if not outstanding:
            return False
        if now_ms >= self._due_ms:
            return True
        return pressing and self._frames_since >= min(1 << self._unanswered, MOST_FRAMES_BETWEEN)

    def due_ms(self) -> int:
        """Return when it is time to ask even though nothing presses."""
        return self._due_ms

    def sent(self, asked: bool, now_ms: int) -> None:
        """Note a batch."""
        self._frames_since += 1
        if asked:
            self._frames_since = 1
            self._due_ms = max(self._due_ms, now_ms + min(FIRST_PAUSE_MS << self._unanswered, INTERVAL_MS))
            self._unanswered = min(self._unanswered + 1, _MOST_DOUBLINGS)

    def heard(self, now_ms: int) -> None:
        """Note an acknowledgement."""
        self._due_ms = now_ms + INTERVAL_MS
        self._unanswered = 0
        self._frames_since = MOST_FRAMES_BETWEEN
