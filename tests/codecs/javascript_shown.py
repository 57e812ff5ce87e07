"""What decodeUplink and decodeDownlink must show of a message of farwire_codecs."""

import math
import re
from datetime import datetime, timedelta
from typing import Any

from farwire_codecs import (
    alarm,
    command,
    configuration,
    configuration_pieces,
    configuration_words,
    log_piece,
    lpp_periods,
    state_report,
)
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.configuration_keys import name_of
from farwire_codecs.lpp import Item
from farwire_codecs.lpp_actuators import Output
from farwire_codecs.lpp_history import AgedItem
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.lpp_types import to_values
from tests.codecs.javascript_engine import RECEIVED

AGREED = PROFILES["agreed"]
_KINDS = {log_piece.LOG: "log", log_piece.CRASH_REPORT: "crash_report"}
_CONDITIONS = {
    getattr(alarm, name): name for name in ("HIGH", "LOW", "RATE", "STUCK", "SENSOR_FAILED", "OUT_OF_NORMAL")
}
_RESULTS = {
    getattr(command, name): name
    for name in ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED")
}


def items(frame: str, found: list[Item], profile: Profile = AGREED) -> dict[str, Any]:
    """Return the data of an LPP frame. A number that is none (NaN, infinite) is not shown."""
    listed = []
    shown: dict[str, Any] = {}
    for item in found:
        one = {"channel": item.channel} | ({"type": item.type_id} if item.type_id < 256 else {})
        one |= described(item.type_id, item.raw, profile)
        listed.append(one)
        if "value" in one:
            shown.setdefault(one["name"], {})[str(item.channel)] = one["value"]
    return {"frame": frame, "items": listed} | shown


def history(found: list[AgedItem], profile: Profile = AGREED) -> dict[str, Any]:
    """Return the data of an LPP history."""
    listed = []
    for item in found:
        one = {"channel": item.channel, "type": item.type_id, "age_s": item.age_s}
        one |= {"time": time_of(1000 * item.age_s)}
        listed.append(one | described(item.type_id, item.raw, profile))
    return {"frame": "lpp_history", "items": listed}


def described(type_id: int, raw: tuple[int, ...] | None, profile: Profile = AGREED) -> dict[str, Any]:
    """Return name and unit of a type, and a value's numbers."""
    special = profile.special.get(type_id)
    if special is not None and raw is not None:
        value = special.show(raw)
        known = not isinstance(value, float) or math.isfinite(value)
        shown: dict[str, Any] = {"name": special.name, "raw": raw[0] if len(raw) == 1 else list(raw)}
        return shown | ({"value": value} if known else {})
    name = profile.names.get(type_id)
    if name is None:
        return {}
    shown = {"name": name.name} | ({"unit": name.unit} if name.unit else {})
    if raw is not None:
        shown["value"] = _by_axis(name.axes, to_values(type_id, raw, profile.types))
        shown["raw"] = _by_axis(name.axes, raw)
    return shown


def alarms(found: list[alarm.Alarm]) -> dict[str, Any]:
    """Return the data of an alarm frame."""
    return {
        "frame": "alarm",
        "alarms": [
            {
                "number": each.number,
                "channel": each.channel,
                "type": each.type_id,
                "condition": _CONDITIONS[each.condition],
                "active": each.active,
                "age_s": each.age_ms / 1000,
                "time": time_of(each.age_ms),
            }
            | described(each.type_id, each.raw)
            for each in found
        ],
    }


def time_of(age_ms: int) -> str:
    """Return the UTC of what happened `age_ms` before the frame was heard."""
    then = datetime.fromisoformat(RECEIVED) - timedelta(milliseconds=age_ms)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def report(found: state_report.StateReport) -> dict[str, Any]:
    """Return the data of a state report."""
    return found._asdict() | {
        "frame": "state_report",
        "configuration_hash": f"{found.configuration_hash:08x}",
        "reset_reason": state_report.RESET_REASONS[found.reset_reason],
        "held_records": found.next_record - found.oldest_record,
    }


def answer(found: command.CommandAnswer) -> dict[str, Any]:
    """Return the data of a command answer."""
    return {"frame": "command_answer", "number": found.number, "result": _RESULTS[found.result]}


