"""The bits of configuration: four codes for numbers and one for words, the highest bit of each byte first.

gamma (1 and up): as many zero bits as the number has bits after its highest one, then the number.
number (0 and up): its length in bits, in 4 bits (from 15 on: 15, and the length less 15 in 6 bits), then the
bits after its highest one.
duration (seconds): 0 and the seconds, 10 and the minutes less 1, 11 and the hours less 1, in the largest of
these units that it is whole in; each n as gamma of (n >> 3) + 1 and the 3 lowest bits.
word: its bytes' count as a number, then unless it is empty 0 and 6 bits a byte (its place in ALPHABET), 10
and 7 bits a byte, or 11 and 8, whichever is the first that can carry all of its bytes.
"""

from farwire_codecs.errors import MalformedError, TruncatedError

ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

_MOST_GAMMA_BITS = 24  # more than any count or duration needs; bounds what hostile zeros can ask for
_ESCAPE = 15
_SMALL = 24  # bits at a time: on a board each step on an integer above 30 bits takes heap


class BitWriter:
    """Bits on their way into `bytes`; the last byte is filled up with zero bits."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self._free = 0

    def put(self, value: int, width: int) -> None:
        """Append the `width` lowest bits of a value that is not negative."""
        if width > _SMALL:
            self.put(value >> _SMALL, width - _SMALL)
            value &= (1 << _SMALL) - 1
            width = _SMALL
        for shift in range(width - 1, -1, -1):
            if not self._free:
                self.bytes.append(0)
                self._free = 8
            self._free -= 1
            if value >> shift & 1:
                self.bytes[-1] |= 1 << self._free

    def gamma(self, value: int) -> None:
        """Append a number from 1 on."""
        self.put(value, 2 * bit_length(value) - 1)

    def number(self, value: int) -> None:
        """Append a number from 0 to 2^78 - 1."""
        length = bit_length(value)
        if length < _ESCAPE:
            self.put(length, 4)
        else:
            self.put(_ESCAPE, 4)
            self.put(length - _ESCAPE, 6)
        self.put(value, max(length - 1, 0))

    def duration(self, seconds: int) -> None:
        """Append seconds from 0 on."""
        value = seconds
        if not seconds or seconds % 60:
            self.put(0, 1)
        elif seconds % 3600:
            self.put(2, 2)
            value = seconds // 60 - 1
        else:
            self.put(3, 2)
            value = seconds // 3600 - 1
        self.gamma((value >> 3) + 1)
        self.put(value, 3)

    def word(self, data: bytes) -> None:
        """Append a count of bytes and the bytes."""
        self.number(len(data))
        if not data:
            return
        if all([byte in ALPHABET for byte in data]):  # noqa: C419 (less heap than a generator on a board)
            self.put(0, 1)
            for byte in data:
                self.put(ALPHABET.index(bytes((byte,))), 6)
        else:
            width = 8 if max(data) > 0x7F else 7
            self.put(width - 5, 2)
            for byte in data:
                self.put(byte, width)


class BitReader:
    """Reads bits from byte `start` of `data` on; every method raises TruncatedError past the end."""

    def __init__(self, name: str, data: bytes, start: int) -> None:
        self._name = name
        self._data = data
        self._position = 8 * start

    def get(self, width: int) -> int:
        """Return the next `width` bits."""
        if self._position + width > 8 * len(self._data):
            raise TruncatedError(f"{self._name} of {len(self._data)} bytes ends inside a field")
        if width > _SMALL:
            high = self.get(width - _SMALL)
            return high << _SMALL | self.get(_SMALL)
        value = 0
        for position in range(self._position, self._position + width):
            value = value << 1 | self._data[position >> 3] >> (7 - (position & 7)) & 1
        self._position += width
        return value

    def gamma(self) -> int:
        """Return a number from 1 on; raises MalformedError for one of more bits than any field has."""
        zeros = 0
        while not self.get(1):
            zeros += 1
            if zeros >= _MOST_GAMMA_BITS:
                raise MalformedError(f"{self._name} has {zeros} zero bits before a number")
        return 1 << zeros | self.get(zeros)

    def number(self) -> int:
        """Return a number from 0 on."""
        length = self.get(4)
        if length == _ESCAPE:
            length += self.get(6)
        return 1 << length - 1 | self.get(length - 1) if length else 0

    def duration(self) -> int:
        """Return seconds."""
        unit_s = 1
        if self.get(1):
            unit_s = 3600 if self.get(1) else 60
        value = (self.gamma() - 1) << 3
        value |= self.get(3)
        return value if unit_s == 1 else (value + 1) * unit_s

    def word(self, most: int) -> bytes:
        """Return bytes; raises MalformedError when they are more than `most`."""
        count = self.number()
        if count > most:
            raise MalformedError(f"{self._name} has a word of {count} bytes, expected at most {most}")
        if not count:
            return b""
        width = 6
        if self.get(1):
            width = 8 if self.get(1) else 7
        data = bytes([self.get(width) for _ in range(count)])
        return bytes([ALPHABET[place] for place in data]) if width == 6 else data

    def end(self) -> None:
        """Raise MalformedError unless only zero bits are left, and those within the byte that was begun."""
        left = 8 * len(self._data) - self._position
        if left > 7 or self.get(left):
            raise MalformedError(f"{self._name} has bits after its end")


def bit_length(value: int) -> int:
    """Return how many bits a number from 0 on has: 0 for 0 (MicroPython's integers do not know it)."""
    length = 0
    while value >> _SMALL:
        length += _SMALL
        value >>= _SMALL
    while value:
        length += 1
        value >>= 1
    return length
