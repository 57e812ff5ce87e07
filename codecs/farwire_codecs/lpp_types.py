"""Cayenne LPP types: the integer layout of each, and physical values to integers and back.

Layouts as surveyed over ten implementations (myDevices LORA.md, ElectronicCats/CayenneLPP e3defd7,
chirpstack d77207c, pycayennelpp 2.4.0 and others): the 26 types on whose id, size and scale they agree. What
single vendors add or read otherwise is in `lpp_profiles`; names and units are in `lpp_names`.

A value is a tuple of integers, one per axis ("raw"), big-endian on air, two's complement where signed; the
physical value is raw / steps. A table of types is a dict: type id -> LppType.
"""

import math
import struct
from collections import namedtuple

from farwire_codecs.errors import MalformedError, RangeError, UnknownTypeError

Axis = namedtuple("Axis", ("size", "signed", "steps", "low", "high"))
"""`size` bytes; `steps` integers per physical unit (10: a resolution of 0.1); they are `low` to `high`."""

LppType = namedtuple("LppType", ("axes", "size", "format"))
"""`axes` a tuple of Axis; `size` bytes in all; `format` for struct, "" where there is an axis of 3 bytes."""

_LETTERS = {1: "B", 2: "H", 4: "I"}


def axis_of(size: int, signed: bool, steps: int) -> Axis:
    """Return the axis of this many bytes, with its range."""
    span = 1 << 8 * size
    if signed:
        return Axis(size, signed, steps, -(span >> 1), (span >> 1) - 1)
    return Axis(size, signed, steps, 0, span - 1)


def lpp_type(*axes: Axis) -> LppType:
    """Return the type of these axes."""
    letters = [_LETTERS.get(axis.size, "") for axis in axes]
    known = "" not in letters
    signs = [letter.lower() if axis.signed else letter for letter, axis in zip(letters, axes)]
    return LppType(tuple(axes), sum([axis.size for axis in axes]), ">" + "".join(signs) if known else "")


U8 = lpp_type(axis_of(1, False, 1))
U16 = lpp_type(axis_of(2, False, 1))
U32 = lpp_type(axis_of(4, False, 1))
S16_BY_100 = lpp_type(axis_of(2, True, 100))
U32_BY_1000 = lpp_type(axis_of(4, False, 1000))

FULL_SCALE_GPS = 392
"""Stands for LPP 2.0's position of FPort 3, which has no type; beyond a byte, so no frame can carry it."""

TYPES = {
    # The original twelve (myDevices, 2016): all that The Things Stack's own decoder knows.
    0: U8,  # digital input
    1: U8,  # digital output
    2: S16_BY_100,  # analog input
    3: S16_BY_100,  # analog output
    101: U16,  # illuminance, lux
    102: U8,  # presence
    103: lpp_type(axis_of(2, True, 10)),  # temperature, deg C
    104: lpp_type(axis_of(1, False, 2)),  # humidity, % RH
    113: lpp_type(axis_of(2, True, 1000), axis_of(2, True, 1000), axis_of(2, True, 1000)),  # accelerometer, g
    115: lpp_type(axis_of(2, False, 10)),  # barometer, hPa
    134: lpp_type(axis_of(2, True, 100), axis_of(2, True, 100), axis_of(2, True, 100)),  # gyrometer, deg/s
    136: lpp_type(
        axis_of(3, True, 10000), axis_of(3, True, 10000), axis_of(3, True, 100)
    ),  # GPS: deg, deg, m
    # The extended set.
    100: U32,  # generic
    116: lpp_type(axis_of(2, False, 100)),  # voltage, V
    117: lpp_type(axis_of(2, False, 1000)),  # current, A
    118: U32,  # frequency, Hz
    120: U8,  # percentage
    121: lpp_type(axis_of(2, True, 1)),  # altitude, m
    125: U16,  # concentration, ppm
    128: U16,  # power, W
    130: U32_BY_1000,  # distance, m
    131: U32_BY_1000,  # energy, kWh
    132: U16,  # direction, deg
    133: U32,  # unix time, s
    135: lpp_type(axis_of(1, False, 1), axis_of(1, False, 1), axis_of(1, False, 1)),  # colour: r, g, b
    142: U8,  # switch
    FULL_SCALE_GPS: lpp_type(axis_of(4, True, 1000000), axis_of(4, True, 1000000), axis_of(2, True, 100)),
}

_LONGEST_NUMBER = 64  # characters of a number's text; nothing in any type's range needs more
_PLAIN = 1e12  # below it a product of floats is wrong by far less than a quarter


