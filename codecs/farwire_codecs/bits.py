"""Bits packed into bytes, the highest bit of each byte first. Integers of up to 32 bits at a time."""

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
        self._position = 8 * start

    def get(self, width: int) -> int:
        """Return the next `width` bits as an integer; raises TruncatedError."""
        position = self._position
        after = position + width
        payload = self._payload
        if after > 8 * len(payload):
            raise TruncatedError(f"history batch ends at bit {8 * len(payload)}, bit {after} is needed")
        value = 0
        while position < after:
            free = 8 - (position & 7)
            taken = min(free, after - position)
            value = value << taken | payload[position >> 3] >> free - taken & (1 << taken) - 1
            position += taken
        self._position = after
        return value

    def ones(self, most: int) -> int:
        """Return how many one bits come next, up to `most`; skips the zero bit that ends fewer."""
        count = 0
        while count < most and self.get(1):
            count += 1
        return count

    def end(self) -> None:
        """Raise MalformedError unless only zero bits are left, and those within the byte that was begun."""
        left = 8 * len(self._payload) - self._position
        if left > 7 or self.get(left):
            raise MalformedError("history batch has bits after its last record")
