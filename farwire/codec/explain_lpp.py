"""Cayenne LPP byte by byte."""

from datetime import UTC, datetime

from farwire.codec.lpp_json import AGREED, meaning
from farwire.codec.parts import Walk
from farwire.codec.table import cell
from farwire_codecs import lpp_actuators
from farwire_codecs.errors import UnknownTypeError
from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS, type_of, unpack


def items(walk: Walk, frame: str, profile: Profile, padded: bool, channel: int) -> None:
    """Walk the items of a dynamic, packed, GPS or history frame; `channel`: of a history."""
    count = 0
    while walk.position < len(walk.payload):
        if padded and not any(walk.payload[walk.position :]):
            start = walk.position
            walk.chunk("padding", len(walk.payload) - start)
            walk.add(start, "padding", "", "zero bytes up to the end")
            return
        count += 1
        if frame in ("lpp_dynamic", "lpp_gps"):
            walk.whole("channel", 1)
        if frame == "lpp_gps":
            value(walk, FULL_SCALE_GPS, AGREED)
            continue
        type_id = walk.whole("type", 1)
        special = profile.special.get(type_id) if frame == "lpp_dynamic" else None
        name = profile.names.get(type_id, special)
        if name is None or (type_id not in profile.types and special is None):
            raise UnknownTypeError(f"type {type_id} is not in the table of types of profile {profile.name}")
        where = {"lpp_packed": f", channel {count}", "lpp_history": f", channel {channel}"}.get(frame, "")
        walk.meant(name.name + where)
        if frame == "lpp_history":
            walk.whole("age", 2, "seconds before the uplink")
        value(walk, type_id, profile)


def value(walk: Walk, type_id: int, profile: Profile) -> None:
    """Walk the value of a type."""
    start = walk.position
    if type_id in profile.types:
        found = type_of(type_id, profile.types)
        raw = unpack(found, walk.chunk("value", found.size), 0)
    elif type_id in profile.special:
        raw, after = profile.special[type_id].read(walk.payload, start)
        walk.chunk("value", after - start)
    else:
        raise UnknownTypeError(f"type {type_id} is not in the table of types")
    shown = meaning(type_id, raw, profile)
    unit = f" {shown['unit']}" if "unit" in shown else ""
    walk.add(start, "value", ", ".join(map(str, raw)), cell(shown["value"]) + unit)


def actuators(walk: Walk) -> None:
    """Walk actuator commands."""
    while walk.position < len(walk.payload):
        channel = walk.whole("channel", 1)
        if channel == lpp_actuators.END:
            walk.meant("end of the list")
            return
        start = walk.position
        number = walk.signed("value", 2)
        walk.add(start, "value", number, f"{number / 100:g}")


def device_period(walk: Walk) -> None:
    """Walk a device period."""
    mask = walk.whole("mask", 1, "bit 0: UTC time, bit 1: transmit period")
    if mask & 1:
        utc_s = walk.whole("UTC time", 4)
        walk.meant(datetime.fromtimestamp(utc_s, UTC).isoformat())
    if mask & 2:
        walk.whole("transmit period", 4, "s")


def sensor_periods(walk: Walk) -> None:
    """Walk sensor periods."""
    group = 0
    while not group or walk.position < len(walk.payload):
        mask = walk.whole("mask", 1)
        sensors = _sensors(mask, group)
        walk.meant(f"sensors {', '.join(map(str, sensors)) or 'none'} of {8 * group} to {8 * group + 7}")
        for sensor in sensors:
            walk.whole(f"period of {sensor}", 4, "s")
        group += 1


def sensor_enable(walk: Walk) -> None:
    """Walk a mask of sensors."""
    group = 0
    while not group or walk.position < len(walk.payload):
        sensors = _sensors(walk.whole("mask", 1), group)
        walk.meant(f"on: {', '.join(map(str, sensors)) or 'none'} of {8 * group} to {8 * group + 7}")
        group += 1


def _sensors(mask: int, group: int) -> list[int]:
    return [8 * group + bit for bit in range(8) if mask >> bit & 1]
