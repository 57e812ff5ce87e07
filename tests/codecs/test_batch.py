"""The history batch: how much it carries, what it refuses; test_batch_properties.py has what always holds."""

import random

import pytest

from farwire_codecs import batch, contexts
from farwire_codecs.errors import (
    MalformedError,
    RangeError,
    TruncatedError,
    UnknownSchemaError,
    UnknownTypeError,
    UnknownVersionError,
)
from farwire_codecs.schema import Channel, Schema, Shape, plain
from tests.codecs import second_history, second_table
from tests.codecs.frames import nothing_known

FOUR = plain(3, (Channel(1, 103), Channel(2, 104), Channel(3, 115), Channel(4, 116)))
ONE = plain(4, (Channel(1, 103),))


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


def test_eleven_bytes_carry_a_fresh_record_of_two_channels_that_nothing_is_known_of() -> None:
    schema = plain(1, FOUR.channels[:2])

    frame, count = encode(schema, quiet(1, schema), 11)

    assert count == 1
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
        (plain(256, ONE.channels), RangeError),
        (plain(0, ()), MalformedError),
        (plain(0, tuple(Channel(n, 103) for n in range(33))), MalformedError),
        (plain(0, (Channel(1, 103), Channel(1, 103))), MalformedError),
        (plain(0, (Channel(256, 103),)), RangeError),
        (plain(0, (Channel(1, 122),)), UnknownTypeError),
        (plain(0, (Channel(1, 392),)), RangeError),
    ],
)
def test_schema_that_no_batch_can_carry_is_refused(schema: Schema, error: type[Exception]) -> None:
    with pytest.raises(error):
        batch.encode(schema, quiet(1), 100_000, 51, False, False)


