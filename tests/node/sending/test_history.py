"""Which records a batch carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch
from farwire_codecs.schema import Channel, plain
from farwire_node.records.store import RecordStore
from farwire_node.sending import history
from farwire_node.sending.history import LONGEST_RUN, Frame, Run, Terms
from farwire_node.sending.shaping import ANY_LENGTH, UNSHAPED
from farwire_node.storage import MemoryStorage
from tests.node.program.fakes import FakeLink
from tests.node.records.test_store import NOTHING, SCHEMA, acknowledgement, filled
from tests.node.sending.test_scheduler import new_desk

NOW_MS = 10_000_000


def built(store: RecordStore, size: int = 51, likely: int = 1) -> Frame:
    run = history.choose(store)
    assert run is not None
    frame = history.build(
        store, run, FakeLink(size=size), Terms(store.schema, True, False, None), likely, NOW_MS
    )
    assert frame is not None
    return frame


def decoded(frame: Frame) -> batch.Batch:
    return batch.decode(frame.payload, lambda _: None)


def test_an_empty_store_has_nothing_to_send() -> None:
    assert history.choose(filled(0)) is None


def test_records_that_were_never_sent_come_with_the_earlier_ones_before_them() -> None:
    store = filled(9)
    store.mark_sent(1, 6)

    assert history.choose(store) == Run(1, 9, 3)


def test_no_more_earlier_ones_come_than_the_depth_allows() -> None:
    store = filled(9)
    store.mark_sent(1, 6)

    assert history.choose(store, depth=0) == Run(7, 3, 3)
    assert history.choose(store, depth=1) == Run(4, 6, 3)
    assert history.choose(store, depth=5) == Run(1, 9, 3)


def test_what_is_held_goes_again_in_turn_once_the_cloud_has_the_newest() -> None:
    store = filled(9)
    store.mark_sent(1, 9)
    store.acknowledge(acknowledgement(0, 3, 4, 8, 9), (1, 9))

    assert history.choose(store, after=0) == Run(1, 2, 2)
    assert history.choose(store, after=3) == Run(5, 3, 3)
    assert history.choose(store, after=8) == Run(1, 2, 2)


def test_an_acknowledged_record_ends_the_earlier_ones() -> None:
    store = filled(9)
    store.mark_sent(1, 6)
    store.acknowledge(acknowledgement(1, 4), NOTHING)

    assert history.choose(store) == Run(5, 5, 3)


def test_never_sent_records_go_before_missing_ones() -> None:
    store = filled(9)
    store.mark_sent(1, 8)
    store.acknowledge(acknowledgement(0, 4), NOTHING)

    assert history.choose(store) == Run(5, 5, 1)


def test_the_oldest_missing_run_goes_again_when_all_was_sent() -> None:
    store = filled(9)
    store.mark_sent(1, 9)
    store.acknowledge(acknowledgement(1, 4, 7), NOTHING)

    assert history.choose(store) == Run(2, 2, 2)


def test_a_missing_run_carries_no_record_after_its_last_missing_one() -> None:
    store = filled(9)
    store.mark_sent(1, 9)
    store.acknowledge(acknowledgement(1, 8), (4, 4))

    assert history.choose(store) == Run(2, 2, 2)


def test_the_newest_records_go_again_when_nothing_is_missing() -> None:
    store = filled(9)
    store.mark_sent(1, 9)

    assert history.choose(store) == Run(1, 9, 1)


def test_a_run_takes_no_more_records_out_of_the_ring_than_a_board_can_hold() -> None:
    run = history.choose(filled(200, capacity=256))

    assert run == Run(1, LONGEST_RUN, LONGEST_RUN)


def test_a_batch_is_filled_with_earlier_records_up_to_what_the_link_carries() -> None:
    store = filled(40, capacity=64)
    store.mark_sent(1, 39)

    small, large = built(store, 32), built(store, 120)

    assert len(small.payload) <= 32
    assert len(large.payload) <= 120
    assert small.first + small.count == large.first + large.count == 41
    assert 1 < small.count < large.count


def test_when_never_sent_records_do_not_fit_the_oldest_of_them_go_first() -> None:
    frame = built(filled(40, capacity=64), 20)

    assert frame.first == 1
    assert frame.count < 40


def test_nothing_is_built_when_not_one_record_fits() -> None:
    store = filled(1)
    run = history.choose(store)
    assert run is not None

    assert (
        history.build(store, run, FakeLink(size=8), Terms(store.schema, True, False, None), 1, NOW_MS) is None
    )


@pytest.mark.parametrize("most", [ANY_LENGTH, 60, 30])
def test_the_guess_is_what_a_full_frame_holds_though_the_last_one_was_not(most: int) -> None:
    desk = new_desk()
    desk.link.size = 222
    desk.agenda.shaping = UNSHAPED._replace(payload_limit=most)
    desk.sample(5)

    sent = desk.send()

    per_record = len(sent.payload) / sent.content.count
    assert sent.content.count <= desk.agenda.likely <= min(222, most) / per_record < desk.agenda.likely + 1


@pytest.mark.parametrize("likely", [1, 5, 20, 48, 500])
def test_the_last_frames_size_is_only_a_guess(likely: int) -> None:
    store = filled(40, capacity=64)
    store.mark_sent(1, 38)

    frame = built(store, 51, likely)

    assert frame.first + frame.count == 41
    assert frame.count >= 2


def test_the_batch_carries_the_records_as_sampled() -> None:
    store = filled(5)

    message = decoded(built(store))

    assert [record.values for record in message.records] == [((200 + i,), (90,)) for i in range(5)]


@given(st.lists(st.tuples(st.integers(-300, 300), st.integers(0, 255)), min_size=2, max_size=60), st.data())
def test_a_batch_is_built_whatever_the_values_are_and_whatever_was_guessed(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    store = RecordStore(SCHEMA, 64, MemoryStorage())
    for index, (temperature, humidity) in enumerate(rows):
        store.add(1000 + 60 * index, ((temperature,), (humidity,)))
    store.mark_sent(1, data.draw(st.integers(0, len(rows) - 1)))
    first_unsent = store.first_unsent()

    frame = built(store, data.draw(st.integers(24, 60)), data.draw(st.integers(1, 60)))

    assert frame.first <= first_unsent < frame.first + frame.count


@given(
    st.integers(1, 60),
    st.integers(0, 60),
    st.integers(18, 242),
    st.lists(st.integers(-300, 300), min_size=60, max_size=60),
)
def test_ages_are_right_at_the_end_of_the_transmission_of_just_this_frame(
    count: int, sent: int, size: int, values: list[int]
) -> None:
    store = RecordStore(plain(3, (Channel(1, 103),)), 64, MemoryStorage())
    for index in range(count):
        store.add(1000 + 60 * index, ((values[index],),))
    store.mark_sent(1, min(sent, count))
    link = FakeLink(size=size)

    frame = built(store, size)

    assert len(frame.payload) <= size
    end_ms = NOW_MS + link.airtime_ms(len(frame.payload))
    for offset, record in enumerate(decoded(frame).records):
        original = store.record(frame.first + offset)
        assert record.values == original.values
        a_byte_ms = link.airtime_ms(2) - link.airtime_ms(1)  # two lengths may lead to each other
        assert abs(end_ms - record.age_ms - 1000 * original.time_s) <= 63 + a_byte_ms