def acknowledgement(found: Acknowledgement) -> dict[str, Any]:
    """Return what one types for an acknowledgement."""
    wants = {name: value for name, value in found._asdict().items() if name.endswith("_wanted")}
    bits = (n for n in range(8 * len(found.stored_above)) if found.stored_above[n >> 3] >> (n & 7) & 1)
    return {
        "acknowledgement": {
            "through": found.through,
            "alarms_through": found.alarms_through,
            "stored": [found.through + 2 + bit for bit in bits],
        }
        | wants
    }


def typed_command(found: Any) -> dict[str, Any]:
    """Return what one types for a command."""
    match found:
        case command.SetOutput(number, channel, value_x100):
            return {
                "command": {"set_output": {"number": number, "channel": channel, "value": value_x100 / 100}}
            }
        case command.ReportState(number):
            return {"command": {"report_state": {"number": number}}}
        case command.Reboot(number):
            return {"command": {"reboot": {"number": number}}}
        case command.Erase(number, what):
            named = [name for bit, name in enumerate(("records", "alarms", "logs")) if what >> bit & 1]
            return {"command": {"erase": {"number": number, "what": named}}}
        case command.SendLog(number, kind, offset):
            return {"command": {"send_log": {"number": number, "kind": _KINDS[kind], "offset": offset}}}
    raise AssertionError(found)


def log(found: log_piece.LogPiece) -> dict[str, Any]:
    """Return the data of a log piece."""
    text = [chr(n) if 0x20 <= n < 0x7F or n in b"\t\n\r" else f"\\x{n:02x}" for n in found.data]
    return found._asdict() | {
        "frame": "log_piece",
        "kind": _KINDS[found.kind],
        "text": "".join(text),
        "data": found.data.hex(),
    }


def actuators(found: list[Output]) -> dict[str, Any]:
    """Return what one types for actuator commands."""
    return {"actuators": {str(output.channel): output.value_x100 / 100 for output in found}}


def device_period(found: lpp_periods.DevicePeriod) -> dict[str, Any]:
    """Return what one types for a device period."""
    return {"device_period": {name: value for name, value in found._asdict().items() if value is not None}}


def sensor_periods(found: list[lpp_periods.SensorPeriod]) -> dict[str, Any]:
    """Return what one types for sensor periods."""
    return {"sensor_periods": {str(period.sensor): period.period_s for period in found}}


def sensor_enable(found: lpp_periods.SensorEnable) -> dict[str, Any]:
    """Return what one types to switch sensors on and off."""
    sensors = 8 * found.size
    on = [sensor for sensor in range(sensors) if found.mask >> sensor & 1]
    return {"sensor_enable": {"on": on, "sensors": sensors}}


def document(settings: tuple[configuration.Setting, ...]) -> dict[str, Any]:
    """Return what one types for settings."""
    typed: dict[str, Any] = {}
    for setting in settings:
        key = configuration.KEYS[setting.key]
        value = configuration_words.to_json(key, setting.value)
        if setting.index is None:
            typed[name_of(key)] = value
        else:
            typed.setdefault(name_of(key), {})[str(setting.index)] = value
    return typed


def piece(found: configuration.Piece) -> dict[str, Any]:
    """Return the data of a configuration piece."""
    if found.transfer is not None:
        return {"configuration_piece": found._asdict() | {"data": found.data.hex()}}
    content = found.data[: -configuration_pieces.CHECK_SIZE]
    if not found.difference:
        return {"configuration": document(configuration.decode_document(content))}
    difference = configuration.decode_difference(content)
    removed = [
        name_of(configuration.KEYS[key]) + ("" if index is None else f" {index}")
        for key, index, _ in difference.removed
    ]
    return {"configuration_difference": {"changed": document(difference.changed), "removed": removed}}


def rounded(text: str) -> str:
    """Return a message with the numbers that no double holds (JavaScript has no others) as twelve digits."""
    return re.sub(r"\d{16,}", lambda digits: f"{float(digits[0]):.12g}", text)


def _by_axis(axes: tuple[str, ...], numbers: tuple[Any, ...]) -> Any:
    return dict(zip(axes, numbers, strict=True)) if axes else numbers[0]