def type_of(type_id: int, types: dict[int, LppType] = TYPES) -> LppType:
    """Return the layout of a type; raises UnknownTypeError."""
    found = types.get(type_id)
    if found is None:
        raise UnknownTypeError(f"LPP type {type_id} is not in the table of types")
    return found


def limits(axis: Axis) -> tuple[int, int]:
    """Return the smallest and the largest integer that an axis can carry."""
    return axis.low, axis.high


def check_raw(type_id: int, raw: tuple[int, ...], types: dict[int, LppType] = TYPES) -> LppType:
    """Return the type's layout; raises unless `raw` has its number of axes, each an integer in its range."""
    found = type_of(type_id, types)
    if len(raw) != len(found.axes):
        raise MalformedError(f"LPP type {type_id} has {len(found.axes)} axes, got {len(raw)} values")
    for at in range(len(raw)):  # by index: a zip takes a board's heap for every sample
        value = raw[at]
        axis = found.axes[at]
        if not isinstance(value, int) or not axis.low <= value <= axis.high:
            raise RangeError(f"LPP type {type_id}: the value is {value}, expected {axis.low} to {axis.high}")
    return found


def pack(found: LppType, raw: tuple[int, ...]) -> bytes:
    """Return the bytes of a value that `check_raw` has passed."""
    if found.format:
        return struct.pack(found.format, *raw)
    out = bytearray()
    for value, axis in zip(raw, found.axes):
        for shift in range(8 * axis.size - 8, -8, -8):
            out.append(value >> shift & 0xFF)
    return bytes(out)


def unpack(found: LppType, payload: bytes, at: int) -> tuple[int, ...]:
    """Return the integers of a value that starts at byte `at`; the caller has checked its length."""
    if found.format:
        return struct.unpack_from(found.format, payload, at)
    return unpack_wide(found.axes, payload, at)


def unpack_wide(axes: tuple[Axis, ...], payload: bytes, at: int) -> tuple[int, ...]:
    """Return the integers of a value with a 3-byte axis, which struct has no letter for."""
    raw = []
    for axis in axes:
        after = at + axis.size
        value = int.from_bytes(payload[at:after], "big")
        raw.append(value - (1 << 8 * axis.size) if value > axis.high else value)
        at = after
    return tuple(raw)


def to_raw(type_id: int, values: tuple[float, ...], types: dict[int, LppType] = TYPES) -> tuple[int, ...]:
    """Return the integers nearest to physical values, one per axis; halves go away from zero.

    A float means the decimal that it is shown as (1.005 at a resolution of 0.01 is 101). NaN, infinities
    and values out of the type's range raise RangeError.
    """
    axes = type_of(type_id, types).axes
    if len(values) != len(axes):
        raise MalformedError(f"LPP type {type_id} has {len(axes)} axes, got {len(values)} values")
    raw = tuple([_nearest(value, axis.steps) for value, axis in zip(values, axes)])
    check_raw(type_id, raw, types)
    return raw


def to_values(type_id: int, raw: tuple[int, ...], types: dict[int, LppType] = TYPES) -> tuple[float, ...]:
    """Return the physical values: an int where the resolution is 1, else the float nearest to raw / steps."""
    axes = type_of(type_id, types).axes
    if len(axes) == 1:
        steps = axes[0].steps
        return (raw[0] if steps == 1 else raw[0] / steps,)
    return tuple([value if axis.steps == 1 else value / axis.steps for value, axis in zip(raw, axes)])


def _nearest(value: float, steps: int) -> int:
    """Return value * steps rounded half away from zero."""
    if isinstance(value, int):
        return value * steps
    product = value * steps
    if -_PLAIN < product < _PLAIN:
        below = math.floor(product)
        rest = product - below
        if rest < 0.25:
            return below
        if rest > 0.75:
            return below + 1
    return _nearest_decimal(str(value), steps)


def _nearest_decimal(text: str, steps: int) -> int:
    """Return a decimal number times `steps`, rounded half away from zero, by integers alone.

    Near a half the product of floats may already be rounded to the wrong side.
    """
    if len(text) > _LONGEST_NUMBER:
        raise RangeError(f"{text[:20]}... has more digits than any LPP value")
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("+-").partition(".")
    if not (whole + fraction).isdigit():
        raise RangeError(f"{text} is not a number that LPP can carry")
    shift = int(exponent or "0") - len(fraction)
    if shift > 0:
        raise RangeError(f"{text} is out of every LPP type's range")
    divisor: int = 10**-shift
    magnitude = (2 * int(whole + fraction) * steps + divisor) // (2 * divisor)
    return -magnitude if text[:1] == "-" else magnitude
