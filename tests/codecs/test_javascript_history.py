"""decodeUplink of codecs/chirpstack/farwire.js on FPort 210: what farwire_codecs reads, and in time."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch_decoder, batch_encoder, ports, schema_table
from farwire_codecs.batch_layout import CARRIED, INLINE_SCHEMA, MAXIMUM_RECORDS, Batch, Record
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_types import TYPES
from farwire_codecs.schema import NO_PARTNER, Channel, Schema, Shape, plain
from tests.codecs import javascript_histories as histories
from tests.codecs import javascript_wanted as wanted
from tests.codecs.both_sides import Source
from tests.codecs.frames import nothing_known
from tests.codecs.javascript_engine import Engine, call_as_chirpstack
from tests.codecs.javascript_frames import damaged, random_bytes

ENGINE = Engine()
BATCHES = 2000  # for each seed

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "history.json").read_text())["cases"]
CARRIED_BATCH = next(
    frame for frame in map(bytes.fromhex, (case["hex"] for case in VECTORS)) if frame[0] & CARRIED
)

VANE = Schema(
    7,
    (Channel(1, 132), Channel(2, 103)),
    60,
    (Shape(45, 1, True, 2, 8, 3, NO_PARTNER, 0), Shape(2, 2, False, 1, 215, 4, 0, 24)),
)
"""A vane of 16 sectors, and a temperature that goes with it."""

NINE_TYPES = (103, 104, 115, 116, 2, 101, 125, 128, 117)

LIMIT_S = 0.1  # ChirpStack's max_execution_time


def read_all(frames: Iterable[tuple[Schema, bytes]]) -> list[Batch]:
    """Compare every batch, each with its schema in the device's variable; return those that are read."""
    frames = list(frames)
    results = ENGINE.decode_uplinks(
        (ports.HISTORY, payload, {"farwire_schema": histories.variable(schema)}) for schema, payload in frames
    )
    compared = [
        wanted.assert_read_alike(schema, payload, result)
        for (schema, payload), result in zip(frames, results, strict=True)
    ]
    return [batch for batch in compared if batch is not None]


def drawn(seed: int, count: int) -> list[tuple[Schema, bytes]]:
    """Return schemas and a whole batch of each."""
    source = Source(seed)  # type: ignore[no-untyped-call]
    schemas = [histories.schema_in(source) for _ in range(count)]
    return [(schema, histories.batch_in(source, schema)) for schema in schemas]


def steady(channels: int, rows: int, types: tuple[int, ...] = NINE_TYPES) -> tuple[Schema, bytes]:
    """Return a schema and a batch in which nothing changes: the most records that a payload carries."""
    schema = plain(3, tuple(Channel(n + 1, types[n % len(types)]) for n in range(channels)), 60)
    values = tuple((100,) * len(TYPES[channel.type_id].axes) for channel in schema.channels)
    records = [Record(1000 + index, 60 * index, values) for index in range(rows)]
    frame, count = batch_encoder.encode(schema, records, 60_000 * rows, 242)
    assert count == rows
    return schema, frame


def restless(channels: int) -> tuple[Schema, bytes]:
    """Return a schema and a batch of 242 bytes in which a third of the values changes."""
    schema = plain(3, tuple(Channel(n + 1, NINE_TYPES[n % 9]) for n in range(channels)), 60)
    source = Source(5)  # type: ignore[no-untyped-call]
    values, records = [100] * channels, []
    for index in range(MAXIMUM_RECORDS):
        values = [value + (0, 0, 0, 0, 1, -1)[source.below(6)] for value in values]  # type: ignore[no-untyped-call]
        records.append(Record(1000 + index, 60 * index, tuple((value,) for value in values)))
    return schema, batch_encoder.encode(schema, records, 10**9, 242)[0]


def call_of(schema: Schema, frame: bytes) -> str:
    """Return what ChirpStack passes for a batch, as JavaScript."""
    variables = json.dumps({"farwire_schema": histories.variable(schema)})
    received = 'new Date("2026-03-01T12:00:00Z")'
    return f"{{bytes: {list(frame)}, fPort: 210, recvTime: {received}, variables: {variables}}}"


