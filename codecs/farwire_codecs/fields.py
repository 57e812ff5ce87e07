"""Header, varint and cursor: the fields that all frames of ours are built from.

Header: version in bits 7..5 (now 0), what the kind needs in bits 4..0.
Varint: 7 bits a byte, lowest first, bit 7 set on all but the last byte; at most 32 bits, shortest form only.
Zigzag: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... Fixed-size integers are big-endian, as in Cayenne LPP.
"""

from farwire_codecs.errors import MalformedError, RangeError, TruncatedError, UnknownVersionError

VERSION = 0
MAXIMUM_U32 = 0xFFFFFFFF
EIGHTH_MS = 125  # ages travel in 1/8 s


def header(flags: int) -> int:
    """Return the first byte of a frame; `flags` 0 to 31."""
    return VERSION << 5 | flags


def checked(name: str, value: int, low: int, high: int) -> int:
    """Return the value; raises RangeError unless it is an integer within low to high."""
    if not isinstance(value, int) or not low <= value <= high:
        raise RangeError(f"{name} is {value}, expected {low} to {high}")
    return value


def put_varint(out: bytearray, name: str, value: int) -> None:
    """Append a varint; raises RangeError outside 0 to 2^32 - 1."""
    checked(name, value, 0, MAXIMUM_U32)
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def put_unsigned(out: bytearray, name: str, value: int, size: int) -> None:
    """Append `size` bytes; raises RangeError when the value needs more."""
    checked(name, value, 0, (1 << 8 * size) - 1)
    for shift in range(8 * size - 8, -8, -8):
        out.append(value >> shift & 0xFF)


def put_signed(out: bytearray, name: str, value: int, size: int) -> None:
    """Append `size` bytes in two's complement; raises RangeError when the value needs more."""
    half = 1 << 8 * size - 1
    checked(name, value, -half, half - 1)
    put_unsigned(out, name, value & (2 * half - 1), size)


def varint_size(value: int) -> int:
    """Return the bytes that `put_varint` takes for a value."""
    size = 1
    while value > 0x7F:
        value >>= 7
        size += 1
    return size


def zigzag(value: int) -> int:
    """Fold a signed integer into an unsigned one."""
    return -2 * value - 1 if value < 0 else 2 * value


def unzigzag(value: int) -> int:
    """Undo `zigzag`."""
    return -(value >> 1) - 1 if value & 1 else value >> 1


def eighths(name: str, age_ms: int) -> int:
    """Return an age in 1/8 s, rounded to the nearest."""
    return checked(name, (age_ms + EIGHTH_MS // 2) // EIGHTH_MS, 0, MAXIMUM_U32)


class Cursor:
    """Reads a frame of the kind `frame` front to back; every method raises TruncatedError past the end."""

    def __init__(self, frame: str, payload: bytes) -> None:
        self.frame = frame
        self.payload = payload
        self.position = 0

    def header(self, allowed_flags: int) -> int:
        """Return the header's flags; raises for another version or a flag outside `allowed_flags`."""
        first = self.unsigned("header", 1)
        if first >> 5 != VERSION:
            raise UnknownVersionError(f"{self.frame} has version {first >> 5}, this codec knows {VERSION}")
        flags = first & 0x1F
        if flags & ~allowed_flags:
            raise MalformedError(
                f"{self.frame} has flags 0x{flags:02x}, only 0x{allowed_flags:02x} are defined"
            )
        return flags

    def chunk(self, name: str, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.position + size
        if end > len(self.payload):
            raise TruncatedError(f"{self.frame} ends inside {name}: byte {len(self.payload)} of {end}")
        piece = bytes(self.payload[self.position : end])
        self.position = end
        return piece

    def unsigned(self, name: str, size: int) -> int:
        """Return a big-endian unsigned integer."""
        value = 0
        for byte in self.chunk(name, size):
            value = value << 8 | byte
        return value

    def signed(self, name: str, size: int) -> int:
        """Return a big-endian two's complement integer."""
        value = self.unsigned(name, size)
        return value - (1 << 8 * size) if value >> 8 * size - 1 else value

    def varint(self, name: str) -> int:
        """Return a varint; raises MalformedError for a form that `put_varint` does not write."""
        value = shift = 0
        while True:
            byte = self.unsigned(name, 1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 28:
                raise MalformedError(f"{self.frame}: {name} has more than 5 bytes")
        if value > MAXIMUM_U32 or (shift and not byte):
            raise MalformedError(f"{self.frame}: {name} is not a shortest varint of 32 bits")
        return value

    def end(self) -> None:
        """Raise MalformedError when bytes are left over."""
        left = len(self.payload) - self.position
        if left:
            raise MalformedError(f"{self.frame} has {left} bytes after its end")
