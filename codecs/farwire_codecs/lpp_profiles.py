"""Types that single vendors add to Cayenne LPP, or read otherwise, as named profiles. Host only.

The ids 116, 117, 137 and 138 mean different things to different senders and nothing in a frame tells them
apart, so which profile a device speaks is a setting of that device. In no profile, and so refused as
unknown: 241 and 248 of RAK, whose own decoder has no length for them, and Waziup XLPP's 51 to 58, 91, 93 and
123, which nest and carry their own length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from farwire_codecs.lpp_names import NAMES, TypeName
from farwire_codecs.lpp_special import FLOAT, POLYLINE, SPECIAL_TYPES, Reader, SpecialType
from farwire_codecs.lpp_types import TYPES, U8, U16, U32, LppType, axis_of, lpp_type


@dataclass(frozen=True, slots=True)
class Profile:
    """A table of types with its names, and what is no fixed row of integers."""

    name: str
    types: dict[int, LppType]
    names: Mapping[int, TypeName]
    special: Mapping[int, SpecialType] = field(default_factory=dict)  # only lpp.decode_dynamic reads them

    @property
    def readers(self) -> dict[int, Reader]:
        """Return the special types' readers, as lpp.decode_dynamic takes them."""
        return {type_id: special.read for type_id, special in self.special.items()}


_U16_BY_10 = lpp_type(axis_of(2, False, 10))
_U16_BY_100 = lpp_type(axis_of(2, False, 100))
_U16_BY_1000 = lpp_type(axis_of(2, False, 1000))
_S16 = lpp_type(axis_of(2, True, 1))
_S16_BY_10 = lpp_type(axis_of(2, True, 10))
_S24_DEGREES = axis_of(3, True, 10000)
_POSITION = ("latitude", "longitude", "altitude")

# What RAK's decoder reads (RAKwireless_Standardized_Payload e3f620e), the fixed sizes of it.
_RAK: dict[int, tuple[LppType, TypeName]] = {
    16: (U16, TypeName("nitrogen", "mg/kg")),
    17: (U16, TypeName("phosphorus", "mg/kg")),
    18: (U16, TypeName("potassium", "mg/kg")),
    19: (U16, TypeName("salinity", "mg/L")),
    20: (_U16_BY_100, TypeName("dissolvedOxygen", "mg/L")),
    21: (_U16_BY_10, TypeName("oxidationReduction", "mV")),
    22: (U16, TypeName("chemicalOxygenDemand", "mg/L")),
    23: (U16, TypeName("turbidity", "NTU")),
    24: (_U16_BY_10, TypeName("nitrate", "ppm")),
    25: (_U16_BY_100, TypeName("ammonium", "ppm")),
    26: (U16, TypeName("biologicalOxygenDemand", "mg/L")),
    27: (_S16, TypeName("accelerationX", "mg")),
    28: (_S16, TypeName("accelerationY", "mg")),
    29: (_S16, TypeName("accelerationZ", "mg")),
    105: (U16, TypeName("airQualityIndex")),
    112: (_S16_BY_10, TypeName("preciseHumidity", "% RH")),
    119: (U32, TypeName("precipitation", "mm/h")),
    126: (lpp_type(axis_of(3, False, 1)), TypeName("serialNumber")),
    127: (lpp_type(axis_of(4, False, 1000)), TypeName("conductivity", "mS/cm")),
    137: (
        lpp_type(axis_of(4, True, 1_000_000), axis_of(4, True, 1_000_000), axis_of(3, True, 100)),
        TypeName("preciseGpsLocation", "", _POSITION),
    ),
    138: (U16, TypeName("vocIndex")),
    144: (_U16_BY_100, TypeName("windSpeed", "m/s")),
    145: (U16, TypeName("lightningStrikes")),
    152: (U8, TypeName("capacity", "%")),
    153: (_U16_BY_100, TypeName("dcCurrent", "A")),
    154: (_U16_BY_100, TypeName("dcVoltage", "V")),
    156: (_U16_BY_10, TypeName("moisture", "%")),
    158: (_U16_BY_100, TypeName("hubWindSpeed", "m/s")),
    159: (U16, TypeName("hubWindDirection", "°")),
    161: (_U16_BY_100, TypeName("precisePh")),
    162: (_U16_BY_10, TypeName("ph")),
    163: (U16, TypeName("irradiance", "W/m²")),
    184: (U8, TypeName("batteryCapacity", "%")),
    185: (_U16_BY_100, TypeName("batteryCurrent", "A")),
    186: (_U16_BY_100, TypeName("batteryVoltage", "V")),
    187: (lpp_type(axis_of(4, False, 100)), TypeName("hubVoltage", "V")),
    188: (_U16_BY_10, TypeName("soilMoisture", "%")),
    190: (_U16_BY_100, TypeName("stationWindSpeed", "m/s")),
    191: (U16, TypeName("stationWindDirection", "°")),
    192: (_U16_BY_1000, TypeName("soilConductivity", "mS/cm")),
    193: (_U16_BY_100, TypeName("soilPrecisePh")),
    194: (_U16_BY_10, TypeName("soilPh")),
    195: (U16, TypeName("stationIrradiance", "W/m²")),
    203: (U8, TypeName("lightLevel")),
    227: (U16, TypeName("pm10", "µg/m³")),
    228: (U16, TypeName("pm25", "µg/m³")),
    229: (_S16_BY_10, TypeName("orientation", "°")),
    233: (_U16_BY_10, TypeName("noise", "dB")),
    243: (U16, TypeName("raw2")),
    244: (U32, TypeName("raw4")),
    246: (lpp_type(axis_of(4, True, 1)), TypeName("int32")),
    247: (U32, TypeName("uint32")),
}