@pytest.mark.parametrize("seed", [1, 2])
def test_whole_batches_are_read(seed: int) -> None:
    frames = drawn(seed, BATCHES)

    batches = read_all(frames)

    assert len(batches) == BATCHES
    assert {payload[0] for _, payload in frames} >= {0, 1, 2, 8, 10, 16, 18, 24}  # every flag but carried
    assert sum(len(batch.records) for batch in batches) > 10 * BATCHES


@pytest.mark.parametrize("seed", [3, 4])
def test_damaged_batches_are_read_or_refused_alike(seed: int) -> None:
    source = Source(seed)  # type: ignore[no-untyped-call]
    frames = [(schema, damaged(source, payload)) for schema, payload in drawn(seed, BATCHES)]

    assert 0 < len(read_all(frames)) < BATCHES / 4


def test_bits_flipped_in_the_code_are_read_or_refused_alike() -> None:
    source: Any = Source(5)  # type: ignore[no-untyped-call]
    frames = []
    for schema, payload in drawn(5, BATCHES):
        changed = bytearray(payload)
        changed[-1 - source.below(min(len(payload) - 2, 12))] ^= 1 << source.below(8)
        frames.append((schema, bytes(changed)))

    assert len(read_all(frames)) < BATCHES / 2


def test_code_of_random_bytes_is_read_or_refused_alike() -> None:
    source: Any = Source(6)  # type: ignore[no-untyped-call]
    frames = []
    for schema in [histories.schema_in(source) for _ in range(BATCHES)]:
        head = bytes((source.below(2) * 16, schema.schema_id))
        frames.append((schema, head + random_bytes(source, source.below(40))))

    assert len(read_all(frames)) < BATCHES / 4


def test_every_beginning_of_a_batch_is_refused() -> None:
    whole = drawn(7, 40)

    cut = [(schema, payload[:size]) for schema, payload in whole for size in range(len(payload))]

    assert len(cut) > 1000
    assert read_all(cut) == []


