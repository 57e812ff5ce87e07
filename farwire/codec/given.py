"""Checks of what somebody wrote as JSON: each returns the value, or raises a CodecError that names it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from farwire_codecs.errors import MalformedError, RangeError

T = TypeVar("T")

U32 = (1 << 32) - 1
_SHOWN = 60


def an_object(
    name: str, given: Any, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> dict[str, Any]:
    """Return an object that has all of the keys `required` and none but these and `optional`."""
    found = a_map(name, given)
    unknown = [key for key in found if key not in (*required, *optional)]
    if unknown:
        expected = ", ".join((*required, *optional))
        raise MalformedError(f"{name} has the unknown key {shown(unknown[0])}, expected {expected}")
    missing = [key for key in required if key not in found]
    if missing:
        raise MalformedError(f"{name} has no {missing[0]}, expected {', '.join(required)}")
    return found


def a_map(name: str, given: Any) -> dict[str, Any]:
    """Return an object whose keys are for others to check."""
    if not isinstance(given, dict):
        raise MalformedError(f"{name} is {shown(given)}, expected an object")
    return given


def a_list(name: str, given: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(given, list):
        raise MalformedError(f"{name} is {shown(given)}, expected a list")
    return given


def whole(name: str, given: Any, low: int = 0, high: int = U32) -> int:
    """Return an integer within low to high."""
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise RangeError(f"{name} is {shown(given)}, expected an integer from {low} to {high}")
    return given


def integer(name: str, given: Any) -> int:
    """Return an integer; its range is for others to check."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise RangeError(f"{name} is {shown(given)}, expected an integer")
    return given


def whole_key(name: str, given: str, low: int, high: int) -> int:
    """Return an integer that stands as a key of an object."""
    if not given.isascii() or not given.isdigit() or not low <= int(given) <= high:
        raise RangeError(f"{name} is {shown(given)}, expected {low} to {high}")
    return int(given)


def number(name: str, given: Any) -> float:
    """Return a number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise RangeError(f"{name} is {shown(given)}, expected a number")
    return given


def flag(name: str, given: Any) -> bool:
    """Return true or false."""
    if not isinstance(given, bool):
        raise RangeError(f"{name} is {shown(given)}, expected true or false")
    return given


def one_of(name: str, given: Any, choices: Mapping[str, T]) -> T:
    """Return what a name stands for."""
    if not isinstance(given, str) or given not in choices:
        raise RangeError(f"{name} is {shown(given)}, expected one of {', '.join(choices)}")
    return choices[given]


def octets(name: str, given: Any) -> bytes:
    """Return the bytes of a text of hex digits."""
    try:
        return bytes.fromhex(given)
    except (TypeError, ValueError):
        raise MalformedError(f"{name} is {shown(given)}, expected hex digits") from None


def same(name: str, given: Any, derived: Any) -> None:
    """Raise RangeError unless something that follows from other fields is what follows."""
    if given != derived:
        raise RangeError(f"{name} is {shown(given)}, but the fields beside it say {shown(derived)}")


def shown(given: Any) -> str:
    """Return a value as a message has it."""
    text = repr(given)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