# What the code of CayenneLPP+ writes (davidvasicek/CayenneLPPplus f44e455); its own table disagrees on 137.
_PLUS: dict[int, tuple[LppType, TypeName]] = {
    137: (
        lpp_type(
            _S24_DEGREES,
            _S24_DEGREES,
            axis_of(3, True, 100),
            axis_of(1, False, 1),
            axis_of(2, False, 1),
            axis_of(4, False, 1),
        ),
        TypeName("extendedGpsLocation", "", (*_POSITION, "satellites", "speed", "time")),
    ),
    138: (lpp_type(axis_of(1, False, 2)), TypeName("soilMoisture", "%")),
    139: (_U16_BY_10, TypeName("dustDensity", "µg/m³")),
}

# Charge and discharge (ElectronicCats/CayenneLPP 1.6.1 and later, pull request 61).
_SIGNED_POWER: dict[int, tuple[LppType, TypeName]] = {
    116: (lpp_type(axis_of(2, True, 100)), NAMES[116]),
    117: (lpp_type(axis_of(2, True, 1000)), NAMES[117]),
}

# pycayennelpp 2.4.0.
_LOAD: dict[int, tuple[LppType, TypeName]] = {
    122: (lpp_type(axis_of(3, True, 1000)), TypeName("load", "kg")),
}

# xoseperez/CayenneLPP, branch "tilt".
_TILT: dict[int, tuple[LppType, TypeName]] = {
    200: (lpp_type(_S24_DEGREES, _S24_DEGREES, _S24_DEGREES), TypeName("tilt", "°", ("x", "y", "z"))),
}


def _profile(name: str, difference: dict[int, tuple[LppType, TypeName]], *special: int) -> Profile:
    return Profile(
        name,
        TYPES | {type_id: layout for type_id, (layout, _) in difference.items()},
        dict(NAMES) | {type_id: type_name for type_id, (_, type_name) in difference.items()},
        {type_id: SPECIAL_TYPES[type_id] for type_id in special},
    )


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("agreed", TYPES, NAMES),
        _profile("signed_power", _SIGNED_POWER),
        _profile("electronic_cats", _SIGNED_POWER, POLYLINE),
        _profile("polyline", {}, POLYLINE),
        _profile("rak", _RAK, FLOAT),
        _profile("cayenne_lpp_plus", _PLUS),
        _profile("pycayennelpp", _LOAD),
        _profile("tilt", _TILT),
    )
}
