"""The examples that publishers give with their codec files, and whether a file does what they say. Host only.

Two forms are read: the codec document of The Things Network's device repository (`uplinkDecoder`,
`downlinkEncoder`, `downlinkDecoder`, each with `examples`), and the list that goes with TS013 drivers (`type`
`uplink`, `downlink-encode` or `downlink-decode`; bytes in hex; a few texts that stand for whatever comes).
"""

import binascii
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from farwire_codecs.ts013 import Codec
from farwire_codecs.ts013_errors import ScriptError

_SECTIONS = {
    "uplinkDecoder": "decodeUplink",
    "downlinkEncoder": "encodeDownlink",
    "downlinkDecoder": "decodeDownlink",
}
_TYPES = {"uplink": "decodeUplink", "downlink-encode": "encodeDownlink", "downlink-decode": "decodeDownlink"}
_CLOSE = 1e-9  # relative: examples are written in decimal
_ANYTHING = ("XXXX-XX-XXTXX:XX:XX.XXXZ", "SKIP_NUMBER")  # where the output holds the time of the call
_MORE_THAN_MS = re.compile(r"^(.*T.*\.\d{3})\d+Z$")  # a Date has no more


@dataclass(frozen=True, slots=True)
class Example:
    """What a function shall return for an input, both as the function sees them."""

    function: str
    description: str
    value: dict[str, Any]
    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that a file does not fulfil."""

    example: Example
    cause: str


@dataclass(frozen=True, slots=True)
class Report:
    """How a file does on its examples."""

    passed: int
    failures: tuple[Failure, ...]


def examples_of(document: Any) -> list[Example]:
    """Return the examples of a publisher's document; raises ValueError for one of another form."""
    try:
        return list(_of_list(document) if isinstance(document, list) else _of_sections(document))
    except (KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ValueError(f"examples are not of a known form: {type(error).__name__}: {error}") from error


def check_examples(codec: Codec, examples: list[Example]) -> Report:
    """Return which examples a codec fulfils."""
    causes = [(example, _cause(codec, example)) for example in examples]
    failures = tuple(Failure(example, cause) for example, cause in causes if cause)
    return Report(len(causes) - len(failures), failures)


def _of_sections(document: dict[str, Any]) -> Iterator[Example]:
    for section, function in _SECTIONS.items():
        for each in (document.get(section) or {}).get("examples") or ():
            description = str(each.get("description", ""))
            output = _plain(each["output"])
            yield Example(function, description, _input(each["input"]), output)
            if "normalizedOutput" in each:
                normalized = _plain(each["normalizedOutput"])
                yield Example("normalizeUplink", description, {"data": output.get("data")}, normalized)


def _of_list(document: list[Any]) -> Iterator[Example]:
    for each in document:
        output = _plain(each["output"])
        if isinstance(output.get("bytes"), str):
            output["bytes"] = _bytes(output["bytes"])
        function = _TYPES[each["type"]]
        if function != "encodeDownlink" and not output.keys() & {"data", "errors", "warnings"}:
            output = {"data": output}  # an older form of the list
        yield Example(function, str(each.get("description", "")), _input(each["input"]), output)


def _input(given: dict[str, Any]) -> dict[str, Any]:
    value = {key: _plain(each) for key, each in given.items()}
    if "bytes" in value:
        value["bytes"] = _bytes(value["bytes"])
    received = value.pop("time", None) or value.get("recvTime")
    if isinstance(received, str):
        value["recvTime"] = _ms(received)
    return value


def _bytes(given: Any) -> list[int]:
    return list(binascii.unhexlify(given)) if isinstance(given, str) else given


def _ms(text: str) -> int:
    at = datetime.fromisoformat(text)
    return math.floor((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _plain(value: Any) -> Any:
    """Return YAML's value as JSON's: its times as the text of a Date."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _cause(codec: Codec, example: Example) -> str:
    """Return why a codec does not fulfil an example; nothing if it does."""
    try:
        output = codec.output(example.function, example.value)
    except ScriptError as error:
        return str(error)
    if example.function == "normalizeUplink":
        output, expected = _listed(output), _listed(example.output)
    else:
        expected = example.output
    keys = [key for key in ("errors", "data", "bytes", "fPort", "warnings") if key in output | expected]
    if output.get("errors") and expected.get("errors"):
        keys = ["errors"]  # what else a function returns then has no meaning
    for key in keys:
        difference = _difference(key, output.get(key), expected.get(key))
        if difference:
            return difference
    return ""


def _listed(output: dict[str, Any]) -> dict[str, Any]:
    """Return a normalised output with its measurements as a list; one alone may stand without."""
    data = output.get("data")
    return output if data is None or isinstance(data, list) else output | {"data": [data]}


def _difference(name: str, found: Any, expected: Any) -> str:
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            difference = _difference(f"{name}.{key}", found.get(key), expected.get(key))
            if difference:
                return difference
        return ""
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        differences = (
            _difference(f"{name}.{i}", *pair) for i, pair in enumerate(zip(found, expected, strict=True))
        )
        return next(filter(None, differences), "")
    if _same(found, expected):
        return ""
    return f"{name} is {str(found)[:200]!r}, the example says {str(expected)[:200]!r}"


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float):
        # A document can say NaN, the output of a codec cannot.
        return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    if isinstance(expected, str) and isinstance(found, str | int | float):
        return found == _MORE_THAN_MS.sub(r"\1Z", expected) or expected in _ANYTHING
    if isinstance(expected, float) and not math.isfinite(expected):
        return found is None
    return bool(found == expected) or (
        not found and not expected and type(found) in _EMPTY and type(expected) in _EMPTY
    )


_EMPTY = (type(None), list)  # no warnings, and an empty list of them
