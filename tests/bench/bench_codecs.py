"""Codecs: Cayenne LPP beside pycayennelpp in one run, and how many bytes a reading of history takes."""

import csv
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

from cayennelpp import LppFrame

from farwire_codecs import batch, lpp
from farwire_codecs.lpp_types import to_raw, to_values
from farwire_codecs.schema import Channel, Schema, plain

DATA = Path(os.environ.get("FARWIRE_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))

# Column -> (LPP type, factor to its integer); the table of the data's own README.
SERIES: dict[str, dict[str, tuple[int, float]]] = {
    "lora_leaf_node": {"temperature_c": (103, 10), "humidity_pct": (104, 2), "battery_v": (116, 100)},
    "weather_station": {
        "temperature_c": (103, 10),
        "humidity_pct": (104, 2),
        "pressure_hpa": (115, 10),
        "wind_kmh": (2, 10),
        "wind_dir_16": (132, 22.5),
        "battery_v": (116, 100),
    },
    "machine_temperature": {"temperature_f": (103, 10)},
    "mains_power": {
        "voltage_v": (116, 100),
        "current_a": (117, 1000),
        "active_kw": (128, 1000),
        "reactive_kvar": (128, 1000),
    },
}
GRID_S = {"weather_station": 600}  # a node samples on its own grid; the recording jitters
ROWS = 6000
BACKLOG = 1000  # records that a node offers to the encoder at a time
_ROUND_S = 0.3
_ROUNDS = 5


def main() -> None:
    """Print the figures."""
    print("Cayenne LPP, items per second, one process, best of five rounds taken in turn")
    _lpp()
    print("History batch, bytes per reading (whole payload, each decodes alone, every time exact)")
    if DATA.is_dir():
        _history()
    else:
        print(f"  skipped: there are no recorded series in {DATA} (FARWIRE_DATA names the folder)")


def _lpp() -> None:
    def encode_theirs() -> bytes:
        frame = LppFrame()
        frame.add_temperature(1, 27.2)
        frame.add_humidity(2, 41.5)
        frame.add_barometer(3, 1013.2)
        frame.add_voltage(4, 3.61)
        frame.add_analog_input(5, -12.34)
        frame.add_accelerometer(6, 1.234, -1.234, 0.0)
        frame.add_power(7, 3450)
        return bytes(frame)

    values = [
        (1, 103, (27.2,)),
        (2, 104, (41.5,)),
        (3, 115, (1013.2,)),
        (4, 116, (3.61,)),
        (5, 2, (-12.34,)),
        (6, 113, (1.234, -1.234, 0.0)),
        (7, 128, (3450,)),
    ]
    items = [lpp.Item(channel, type_id, to_raw(type_id, physical)) for channel, type_id, physical in values]
    frame = lpp.encode_dynamic(items)
    assert lpp.decode_dynamic(frame) == items

    def encode_ours_from_values() -> bytes:
        return lpp.encode_dynamic([lpp.Item(c, t, to_raw(t, physical)) for c, t, physical in values])

    def decode_ours_to_values() -> list[tuple[float, ...]]:
        return [to_values(type_id, raw) for _, type_id, raw in lpp.decode_dynamic(frame)]

    rates = _rates(
        {
            "decode to integers, farwire_codecs": lambda: lpp.decode_dynamic(frame),
            "decode to values, farwire_codecs": decode_ours_to_values,
            "decode to values, pycayennelpp": lambda: [
                item.value for item in LppFrame.from_bytes(frame).data
            ],
            "encode from integers, farwire_codecs": lambda: lpp.encode_dynamic(items),
            "encode from values, farwire_codecs": encode_ours_from_values,
            "encode from values, pycayennelpp": encode_theirs,
        }
    )
    for name, rate in rates.items():
        theirs = rates[f"{name.split()[0]} {'to' if name.startswith('d') else 'from'} values, pycayennelpp"]
        print(f"  {name:<40}{rate * len(items):>12,.0f}   {rate / theirs:5.1f} x pycayennelpp")


def _rates(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return calls per second of each: the best of some rounds, taken in turn so that load hits all alike."""
    best = dict.fromkeys(contenders, 0.0)
    for _ in range(_ROUNDS):
        for name, call in contenders.items():
            calls = 0
            start = time.perf_counter()
            while (spent := time.perf_counter() - start) < _ROUND_S / len(contenders):
                for _ in range(100):
                    call()
                calls += 100
            best[name] = max(best[name], calls / spent)
    return best


def _history() -> None:
    means: dict[int, list[float]] = {51: [], 222: []}
    for name, columns in SERIES.items():
        schema = plain(1, tuple(Channel(n + 1, type_id) for n, (type_id, _) in enumerate(columns.values())))
        records = _records(name)
        for limit, sizes in means.items():
            payloads, offered = _sent(schema, records, limit)
            readings = len(schema.channels) * sum(offered)
            start = time.perf_counter()
            received = [batch.decode(payload, {1: schema}.get) for payload in payloads]
            spent = time.perf_counter() - start
            values = [record.values for message in received for record in message.records]
            assert values == [record.values for record in records[: len(values)]]
            size = sum(len(payload) for payload in payloads) / readings
            sizes.append(size)
            print(
                f"  {name:<20}{limit:>4} bytes: {size:.3f} ({readings / len(payloads):.0f} readings "
                f"a payload, decoded {readings / spent:,.0f} readings/s)"
            )
    for limit, sizes in means.items():
        print(f"  mean of the {len(sizes):<8}{limit:>4} bytes: {sum(sizes) / len(sizes):.3f}")


def _sent(schema: Schema, records: list[batch.Record], limit: int) -> tuple[list[bytes], list[int]]:
    """Return the payloads that carry all records, and their counts; not the last one, which is not full."""
    payloads: list[bytes] = []
    counts: list[int] = []
    first = 0
    while first < len(records):
        offered = records[first : first + BACKLOG]
        _, count = batch.encode(schema, offered, 1000 * offered[-1].time_s + 2000, limit, False, False)
        sent = offered[:count]
        payload, _ = batch.encode(schema, sent, 1000 * sent[-1].time_s + 2000, limit, False, False)
        payloads.append(payload)
        counts.append(count)
        first += count
    return payloads[:-1], counts[:-1]


def _records(name: str) -> list[batch.Record]:
    """Return records of a series: its rows after the first fifth (6,000 at most), which others train on."""
    grid_s = GRID_S.get(name, 1)
    rows: list[tuple[int, tuple[tuple[int, ...], ...]]] = []
    with (DATA / f"{name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            time_s = round(int(row["time"]) / grid_s) * grid_s
            if rows and time_s <= rows[-1][0]:
                continue
            columns = SERIES[name].items()
            values = tuple((math.floor(float(row[column]) * by + 0.5),) for column, (_, by) in columns)
            rows.append((time_s, values))
    start = min(ROWS, len(rows) // 5)
    taken = rows[start : start + ROWS]
    return [batch.Record(n + 1, time_s - taken[0][0], values) for n, (time_s, values) in enumerate(taken)]


if __name__ == "__main__":
    main()
