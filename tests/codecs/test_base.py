"""The model that batches build on: both ends arrive at the same one, and another one is noticed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import base as codec
from farwire_codecs import batch
from farwire_codecs.base import FARTHEST, Base
from farwire_codecs.errors import CodecError, MalformedError, UnknownBaseError
from farwire_codecs.schema import Channel, Schema, Shape
from tests.codecs import history_strategies as any_
from tests.codecs import second_history, second_table

SCHEMA = Schema(
    3,
    (Channel(1, 103), Channel(2, 104), Channel(3, 132)),
    60,
    (
        Shape(2, 0, False, 1, 215, 3, 255, 0),
        Shape(2, 0, False, 0, 93, 2, 0, -6),
        Shape(45, 0, True, 1, 8, 3, 255, 0),
    ),
)


def recorded(count: int, seed: int = 1) -> list[batch.Record]:
    source = random.Random(seed)
    temperature, humidity, sector = 215, 93, 8
    records = []
    for index in range(count):
        temperature += source.choice((0, 0, 1, -1))
        humidity += source.choice((0, 0, 0, 1, -1))
        sector = (sector + source.choice((0, 0, 0, 1, -1))) % 16
        values = ((temperature,), (humidity,), (sector * 45 + 1 >> 1,))
        records.append(batch.Record(1000 + index, 60 * index, values))
    return records


def encode(records: list[batch.Record], base: Base | None, limit: int = 51) -> tuple[bytes, int]:
    return batch.encode(SCHEMA, records, 1000 * records[-1].time_s + 1500, limit, False, False, base)


def decode(frame: bytes, *bases: Base) -> batch.Batch:
    """Decode as a receiver that has these bases."""

    def found(low: int, check: int) -> Base | None:
        return next((base for base in bases if (base.number & 0xFF, base.check()) == (low, check)), None)

    return batch.decode(frame, lambda _: SCHEMA, found)


@pytest.mark.parametrize("moved", [0, 1, 5, 100])
def test_batch_builds_on_a_base_that_both_ends_moved_on(moved: int) -> None:
    records = recorded(200)
    ours, theirs = (any_.based_on(SCHEMA, records[: moved + 1]) for _ in range(2))

    frame, count = encode(records[moved + 1 :], ours)

    message = decode(frame, theirs)
    assert message.base == ours.number
    assert [aged[::2] for aged in message.records] == [
        (record.number, record.values) for record in records[moved + 1 :][:count]
    ]


def test_batch_may_leave_out_records_behind_its_base() -> None:
    records = recorded(80)
    base = any_.based_on(SCHEMA, records[:10])

    frame, _ = encode(records[25:40], base, 242)

    assert [aged.number for aged in decode(frame, base).records] == list(range(1025, 1040))


def test_the_better_known_a_node_is_the_more_records_fit() -> None:
    records = recorded(400)
    alone = encode(records[200:], None)[1]
    begun = encode(records[200:], any_.based_on(SCHEMA, records[199:200]))[1]
    known = encode(records[200:], any_.based_on(SCHEMA, records[:200]))[1]

    assert alone < begun < known


def test_repeating_a_batch_on_the_same_base_gives_the_same_records() -> None:
    records = recorded(60)
    base = any_.based_on(SCHEMA, records[:10])
    first, count = encode(records[10:], base)
    again, _ = encode(records[10 : 10 + count], base)

    assert decode(first, base).records[0].values == decode(again, base).records[0].values


def test_receiver_without_the_base_says_which_one_it_lacks() -> None:
    records = recorded(30)
    frame, _ = encode(records[20:], any_.based_on(SCHEMA, records[:20]))

    with pytest.raises(UnknownBaseError, match="record 251") as caught:
        decode(frame)

    assert caught.value.low == 1019 % 256


def test_stale_base_is_refused_but_for_one_in_256_by_its_check() -> None:
    refused = 0
    for seed in range(400):
        records = recorded(30, seed)
        frame, _ = encode(records[20:], any_.based_on(SCHEMA, records[:20]))
        other = [*records[:19], records[19]._replace(values=((190,), (90,), (0,)))]
        begun_later = any_.based_on(SCHEMA, records[5:20])
        try:
            decode(frame, any_.based_on(SCHEMA, other), begun_later)
        except UnknownBaseError:
            refused += 1
        except CodecError:  # the check was the same, what followed was not
            pass

    assert refused >= 390


def test_batch_read_on_another_base_is_refused_even_if_its_check_were_the_same() -> None:
    read = 0
    for seed in range(1000):
        records = recorded(30, seed)
        frame, _ = encode(records[20:], any_.based_on(SCHEMA, records[:20]))
        other = any_.based_on(SCHEMA, recorded(20, seed + 1))
        try:
            batch.decode(frame, lambda _: None, lambda *_, other=other: other)
            read += 1
        except CodecError:
            pass

    assert read <= 20


@pytest.mark.parametrize("skipped", [1, 2, 10])
def test_base_that_missed_records_is_noticed(skipped: int) -> None:
    records = recorded(40)
    whole, gap = any_.based_on(SCHEMA, records), any_.based_on(SCHEMA, records[: 30 - skipped])
    for record in records[30:]:
        gap.advance(record.number, record.values)

    assert whole.number == gap.number
    assert whole.check() != gap.check()


def test_checks_are_spread_over_all_bytes() -> None:
    records = recorded(3000)
    base = any_.based_on(SCHEMA, records[:1])
    seen = [0] * 256
    for record in records[1:]:
        base.advance(record.number, record.values)
        seen[base.check()] += 1

    assert min(seen) > 0
    assert max(seen) < 40


def test_base_does_not_go_back() -> None:
    records = recorded(5)
    base = any_.based_on(SCHEMA, records)
    before = base.to_bytes()

    assert not base.advance(records[3].number, records[3].values)
    assert not base.advance(records[4].number, records[4].values)
    assert base.to_bytes() == before


def test_no_base_begins_or_goes_on_off_its_steps() -> None:
    off = ((215,), (93,), (1,))

    assert codec.seed(SCHEMA, 5, off) is None
    base = any_.based_on(SCHEMA, recorded(2))
    assert not base.advance(2000, off)


@pytest.mark.parametrize(
    ("first", "schema"),
    [(0, SCHEMA), (9, SCHEMA), (20, SCHEMA._replace(schema_id=4)), (20, SCHEMA._replace(interval_s=61))],
)
def test_base_that_cannot_serve_is_left_out(first: int, schema: Schema) -> None:
    records = recorded(30)
    base = any_.based_on(SCHEMA, records[:10])

    frame, _ = batch.encode(schema, records[first:], 1_800_000, 51, False, False, base)

    assert frame[0] == 0
    assert frame == batch.encode(schema, records[first:], 1_800_000, 51)[0]


def test_base_too_far_back_is_left_out() -> None:
    base = codec.seed(SCHEMA, 1, ((215,), (93,), (180,)))
    assert base is not None

    for number, carried in ((1 + FARTHEST, True), (2 + FARTHEST, False)):
        frame, _ = encode([batch.Record(number, 0, ((215,), (93,), (180,)))], base)
        assert (frame[0] == 4) == carried


@pytest.mark.parametrize(("inline", "only", "off"), [(True, -1, 0), (False, 1, 0), (False, -1, 1)])
def test_base_is_left_out_of_batches_of_another_kind(inline: bool, only: int, off: int) -> None:
    records = recorded(20)
    base = any_.based_on(SCHEMA, records[:10])
    later = [records[10]._replace(values=((215,), (93,), (180 + off,)))]

    frame, _ = batch.encode(SCHEMA, later, 1_800_000, 51, False, inline, base, only)

    assert frame[0] & 4 == 0
    assert batch.decode(frame, lambda _: SCHEMA).base == 0


@given(any_.recordings(off_grid=False), st.data())
def test_stored_base_comes_back(recording: any_.Recording, data: st.DataObject) -> None:
    schema, records, _ = recording
    base = any_.based_on(schema, records)

    restored = codec.from_bytes(schema, base.number, base.to_bytes())

    assert restored.to_bytes() == base.to_bytes()
    assert restored.check() == base.check()
    assert restored.model.state() == base.model.state()


@pytest.mark.parametrize("size", [0, 100, 1792, 3000])
def test_stored_base_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(MalformedError, match="base has"):
        codec.from_bytes(SCHEMA, 5, bytes(size))


@given(any_.recordings(off_grid=False))
def test_second_base_has_the_same_check(recording: any_.Recording) -> None:
    schema, records, _ = recording
    learned = second_history.fresh(second_table.known(schema))
    base = None
    for record in records[:40]:
        if base is None:
            base = codec.seed(schema, record.number, record.values)
            assert base is not None
        else:
            base.advance(record.number, record.values)
        second_history.observe(learned, [None if raw is None else list(raw) for raw in record.values])
        assert second_history.check(record.number, learned) == base.check()
