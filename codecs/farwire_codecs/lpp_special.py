"""LPP types of single vendors that are no fixed row of scaled integers: polyline, float. Host only.

Polyline (240, ElectronicCats/CayenneLPP e3defd7, its build for other platforms than Arduino): a byte with the
length of the value, itself included; a factor; latitude and longitude, 3 bytes each, signed; then a byte a
further point, a signed nibble each way, latitude in the low one. All are multiples of factor x 0.0001 deg.
Float (245, RAKwireless_Standardized_Payload e3f620e): IEEE 754, 4 bytes.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from farwire_codecs.errors import MalformedError, TruncatedError

Reader = Callable[[bytes, int], tuple[tuple[int, ...], int]]
"""As lpp.decode_dynamic calls it: payload and where the value starts -> raw integers, where the item ends."""


@dataclass(frozen=True, slots=True)
class SpecialType:
    """One such type: its name, how its bytes become raw integers, and how those are shown."""

    name: str
    read: Reader
    show: Callable[[tuple[int, ...]], object]


POLYLINE = 240
FLOAT = 245

_HEAD = 8  # bytes: length, factor, first point
_STEPS = 10_000  # per degree
# Factors from 227 on stand for 1, 2, 5, 10, ...; 1 to 199 for themselves; no others are in use.
_LARGE_FACTORS = {227 + index: (1, 2, 5)[index % 3] * 10 ** (index // 3) for index in range(13)}
_LARGEST_PLAIN_FACTOR = 199


def read_polyline(payload: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Return latitude and longitude of each point in turn, in 0.0001 deg, and where the next item starts."""
    left = len(payload) - at
    size = payload[at] if left else _HEAD
    if left and size < _HEAD:
        raise MalformedError(f"LPP polyline: length is {size}, expected {_HEAD} or more")
    if left < size:
        raise TruncatedError(f"LPP type {POLYLINE} at byte {at - 1} needs {size} bytes, {left} are left")
    factor = payload[at + 1]
    if not 1 <= factor <= _LARGEST_PLAIN_FACTOR:
        if factor not in _LARGE_FACTORS:
            raise MalformedError(f"LPP polyline: factor is {factor}, expected 1 to 199 or 227 to 239")
        factor = _LARGE_FACTORS[factor]
    latitude = int.from_bytes(payload[at + 2 : at + 5], "big", signed=True)
    longitude = int.from_bytes(payload[at + 5 : at + _HEAD], "big", signed=True)
    points = [latitude * factor, longitude * factor]
    for byte in payload[at + _HEAD : at + size]:
        latitude += _nibble(byte & 0x0F)
        longitude += _nibble(byte >> 4)
        points += (latitude * factor, longitude * factor)
    return tuple(points), at + size


def show_polyline(raw: tuple[int, ...]) -> list[dict[str, float]]:
    """Return the points in degrees."""
    return [
        {"latitude": latitude / _STEPS, "longitude": longitude / _STEPS}
        for latitude, longitude in zip(raw[::2], raw[1::2], strict=True)
    ]


def read_float(payload: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Return the 32 bits as an unsigned integer, and where the next item starts."""
    left = len(payload) - at
    if left < 4:
        raise TruncatedError(f"LPP type {FLOAT} at byte {at - 1} needs 4 bytes, {left} are left")
    return (int.from_bytes(payload[at : at + 4], "big"),), at + 4


def show_float(raw: tuple[int, ...]) -> float:
    """Return the number; it may be NaN or infinite, as the sender wrote it."""
    value: float = struct.unpack(">f", raw[0].to_bytes(4, "big"))[0]
    return value


SPECIAL_TYPES: Mapping[int, SpecialType] = {
    POLYLINE: SpecialType("polyline", read_polyline, show_polyline),
    FLOAT: SpecialType("float", read_float, show_float),
}


def _nibble(value: int) -> int:
    return value - 16 if value > 7 else value
