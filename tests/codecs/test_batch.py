"""The history batch: how much it carries, what it refuses, and that a second decoder reads it alike."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch
from farwire_codecs.errors import (
    MalformedError,
    RangeError,
    TruncatedError,
    UnknownSchemaError,
    UnknownTypeError,
)
from farwire_codecs.schema import Channel, Schema
from tests.codecs import second_decoder
from tests.codecs import strategies as any_
from tests.codecs.frames import CASES, nothing_known

FOUR = Schema(3, (Channel(1, 103), Channel(2, 104), Channel(3, 115), Channel(4, 116)))
ONE = Schema(4, (Channel(1, 103),))


def quiet(count: int, schema: Schema = FOUR, interval_s: int = 60) -> list[batch.Record]:
    """Return records of a calm room: now and then a value moves by one."""
    source = random.Random(1)
    levels = [215, 93, 10132, 360][: len(schema.channels)]
    records = []
    for index in range(count):
        levels = [level + source.choice((0, 0, 0, 1, -1)) for level in levels]
        records.append(batch.Record(1000 + index, interval_s * index, tuple((level,) for level in levels)))
    return records


def encode(schema: Schema, records: list[batch.Record], limit: int = 51) -> tuple[bytes, int]:
    return batch.encode(schema, records, 1000 * records[-1].time_s + 2000, limit, False, False)


def test_fifty_one_bytes_carry_over_forty_records_of_one_calm_channel() -> None:
    _, count = encode(ONE, quiet(200, ONE))

    assert count > 40


def test_frame_is_filled_to_the_limit() -> None:
    for limit in range(20, 243):
        frame, count = encode(FOUR, quiet(400), limit)

        assert limit - 2 <= len(frame) <= limit
        assert count < 400


def test_eleven_bytes_carry_a_record_of_two_channels() -> None:
    schema = Schema(1, FOUR.channels[:2])

    frame, count = encode(schema, quiet(9, schema), 11)

    assert count >= 1
    assert len(frame) <= 11


def test_record_that_does_not_fit_gives_no_frame() -> None:
    assert encode(FOUR, quiet(9), 11) == (b"", 0)


def test_no_records_give_no_frame() -> None:
    assert batch.encode(FOUR, [], 0, 51, True, True) == (b"", 0)


def test_constant_interval_costs_the_same_for_all_records() -> None:
    every_minute, _ = encode(ONE, quiet(30, ONE, 60))
    every_hour, _ = encode(ONE, quiet(30, ONE, 3600))

    assert len(every_hour) - len(every_minute) <= 3  # a longer varint of the interval, none a record


def test_one_gap_costs_little() -> None:
    even = quiet(30, ONE)
    gap = [
        record if record.number < 1015 else record._replace(time_s=record.time_s + 7000) for record in even
    ]

    assert len(encode(ONE, gap)[0]) - len(encode(ONE, even)[0]) <= 10


def test_gap_beyond_what_fits_costs_nothing() -> None:
    even = quiet(400)
    gap = [
        record if record.number < 1300 else record._replace(time_s=record.time_s + 7000) for record in even
    ]

    frame, count = encode(FOUR, gap)

    fitting = gap[:count]
    assert frame == batch.encode(FOUR, fitting, 1000 * gap[-1].time_s + 2000, 51, False, False)[0]
    assert frame[0] == 0


def test_unknown_schema_is_named() -> None:
    frame, _ = encode(FOUR, quiet(5))

    with pytest.raises(UnknownSchemaError, match="schema 3") as caught:
        batch.decode(frame, nothing_known)

    assert caught.value.schema_id == 3


def test_batch_with_its_schema_needs_no_other() -> None:
    frame, _ = batch.encode(FOUR, quiet(5), 400_000, 51, True, True)

    assert batch.decode(frame, nothing_known).schema == FOUR


@pytest.mark.parametrize(
    ("records", "error"),
    [
        ([batch.Record(0, 0, ((1,),))], RangeError),
        ([batch.Record(2**32, 0, ((1,),))], RangeError),
        ([batch.Record(1, 0, ((1,),)), batch.Record(3, 1, ((1,),))], RangeError),
        ([batch.Record(1, 9, ((1,),)), batch.Record(2, 8, ((1,),))], RangeError),
        ([batch.Record(1, 101, ((1,),))], RangeError),
        ([batch.Record(1, 0, ((32768,),))], RangeError),
        ([batch.Record(1, 0, ((1.0,),))], RangeError),
        ([batch.Record(1, 0, ((1, 2),))], MalformedError),
        ([batch.Record(1, 0, ((1,), (2,)))], MalformedError),
    ],
)
def test_records_that_no_batch_can_carry_are_refused(
    records: list[batch.Record], error: type[Exception]
) -> None:
    with pytest.raises(error):
        batch.encode(ONE, records, 100_000, 51, False, False)


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        (Schema(256, ONE.channels), RangeError),
        (Schema(0, ()), MalformedError),
        (Schema(0, tuple(Channel(n, 103) for n in range(33))), MalformedError),
        (Schema(0, (Channel(1, 103), Channel(1, 103))), MalformedError),
        (Schema(0, (Channel(256, 103),)), RangeError),
        (Schema(0, (Channel(1, 122),)), UnknownTypeError),
        (Schema(0, (Channel(1, 392),)), RangeError),
    ],
)
def test_schema_that_no_batch_can_carry_is_refused(schema: Schema, error: type[Exception]) -> None:
    with pytest.raises(error):
        batch.encode(schema, quiet(1), 100_000, 51, False, False)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("10 03", MalformedError),  # a flag that is not defined
        ("04 03 01 01 00 0000", MalformedError),  # uneven times with one record
        ("00 03 00 01 00 0000", MalformedError),  # record 0
        ("00 03 01 00 00 0000", MalformedError),  # no records
        ("00 03 81 00 01 00 0000", MalformedError),  # a varint that is not the shortest
        ("00 03 ff ff ff ff 0f 02 00 00 0000", MalformedError),  # numbers beyond 32 bits
        ("00 03 01 ff 0f 00 01 0000", TruncatedError),  # more records than bits
        ("00 03 01 01 00 0000 80", MalformedError),  # a byte too many
        ("02 03 00", MalformedError),  # an inline schema without channels
    ],
)
def test_frame_that_no_encoder_writes_is_refused(frame: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        batch.decode(bytes.fromhex(frame), lambda _: ONE)


@given(any_.recordings(), any_.payload_limits, st.booleans())
def test_second_decoder_reads_the_same(
    recording: tuple[Schema, list[batch.Record]], limit: int, inline: bool
) -> None:
    schema, records = recording
    frame, count = batch.encode(schema, records, 1000 * records[-1].time_s + 777, limit, inline, inline)
    if not count:
        return

    compare_decoders(frame, schema, inline)


@pytest.mark.parametrize("case", [case for case in CASES if case["frame"] == "history"])
def test_second_decoder_reads_the_known_frames_the_same(case: dict[str, Any]) -> None:
    message = case["message"]
    schema = Schema(message["schema_id"], tuple(Channel(*channel) for channel in message["channels"]))

    compare_decoders(bytes.fromhex(case["hex"]), schema, case["inline_schema"])


def compare_decoders(frame: bytes, schema: Schema, inline: bool) -> None:
    channels = [tuple(channel) for channel in schema.channels]
    ours = batch.decode(frame, lambda _: schema)
    theirs = second_decoder.decode(frame, None if inline else channels)

    assert theirs["schema"] == (ours.schema.schema_id, channels)
    assert theirs["wanted"] == ours.acknowledgement_wanted
    assert theirs["records"] == [
        (aged.number, aged.age_ms, [None if raw is None else list(raw) for raw in aged.values])
        for aged in ours.records
    ]
