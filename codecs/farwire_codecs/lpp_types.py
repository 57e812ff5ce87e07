"""Cayenne LPP types: the integer layout of each, and scaled values to integers and back.

Layouts as surveyed over ten implementations (myDevices LORA.md, ElectronicCats/CayenneLPP e3defd7,
chirpstack d77207c, pycayennelpp 2.4.0): the 26 types on whose id, size and scale they agree. What single
vendors add or read otherwise is in `lpp_profiles`; names and units are in `lpp_names`.

A value is a tuple of integers, one per axis ("raw"), big-endian on air, two's complement where signed; the
physical value is raw / steps. A table of types is a dict: type id -> tuple of Axis.
"""

from collections import namedtuple

from farwire_codecs.errors import MalformedError, RangeError, UnknownTypeError

Axis = namedtuple("Axis", ("size", "signed", "steps"))
"""`size` bytes; `steps` integers per physical unit (10: a resolution of 0.1)."""

_U8 = Axis(1, False, 1)
_U16 = Axis(2, False, 1)
_U32 = Axis(4, False, 1)
_S16_100 = Axis(2, True, 100)
_S16_1000 = Axis(2, True, 1000)
_U32_1000 = Axis(4, False, 1000)
_S24_10000 = Axis(3, True, 10000)

TYPES = {
    # The original twelve (myDevices, 2016): all that The Things Stack's own decoder knows.
    0: (_U8,),  # digital input
    1: (_U8,),  # digital output
    2: (_S16_100,),  # analog input
    3: (_S16_100,),  # analog output
    101: (_U16,),  # illuminance, lux
    102: (_U8,),  # presence
    103: (Axis(2, True, 10),),  # temperature, deg C
    104: (Axis(1, False, 2),),  # humidity, % RH
    113: (_S16_1000, _S16_1000, _S16_1000),  # accelerometer, g
    115: (Axis(2, False, 10),),  # barometer, hPa
    134: (_S16_100, _S16_100, _S16_100),  # gyrometer, deg/s
    136: (_S24_10000, _S24_10000, Axis(3, True, 100)),  # GPS: deg, deg, m
    # The extended set.
    100: (_U32,),  # generic
    116: (Axis(2, False, 100),),  # voltage, V
    117: (Axis(2, False, 1000),),  # current, A
    118: (_U32,),  # frequency, Hz
    120: (_U8,),  # percentage
    121: (Axis(2, True, 1),),  # altitude, m
    125: (_U16,),  # concentration, ppm
    128: (_U16,),  # power, W
    130: (_U32_1000,),  # distance, m
    131: (_U32_1000,),  # energy, kWh
    132: (_U16,),  # direction, deg
    133: (_U32,),  # unix time, s
    135: (_U8, _U8, _U8),  # colour: r, g, b
    142: (_U8,),  # switch
}

_LONGEST_NUMBER = 64  # characters of a number's text; nothing in any type's range needs more


def axes_of(type_id: int, types: dict[int, tuple[Axis, ...]] = TYPES) -> tuple[Axis, ...]:
    """Return the axes of a type; raises UnknownTypeError."""
    axes = types.get(type_id)
    if axes is None:
        raise UnknownTypeError("LPP type %d is not in the table of types" % type_id)
    return axes


def limits(axis: Axis) -> tuple[int, int]:
    """Return the smallest and the largest integer that an axis can carry."""
    span = 1 << 8 * axis.size
    if axis.signed:
        return -(span >> 1), (span >> 1) - 1
    return 0, span - 1


def check_raw(type_id: int, raw: tuple[int, ...], types: dict[int, tuple[Axis, ...]] = TYPES) -> None:
    """Raise unless `raw` has the type's number of axes, each inside its range."""
    axes = axes_of(type_id, types)
    if len(raw) != len(axes):
        raise MalformedError("LPP type %d has %d axes, got %d values" % (type_id, len(axes), len(raw)))
    for value, axis in zip(raw, axes):
        low, high = limits(axis)
        if not low <= value <= high:
            raise RangeError("LPP type %d: %d is not within %d to %d" % (type_id, value, low, high))


def to_raw(
    type_id: int, values: tuple[float, ...], types: dict[int, tuple[Axis, ...]] = TYPES
) -> tuple[int, ...]:
    """Return the integers nearest to physical values, one per axis; halves go away from zero.

    A float means the decimal that `repr` shows (1.005 at 0.01 is 101). NaN, infinities and values out of the
    type's range raise RangeError.
    """
    axes = axes_of(type_id, types)
    if len(values) != len(axes):
        raise MalformedError("LPP type %d has %d axes, got %d values" % (type_id, len(axes), len(values)))
    raw = tuple([_nearest(value, axis.steps) for value, axis in zip(values, axes)])
    check_raw(type_id, raw, types)
    return raw


def to_values(
    type_id: int, raw: tuple[int, ...], types: dict[int, tuple[Axis, ...]] = TYPES
) -> tuple[float, ...]:
    """Return the physical values of integers: an int where the type has no fraction, else the nearest float."""
    return tuple([r if axis.steps == 1 else r / axis.steps for r, axis in zip(raw, axes_of(type_id, types))])


def _nearest(value: float, steps: int) -> int:
    """Return value * steps rounded half away from zero, in integers only: no float product can round first."""
    if isinstance(value, int):
        return value * steps
    text = str(value)
    if len(text) > _LONGEST_NUMBER:
        raise RangeError("%s... has more digits than any LPP value" % text[:20])
    negative = text[:1] == "-"
    mantissa, _, exponent = text.lstrip("+-").lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    if not (whole + fraction).isdigit():
        raise RangeError("%s is not a number that LPP can carry" % text)
    shift = (int(exponent) if exponent else 0) - len(fraction)
    digits = int(whole + fraction) * steps
    if shift > _LONGEST_NUMBER:
        raise RangeError("%s is out of every LPP type's range" % text)
    if shift >= 0:
        magnitude = digits * 10**shift
    elif shift < -2 * _LONGEST_NUMBER:
        magnitude = 0
    else:
        divisor = 10**-shift
        magnitude = (2 * digits + divisor) // (2 * divisor)
    return -magnitude if negative else magnitude
