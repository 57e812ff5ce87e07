"""The tables of Python as JavaScript constants: ports, LPP types and profiles, names, limits. Host only."""

import json
from collections.abc import Mapping
from typing import Any

from farwire_codecs import (
    acknowledgement,
    alarm,
    batch_layout,
    command,
    contexts,
    fields,
    log_piece,
    lpp_actuators,
    lpp_periods,
    ports,
    range_coder,
    residual,
    schema,
    start_tables,
    state_report,
)
from farwire_codecs.configuration_bits import ALPHABET
from farwire_codecs.configuration_document import MAXIMUM_DOCUMENT
from farwire_codecs.configuration_keys import KEYS, choices_of, name_of
from farwire_codecs.configuration_settings import MAXIMUM_INDEX, MAXIMUM_SETTINGS
from farwire_codecs.configuration_words import MASK
from farwire_codecs.lpp_names import NAMES, TypeName
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES, LppType

LARGEST_PAYLOAD = 242
"""Bytes that LoRaWAN carries at the best data rate of any region (RP002-1.0.4, N of the payload tables)."""

_PORTS = (
    "LPP_DYNAMIC",
    "LPP_PACKED",
    "LPP_GPS",
    "LPP_ACTUATORS",
    "LPP_DEVICE_PERIOD",
    "LPP_SENSOR_PERIOD",
    "LPP_SENSOR_ENABLE",
    "LPP_HISTORY_FIRST",
    "LPP_HISTORY_LAST",
    "HISTORY",
    "ALARM",
    "STATE",
    "COMMAND_ANSWER",
    "LOG",
    "ACKNOWLEDGEMENT",
    "COMMAND",
    "CONFIGURATION",
)
_CONTEXTS = (
    "ADAPTED",
    "SCALES",
    "SIGN",
    "LENGTHS",
    "LENGTH",
    "MANTISSAS",
    "MANTISSA",
    "EVEN",
    "UNEVEN",
    "RARE",
    "CHANGED",
    "PRESENT",
)
_CONDITIONS = ("HIGH", "LOW", "RATE", "STUCK", "SENSOR_FAILED", "OUT_OF_NORMAL")
_RESULTS = ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED")


def tables() -> str:
    """Return the constants, one declaration after the other."""
    constants: dict[str, Any] = {
        "VERSION": fields.VERSION,
        "MAXIMUM_U32": fields.MAXIMUM_U32,
        "EIGHTH_MS": fields.EIGHTH_MS,
        "LARGEST_PAYLOAD": LARGEST_PAYLOAD,
        "MAXIMUM_ALARMS": alarm.MAXIMUM_ALARMS,
        "MAXIMUM_BITMAP": acknowledgement.MAXIMUM_BITMAP,
        "HAS_BITMAP": acknowledgement.HAS_BITMAP,
        "ACKNOWLEDGEMENT_WANTS": {
            name.lower(): flag for name, flag in vars(acknowledgement).items() if name.endswith("_WANTED")
        },
        "FULL_SCALE_GPS": FULL_SCALE_GPS,
        "PORTS": {name: getattr(ports, name) for name in _PORTS},
        "CONDITIONS": {getattr(alarm, name): name for name in _CONDITIONS},
        "RESULTS": {getattr(command, name): name for name in _RESULTS},
        "COMMANDS": _commands(),
        "REPORT_KINDS": ("log", "crash_report"),
        "ERASED": ("records", "alarms", "logs"),
        "MAXIMUM_REPORT": log_piece.MAXIMUM_REPORT,
        "ACTUATORS_END": lpp_actuators.END,
        "SENSORS": lpp_periods.SENSORS,
        "ALPHABET": ALPHABET.decode(),
        "MASK": MASK,
        "MAXIMUM_SETTINGS": MAXIMUM_SETTINGS,
        "MAXIMUM_INDEX": MAXIMUM_INDEX,
        "MAXIMUM_DOCUMENT": MAXIMUM_DOCUMENT,
        "RESET_REASONS": state_report.RESET_REASONS,
    } | _history()
    lines = [f"const {name} = {_text(value)};" for name, value in constants.items()]
    keys = {
        number: {"number": number, "name": name_of(key)} | key._asdict() | {"names": choices_of(key)}
        for number, key in KEYS.items()
    }
    lines.append(f"const KEYS = {_rows(keys)};")
    lines.append(f"const TYPES = {_rows(_types(TYPES, NAMES))};")
    lines.append("// What the LPP profiles of single vendors have besides, or instead.")
    rows = [f"{name}: {_rows(_difference(profile))}" for name, profile in PROFILES.items()]
    lines.append("const PROFILES = {\n" + ",\n".join(rows) + ",\n};")
    return "\n".join(lines) + "\n"