@pytest.mark.parametrize(
    ("frame", "error", "reason"),
    [
        ("", TruncatedError, "header"),
        ("00", TruncatedError, "schema id"),
        ("00 04", TruncatedError, "inside a record"),
        ("00 04 ff ff ff", MalformedError, "no encoder writes"),
        ("02 04 00 00", MalformedError, "0 channels"),
        ("02 04 01 01 67 80 00", MalformedError, "not a shortest varint"),
        ("08 04 01 00 00", MalformedError, "channel 1 of 1"),
        ("06 04 00 00 00", MalformedError, "exclude each other"),
        ("0c 04 00 00 00", MalformedError, "exclude each other"),
        ("14 04 00 00 00", MalformedError, "exclude each other"),
        ("20 04 00 00 00", UnknownVersionError, "version 1"),
    ],
)
def test_frame_that_no_encoder_writes_is_refused(frame: str, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        batch.decode(bytes.fromhex(frame), lambda _: ONE)


def coded(*steps: int | tuple[int, int]) -> bytes:
    """Return a frame of ONE: even bits, and bits with their chance."""
    return b"\x00\x04" + second_history.coded(
        step if isinstance(step, tuple) else (step, None) for step in steps
    )


NUMBER_1 = (0, 0, 0, 0, 0)
AGE_0 = (0, 0, 0, 0, 0)
LAST = (1, 32768 // 17)
AS_BEFORE = (0, contexts.Contexts().chances[contexts.CHANGED] >> 1)
CHANGED = (1, AS_BEFORE[1])
NOT_ZERO = contexts.RARE + 3 * 12 + 2
ZERO = (0, contexts.Contexts().chances[NOT_ZERO] >> 1)


def test_least_frame_is_one_record_of_zero() -> None:
    frame = coded(*NUMBER_1, 0, AS_BEFORE, ZERO, LAST, *AGE_0)

    assert batch.decode(frame, lambda _: ONE).records == (batch.AgedRecord(1, 0, ((0,),)),)
    assert batch.encode(ONE, [batch.Record(1, 5, ((0,),))], 5000, 51) == (frame, 1)


def test_channels_that_change_into_themselves_are_refused() -> None:
    still = contexts.Contexts().chances[contexts.PRESENT + 1] >> 1

    with pytest.raises(MalformedError, match="are the same"):
        batch.decode(coded(*NUMBER_1, 0, CHANGED, (1, still), ZERO, LAST, *AGE_0), lambda _: ONE)


def test_value_beyond_its_type_is_refused() -> None:
    frame, _ = batch.encode(plain(4, (Channel(1, 101),)), [batch.Record(1, 0, ((65535,),))], 0, 51)

    with pytest.raises(MalformedError, match="a value is 65535, its type carries -32768 to 32767"):
        batch.decode(frame, lambda _: ONE)


def test_records_beyond_the_last_number_are_refused() -> None:
    with pytest.raises(MalformedError, match="2 records from number 4294967295"):
        batch.decode(b"\x00\x04" + second_history.coded(numbered(0xFFFFFFFF)), lambda _: ONE)


def numbered(number: int) -> list[tuple[int, int | None]]:
    """Return the code of two records, the first with this number."""
    steps: list[tuple[int, int | None]] = []
    frame, _ = encode(ONE, [batch.Record(1, 0, ((0,),)), batch.Record(2, 0, ((0,),))])
    second_history.decode(frame, second_table.known(ONE), None, lambda _, bits: steps.extend(bits))
    digits = f"{number:b}"[1:]
    return [(int(bit), None) for bit in f"{len(digits):05b}{digits}"] + steps[5:]


def test_more_than_1024_records_are_cut() -> None:
    records = [batch.Record(1 + at, 0, ((0,),)) for at in range(2000)]

    frame, count = batch.encode(ONE, records, 0, 242)

    assert count == batch.MAXIMUM_RECORDS
    assert len(batch.decode(frame, lambda _: ONE).records) == batch.MAXIMUM_RECORDS


def test_more_than_1024_records_are_refused() -> None:
    records = [batch.Record(1 + at, 0, ((0,),)) for at in range(1024)]
    frame, _ = batch.encode(ONE, records, 0, 242)
    steps: list[tuple[int, int | None]] = []
    second_history.decode(frame, second_table.known(ONE), None, lambda _, bits: steps.extend(bits))
    end = len(steps) - len(AGE_0) - 1
    more = [*steps[:end], (0, steps[end][1]), *([(0, 1)] * 4), *[(0, None)] * 40]

    with pytest.raises(MalformedError, match="more than 1024 records"):
        batch.decode(frame[:2] + second_history.coded(more), lambda _: ONE)


def test_a_batch_may_end_with_the_oldest_age_and_with_none_older() -> None:
    record = [batch.Record(1, 0, ((0,),))]
    oldest_ms = 1000 * ((1 << 29) - 2) + 999

    frame, _ = batch.encode(ONE, record, oldest_ms, 51)

    assert abs(batch.decode(frame, lambda _: ONE).records[0].age_ms - oldest_ms) <= 62
    assert batch.encode(ONE, record, oldest_ms + 1, 51) == (b"", 0)


def test_what_does_not_fit_does_not_shape_what_does() -> None:
    schema = Schema(6, (Channel(1, 132),), 60, (Shape(45, 0, True, 1, 8, 3, 255, 0),))
    sectors = [batch.Record(1 + at, 60 * at, (((at * at % 16 * 45 + 1) >> 1,),)) for at in range(400)]
    records = [*sectors[:399], sectors[399]._replace(values=((1,),))]

    frame, count = batch.encode(schema, records, 60 * 400_000, 51)

    assert frame[0] == 0
    assert (frame, count) == batch.encode(schema, sectors, 60 * 400_000, 51)


def test_a_value_off_its_steps_goes_along_where_it_fits() -> None:
    schema = Schema(6, (Channel(1, 132),), 60, (Shape(45, 0, True, 1, 8, 3, 255, 0),))
    records = [batch.Record(1, 0, ((180,),)), batch.Record(2, 60, ((181,),))]

    frame, count = batch.encode(schema, records, 60_000, 51)

    assert (frame[0], count) == (0x10, 2)
    assert batch.decode(frame, lambda _: schema).records[1].values == ((181,),)


def test_no_channel_beyond_the_schema_is_coded() -> None:
    with pytest.raises(RangeError, match="only is 1, expected -1 to 0"):
        batch.encode(ONE, quiet(1, ONE), 2000, 51, only=1)
