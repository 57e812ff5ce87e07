"""The conditions under which an item may be written, each with its reason. Pure."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from farwire_cloud.store.marshal import Item, to_wire


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing lies there yet: who comes first wins."""


@dataclass(frozen=True, slots=True)
class Equals:
    """`attribute` is still what the writer read: nobody wrote in between."""

    attribute: str
    value: int


@dataclass(frozen=True, slots=True)
class AbsentOrBelow:
    """Nothing lies there, or something with a smaller `attribute`: a late older one changes nothing."""

    attribute: str
    value: int


Condition: TypeAlias = Absent | Equals | AbsentOrBelow


def holds(condition: Condition, item: Item | None) -> bool:
    """Return whether the condition holds for what lies there (None: nothing)."""
    match condition:
        case Absent():
            return item is None
        case Equals(attribute, value):
            return item is not None and item.get(attribute) == value
        case AbsentOrBelow(attribute, value):
            return item is None or item[attribute] < value


def as_expression(condition: Condition) -> dict[str, Any]:
    """Return the condition as arguments of PutItem."""
    match condition:
        case Absent():
            return {"ConditionExpression": "attribute_not_exists(pk)"}
        case Equals(attribute, value):
            return {"ConditionExpression": "#a = :a", **_operands(attribute, value)}
        case AbsentOrBelow(attribute, value):
            text = "attribute_not_exists(pk) OR #a < :a"
            return {"ConditionExpression": text, **_operands(attribute, value)}


def _operands(attribute: str, value: int) -> dict[str, Any]:
    return {
        "ExpressionAttributeNames": {"#a": attribute},
        "ExpressionAttributeValues": to_wire({":a": value}),
    }
