"""The LPP types of a profile, as a table."""

from typing import Any

from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS, Axis


def types_of(profile: Profile) -> list[dict[str, Any]]:
    """Return a row a type, in the order of their ids; numbers of several axes are lists."""
    rows = []
    for type_id in sorted({*profile.types, *profile.special} - {FULL_SCALE_GPS}):
        if type_id not in profile.types:
            rows.append({"type": type_id, "name": profile.special[type_id].name, "on air": "decoded only"})
            continue
        found, name = profile.types[type_id], profile.names[type_id]
        rows.append(
            {
                "type": type_id,
                "name": name.name,
                "unit": name.unit,
                "axes": list(name.axes) or None,
                "bytes": found.size,
                "on air": _joined(f"{'s' if axis.signed else 'u'}{8 * axis.size}" for axis in found.axes),
                "resolution": _joined(f"{1 / axis.steps:g}" for axis in found.axes),
                "range": _joined(_range(axis) for axis in found.axes),
            }
        )
    return rows


def _range(axis: Axis) -> str:
    return f"{axis.low / axis.steps:.10g} to {axis.high / axis.steps:.10g}"


def _joined(texts: Any) -> str:
    """Return one text for axes that are alike, else all of them."""
    listed = list(texts)
    return listed[0] if len(set(listed)) == 1 else ", ".join(listed)
