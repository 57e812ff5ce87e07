"""What holds for every schema, every recording and every payload of a history batch."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch
from farwire_codecs.errors import CodecError, MalformedError, UnknownBaseError
from farwire_codecs.model import ALL_CHANNELS
from farwire_codecs.schema import Channel, Schema, Shape, plain
from tests.codecs import history_strategies as any_
from tests.codecs import second_history, second_table
from tests.codecs.strategies import payload_limits

SCHEMA = plain(7, (Channel(1, 103), Channel(2, 104), Channel(3, 113)))


def of_one_channel(records: list[batch.Record], only: int) -> list[batch.Record]:
    if only == ALL_CHANNELS:
        return records
    return [
        record._replace(values=tuple(raw if at == only else None for at, raw in enumerate(record.values)))
        for record in records
    ]


def assert_carries(message: batch.Batch, records: list[batch.Record], tx_end_ms: int) -> None:
    assert [aged[::2] for aged in message.records] == [(record.number, record.values) for record in records]
    for aged, record in zip(message.records, records, strict=True):
        assert abs(aged.age_ms - (tx_end_ms - 1000 * record.time_s)) <= 62


@given(any_.recordings(), payload_limits, st.booleans(), st.booleans(), st.data())
def test_history_comes_back(
    recording: any_.Recording, limit: int, wanted: bool, inline: bool, data: st.DataObject
) -> None:
    schema, records, tx_end_ms = recording
    only = data.draw(st.integers(ALL_CHANNELS, len(schema.channels) - 1))

    frame, count = batch.encode(schema, records, tx_end_ms, limit, wanted, inline, None, only)

    assert len(frame) <= limit
    if not count:
        assert frame == b""
        return
    message = batch.decode(frame, lambda _: None if inline else schema)
    assert message[:1] + message[2:] == (schema, wanted, only, 0)
    assert_carries(message, of_one_channel(records[:count], only), tx_end_ms)


@given(any_.recordings(), payload_limits, st.data())
def test_the_first_records_alone_give_the_same_frame(
    recording: any_.Recording, limit: int, data: st.DataObject
) -> None:
    schema, records, tx_end_ms = recording
    only = data.draw(st.integers(ALL_CHANNELS, len(schema.channels) - 1))

    frame, count = batch.encode(schema, records, tx_end_ms, limit, False, False, None, only)

    again = batch.encode(schema, records[:count], tx_end_ms, limit, False, False, None, only)
    assert again == (frame, count)


@given(any_.recordings(off_grid=False), payload_limits, st.integers(0, 86400), st.integers(0, 200_000))
def test_as_many_records_are_carried_as_fit(
    recording: any_.Recording, limit: int, interval_s: int, after_ms: int
) -> None:
    schema = Schema(*recording.schema[:2], interval_s, recording.schema.shapes)
    records = [record._replace(time_s=at * interval_s) for at, record in enumerate(recording.records)]
    tx_end_ms = 1000 * records[-1].time_s + after_ms

    _, count = batch.encode(schema, records, tx_end_ms, limit)

    for more in range(count + 1, min(count + 6, len(records)) + 1):
        assert len(batch.encode(schema, records[:more], tx_end_ms, 20_000)[0]) > limit


@given(any_.recordings(), payload_limits, st.integers(0, 300_000))
def test_history_that_ends_earlier_keeps_its_records_in_at_most_one_byte_more(
    recording: any_.Recording, limit: int, sooner_ms: int
) -> None:
    schema, records, tx_end_ms = recording
    frame, count = batch.encode(schema, records, tx_end_ms, limit)
    if not count:
        return
    earlier_ms = max(1000 * records[count - 1].time_s, tx_end_ms - sooner_ms)

    assert batch.encode(schema, records[:count], earlier_ms, len(frame) + 1)[1] == count


@given(any_.recordings(), payload_limits, st.integers(0, 200), st.integers(0, 2_000))
def test_ages_are_as_of_the_end_of_the_frames_own_transmission_but_for_the_time_of_a_byte(
    recording: any_.Recording, limit: int, a_byte_ms: int, preamble_ms: int
) -> None:
    schema, records, start_ms = recording

    def airtime_ms(size: int) -> int:
        return preamble_ms + a_byte_ms * size

    frame, count = batch.encode(schema, records, start_ms, limit, airtime_ms=airtime_ms)

    assert len(frame) <= limit
    if count:
        end_ms = start_ms + airtime_ms(len(frame))
        message = batch.decode(frame, lambda _: schema)
        assert [aged.values for aged in message.records] == [record.values for record in records[:count]]
        for aged, record in zip(message.records, records, strict=False):
            assert abs(end_ms - aged.age_ms - 1000 * record.time_s) <= 62 + a_byte_ms


@given(any_.recordings().filter(lambda recording: len(recording.records) > 1), payload_limits)
def test_records_may_be_taken_out_of_a_store_one_by_one(recording: any_.Recording, limit: int) -> None:
    schema, records, tx_end_ms = recording

    class Store:
        def __len__(self) -> int:
            return len(records)

        def __getitem__(self, index: int) -> batch.Record:
            return records[index]

    assert batch.encode(schema, Store(), tx_end_ms, limit) == batch.encode(schema, records, tx_end_ms, limit)


@given(any_.recordings(), st.booleans(), st.data())
def test_every_strict_prefix_and_every_byte_too_many_is_refused(
    recording: any_.Recording, inline: bool, data: st.DataObject
) -> None:
    schema, records, tx_end_ms = recording
    frame, count = batch.encode(schema, records, tx_end_ms, data.draw(payload_limits), False, inline)
    if not count:
        return

    for length in range(len(frame)):
        with pytest.raises(CodecError):
            batch.decode(frame[:length], lambda _: schema)
    with pytest.raises(MalformedError):
        batch.decode(frame + data.draw(st.binary(min_size=1, max_size=3)), lambda _: schema)


@given(any_.recordings(off_grid=False).filter(lambda recording: len(recording.records) > 1), st.data())
def test_history_that_builds_on_a_base_comes_back(recording: any_.Recording, data: st.DataObject) -> None:
    schema, _, tx_end_ms = recording
    base, records = data.draw(any_.bases(recording))
    before = base.to_bytes()

    frame, count = batch.encode(schema, records, tx_end_ms, data.draw(payload_limits), False, False, base)

    assert base.to_bytes() == before
    if not count:
        return
    named = []

    def found(low: int, check: int) -> Any:
        named.append((low, check))
        return base

    message = batch.decode(frame, lambda _: None, found)
    assert message.base == base.number
    assert named == [(base.number & 0xFF, base.check())]
    assert base.to_bytes() == before
    assert_carries(message, records[:count], tx_end_ms)
    assert batch.encode(schema, records[:count], tx_end_ms, len(frame), False, False, base)[0] == frame
    with pytest.raises(UnknownBaseError):
        batch.decode(frame, lambda _: schema, lambda *_: None)
    with pytest.raises(UnknownBaseError):
        batch.decode(frame, lambda _: schema)
    for length in range(len(frame)):
        with pytest.raises(CodecError):
            batch.decode(frame[:length], lambda _: None, lambda *_: base)


@given(any_.recordings(), payload_limits, st.booleans(), st.data())
def test_second_decoder_reads_the_same(
    recording: any_.Recording, limit: int, inline: bool, data: st.DataObject
) -> None:
    schema, records, tx_end_ms = recording
    only = data.draw(st.integers(ALL_CHANNELS, len(schema.channels) - 1))
    frame, count = batch.encode(schema, records, tx_end_ms, limit, inline, inline, None, only)
    if not count:
        return
    steps: list[tuple[int, int | None]] = []

    known = None if inline else second_table.known(schema)
    theirs = second_history.decode(frame, known, None, lambda _, bits: steps.extend(bits))

    assert_same(theirs, batch.decode(frame, lambda _: schema))
    assert frame.endswith(second_history.coded(steps))


@given(any_.recordings(off_grid=False).filter(lambda recording: len(recording.records) > 1), st.data())
def test_second_decoder_builds_on_the_same_base(recording: any_.Recording, data: st.DataObject) -> None:
    schema, all_records, tx_end_ms = recording
    base, records = data.draw(any_.bases(recording))
    first = [record.number for record in all_records].index(base.number)
    begin = data.draw(st.integers(0, first))
    base = any_.based_on(schema, all_records[begin : first + 1])
    frame, count = batch.encode(schema, records, tx_end_ms, 242, True, False, base)
    if not count:
        return
    known = second_table.known(schema)

    learned = second_history.fresh(known)
    for record in all_records[begin : first + 1]:
        second_history.observe(learned, [None if raw is None else list(raw) for raw in record.values])

    assert second_history.check(base.number, learned) == base.check()
    theirs = second_history.decode(frame, known, (base.number, learned))
    assert_same(theirs, batch.decode(frame, lambda _: None, lambda *_: base))


def assert_same(theirs: dict[str, Any], ours: batch.Batch) -> None:
    assert theirs["schema"] == second_table.known(ours.schema)
    assert theirs["wanted"] == ours.acknowledgement_wanted
    assert (-1 if theirs["only"] is None else theirs["only"]) == ours.only
    assert theirs["records"] == [
        (aged.number, aged.age_ms, [None if raw is None else list(raw) for raw in aged.values])
        for aged in ours.records
    ]


@given(st.binary(max_size=242), st.booleans(), st.booleans())
def test_any_bytes_give_a_batch_or_a_codec_error_to_both_decoders(
    payload: bytes, shaped: bool, plausible: bool
) -> None:
    schema = SHAPED if shaped else SCHEMA
    if plausible and len(payload) > 1:
        payload = bytes([payload[0] & 0x19, schema.schema_id]) + payload[2:]
    assert_same_outcome(payload, schema)


@given(any_.recordings(), st.data())
def test_a_batch_with_flipped_bits_gives_a_batch_or_a_codec_error_to_both_decoders(
    recording: any_.Recording, data: st.DataObject
) -> None:
    schema, records, tx_end_ms = recording
    frame, count = batch.encode(schema, records, tx_end_ms, 242, False, True)
    if not count:
        return
    damaged = bytearray(frame)
    for flip in data.draw(st.lists(st.integers(0, 8 * len(frame) - 1), min_size=1, max_size=3)):
        damaged[flip // 8] ^= 1 << flip % 8

    assert_same_outcome(bytes(damaged), schema)


SHAPED = Schema(
    8,
    SCHEMA.channels[:2],
    60,
    (Shape(45, 1, True, 3, 8, 4, 255, 0), Shape(2, 2, False, 1, 90, 2, 0, -20)),
)


def assert_same_outcome(payload: bytes, schema: Schema) -> None:
    """Check that both decoders refuse, or read the same, and that what was read can be coded no other way."""
    ours = theirs = None
    with contextlib.suppress(CodecError):
        ours = batch.decode(payload, lambda _: schema)
    if payload and payload[0] & 4:
        assert ours is None
        return
    steps: list[tuple[int, int | None]] = []
    with contextlib.suppress(second_table.RefusedError):
        theirs = second_history.decode(
            payload, second_table.known(schema), None, lambda _, bits: steps.extend(bits)
        )
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert 1 <= len(ours.records) <= batch.MAXIMUM_RECORDS
        assert_same(theirs, ours)
        assert payload.endswith(second_history.coded(steps))


@given(any_.recordings(off_grid=False), st.booleans())
def test_bytes_of_the_encoder_are_the_only_ones_for_what_they_say(
    recording: any_.Recording, wanted: bool
) -> None:
    schema, records, tx_end_ms = recording
    frame, count = batch.encode(schema, records, tx_end_ms, 242, wanted)
    if not count:
        return
    message = batch.decode(frame, lambda _: schema)
    end_ms = message.records[0].age_ms
    again = [batch.Record(n, (end_ms - age_ms) // 1000, values) for n, age_ms, values in message.records]

    assert batch.encode(schema, again, end_ms, len(frame), wanted) == (frame, count)
