"""A second reader of the channel table, and the types, written from codecs/README.md with no thrift.

It shares nothing with farwire_codecs.
"""

from typing import Any

# type id -> axes as (bits, signed); codecs/README.md, "Types"
AXES: dict[int, tuple[tuple[int, bool], ...]] = {
    **dict.fromkeys((0, 1, 102, 104, 120, 142), ((8, False),)),
    **dict.fromkeys((2, 3, 103, 121), ((16, True),)),
    **dict.fromkeys((101, 115, 116, 117, 125, 128, 132), ((16, False),)),
    **dict.fromkeys((100, 118, 130, 131, 133), ((32, False),)),
    **dict.fromkeys((113, 134), ((16, True),) * 3),
    135: ((8, False),) * 3,
    136: ((24, True),) * 3,
}


class RefusedError(Exception):
    """The frame is none that an encoder writes."""


def refuse(reason: str, unless: bool) -> None:
    """Raise RefusedError unless the bytes are as they must be."""
    if not unless:
        raise RefusedError(reason)


def known(schema: Any) -> dict[str, Any]:
    """Return a schema of farwire_codecs as the second decoder holds it."""
    shapes = [
        {
            "predictor": shape.predictor,
            "uneven": int(shape.uneven),
            "scale": shape.scale,
            "spread": shape.spread,
            "reference": shape.reference,
            "step2": shape.step2,
            "partner": -1 if shape.partner == 255 else shape.partner,
            "weight": shape.weight,
        }
        for shape in schema.shapes
    ]
    channels = [tuple(channel) for channel in schema.channels]
    return {"channels": channels, "interval": schema.interval_s, "shapes": shapes or None}


def table(octets: list[int]) -> dict[str, Any]:
    """Take a table off the front of the octets."""
    first = octets.pop(0)
    channels = [(octets.pop(0), octets.pop(0)) for _ in range(first % 128)]
    refuse("channels", 1 <= len(channels) <= 32 and len(set(channels)) == len(channels))
    refuse("types", all(type_id in AXES for _, type_id in channels))
    interval = _varint(octets)
    columns = [axis for _, type_id in channels for axis in AXES[type_id]]
    shapes = [_shape(octets, at, axis) for at, axis in enumerate(columns)] if first >= 128 else None
    return {"channels": channels, "interval": interval, "shapes": shapes}


def _shape(octets: list[int], at: int, axis: tuple[int, bool]) -> dict[str, int]:
    flags, classes = octets.pop(0), octets.pop(0)
    reference = _zigzag(_varint(octets))
    step2 = _varint(octets) if flags & 8 else 2
    partner, weight = (octets.pop(0), _zigzag(_varint(octets))) if flags & 16 else (-1, 0)
    refuse("flags", flags < 32 and flags % 4 != 3 and (not flags & 8 or 3 <= step2 <= 131071))
    refuse("classes", classes // 16 <= 12 and classes % 16 <= 12)
    refuse("partner", partner < at and abs(weight) <= 1048575)
    low, high = (2 * limit // step2 for limit in limits(axis))
    refuse("reference", low <= reference <= high and abs(reference) < 2**31)
    return {
        "predictor": flags % 4,
        "uneven": flags >> 2 & 1,
        "scale": classes // 16,
        "spread": classes % 16,
        "reference": reference,
        "step2": step2,
        "partner": partner,
        "weight": weight,
    }


def limits(axis: tuple[int, bool]) -> tuple[int, int]:
    """Return the least and the greatest value of an axis."""
    bits, signed = axis
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)


def _varint(octets: list[int]) -> int:
    value = place = 0
    while True:
        octet = octets.pop(0)
        value += octet % 128 << place
        place += 7
        if octet < 128:
            refuse("varint", value < 2**32 and (octet > 0 or place == 7))
            return value


def _zigzag(folded: int) -> int:
    return -(folded + 1) // 2 if folded % 2 else folded // 2
