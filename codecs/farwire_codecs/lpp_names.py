"""Names, axes and units of LPP types, and the object that ChirpStack's UI shows. Host only.

Names are the keys that ChirpStack 4's CAYENNE_LPP codec writes (chirpstack d77207c, codec/cayenne_lpp.rs),
where it knows the type; `unix_time` is in snake case there too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from farwire_codecs.lpp import Item
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


def as_object(
    items: Iterable[Item],
    types: dict[int, LppType] = TYPES,
    names: Mapping[int, TypeName] = NAMES,
) -> dict[str, dict[str, float | dict[str, float]]]:
    """Return items as ChirpStack shows them: {name: {channel: value}}, axes as a dict of their own.

    Of an item that stands twice only the last one remains, as there.
    """
    shown: dict[str, dict[str, float | dict[str, float]]] = {}
    for channel, type_id, raw in items:
        values = to_values(type_id, raw, types)
        name = names[type_id]
        of_type = shown.setdefault(name.name, {})
        of_type[str(channel)] = dict(zip(name.axes, values, strict=True)) if name.axes else values[0]
    return shown
