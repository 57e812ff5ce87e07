"""A device's view <-> its META item, and the list of all devices' alarms. Pure."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from farwire_cloud.model.deliveries import Alarm, Joined, StateReport, Status
from farwire_cloud.model.device import AlarmState, At, DeviceState, LastNamed, LastValue
from farwire_cloud.model.numbers import NumberSet
from farwire_cloud.model.readings import readings_to_text, series_from_text, series_to_text
from farwire_cloud.store import keys
from farwire_cloud.store.items import (
    about_from_content,
    about_to_content,
    alarm_from_item,
    alarm_to_content,
    at,
    heard_from_content,
    heard_to_content,
    reading_of,
)
from farwire_cloud.store.marshal import Item

Content = TypeVar("Content")

VERSION = "v"  # grows with every write of a META or CONFIG item


def state_to_item(state: DeviceState, version: int) -> Item:
    """Return the META item of a view; `version` is this write's number, from 1."""
    parts = {
        "about": _at(state.about, about_to_content),
        "heard": _at(state.heard, lambda heard: heard_to_content(replace(heard, payload=b""))),
        "report": _at(state.report, dataclasses.asdict),
        "status": _at(state.status, dataclasses.asdict),
        "joined": _at(state.joined, dataclasses.asdict),
    }
    return at(
        keys.state(state.dev_eui),
        {
            VERSION: version,
            "seen": state.last_seen_ms,
            "last": {series_to_text(series): _last(value) for series, value in state.last.items()},
            "named": {name: _named(value) for name, value in state.named.items()},
            "alarms": {
                f"{channel}/{condition}": _alarm(alarm)
                for (channel, condition), alarm in state.alarms.items()
            },
            "records": state.records.to_text(),
            "alarm_numbers": state.alarm_numbers.to_text(),
            "floor": state.floor,
            "alarm_floor": state.alarm_floor,
            "conflicts": state.conflicts,
            **{name: part for name, part in parts.items() if part is not None},
        },
    )


def state_from_item(item: Item) -> DeviceState:
    """Return the view of a META item."""
    dev_eui = item["pk"].partition("#")[2]
    return DeviceState(
        dev_eui,
        about=_from(item.get("about"), lambda content: about_from_content(dev_eui, content)),
        heard=_from(item.get("heard"), heard_from_content),
        report=_from(item.get("report"), lambda content: _dataclass(StateReport, content)),
        status=_from(item.get("status"), lambda content: _dataclass(Status, content)),
        joined=_from(item.get("joined"), lambda content: _dataclass(Joined, content)),
        last_seen_ms=item["seen"],
        last={series_from_text(series): _last_from(text) for series, text in item["last"].items()},
        named={name: _named_from(text) for name, text in item.get("named", {}).items()},
        alarms={series_from_text(key): _alarm_from(text) for key, text in item["alarms"].items()},
        records=NumberSet.from_text(item["records"]),
        alarm_numbers=NumberSet.from_text(item["alarm_numbers"]),
        floor=item["floor"],
        alarm_floor=item.get("alarm_floor", 1),
        conflicts=item["conflicts"],
    )


def listed_to_item(dev_eui: str) -> Item:
    """Return a device's entry in the list of devices."""
    return at(keys.listed(dev_eui), {})


@dataclass(frozen=True, slots=True)
class ListedAlarm:
    """The newest start or end of one alarm of one device."""

    dev_eui: str
    alarm: Alarm


def alarm_state_to_item(dev_eui: str, alarm: Alarm) -> Item:
    """Return an entry in the list of all devices' alarms."""
    return at(keys.alarm_state(dev_eui, alarm.channel, alarm.condition), alarm_to_content(alarm))


def listed_alarm_from_item(item: Item) -> ListedAlarm:
    """Return an entry of the list of all devices' alarms."""
    return ListedAlarm(item["sk"].partition("#")[0], alarm_from_item(item))


def _at(part: At[Content] | None, content: Callable[[Content], dict[str, Any]]) -> dict[str, Any] | None:
    return None if part is None else {"t": part.time_ms, **content(part.content)}


def _from(
    part: Mapping[str, Any] | None, content: Callable[[Mapping[str, Any]], Content]
) -> At[Content] | None:
    return None if part is None else At(part["t"], content(part))


def _dataclass(kind: type[Content], content: Mapping[str, Any]) -> Content:
    known = {each.name: content[each.name] for each in dataclasses.fields(kind) if each.name in content}  # type: ignore[arg-type]
    return kind(**known)


def _last(value: LastValue) -> str:
    return f"{value.time_ms} {value.number} {','.join(map(str, value.raw))}"


def _last_from(text: str) -> LastValue:
    time_ms, number, raw = text.split()
    return LastValue(int(time_ms), int(number), tuple(int(part) for part in raw.split(",")))


def _named(value: LastNamed) -> str:
    return f"{value.time_ms} {json.dumps([value.unit, value.value], ensure_ascii=False)}"


def _named_from(text: str) -> LastNamed:
    time_ms, _, content = text.partition(" ")
    return LastNamed(int(time_ms), *json.loads(content))


def _alarm(alarm: AlarmState) -> str:
    value = readings_to_text([alarm.value]) if alarm.value else ""
    return f"{alarm.number} {int(alarm.active)} {alarm.time_ms} {value}"


def _alarm_from(text: str) -> AlarmState:
    number, active, time_ms, value = text.split(" ", 3)
    return AlarmState(int(number), active == "1", int(time_ms), reading_of(value))
