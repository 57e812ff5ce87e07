"""How a device speaks: by our ports, in a vendor's LPP types, or through its vendor's codec file. Pure.

A device's own tags come before the settings, which go by its ChirpStack device profile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from farwire_bridge.errors import UnknownDialectError
from farwire_codecs import lpp_types, ts013_readings
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.lpp_types import TYPES
from farwire_codecs.ts013 import Codec
from farwire_codecs.ts013_readings import NamedReading

CODEC_TAG = "farwire_codec"
LPP_TAG = "farwire_lpp_profile"
PADDED_TAG = "farwire_lpp_padded"
"""Tags of a device; the last two are also the variables that our codec in ChirpStack reads."""

_PADDED = {"true": True, "false": False}


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one device speaks."""

    codec: Codec | None = None  # None: by FPort, with the LPP profile
    lpp: Profile = PROFILES["agreed"]
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Dialects:
    """What the settings say of devices."""

    codecs: Mapping[str, Codec] = field(default_factory=dict)  # by device profile name or tag
    lpp_profiles: Mapping[str, str] = field(default_factory=dict)  # by device profile name
    lpp_padded: frozenset[str] = frozenset()  # device profile names

    def of(self, info: Any) -> Dialect:
        """Return the dialect of an event's device_info; UnknownDialectError for a tag that names none."""
        name, tags = info.device_profile_name, info.tags
        if CODEC_TAG in tags:
            return Dialect(_known(self.codecs, CODEC_TAG, tags[CODEC_TAG]))
        if name in self.codecs:
            return Dialect(self.codecs[name])
        lpp = _known(PROFILES, LPP_TAG, tags[LPP_TAG]) if LPP_TAG in tags else self._lpp(name)
        padded = name in self.lpp_padded
        return Dialect(
            None, lpp, _known(_PADDED, PADDED_TAG, tags[PADDED_TAG]) if PADDED_TAG in tags else padded
        )

    def _lpp(self, name: str) -> Profile:
        return PROFILES[self.lpp_profiles.get(name, "agreed")]


NONE = Dialects()
"""No settings: every device speaks by our ports, unless its tags say otherwise."""


def parted(items: Iterable[Any], profile: Profile) -> tuple[list[Any], tuple[NamedReading, ...]]:
    """Return LPP items that everybody reads alike, and the others as readings with the profile's names.

    The cloud knows a type by its id alone, so what only a profile explains travels explained:
    `salinity.3`, `preciseGpsLocation.1.latitude`.
    """
    agreed = []
    named: dict[str, Any] = {}
    for item in items:
        special = profile.special.get(item.type_id)
        layout = profile.types.get(item.type_id)
        if special is None and layout == TYPES.get(item.type_id):
            agreed.append(item)
        elif special is not None:
            named[_free(f"{special.name}.{item.channel}", named)] = special.show(item.raw)
        else:
            known = profile.names[item.type_id]
            values = lpp_types.to_values(item.type_id, item.raw, profile.types)
            shown: Any = [{"value": value, "unit": known.unit} for value in values]
            shown = dict(zip(known.axes, shown, strict=True)) if known.axes else shown[0]
            named[_free(f"{known.name}.{item.channel}", named)] = shown
    return agreed, ts013_readings.of_data(f"of LPP profile {profile.name}", named)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """Return `name`, or with a number behind it if a frame has it already."""
    count = 2
    free = name
    while free in taken:
        free = f"{name}.again{count}"
        count += 1
    return free


def _known(table: Mapping[str, Found], tag: str, name: str) -> Found:
    if name not in table:
        names = ", ".join(sorted(table)) or "the settings' codecs, which are none"
        raise UnknownDialectError(f"tag {tag} is {name[:100]!r}, expected one of {names}")
    return table[name]
