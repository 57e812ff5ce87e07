"""What a vendor's codec returns -> named readings: (name, unit, value). Host only.

Objects and lists become dotted names (`chn_2.temperature`, `history.0.value`); null, and NaN and infinities,
which JSON has not, are no readings; a Date is its ISO 8601 text. An object with a `value` and a `unit` is one
reading with that unit, the form of Decentlab and others. What normalizeUplink returns comes first, with its
units; everything that decodeUplink returned follows under the vendor's own names, so that nothing is lost.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from farwire_codecs.ts013 import Codec, Decoded
from farwire_codecs.ts013_errors import ScriptError, ScriptOutputError
from farwire_codecs.ts013_units import NORMALIZED, unit_of

MOST_READINGS = 256
LONGEST_NAME = 200
LONGEST_UNIT = 20
LONGEST_TEXT = 500
MOST_BYTES = 65_536  # of all of them as JSON
"""Of one uplink. A codec that gives more, or longer names, is refused and its frame kept; a text is cut."""


@dataclass(frozen=True, slots=True)
class NamedReading:
    """One value that a vendor's codec named."""

    name: str  # dotted; 1 to LONGEST_NAME printable characters
    unit: str  # empty: none, or not known
    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Readings:
    """What one uplink gave."""

    readings: tuple[NamedReading, ...]  # no two of one name
    warnings: tuple[str, ...] = ()


def of_uplink(codec: Codec, payload: bytes, f_port: int, recv_time_ms: int) -> Readings:
    """Return the readings of an uplink; raises ScriptError.

    A normalizeUplink that fails costs its names alone and leaves a warning.
    """
    decoded = codec.decode_uplink(payload, f_port, recv_time_ms)
    named: dict[str, NamedReading] = {}
    warnings = list(decoded.warnings)
    if "normalizeUplink" in codec.functions:
        try:
            normalized = codec.normalize_uplink(decoded.data)
            named = _normalized(codec.name, normalized)
            warnings += normalized.warnings
        except ScriptError as error:
            warnings.append(str(error))
    for reading in _checked(codec.name, _flat("", decoded.data, unit_of)):
        named.setdefault(reading.name, reading)
    if len(named) > MOST_READINGS:
        raise ScriptOutputError(
            f"codec {codec.name} gave {len(named)} readings, expected at most {MOST_READINGS}"
        )
    found = tuple(named.values())
    size = len(json.dumps([(r.name, r.unit, r.value) for r in found], ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise ScriptOutputError(
            f"codec {codec.name} gave {size} bytes of readings, expected at most {MOST_BYTES}"
        )
    return Readings(found, tuple(warnings))


def of_data(name: str, data: Any) -> tuple[NamedReading, ...]:
    """Return the readings of a decoder's `data`; `name` is the codec's. Raises ScriptOutputError."""
    return tuple(_checked(name, _flat("", data, unit_of)))


def _normalized(name: str, output: Decoded) -> dict[str, NamedReading]:
    data = output.data
    if isinstance(data, list) and len(data) == 1:
        data = data[0]  # the usual case: one measurement needs no number
    return {reading.name: reading for reading in _checked(name, _flat("", data, _normalized_unit))}


def _normalized_unit(name: str) -> str:
    first, _, rest = name.partition(".")
    return NORMALIZED.get(rest if first.isdigit() else name, "")


def _flat(name: str, value: Any, unit: Callable[[str], str]) -> Iterator[NamedReading]:
    if isinstance(value, dict):
        if _is_quantity(value):
            yield from _flat(name, value["value"], lambda _: value["unit"] or "")
            return
        for key, each in value.items():
            yield from _flat(f"{name}.{key}" if name else key, each, unit)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _flat(f"{name}.{index}" if name else str(index), each, unit)
    elif isinstance(value, bool):
        yield NamedReading(name, "", value)
    elif isinstance(value, str):
        yield NamedReading(name, "", value[:LONGEST_TEXT])
    elif value is not None and math.isfinite(value):
        yield NamedReading(name, unit(name), float(value))


def _is_quantity(value: dict[str, Any]) -> bool:
    """Return whether an object is one value with its unit."""
    return (
        "unit" in value
        and isinstance(value["unit"], str | None)
        and isinstance(value.get("value"), int | float | str)
    )


def _checked(codec: str, readings: Iterator[NamedReading]) -> Iterator[NamedReading]:
    seen: set[str] = set()
    for count, reading in enumerate(readings, 1):
        name = reading.name
        if count > MOST_READINGS:
            raise ScriptOutputError(f"codec {codec} gave more than {MOST_READINGS} readings")
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise ScriptOutputError(
                f"codec {codec} gave the name {name[:60]!r} ({len(name)}), "
                f"expected 1 to {LONGEST_NAME} printable characters"
            )
        if name in seen:
            raise ScriptOutputError(f"codec {codec} gave the name {name!r} twice")
        seen.add(name)
        if len(reading.unit) > LONGEST_UNIT or not reading.unit.isprintable():
            raise ScriptOutputError(
                f"codec {codec} gave {name} the unit {reading.unit[:40]!r}, "
                f"expected at most {LONGEST_UNIT} characters"
            )
        yield reading
