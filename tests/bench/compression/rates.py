"""How fast history is encoded and decoded, and how much heap a board needs for it.

One batch of 222 bytes with nine channels: those of the synthetic tank, office and vibration sensor as if one
node had them all.
"""

import time
from collections.abc import Callable

from cayennelpp import LppFrame

from farwire_codecs import batch, ports, schema_table
from farwire_codecs.batch import Record
from farwire_codecs.schema import Schema
from tests import micropython
from tests.bench.compression import ours, unseen
from tests.bench.compression.lpp_time import LppTime
from tests.bench.compression.series import Series
from tests.codecs.javascript_engine import Engine

LIMIT = 222
ROUNDS = 5
ROUND_S = 0.1
_OFFERED = 150  # records, more than the batch takes
_TRAINING = 600

_SETUP = """
import time
from farwire_codecs import batch
from farwire_codecs.batch import Record
from farwire_codecs.schema import Channel, Schema, Shape
"""
_TIMED = """
start = time.ticks_us()
for _ in range({calls}):
    payload, count = {call}
print(time.ticks_us() - start, count, payload.hex())
"""
_CALLS = 10


def main() -> None:
    """Print the figures."""
    plant = nine_channels()
    known = ours.schema_of(plant.rows(0, _TRAINING), plant.rows(0, _TRAINING))
    records = ours.records_of(plant.rows(_TRAINING, _TRAINING + _OFFERED))
    records = records[: encode(known, records)[1]]
    payload, count = encode(known, records)
    readings = count * len(known.channels)
    print(
        f"\nOne batch: {count} records of {len(known.channels)} channels in {len(payload)} bytes, readings/s"
    )
    _print_cpython(known, records, payload, readings, plant)
    _print_quickjs(known, records, payload)
    _print_micropython(known, records, payload)


def nine_channels() -> Series:
    """Return a series of nine channels."""
    tank, office, vibration, _ = unseen.unseen()
    return Series("plant", 60, tank.times, (*tank.columns, *office.columns, *vibration.columns))


def encode(known: Schema, records: list[Record]) -> tuple[bytes, int]:
    """Return a batch of as many of the records as fit."""
    return batch.encode(known, records, _end_ms(records), LIMIT)


def _end_ms(records: list[Record]) -> int:
    end_ms: int = 1000 * records[-1].time_s + ours.AFTER_MS
    return end_ms


def _print_cpython(
    known: Schema, records: list[Record], payload: bytes, readings: int, plant: Series
) -> None:
    find = {known.schema_id: known}.get
    rows_of_lpp = LppTime(plant)
    width = len(known.channels)
    live = rows_of_lpp.rows(_TRAINING, 1)  # pycayennelpp has no history: one row with its time in each frame
    decoded = [(record.number, record.values) for record in batch.decode(payload, find).records]
    assert decoded == [(record.number, record.values) for record in records], "other records came back"
    rates = {
        "encode, farwire_codecs, CPython": readings * _calls_per_s(lambda: encode(known, records)),
        "decode, farwire_codecs, CPython": readings * _calls_per_s(lambda: batch.decode(payload, find)),
        "decode LPP frames, pycayennelpp": width
        * _calls_per_s(lambda: [item.value for item in LppFrame.from_bytes(live).data]),
    }
    for name, rate in rates.items():
        print(f"  {name:<44}{rate:>12,.0f}")


def _print_quickjs(known: Schema, records: list[Record], payload: bytes) -> None:
    table = bytes([known.schema_id]) + schema_table.to_bytes(known)
    variables = {"farwire_schema": table.hex()}
    engine = Engine()
    answer = engine.decode_uplink(ports.HISTORY, payload, variables)
    name = "decode, codecs/chirpstack/farwire.js, QuickJS"
    if answer.get("errors"):
        print(f"  {name:<44}  refused: {answer['errors']}")
        return
    shown = [
        (
            record["number"],
            {int(at): raw for by_channel in record["raw"].values() for at, raw in by_channel.items()},
        )
        for record in answer["data"]["history"]["records"]
    ]
    sent = [(record.number, {at: raw for at, (raw,) in enumerate(record.values, 1)}) for record in records]
    assert shown == sent, "QuickJS decoded other records"
    readings = len(records) * len(known.channels)
    many = [(ports.HISTORY, payload, variables)] * 10
    rate = 10 * readings * _calls_per_s(lambda: list(engine.decode_uplinks(many)))
    print(f"  {name:<44}{rate:>12,.0f}   (ten frames a call, with their JSON)")


def _print_micropython(known: Schema, records: list[Record], payload: bytes) -> None:
    call = f"batch.encode(known, records, {_end_ms(records)}, {LIMIT})"
    bare, imported, held, *encoded, timed = micropython.run_pieces(
        [
            "",
            _SETUP,
            f"known = {known!r}\nrecords = {records!r}\n",
            *[f"payload, count = {call}\n" for _ in range(3)],
            _TIMED.format(calls=_CALLS, call=call),
        ],
        [micropython.CODECS],
        compiled=True,
    )
    spent_us, count, frame = timed.stdout.split()
    assert bytes.fromhex(frame) == payload, "MicroPython encoded another payload"
    rate = _CALLS * int(count) * len(known.channels) * 1e6 / int(spent_us)
    print(f"  {'encode, farwire_codecs, MicroPython':<44}{rate:>12,.0f}   (WebAssembly in node, no board)")
    peak = max(piece.peak_bytes for piece in encoded) - held.live_bytes
    print("MicroPython heap in bytes (cells as on a 32-bit board; nothing is freed while it encodes):")
    print(f"  peak of encoding this batch, above its input  {peak:>8,}   at most 12,288: {_verdict(peak)}")
    print(f"  the records                                   {held.live_bytes - imported.live_bytes:>8,}")
    print(f"  the codec, 0 where it is frozen into flash    {imported.live_bytes - bare.live_bytes:>8,}")


def _verdict(peak: int) -> str:
    return "met" if peak <= 12 * 1024 else "NOT met"


def _calls_per_s(call: Callable[[], object]) -> float:
    """Return the calls a second of the best of some rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        calls = 0
        start = time.perf_counter()
        while (spent := time.perf_counter() - start) < ROUND_S:
            call()
            calls += 1
        best = max(best, calls / spent)
    return best


if __name__ == "__main__":
    main()
