from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from farwire_cloud.model.deliveries import About, Joined, StateReport
from farwire_cloud.model.device import (
    MOST_NAMES,
    MOST_SERIES,
    AlarmState,
    At,
    DeviceState,
    LastNamed,
    LastValue,
    kept,
    merge,
)
from farwire_cloud.model.numbers import NumberSet
from farwire_cloud.model.readings import Reading
from farwire_cloud.store.device_items import state_from_item, state_to_item
from farwire_cloud.store.marshal import from_wire, to_wire
from tests.cloud.examples import EUI

small = st.integers(0, 6)
times = st.integers(0, 5)


def at(content: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | st.builds(At, times, content)


states = st.builds(
    DeviceState,
    st.just(EUI),
    about=at(
        st.builds(About, st.just(EUI), st.sampled_from("ab"), st.just("app"), st.just("p"), st.just(()))
    ),
    report=at(st.builds(StateReport, small, small, small, small, small, small, small, small)),
    joined=at(st.builds(Joined, st.sampled_from(["01020304", "05060708"]))),
    last_seen_ms=times,
    last=st.dictionaries(
        st.tuples(small, small), st.builds(LastValue, times, small, st.tuples(small)), max_size=3
    ),
    named=st.dictionaries(
        st.sampled_from(["a.b", "c d"]),
        st.builds(LastNamed, times, st.sampled_from(["", "°C"]), st.sampled_from([1.5, -2.0, True, "ä", ""])),
        max_size=2,
    ),
    alarms=st.dictionaries(
        st.tuples(small, st.integers(1, 5)),
        st.builds(
            AlarmState,
            small,
            st.booleans(),
            times,
            st.none() | st.builds(Reading, small, small, st.tuples(small)),
        ),
        max_size=3,
    ),
    records=st.sets(st.integers(1, 12)).map(NumberSet.of),
    alarm_numbers=st.sets(st.integers(1, 6)).map(NumberSet.of),
    floor=st.integers(1, 6),
    alarm_floor=st.integers(1, 6),
    conflicts=small,
)


@given(states, states)
def test_merging_does_not_depend_on_the_order(one: DeviceState, other: DeviceState) -> None:
    assert merge(one, other) == merge(other, one)


@given(states, states, states)
def test_merging_does_not_depend_on_the_grouping(a: DeviceState, b: DeviceState, c: DeviceState) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(states, states)
def test_merging_again_changes_nothing(one: DeviceState, other: DeviceState) -> None:
    merged = merge(one, other)

    assert merge(merged, other) is merged
    assert merge(merged, one) == merged


@given(states)
def test_a_view_survives_the_store(state: DeviceState) -> None:
    item = from_wire(to_wire(state_to_item(state, 3)))

    assert state_from_item(item) == state


@given(states)
def test_what_the_store_keeps_claims_no_more_than_is_known(state: DeviceState) -> None:
    written = kept(state)

    assert merge(state, written) == state
    assert written.through == state.through
    assert written.alarms_through == state.alarms_through


def test_a_device_that_invents_channels_keeps_only_the_newest_ones() -> None:
    last = {(n % 256, n): LastValue(n, n, (n,)) for n in range(MOST_SERIES + 50)}

    assert sorted(kept(DeviceState(EUI, last=last)).last.values(), key=lambda v: v.time_ms)[0].time_ms == 50


def test_the_view_keeps_the_newest_of_very_many_names() -> None:
    named = {f"name {n}": LastNamed(n, "", n) for n in range(MOST_NAMES + 50)}

    kept_names = kept(DeviceState(EUI, named=named)).named

    assert len(kept_names) == MOST_NAMES
    assert min(value.time_ms for value in kept_names.values()) == 50


def test_given_up_records_are_told_from_awaited_ones() -> None:
    state = DeviceState(EUI, records=NumberSet.of([1, 2, 6, 7, 9]), floor=5)

    assert (state.through, state.gone, state.missing) == (4, 2, 2)  # 3 and 4 are gone; 5 and 8 may come
    assert state.has_holes


def test_alarms_that_were_erased_are_not_awaited() -> None:
    state = DeviceState(EUI, alarm_numbers=NumberSet.of([1, 4, 6]), alarm_floor=4)

    assert (state.alarms_through, state.has_holes) == (4, True)  # 5 may come
    assert replace(state, alarm_floor=6).alarms_through == 6


def test_a_floor_above_everything_stored_counts_what_never_came() -> None:
    state = DeviceState(EUI, records=NumberSet.of([1]), floor=5)

    assert (state.through, state.gone, state.missing) == (4, 3, 0)
    assert not state.has_holes