@pytest.mark.parametrize("seed", [8, 9])
def test_damaged_tables_in_the_batch_or_the_variable_are_read_or_refused_alike(seed: int) -> None:
    source: Any = Source(seed)  # type: ignore[no-untyped-call]
    code = bytes.fromhex("b05e030568b38d6e")
    read = 0
    for _ in range(BATCHES // 2):
        schema = histories.schema_in(source)
        table = damaged(source, schema_table.to_bytes(schema)) or b"\x00"

        inline = ENGINE.decode_uplink(210, bytes((2, 5)) + table + code)
        wanted.assert_read_alike(schema._replace(schema_id=0), bytes((2, 5)) + table + code, inline)
        known = ENGINE.decode_uplink(210, bytes((0, 5)) + code, {"farwire_schema": "05" + table.hex()})
        try:
            understood = schema_table.from_bytes(5, table)
        except CodecError as error:
            wanted.assert_refused_alike(error, known)
        else:
            read += wanted.assert_read_alike(understood, bytes((0, 5)) + code, known) is not None

    assert read > 0


@given(flags=st.sampled_from([0, 1, 2, 3, 8, 16, 24, 26, 4, 12, 40]), rest=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_alike(flags: int, rest: bytes) -> None:
    payload = bytes((flags, 7)) + rest

    result = ENGINE.decode_uplink(ports.HISTORY, payload, {"farwire_schema": histories.variable(VANE)})

    wanted.assert_read_alike(VANE, payload, result)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_known_batches_are_shown(case: dict[str, Any]) -> None:
    given_schema = case["schema"]
    channels = tuple(Channel(*channel) for channel in given_schema["channels"])
    shapes = tuple(Shape(*shape) for shape in given_schema.get("shapes", ()))
    schema = Schema(given_schema["schema_id"], channels, given_schema["interval_s"], shapes)
    payload = bytes.fromhex(case["hex"])

    batches = read_all([(schema, payload)])

    if payload[0] & CARRIED:
        assert batches == []
    else:
        (batch,) = batches
        assert json.loads(json.dumps(batch.records)) == case["message"]["records"]


def test_batch_is_shown_with_names_units_times_and_raw_integers() -> None:
    variables = {"farwire_schema": "050201670268 3c"}

    result = ENGINE.decode_uplink(ports.HISTORY, bytes.fromhex("0005b05e030568b38d6e"), variables)

    assert result["data"]["history"] == {
        "schema_id": 5,
        "channels": [
            {"channel": 1, "type": 103, "name": "temperatureSensor", "unit": "°C"},
            {"channel": 2, "type": 104, "name": "humiditySensor", "unit": "% RH"},
        ],
        "acknowledgement_wanted": False,
        "one_channel": False,
        "records": [
            {
                "number": 1000,
                "age_s": 1.5,
                "time": "2026-03-01T11:59:58.500Z",
                "values": {"temperatureSensor": {"1": 21.5}, "humiditySensor": {"2": 46.5}},
                "raw": {"temperatureSensor": {"1": 215}, "humiditySensor": {"2": 93}},
            }
        ],
    }


def test_batch_that_carries_its_schema_shows_what_the_variable_needs() -> None:
    schema, payload = next(found for found in drawn(1, 100) if found[1][0] == INLINE_SCHEMA)

    result = ENGINE.decode_uplink(ports.HISTORY, payload)

    shown = result["data"]["history"]["farwire_schema"]
    assert shown == histories.variable(schema)
    records = list(batch_decoder.decode(payload, nothing_known).records)
    assert len(result["data"]["history"]["records"]) == len(records)


def test_schema_is_found_among_several_in_the_variable() -> None:
    schema, payload = steady(1, 3)
    other = plain(4, schema.channels, 3600)
    text = f"{histories.variable(other)}, {histories.variable(schema)}"

    result = ENGINE.decode_uplink(ports.HISTORY, payload, {"farwire_schema": text})

    assert wanted.assert_read_alike(schema, payload, result) is not None


def test_schema_that_is_missing_is_named_with_how_to_get_it() -> None:
    _, payload = steady(1, 3)

    (message,) = ENGINE.decode_uplink(ports.HISTORY, payload)["errors"]

    assert message.startswith("schema 3 is not known here, and the batch does not carry it: set ")
    _, _, downlink = message.partition("after the downlink ")
    assert ENGINE.encode_downlink(json.loads(downlink)) == {"bytes": [1, 0, 0], "fPort": 220}


def test_batch_on_a_base_says_what_is_missing_and_which_setting_helps() -> None:
    low, check = CARRIED_BATCH[1:3]

    result = ENGINE.decode_uplink(ports.HISTORY, CARRIED_BATCH)

    history = result["data"]["history"]
    assert (history["base"], history["check"]) == (low, f"{check:02x}")
    assert history["acknowledgement_wanted"] is False
    assert f"record {low} (modulo 256), which the bridge has" in history["not_shown"]
    assert "setting history_carry off" in history["not_shown"]
    assert result["warnings"] == [history["not_shown"]]


def test_setting_that_the_message_names_exists() -> None:
    typed = {"configuration": {"history_carry": False}}

    assert ENGINE.encode_downlink(typed)["fPort"] == ports.CONFIGURATION


LONG = {
    "1 channel, nothing changes": steady(1, MAXIMUM_RECORDS),
    "1 channel": restless(1),
    "4 channels": restless(4),
    "9 channels, nothing changes": steady(9, MAXIMUM_RECORDS),
    "9 channels": restless(9),
    "32 channels, nothing changes": steady(32, MAXIMUM_RECORDS, NINE_TYPES[:4]),
}


@pytest.mark.parametrize("name", LONG)
def test_longest_batches_are_decoded_within_chirpstacks_limit_of_time(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    schema, frame = LONG[name]

    start = time.perf_counter()
    result = call_as_chirpstack("decodeUplink", call_of(schema, frame), LIMIT_S)
    whole_ms = 1000 * (time.perf_counter() - start)

    batch = wanted.assert_read_alike(schema, frame, result)
    assert batch is not None
    with capsys.disabled():
        print(
            f"\nfarwire.js: new engine, file and {len(batch.records)} records in {len(frame)} bytes ({name}) "
            f"{whole_ms:.1f} ms, text of the result included",
            end="",
        )
