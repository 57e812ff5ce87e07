"""Bits packed into bytes, the highest bit of each byte first."""

from farwire_codecs.errors import MalformedError, TruncatedError


class BitWriter:
    """Collects bits into at most `capacity` bytes; what goes beyond is counted but not kept."""

    def __init__(self, capacity: int) -> None:
        self.position = 0  # in bits; past the capacity when something did not fit
        self._buffer = bytearray(capacity)

    def put(self, value: int, width: int) -> None:
        """Append the `width` lowest bits of a value that is not negative."""
        position = self.position
        self.position = position + width
        buffer = self._buffer
        if self.position > 8 * len(buffer):
            return
        while width:
            free = 8 - (position & 7)
            taken = free if free < width else width
            width -= taken
            buffer[position >> 3] |= (value >> width & (1 << taken) - 1) << free - taken
            position += taken

    def rewind(self, position: int) -> None:
        """Forget everything from a bit position on."""
        buffer = self._buffer
        index = position >> 3
        if index < len(buffer):
            buffer[index] &= 0xFF00 >> (position & 7) & 0xFF
            for after in range(index + 1, min(len(buffer), (self.position >> 3) + 1)):
                buffer[after] = 0
        self.position = position

    def bytes(self) -> bytes:
        """Return what was put, the last byte filled up with zero bits."""
        return bytes(self._buffer[: self.position + 7 >> 3])


class BitReader:
    """Reads bits from byte `start` of a payload on."""

    def __init__(self, payload: bytes, start: int) -> None:
        self._payload = payload
        self._next = start  # the byte to be read next
        self._held = 0  # bits read and not yet given out
        self._bits = 0

    def get(self, width: int) -> int:
        """Return the next `width` bits as an integer; raises TruncatedError."""
        while self._held < width:
            self._fetch()
        self._held -= width
        value = self._bits >> self._held
        self._bits &= (1 << self._held) - 1
        return value

    def ones(self, most: int) -> int:
        """Return how many one bits come next, up to `most`; skips the zero bit that ends fewer."""
        count = 0
        while count < most:
            if not self._held:
                self._fetch()
            self._held -= 1
            if not self._bits >> self._held & 1:
                break
            count += 1
        self._bits &= (1 << self._held) - 1
        return count

    def end(self) -> None:
        """Raise MalformedError unless only zero bits are left, and those within the byte that was begun."""
        if self._bits or self._next < len(self._payload):
            raise MalformedError("history batch has bits after its last record")

    def _fetch(self) -> None:
        if self._next >= len(self._payload):
            raise TruncatedError(f"history batch of {len(self._payload)} bytes ends inside a record")
        self._bits = self._bits << 8 | self._payload[self._next]
        self._held += 8
        self._next += 1
