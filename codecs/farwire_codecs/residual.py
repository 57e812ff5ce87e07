"""One residual (a value less its prediction) in the contexts of a table: zero?, sign, length, its bits."""

from farwire_codecs.contexts import LENGTH, LENGTHS, MANTISSA, MANTISSAS, SCALES, SIGN, ZERO
from farwire_codecs.errors import MalformedError

TYPE_CHECKING = False  # what mypy reads and MicroPython does not
if TYPE_CHECKING:
    from farwire_codecs.measuring_coder import MeasuringCoder
    from farwire_codecs.range_coder import RangeDecoder, RangeEncoder

LONGEST = 33  # bits of a residual: two values of 32 bits are less than 2^32 apart, two times with signs 2^33
FRACTION = 16  # predictions are in 1/16
_AVERAGED = 3  # the magnitude moves by 1/8 of what is new
_UNIT = 8  # the magnitude is in 1/256
LARGEST = 1 << 18  # counted of a residual, so that the magnitude stays a small integer on a board


def scale_of(magnitude: int) -> int:
    """Return the class, 0 to SCALES - 1, of a mean magnitude in 1/256: 1, 2, 4, ... 1/16 begin the next."""
    scale = 0
    magnitude >>= 4
    if magnitude >= 16:  # four steps in one
        scale = 4
        magnitude >>= 4
    while magnitude and scale < SCALES - 1:
        magnitude >>= 1
        scale += 1
    return scale


def magnitude_of(scale: int) -> int:
    """Return a magnitude in the middle of a class."""
    return 24 << scale - 1 if scale else 0


def averaged(magnitude: int, residual: int) -> int:
    """Return the mean magnitude after one more residual."""
    size = residual if residual >= 0 else -residual
    if size > LARGEST:  # noqa: PLR1730 - for each value: a call of min or abs takes longer
        size = LARGEST
    return magnitude + ((size << _UNIT) - magnitude >> _AVERAGED)


_AFTER = ((2, 0), (1, 0), (0, 1), (1, 2), (2, 2))


def _after(last: int) -> tuple[int, int]:
    """Return the places among a table's zero and sign contexts that follow from the residual before."""
    return _AFTER[2 + last] if -2 <= last <= 2 else _AFTER[4 if last > 0 else 0]


def put_residual(
    coder: "RangeEncoder | MeasuringCoder", table: int, scale: int, last: int, lean: int, residual: int
) -> None:
    """Code a residual. `last`: the one before; `lean`: 0, 1, 2: the value is likelier below, neither,
    above."""
    zero, sign = _after(last)
    if not residual:
        coder.put(table + ZERO + 3 * scale + zero, 0)
        return
    coder.put(table + ZERO + 3 * scale + zero, 1)
    coder.put(table + SIGN + 3 * lean + sign, residual > 0)
    size = abs(residual)
    length = 0
    at = table + LENGTH + LENGTHS * scale
    while size >> length + 1:
        coder.put(at, 1)
        length += 1
        if length < LENGTHS:
            at += 1
    coder.put(at, 0)
    if length:
        at = table + MANTISSA + 3 * (min(length, MANTISSAS) - 1)
        top = size >> length - 1 & 1
        coder.put(at, top)
        if length > 1:
            coder.put(at + 1 + top, size >> length - 2 & 1)
            coder.put_even(size, length - 2)


def take_residual(coder: "RangeDecoder", table: int, scale: int, last: int, lean: int) -> int:
    """Read what `put_residual` coded."""
    zero, sign = _after(last)
    if not coder.take(table + ZERO + 3 * scale + zero):
        return 0
    positive = coder.take(table + SIGN + 3 * lean + sign)
    length = 0
    at = table + LENGTH + LENGTHS * scale
    while coder.take(at):
        length += 1
        if length >= LONGEST:
            raise MalformedError(f"history batch: a difference has more than {LONGEST} bits")
        if length < LENGTHS:
            at += 1
    size = 1
    if length:
        at = table + MANTISSA + 3 * (min(length, MANTISSAS) - 1)
        top = coder.take(at)
        size = 2 + top
        if length > 1:
            size = size << 1 | coder.take(at + 1 + top)
            size = size << length - 2 | coder.take_even(length - 2)
    return size if positive else -size
