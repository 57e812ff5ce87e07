"""Bytes from a serial line -> whole lines of text. Bounded, and sound after garbage.

A line ends with CR or LF. A reset often begins with a few stray bytes, so what is not printable before a line
is passed over; what has such a byte inside, or is longer than any answer of a modem, is dropped as a whole.
"""

LONGEST = 640  # a downlink of 242 bytes in hexadecimal, and its words

_PRINTABLE = (0x20, 0x7E)
_ENDS = b"\r\n"
_TAB = 0x09


class Lines:
    """Collects; `dropped` counts lines that were garbage or too long."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.dropped = 0
        self._longest = longest
        self._buffer = bytearray()
        self._bad = False

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, oldest first, without their ends; empty ones are left
        out."""
        lines: list[str] = []
        for byte in data:
            if byte in _ENDS:
                self._finish(lines)
            elif _PRINTABLE[0] <= byte <= _PRINTABLE[1] or (byte == _TAB and self._buffer):
                if len(self._buffer) < self._longest:
                    self._buffer.append(byte)
                else:
                    self._bad = True
            elif self._buffer:
                self._bad = True
        return lines

    @property
    def pending(self) -> bool:
        """Whether a line has begun."""
        return bool(self._buffer)

    def clear(self) -> None:
        """Forget a line that has begun."""
        self._buffer = bytearray()
        self._bad = False

    def _finish(self, lines: list[str]) -> None:
        if self._bad:
            self.dropped += 1
        elif self._buffer:
            text = bytes(self._buffer).decode().strip()
            if text:
                lines.append(text)
        self.clear()
