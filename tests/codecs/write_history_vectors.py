"""Writes the known answers of the history batch: tests/vectors/start_tables.json and history.json.

Run `python -m tests.codecs.write_history_vectors` when the start tables were trained anew or a case is added
below. What it writes is held beside a second decoder and a second coder by the tests.
"""

import json
from pathlib import Path
from typing import Any

from farwire_codecs import batch, contexts, schema_table
from farwire_codecs.start_tables import START
from tests.codecs import frames, second_history, second_table

VECTORS = Path(__file__).parent.parent / "vectors"
_CODED = "1 is a 1 and 0 a 0 that are even; 0@9000 is a 0 whose chance to be 1 was 9000/32768"

ROOM = {"schema_id": 5, "channels": [[1, 103], [2, 104]], "interval_s": 60}
VANE = {
    "schema_id": 7,
    "channels": [[1, 132], [2, 2], [3, 2]],
    "interval_s": 600,
    "shapes": [
        [45, 0, True, 1, 8, 2, 255, 0],
        [2, 1, False, 3, 250, 6, 255, 0],
        [2, 0, False, 2, -40, 4, 1, -12],
    ],
}
WIND = [
    [20, 0, [[180], [251], [-40]]],
    [21, 600, [[180], [262], [-48]]],
    [22, 1200, [[203], [270], [-55]]],
    [23, 1800, [[203], None, [-54]]],
]

CASES: list[dict[str, Any]] = [
    {
        "name": "carries one record",
        "schema": ROOM,
        "records": [[1000, 100, [[215], [93]]]],
        "tx_end_ms": 101500,
    },
    {
        "name": "carries four records and their schema, and wants an acknowledgement",
        "schema": {"schema_id": 1, "channels": [[1, 103]], "interval_s": 60},
        "records": [[1, 0, [[200]]], [2, 60, [[201]]], [3, 120, [[203]]], [4, 180, [[203]]]],
        "tx_end_ms": 181000,
        "acknowledgement_wanted": True,
        "inline_schema": True,
    },
    {
        "name": "carries gaps and missing values",
        "schema": {"schema_id": 9, "channels": [[0, 1], [7, 116]], "interval_s": 10},
        "records": [
            [10, 0, [[1], [3300]]],
            [11, 10, [[1], [3250]]],
            [12, 20, [None, [3250]]],
            [13, 45, [[0], [3300]]],
            [14, 45, [[0], None]],
            [15, 7255, [[0], [3400]]],
        ],
        "tx_end_ms": 8000000,
    },
    {
        "name": "carries a column in steps and one with a partner, and their shapes",
        "schema": VANE,
        "records": WIND,
        "tx_end_ms": 1800250,
        "inline_schema": True,
    },
    {
        "name": "carries one channel",
        "schema": VANE,
        "records": WIND,
        "tx_end_ms": 1800250,
        "only": 2,
    },
    {
        "name": "carries a value off its steps",
        "schema": VANE,
        "records": [*WIND, [24, 2400, [[181], [270], [-54]]]],
        "tx_end_ms": 2400000,
    },
    {
        "name": "builds on an acknowledged record",
        "schema": VANE,
        "base": WIND[:2],
        "records": WIND[2:],
        "tx_end_ms": 1800250,
    },
    {
        "name": "builds on a record before the one before, at another interval",
        "schema": VANE,
        "base": WIND[:1],
        "records": [[22, 700, WIND[2][2]], [23, 1400, WIND[3][2]]],
        "tx_end_ms": 1400000,
    },
]


def main() -> None:
    """Write both files."""
    starts = {
        "source": "farwire_codecs/start_tables.py; what they mean: codecs/README.md",
        "contexts": start_tables(),
    }
    _write("start_tables.json", starts)
    source = f"Bytes by farwire_codecs, explained by tests/codecs/second_history.py. In `code`, {_CODED}."
    _write("history.json", {"source": source, "cases": [_explained(case) for case in CASES]})


def start_tables() -> dict[str, str]:
    """Return the codec's start tables, part by part."""
    parts = (
        (0, "not 0"),
        (contexts.SIGN, "positive"),
        (contexts.LENGTH, "longer"),
        (contexts.MANTISSA, "bits"),
    )
    ends = [at for at, _ in parts[1:]] + [contexts.TABLE]
    found = {}
    for table, name in ((contexts.EVEN, "even"), (contexts.UNEVEN, "uneven"), (contexts.RARE, "rare")):
        for (at, part), end in zip(parts, ends, strict=True):
            found[f"{name}, {part}"] = START[table + at : table + end].hex()
    return found | {"presence": START[contexts.CHANGED :].hex()}


def _explained(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with its frame, and the frame explained."""
    defaults = {"acknowledgement_wanted": False, "inline_schema": False, "only": -1, "base": []}
    case = {"name": case["name"], "frame": "history", **defaults, **case}
    frame = frames.encoded(case)
    schema = frames.schema_of(case)
    decoded = batch.decode(frame, lambda _: schema, lambda *_: frames.base_of(case))
    case["message"] = {"records": decoded.records, "base": decoded.base}
    code: list[list[str]] = []

    def trace(meaning: str, steps: list[tuple[int, int | None]]) -> None:
        code.append([" ".join(str(bit) if p is None else f"{bit}@{p}" for bit, p in steps), meaning])

    second_history.decode(frame, second_table.known(schema), frames.second_base_of(case), trace)
    head = _head(case, schema_table.to_bytes(schema), frame)
    case |= {"bytes": head, "code": code, "hex": frame.hex()}
    return case


def _head(case: dict[str, Any], table: bytes, frame: bytes) -> list[list[str]]:
    flags = [
        name
        for bit, name in enumerate(
            ("acknowledgement wanted", "inline table", "carried", "one channel", "off grid")
        )
        if frame[0] >> bit & 1
    ]
    head = [[frame[:1].hex(), f"header: {', '.join(flags) or 'no flags'}"]]
    if case["base"]:
        return [*head, [frame[1:2].hex(), f"base {case['base'][-1][0]}"], [frame[2:3].hex(), "its check"]]
    head.append([frame[1:2].hex(), f"schema {case['schema']['schema_id']}"])
    if case["inline_schema"]:
        head.append([table.hex(), "its table"])
    if case["only"] >= 0:
        head.append([f"{case['only']:02x}", f"channel {case['only']} of the schema"])
    return head


def _write(name: str, content: dict[str, Any]) -> None:
    (VECTORS / name).write_text(_pretty(content, "") + "\n")


def _pretty(value: Any, indent: str) -> str:
    """Return JSON with everything on one line that fits there."""
    line = json.dumps(value)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= 100:
        return line
    if isinstance(value, list):
        parts = [_pretty(part, indent + " ") for part in value]
    else:
        parts = [f"{json.dumps(key)}: {_pretty(part, indent + ' ')}" for key, part in value.items()]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return opening + ",".join(f"\n{indent} {part}" for part in parts) + f"\n{indent}{closing}"


if __name__ == "__main__":
    main()
