"""Names, axes and units of LPP types, and the object that ChirpStack's UI shows. Host only.

Names are the keys that ChirpStack 4's CAYENNE_LPP codec writes (chirpstack d77207c, codec/cayenne_lpp.rs),
where it knows the type; `unix_time` is in snake case there too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from farwire_codecs.lpp import Item
from farwire_codecs.lpp_history import AgedItem
from farwire_codecs.lpp_special import SpecialType
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES, LppType, to_values


@dataclass(frozen=True, slots=True)
class TypeName:
    """What people call a type."""

    name: str
    unit: str = ""  # of every axis, as shown behind a number; "" where there is none
    axes: tuple[str, ...] = ()  # empty: one axis without a name


_XYZ = ("x", "y", "z")
_POSITION = ("latitude", "longitude", "altitude")

NAMES: Mapping[int, TypeName] = {
    0: TypeName("digitalInput"),
    1: TypeName("digitalOutput"),
    2: TypeName("analogInput"),
    3: TypeName("analogOutput"),
    100: TypeName("genericSensor"),
    101: TypeName("illuminanceSensor", "lx"),
    102: TypeName("presenceSensor"),
    103: TypeName("temperatureSensor", "°C"),
    104: TypeName("humiditySensor", "% RH"),
    113: TypeName("accelerometer", "g", _XYZ),
    115: TypeName("barometer", "hPa"),
    116: TypeName("voltage", "V"),
    117: TypeName("current", "A"),
    118: TypeName("frequency", "Hz"),
    120: TypeName("percentage", "%"),
    121: TypeName("altitude", "m"),
    125: TypeName("concentration", "ppm"),
    128: TypeName("power", "W"),
    130: TypeName("distance", "m"),
    131: TypeName("energy", "kWh"),
    132: TypeName("direction", "°"),
    133: TypeName("unix_time", "s"),
    134: TypeName("gyrometer", "°/s", _XYZ),
    135: TypeName("color", "", ("r", "g", "b")),
    136: TypeName("gpsLocation", "", _POSITION),  # degrees, degrees, metres
    142: TypeName("switch"),
    FULL_SCALE_GPS: TypeName("gpsLocation", "", _POSITION),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """An item in full: what was on air beside what it means."""

    channel: int
    type_id: int
    name: str
    unit: str
    raw: tuple[int, ...]
    value: object  # a number; axes as a dict of their names; what a special type shows
    age_s: int | None = None  # None where the frame has no ages


def readings(
    items: Iterable[Item | AgedItem],
    types: dict[int, LppType] = TYPES,
    names: Mapping[int, TypeName] = NAMES,
    special: Mapping[int, SpecialType] | None = None,
) -> tuple[Reading, ...]:
    """Return each item in full, in order; the tables are those that it was decoded with."""
    return tuple(
        Reading(
            item.channel,
            item.type_id,
            *_meaning(item.type_id, item.raw, types, names, special or {}),
            item.age_s if isinstance(item, AgedItem) else None,
        )
        for item in items
    )


def as_object(
    items: Iterable[Item],
    types: dict[int, LppType] = TYPES,
    names: Mapping[int, TypeName] = NAMES,
    special: Mapping[int, SpecialType] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return items as ChirpStack shows them: {name: {channel: value}}, axes as a dict of their own.

    Of an item that stands twice only the last one remains, as there.
    """
    shown: dict[str, dict[str, Any]] = {}
    for reading in readings(items, types, names, special):
        shown.setdefault(reading.name, {})[str(reading.channel)] = reading.value
    return shown


def _meaning(
    type_id: int,
    raw: tuple[int, ...],
    types: dict[int, LppType],
    names: Mapping[int, TypeName],
    special: Mapping[int, SpecialType],
) -> tuple[str, str, tuple[int, ...], object]:
    """Return name, unit, raw and value."""
    if type_id not in types and type_id in special:
        return special[type_id].name, "", raw, special[type_id].show(raw)
    values = to_values(type_id, raw, types)
    name = names[type_id]
    value = dict(zip(name.axes, values, strict=True)) if name.axes else values[0]
    return name.name, name.unit, raw, value
