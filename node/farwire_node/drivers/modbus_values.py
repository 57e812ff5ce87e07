"""Numbers in Modbus registers: of 16 and 32 bits, and 32-bit floats, as scaled integers without floats."""

import struct

from farwire_node.sensors import faults

U16, I16, U32, I32, F32 = 0, 1, 2, 3, 4
SIZES = (1, 1, 2, 2, 2)  # registers
_FORMATS = (">H", ">h", ">I", ">i", ">I")
_LARGEST_SHIFT = 40  # far beyond every LPP type


def value_at(kind: int, data: bytes, register: int, scale: int) -> int:
    """Return the number in the registers from `register` on (high word first) times `scale`.

    A float is rounded to the nearest integer, halves away from 0; NaN, infinities and what no LPP type could
    carry raise FaultError (OUT_OF_RANGE).
    """
    (value,) = struct.unpack_from(_FORMATS[kind], data, 2 * register)
    return _scaled_float(value, scale) if kind == F32 else value * scale


def _scaled_float(bits: int, scale: int) -> int:
    """Return an IEEE 754 single times `scale`."""
    exponent = bits >> 23 & 0xFF
    mantissa = bits & 0x7FFFFF
    if exponent == 0xFF:
        raise faults.FaultError(faults.OUT_OF_RANGE, "the register holds no number")
    if exponent:
        mantissa |= 0x800000
    else:
        exponent = 1
    shift = exponent - 150  # the value is mantissa * 2^shift
    if shift > _LARGEST_SHIFT:
        raise faults.FaultError(faults.OUT_OF_RANGE, "the register holds more than LPP can carry")
    magnitude = mantissa * scale
    if shift >= 0:
        magnitude <<= shift
    else:
        magnitude = magnitude + (1 << -shift - 1) >> -shift
    return -magnitude if bits >> 31 else magnitude
