"""A second decoder of the history batch, and a second coder, written from codecs/README.md with no thrift.

Nothing is shared with farwire_codecs, so that an error in both encoder and decoder of that cannot hide.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from tests.codecs.second_table import AXES, RefusedError, limits, refuse, table

START = Path(__file__).parent.parent / "vectors" / "start_tables.json"

Bit = Callable[..., int]


# --- what is learned


def fresh(schema: dict[str, Any], only: int | None = None, off_grid: bool = False) -> dict[str, Any]:
    """Return what is known before the first record."""
    wide = [len(AXES[type_id]) for _, type_id in schema["channels"]]
    shapes = schema["shapes"] or [_unknown(a) for _, kind in schema["channels"] for a in AXES[kind]]
    chosen = range(len(wide)) if only is None else [only]
    columns = {}
    for channel in chosen:
        for place in range(wide[channel]):
            at = sum(wide[:channel]) + place
            axis = AXES[schema["channels"][channel][1]][place]
            columns[at] = dict(shapes[at], channel=channel, limits=limits(axis), x=None, residual=0, d=0)
    for column in columns.values():
        if column["partner"] not in columns or off_grid:
            column["partner"] = -1
        if off_grid and column["step2"] != 2:
            step2, column["step2"] = column["step2"], 2
            column["reference"] = (column["reference"] * step2 + 1) // 2
            for name in ("scale", "spread"):
                column[name] = min(12, column[name] + (step2 // 2).bit_length() - 1)
        column["magnitude"] = 24 * 2 ** column["scale"] // 2 if column["scale"] else 0
    return {
        "contexts": [[256 * t, 6] if t else [32768, 1] for t in starts()],
        "columns": columns,
        "present": dict.fromkeys(chosen, 1),
    }


def start_tables() -> dict[str, str]:
    """Return the start tables of the specification, part by part."""
    parts: dict[str, str] = json.loads(START.read_text())["contexts"]
    return parts


@cache
def starts() -> bytes:
    """Return a byte for each context."""
    return bytes.fromhex("".join(start_tables().values()))


def _unknown(axis: tuple[int, bool]) -> dict[str, int]:
    return {
        **dict.fromkeys(("predictor", "uneven", "reference", "weight"), 0),
        "scale": 5,
        "spread": 8 if axis[0] == 8 else 12,
        "step2": 2,
        "partner": -1,
    }


def check(number: int, model: dict[str, Any]) -> int:
    """Return the check of a base."""
    integers = [chance for chance, _ in model["contexts"]]
    for column in model["columns"].values():
        x = column["x"]
        integers += (
            [0, 0, 0, column["magnitude"], 0]
            if x is None
            else [1, x, column["y"], column["magnitude"], column["residual"]]
        )
    t = number % 2**24
    for integer in integers + list(model["present"].values()):
        t = (31 * t + integer) % 2**24
    return (t ^ t // 2**8 ^ t // 2**16) % 256


def learn(contexts: list[list[int]], at: int, bit: int) -> int:
    """Return the chance of a 1 in 1/32768, and let the context learn from the bit."""
    c, n = contexts[at]
    contexts[at] = [
        c + 2 * (65536 - c) // (2 * n + 3) if bit else c - 2 * c // (2 * n + 3),
        min(n + 1, 60),
    ]
    return c // 2


# --- the code: a "bit" is a function of (context) or (chance=...) or (), and, where it is written, what it is


def reader(
    octets: list[int], contexts: list[list[int]], seen: list[tuple[int, int | None]]
) -> tuple[Bit, Callable[[], None]]:
    """Return a function that reads a bit, and one that refuses a frame which does not end here.

    Each bit is added to `seen` with its chance.
    """
    feed = [*octets, 0, 0]
    refuse("cut", len(feed) >= 3)
    c, r, used = int.from_bytes(bytes(feed[:3]), "big"), 2**24 - 1, 3
    refuse("start", c < r)

    def bit(context: int | None = None, chance: int | None = None) -> int:
        nonlocal c, r, used
        p = contexts[context][0] // 2 if context is not None else chance
        bound = r // 2 if p is None else r // 512 * p // 64
        one = int(c < bound)
        seen.append((one, p))
        c, r = (c, bound) if one else (c - bound, r - bound)
        if context is not None:
            learn(contexts, context, one)
        while r < 2**16:
            refuse("cut", used < len(feed))
            c, r, used = 256 * c + feed[used], 256 * r, used + 1
        return one

    def end() -> None:
        m = used - len(octets)
        refuse("goes on", m > 0)
        refuse("cut", c + 256**m <= r)
        refuse("not the least", c < 256**m)
        refuse("too long", m == 2 or (c - 256 * octets[-1]) % 2**16 + 2**16 > r)

    return bit, end


def coded(steps: Iterable[tuple[int, int | None]]) -> bytes:
    """Return the code of bits, each with the chance of a 1 in 1/32768, None where it is even.

    The interval's low end is one integer of any size, so nothing is carried.
    """
    low, r, shifts = 0, 2**24 - 1, 3
    for one, p in steps:
        bound = r // 2 if p is None else r // 512 * p // 64
        low, r = (low, bound) if one else (low + bound, r - bound)
        while r < 2**16:
            low, r, shifts = 256 * low, 256 * r, shifts + 1
    for left in (2, 1):
        unit = 256**left
        value = -(-low // unit)
        if (value + 1) * unit <= low + r:
            return value.to_bytes(shifts - left, "big")
    raise AssertionError("two bytes always do")


def _even(bit: Bit, k: int) -> int:
    value = 0
    for _ in range(k):
        value = 2 * value + bit()
    return value


def _natural(bit: Bit) -> int:
    k = _even(bit, 5)
    return int(2**k + _even(bit, k))


def _scale(magnitude: int) -> int:
    return min(12, len(bin(magnitude // 16)) - 2 if magnitude >= 16 else 0)


def _grown(magnitude: int, residual: int) -> int:
    return magnitude + (256 * min(abs(residual), 2**18) - magnitude) // 8


def _residual(bit: Bit, first: int, scale: int, last: int, lean: int) -> int:
    if not bit(first + 3 * scale + min(abs(last), 2)):
        return 0
    sign = 1 if bit(first + 39 + 3 * lean + (last > 0) + (last >= 0)) else -1
    bits = 0
    while bit(first + 48 + 10 * scale + min(bits, 9)):
        bits += 1
        refuse("difference", bits < 33)
    size = 1
    if bits > 0:
        size = 2 + bit(first + 178 + 3 * min(bits, 6) - 3)
    if bits > 1:
        size = 2 * size + bit(first + 178 + 3 * min(bits, 6) - 2 + size % 2)
    for _ in range(bits - 2):
        size = 2 * size + bit()
    return sign * size


# --- records


def observe(model: dict[str, Any], values: list[list[int] | None]) -> None:
    """Learn from a record that both ends have, as if it were coded; `values` by channel."""
    contexts = model["contexts"]
    now = {channel: int(values[channel] is not None) for channel in model["present"]}
    changed = now != model["present"]
    presence = _told(contexts, [int(changed), *(now.values() if changed else ())])

    def told(step: int) -> Bit:
        return _told(contexts, _bits_of(step))

    row(presence, model, values, told)


def _told(contexts: list[list[int]], bits: list[int]) -> Bit:
    """Return a "bit" that is told what it reads."""
    queue = iter(bits)

    def bit(context: int | None = None) -> int:
        one = next(queue)
        if context is not None:
            learn(contexts, context, one)
        return one

    return bit


def _bits_of(residual: int) -> list[int]:
    if not residual:
        return [0]
    digits = [int(digit) for digit in f"{abs(residual):b}"[1:]]
    return [1, int(residual > 0), *(1 for _ in digits), 0, *digits]


def row(
    bit: Bit,
    model: dict[str, Any],
    given: list[list[int] | None] | None = None,
    told: Callable[[int], Bit] | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> dict[int, list[int]]:
    """Return the values of the next record by channel; `given` and `told` where it is only observed."""
    present = model["present"]
    if bit(588):
        now = {channel: bit(589 + before) for channel, before in present.items()}
        refuse("presence", now != present)
        model["present"] = present = now
    note(f"channels with a value: {', '.join(str(channel) for channel in present if present[channel])}")
    values: dict[int, list[int]] = {channel: [] for channel in present if present[channel]}
    for column in model["columns"].values():
        if not present[column["channel"]]:
            column["d"] = 0
            continue
        prediction, table_at, scale, last, lean = _expected(column, model["columns"])
        if given is not None and told is not None:
            place = len(values[column["channel"]])
            step = 2 * given[column["channel"]][place] // column["step2"]
            bit = told(step - prediction)
        step = prediction + _residual(bit, table_at, scale, last, lean)
        _move(column, step, step - prediction)
        value = (step * column["step2"] + 1) // 2
        refuse("value", column["limits"][0] <= value <= column["limits"][1])
        values[column["channel"]].append(value)
        note(f"channel {column['channel']}: {value}, step {step} where {prediction} was expected")
    return values


def _expected(column: dict[str, Any], columns: dict[int, dict[str, Any]]) -> tuple[int, int, int, int, int]:
    """Return the predicted step, and how its residual is coded: table, scale, last residual, lean."""
    x = column["x"]
    if x is None:
        return column["reference"], 392, column["spread"], 2, 1
    partner = columns[column["partner"]]["d"] if column["partner"] >= 0 else 0
    q = 8 * column["predictor"] * (x - column["y"]) + column["weight"] * partner + 8
    prediction, lean = x + q // 16, 2 if q % 16 > 10 else 0 if q % 16 < 6 else 1
    low, high = (2 * limit // column["step2"] for limit in column["limits"])
    if prediction != min(max(prediction, low), high):
        prediction, lean = min(max(prediction, low), high), 1
    return prediction, 196 * column["uneven"], _scale(column["magnitude"]), column["residual"], lean


def _move(column: dict[str, Any], step: int, residual: int) -> None:
    x = column["x"]
    if x is None:
        column.update(x=step, y=step, d=0)
        return
    grown = _grown(column["magnitude"], residual)
    column.update(magnitude=grown, residual=residual, d=step - x, y=x, x=step)


def decode(
    payload: bytes,
    mine: dict[str, Any] | None,
    base: tuple[int, dict[str, Any]] | None = None,
    trace: Callable[[str, list[tuple[int, int | None]]], None] = lambda *_: None,
) -> dict[str, Any]:
    """Return the batch as plain values, or raise RefusedError.

    `mine`: the receiver's schema as {"channels", "interval", "shapes"}; `base`: record number and what is
    learned until then, for a batch that builds on it. `trace` is called for each part of the code with what
    it means and its bits, each with the chance of a 1 in 1/32768, None where it is even.
    """
    octets = list(payload)
    try:
        return _decode(octets, mine, base, trace)
    except IndexError:
        raise RefusedError("cut") from None


def _decode(
    octets: list[int],
    schema: dict[str, Any] | None,
    base: tuple[int, dict[str, Any]] | None,
    trace: Callable[[str, list[tuple[int, int | None]]], None],
) -> dict[str, Any]:
    flags, schema_id, only = octets.pop(0), None, None
    refuse("header", flags < 32)
    if flags & 4:
        refuse("flags", not flags & 26)
        assert base is not None
        model = base[1]
        refuse("base", [octets.pop(0), octets.pop(0)] == [base[0] % 256, check(*base)])
    else:
        schema_id = octets.pop(0)
        schema = table(octets) if flags & 2 else schema
        assert schema is not None
        only = octets.pop(0) if flags & 8 else None
        refuse("channel", only is None or only < len(schema["channels"]))
        model = fresh(schema, only, bool(flags & 16))
    assert schema is not None
    seen: list[tuple[int, int | None]] = []
    bit, end = reader(octets, model["contexts"], seen)

    def note(meaning: str) -> None:
        trace(meaning, list(seen))
        seen.clear()

    number = _natural(bit) if not flags & 4 else base[0] + 1 + (_natural(bit) if bit() else 0)  # type: ignore[index]
    note(f"record {number}")
    interval = _natural(bit) - 1 if bit() else schema["interval"]
    note(f"every {interval} s")
    seconds = magnitude = last = 0
    rows: list[tuple[int, dict[int, list[int]]]] = []
    while True:
        if rows:
            last = _residual(bit, 392, _scale(magnitude), last, 1)
            magnitude = _grown(magnitude, last)
            refuse("time", 0 <= interval + last < 2**31)
            seconds += interval + last
            note(f"record {number + len(rows)}, {interval + last} s later")
        rows.append((seconds, row(bit, model, note=note)))
        ended = bit(chance=32768 // (len(rows) + 16))
        note("the last record" if ended else "one more record")
        if ended:
            break
        refuse("records", len(rows) < 1024)
    age = _natural(bit) - 1
    note(f"{age}/8 s old")
    end()
    refuse("numbers", number + len(rows) <= 2**32)
    channels = range(len(schema["channels"]))
    return {
        "schema_id": schema_id,
        "schema": schema,
        "wanted": flags % 2 == 1,
        "only": only,
        "records": [
            (number + at, 125 * age + 1000 * (seconds - then), [values.get(channel) for channel in channels])
            for at, (then, values) in enumerate(rows)
        ],
    }
