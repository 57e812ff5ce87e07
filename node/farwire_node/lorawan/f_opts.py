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

    def fitting(self, limit: int) -> bytes:
        """Return what the next frame carries, at most `limit` bytes; the first that does not fit ends it."""
        if not self._answers and not self._requests:
            return b""
        room = min(MAX_F_OPTS, limit)
        out = b""
        for part in [answer[0] for answer in self._answers] + self._requests:
            if len(out) + len(part) > room:
                break
            out += part
        return out

    def sent(self) -> None:
        """Keep only the sticky answers; what did not fit is asked for again by the network."""
        self._answers = [answer for answer in self._answers if answer[1]]
        self._requests = []
