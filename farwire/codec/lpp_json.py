"""Cayenne LPP items as people read and write them: names, units, values, and the integers on air beside them.

An item written by hand may leave out what follows from the rest: `name` and `unit`, or `type`; `raw`, or
`value`. What is there twice must agree.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from farwire.codec import given as check
from farwire_codecs import lpp, lpp_history, lpp_types
from farwire_codecs.errors import MalformedError, UnknownTypeError
from farwire_codecs.lpp_names import TypeName
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS

AGREED = PROFILES["agreed"]

_MEANING = ("name", "unit", "value", "raw")


def show_items(items: Sequence[lpp.Item | lpp_history.AgedItem], profile: Profile) -> list[dict[str, Any]]:
    """Return items in full, in order."""
    found = []
    for item in items:
        row: dict[str, Any] = {"channel": item.channel}
        if item.type_id != FULL_SCALE_GPS:
            row["type"] = item.type_id
        if isinstance(item, lpp_history.AgedItem):
            row["age_s"] = item.age_s
        found.append(row | meaning(item.type_id, item.raw, profile))
    return found


def meaning(type_id: int, raw: tuple[int, ...] | None, profile: Profile = AGREED) -> dict[str, Any]:
    """Return name, unit where there is one, value and raw; the latter two only with a value."""
    special = profile.special.get(type_id) if type_id not in profile.types else None
    if special is not None and raw is not None:
        return {"name": special.name, "value": _finite(special.show(raw)), "raw": list(raw)}
    name = profile.names[type_id]
    row: dict[str, Any] = {"name": name.name} | ({"unit": name.unit} if name.unit else {})
    if raw is None:
        return row
    values = lpp_types.to_values(type_id, raw, profile.types)
    return row | {"value": by_axis(name, values), "raw": by_axis(name, raw)}


def by_axis(name: TypeName, numbers: Sequence[float]) -> Any:
    """Return one number for a type of one axis, else an object by the axes' names."""
    return dict(zip(name.axes, numbers, strict=True)) if name.axes else numbers[0]


def read_items(
    given: Any, profile: Profile, implied: int | None = None, numbered: bool = False
) -> list[lpp.Item]:
    """Return items; `implied`: the type that goes unsaid; `numbered`: channels may, they are 1, 2, 3, ..."""
    items = []
    for index, row in enumerate(check.a_list("items", given)):
        where = f"item {index}"
        channel = check.a_map(where, row).get("channel", index + 1 if numbered else None)
        type_id, raw = _read_item(where, row, profile, (), implied)
        items.append(lpp.Item(check.whole(f"{where}: channel", channel, 0, 255), type_id, raw))
    return items


def read_aged_items(given: Any, profile: Profile, channel: int | None) -> list[lpp_history.AgedItem]:
    """Return items of a history; `channel`: of those that do not say it."""
    items = []
    for index, row in enumerate(check.a_list("items", given)):
        where = f"item {index}"
        type_id, raw = _read_item(where, row, profile, ("age_s",))
        which = check.whole(f"{where}: channel", row.get("channel", channel), 0, lpp_history.HIGHEST_CHANNEL)
        age_s = check.whole(f"{where}: age_s", row["age_s"], 0, 0xFFFF)
        items.append(lpp_history.AgedItem(which, type_id, age_s, raw))
    if not items:
        raise MalformedError("items is [], expected 1 or more")
    return items


def read_meaning(
    where: str, given: dict[str, Any], profile: Profile = AGREED, implied: int | None = None
) -> tuple[int, tuple[int, ...] | None]:
    """Return the type and the integers, None without any; `implied`: a type that goes unsaid."""
    type_id = _type_of(where, given, profile) if implied is None else implied
    lpp_types.type_of(type_id, profile.types)
    name = profile.names[type_id]
    if "name" in given:
        check.same(f"{where}: name", given["name"], name.name)
    if "unit" in given:
        check.same(f"{where}: unit", given["unit"], name.unit)
    return type_id, read_value(where, given.get("value"), given.get("raw"), type_id, profile)


def read_value(
    where: str, value: Any, raw: Any, type_id: int, profile: Profile = AGREED
) -> tuple[int, ...] | None:
    """Return the integers that a value, or integers, or both in agreement say; None without either."""
    name = profile.names[type_id]
    integers = None
    if raw is not None:
        integers = tuple(int(each) for each in _axes(f"{where}: raw", raw, name, check.integer))
        lpp_types.check_raw(type_id, integers, profile.types)
    if value is None:
        return integers
    rounded = lpp_types.to_raw(type_id, _axes(f"{where}: value", value, name, check.number), profile.types)
    if integers is not None:
        check.same(f"{where}: raw", raw, by_axis(name, rounded))
    return rounded


def _read_item(
    where: str, row: Any, profile: Profile, needed: Sequence[str], implied: int | None = None
) -> tuple[int, tuple[int, ...]]:
    known = ("channel", "time", *(("type",) if implied is None else ()), *_MEANING)
    check.an_object(where, row, needed, known)
    type_id, raw = read_meaning(where, row, profile, implied)
    if raw is None:
        raise MalformedError(f"{where} has neither value nor raw")
    return type_id, raw


def _type_of(where: str, given: dict[str, Any], profile: Profile) -> int:
    if "type" in given:
        return check.whole(f"{where}: type", given["type"], 0, 255)
    if "name" not in given:
        raise MalformedError(f"{where} has neither type nor name")
    for type_id, name in profile.names.items():
        if name.name == given["name"] and type_id != FULL_SCALE_GPS:
            return type_id
    raise UnknownTypeError(
        f"{where}: name is {check.shown(given['name'])}, which profile {profile.name} lacks"
    )


def _axes(where: str, given: Any, name: TypeName, one: Callable[[str, Any], float]) -> tuple[float, ...]:
    if not name.axes:
        return (one(where, given),)
    check.an_object(where, given, name.axes)
    return tuple(one(f"{where}: {axis}", given[axis]) for axis in name.axes)


def _finite(value: object) -> object:
    """Return None for what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