def _history() -> dict[str, Any]:
    """Return what the decoder of history batches shares with Python's; what ZERO stands for is 0."""
    return {name: getattr(contexts, name) for name in _CONTEXTS} | {
        "START": list(start_tables.START),
        "TRAINED": contexts.TRAINED,
        "UNTRAINED": contexts.UNTRAINED,
        "RANGE_TOP": range_coder.TOP,
        "RANGE_BOTTOM": range_coder.BOTTOM,
        "LONGEST": residual.LONGEST,
        "LARGEST_COUNTED": residual.LARGEST,
        "MAXIMUM_CHANNELS": schema.MAXIMUM_CHANNELS,
        "MAXIMUM_STEP2": schema.MAXIMUM_STEP2,
        "MAXIMUM_REFERENCE": schema.MAXIMUM_REFERENCE,
        "MAXIMUM_WEIGHT": schema.MAXIMUM_WEIGHT,
        "MAXIMUM_PREDICTOR": schema.LINEAR,
        "NO_PARTNER": schema.NO_PARTNER,
        "SPREADS": schema.SPREADS,
        "UNKNOWN_SCALE": schema.UNKNOWN_SCALE,
        "MAXIMUM_RECORDS": batch_layout.MAXIMUM_RECORDS,
        "MAXIMUM_INTERVAL_S": batch_layout.MAXIMUM_INTERVAL_S,
        "LENGTH_BITS": batch_layout.LENGTH_BITS,
        "LAST_ROW_ODDS": batch_layout.LAST_ROW_ODDS,
    }


def _commands() -> dict[str, int]:
    """Return the kinds of commands, as they stand in the header of their frames."""
    examples: dict[str, Any] = {
        "set_output": command.SetOutput(0, 0, 0),
        "report_state": command.ReportState(0),
        "reboot": command.Reboot(0),
        "send_log": command.SendLog(0, log_piece.LOG, 0),
        "erase": command.Erase(0, command.LOGS),
    }
    return {name: command.encode(example)[0] & 0x1F for name, example in examples.items()}


def _difference(profile: Profile) -> dict[int, Any]:
    changed = [
        type_id
        for type_id, found in profile.types.items()
        if TYPES.get(type_id) != found or NAMES.get(type_id) != profile.names[type_id]
    ]
    special = {n: {"name": found.name, "special": True} for n, found in profile.special.items()}
    return _types({n: profile.types[n] for n in changed}, profile.names) | special


def _types(types: Mapping[int, LppType], names: Mapping[int, TypeName]) -> dict[int, Any]:
    return {
        type_id: {
            "name": names[type_id].name,
            "unit": names[type_id].unit,
            "names": names[type_id].axes,
            "axes": [
                {"size": axis.size, "signed": axis.signed, "steps": axis.steps}
                for axis in types[type_id].axes
            ],
        }
        for type_id in sorted(types)
    }


def _rows(table: Mapping[int, Any]) -> str:
    return "{\n" + "".join([f"  {key}: {_text(value)},\n" for key, value in table.items()]) + "}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
