"""A message as people read it: aligned columns, values beside the integers on air."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_GAP = "  "
_LONGEST_CELL = 72  # characters; a log's text can be longer


def table(message: Mapping[str, Any]) -> str:
    """Return the lines of a message as JSON has it: its head, its fields, and a table of each list in it."""
    body = {key: value for key, value in message.items() if key not in ("port", "frame")}
    lines = [f"port {message['port']}  {message['frame']}"]
    if "records" in body:
        body["records"] = _records(body)
    scalars = [(key, value) for key, value in _flat("", body) if value is not None and not _is_rows(value)]
    lines += ["  " + line for line in aligned([[key, cell(value)] for key, value in scalars])]
    for key, value in _flat("", body):
        if _is_rows(value):
            lines += [f"  {key}"] + ["    " + line for line in rows(value)]
    return "\n".join(lines)


def rows(objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table of objects, under the names of their keys."""
    names: list[str] = []
    for each in objects:
        names += [name for name in each if name not in names]
    return aligned([names] + [[cell(each.get(name)) for name in names] for each in objects])


def aligned(cells: Iterable[Sequence[str]]) -> list[str]:
    """Return lines of columns as wide as their widest cell."""
    listed = list(cells)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in listed
    ]


def _records(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a history's records with a column for each channel."""
    channels = body["schema"]["channels"]
    heads = [
        f"{each['channel']} {each['name']}" + (f" {each['unit']}" if "unit" in each else "")
        for each in channels
    ]
    found = []
    for record in body["records"]:
        row = {"number": cell(record["number"]), "age_s": cell(record["age_s"])}
        for at, head in enumerate(heads):
            name = head if heads.count(head) == 1 else f"{head} ({at})"
            row[name] = _with_raw(record["values"][at], record["raw"][at])
        found.append(row)
    return found


def _with_raw(value: Any, raw: Any) -> str:
    return "" if raw is None else cell(value) if value == raw else f"{cell(value)} ({cell(raw)})"


def _flat(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), each)
    else:
        yield name, value


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def cell(value: Any) -> str:
    """Return a value's text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return " ".join(f"{key} {cell(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(cell, value)) or "none"
    text = str(value).replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "..."
