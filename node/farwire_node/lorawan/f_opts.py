"""The MAC answers and requests that wait for the next uplink (TS001-1.0.4 §4.3.1.6, §5)."""

from farwire_node.lorawan.frames import MAX_F_OPTS


class FOpts:
    """Answers in the order of their commands, then requests of our own."""

    def __init__(self) -> None:
        self._answers: list[tuple[bytes, bool]] = []
        self._requests: list[bytes] = []

    def clear(self) -> None:
        """Forget everything: the session it belongs to is over."""
        self._answers = []
        self._requests = []

    def set_answers(self, answers: list[tuple[bytes, bool]]) -> None:
        """Take the answers to a downlink; it shows that the sticky ones before it have arrived."""
        self._answers = answers

    def request(self, raw: bytes) -> None:
        """Ask for something with the next frame, once."""
        if raw not in self._requests:
            self._requests.append(raw)

    @property
    def size(self) -> int:
        """How many bytes wait, whether they fit a frame or not."""
        return sum([len(part) for part in self._parts()])

    @property
    def unsent(self) -> bool:
        """Whether something waits that never was in a frame; right after `sent` only."""
        return bool(self._requests) or any(not sticky for _, sticky in self._answers)

    def fitting(self, limit: int, most: int = MAX_F_OPTS) -> bytes:
        """Return what the next frame carries, at most `limit` and `most` bytes, cut before what does not fit.

        `most` is that of FOpts; MAC commands that are the payload on port 0 have the whole `limit`.
        """
        if not self._answers and not self._requests:
            return b""
        room = min(most, limit)
        out = b""
        for part in self._parts():
            if len(out) + len(part) > room:
                break
            out += part
        return out

    def sent(self, size: int) -> None:
        """Forget the first `size` bytes, but for sticky answers: they go again, behind what did not fit."""
        unsent: list[tuple[bytes, bool]] = []
        again: list[tuple[bytes, bool]] = []
        for raw, sticky in self._answers:
            if size < len(raw):
                size = 0
                unsent.append((raw, sticky))
                continue
            size -= len(raw)
            if sticky:
                again.append((raw, sticky))
        self._answers = unsent + again
        while self._requests and size >= len(self._requests[0]):
            size -= len(self._requests.pop(0))

    def _parts(self) -> list[bytes]:
        return [answer[0] for answer in self._answers] + self._requests
