"""Ingest over the fake store (test_table.py holds the fake to the engines' contract)."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from farwire_cloud.errors import InvalidError, StoreUnavailableError
from farwire_cloud.model.deliveries import Delivery
from farwire_cloud.model.device import LastNamed
from farwire_cloud.model.orders import Configuration, Fate
from farwire_cloud.model.readings import NamedReading
from farwire_cloud.orders.configurations import Target
from farwire_cloud.orders.documents import Change
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import listed_alarm_from_item, state_from_item
from farwire_cloud.store.items import live_from_item
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.copies import Copy, copy_of, pool, stored_alarms, stored_numbers
from tests.cloud.examples import (
    EUI,
    OTHER_EUI,
    T0,
    alarm,
    alarms_entry,
    entry,
    named_reading,
    reading,
    record,
    records_entry,
    request,
    state_entry,
)
from tests.cloud.memory_table import MemoryTable

STORED, REFUSED = contract.STORED, contract.REFUSED


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with pool() as made:
        yield made


@pytest.fixture
def store() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def copy(store: MemoryTable, executor: ThreadPoolExecutor) -> Copy:
    return copy_of(store, executor)


def refused_items(store: MemoryTable) -> list[dict[str, object]]:
    return store.query(keys.refusals(EUI)).items


# Records and acknowledgements


def test_records_are_stored_once_and_acknowledged(copy: Copy, store: MemoryTable) -> None:
    answer = copy.deliver(records_entry([1, 2, 3], id_=77))

    assert [(r.id, r.status) for r in answer.results] == [(77, STORED)]
    assert [(a.dev_eui, a.through, a.stored_above, a.wanted) for a in answer.acknowledgements] == [
        (EUI, 3, b"", False)
    ]
    assert stored_numbers(store) == [1, 2, 3]


def test_repeated_records_cost_no_write(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(records_entry([1, 2, 3]))
    before = dict(store.items)
    store.calls.clear()

    copy.ingest.deliver(request(records_entry([1, 2, 3])), T0 + 5000)

    written = {key for key, item in store.items.items() if before.get(key) != item}
    assert {key.sk[0] for key in written} <= {"U"}  # the raw frame that repeated them, nothing else
    assert copy.counters.snapshot()["records_repeated"] == 3


def test_an_uplink_of_a_known_device_takes_one_round_of_writes(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(records_entry([1, 2]))
    store.calls.clear()

    copy.deliver(records_entry([3, 4]))

    assert store.calls == ["put_many"]


def test_a_hole_is_reported_and_wanted(copy: Copy) -> None:
    found = copy.acknowledgement(records_entry([1, 2, 4, 6]))

    assert (found.through, found.stored_above, found.wanted) == (2, bytes([0b101]), True)


def test_a_filled_hole_lets_the_acknowledgement_go_on(copy: Copy) -> None:
    copy.deliver(records_entry([1, 2, 4, 6]))

    assert copy.acknowledgement(records_entry([3])).through == 4
    assert copy.acknowledgement(records_entry([5])).through == 6


def test_a_node_that_asks_gets_an_acknowledgement(copy: Copy) -> None:
    assert copy.acknowledgement(records_entry([1], wanted=True)).wanted


def test_records_that_the_node_gave_up_are_no_hole(copy: Copy) -> None:
    copy.deliver(records_entry([1, 2, 7]))
    copy.deliver(state_entry(oldest=7, upcoming=8))

    found = copy.acknowledgement(records_entry([8]))

    assert (found.through, found.stored_above, found.wanted) == (8, b"", False)


def test_a_node_in_safe_mode_that_knows_no_record_gives_up_none_and_takes_back_nothing(copy: Copy) -> None:
    copy.deliver(records_entry([1, 2, 7, 9]))
    copy.deliver(state_entry(oldest=7, upcoming=10))
    copy.deliver(state_entry(oldest=0, upcoming=1, time_ms=T0 + 60_000))

    assert copy.acknowledgement(records_entry([10])).through == 7  # 3 to 6 are gone, 8 is awaited
    assert copy.acknowledgement(records_entry([8])).through == 10


def test_a_record_below_the_floor_is_stored_when_it_comes_after_all(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(state_entry(oldest=7, upcoming=8))
    copy.deliver(records_entry([5, 7]))

    assert stored_numbers(store) == [5, 7]


def test_records_of_another_copy_fill_what_looks_like_a_hole(
    copy: Copy, store: MemoryTable, executor: ThreadPoolExecutor
) -> None:
    other = copy_of(store, executor)
    copy.deliver(records_entry([1, 2]))
    other.deliver(records_entry([3, 4]))

    assert copy.acknowledgement(records_entry([5])).through == 5
    assert other.acknowledgement(records_entry([6])).through == 6


def test_a_wide_hole_that_another_copy_filled_is_found_too(
    copy: Copy, store: MemoryTable, executor: ThreadPoolExecutor
) -> None:
    other = copy_of(store, executor)
    copy.deliver(records_entry([1]))
    other.deliver(records_entry(range(2, 400)))

    assert copy.acknowledgement(records_entry([400])).through == 400


def test_a_new_copy_acknowledges_what_is_stored(
    copy: Copy, store: MemoryTable, executor: ThreadPoolExecutor
) -> None:
    copy.deliver(records_entry([1, 2, 3, 5]))

    fresh = copy_of(store, executor)

    assert fresh.acknowledgement(records_entry([6])).through == 3
    assert fresh.acknowledgement(records_entry([4])).through == 6


def test_a_view_that_was_not_written_in_time_is_read_from_the_records(
    copy: Copy, store: MemoryTable, executor: ThreadPoolExecutor
) -> None:
    copy.deliver(records_entry([1]))
    copy.deliver(records_entry([2, 3]))  # the view is written later, and this copy dies before

    fresh = copy_of(store, executor)
    fresh.deliver(records_entry([1]))
    fresh.devices.write_views()

    state = state_from_item(store.items[keys.state(EUI)])
    assert state.through == 3
    assert state.last[1, 103].number == 3


def test_a_number_used_twice_is_kept_for_inspection_and_counted(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(records_entry([1, 2]))

    answer = copy.deliver(
        entry(
            time_ms=T0 + 10**9,
            identity="reset",
            records=contract.Records(records=[record(1, time_ms=T0 + 10**9, raw=-5), record(3)]),
        )
    )

    assert answer.results[0].status == STORED
    assert stored_numbers(store) == [1, 2, 3]
    (kept,) = refused_items(store)
    assert "1/103=-5" in str(kept["detail"])
    assert "ttl" not in kept
    assert copy.counters.snapshot()["numbers_used_twice"] == 1


def test_a_number_used_twice_is_found_by_a_copy_that_never_saw_the_first(
    copy: Copy, store: MemoryTable, executor: ThreadPoolExecutor
) -> None:
    copy.deliver(records_entry([1, 2]))
    copy.devices.write_views()
    fresh = copy_of(store, executor)

    fresh.deliver(entry(records=contract.Records(records=[record(1, time_ms=T0 + 10**9)])))

    assert len(refused_items(store)) == 1


def test_a_number_that_a_node_gave_up_after_sending_it_leaves_the_stored_record_as_it_is(
    copy: Copy, store: MemoryTable
) -> None:
    copy.deliver(records_entry([1, 2]))
    before = store.items[keys.record(EUI, 1)]
    empty = contract.Record(number=1, time_ms=record(1).time_ms + 7_000)

    copy.deliver(entry(records=contract.Records(records=[empty, contract.Record(number=3, time_ms=T0)])))

    assert refused_items(store) == []
    assert store.items[keys.record(EUI, 1)] == before
    assert stored_numbers(store) == [1, 2, 3]


def test_a_repeat_whose_time_differs_by_the_ages_resolution_is_the_same_record(
    copy: Copy, store: MemoryTable
) -> None:
    copy.deliver(records_entry([1]))
    again = record(1)
    again.time_ms += 130

    copy.deliver(entry(records=contract.Records(records=[again])))

    assert refused_items(store) == []
    assert store.items[keys.record(EUI, 1)]["t"] == record(1).time_ms


def test_devices_in_one_request_do_not_mix(copy: Copy, store: MemoryTable) -> None:
    answer = copy.deliver(records_entry([1, 2]), records_entry([1], OTHER_EUI))

    assert {a.dev_eui: a.through for a in answer.acknowledgements} == {EUI: 2, OTHER_EUI: 1}
    assert stored_numbers(store, OTHER_EUI) == [1]


@pytest.mark.parametrize("budget", range(1, 60, 3))
def test_the_time_index_is_durable_before_its_records(copy: Copy, store: MemoryTable, budget: int) -> None:
    store.fail_after = budget
    with pytest.raises(StoreUnavailableError):
        copy.deliver(records_entry(range(40, 140)))
    store.fail_after = None

    for number in stored_numbers(store):
        time_ms = record(number).time_ms
        span = keys.in_hours(EUI, time_ms, time_ms)
        blocks = {keys.block_in(item["sk"]) for item in store.query(span).items}
        assert keys.block_of(number) in blocks


def test_nothing_is_acknowledged_that_a_failing_store_did_not_take(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(records_entry([1]))
    store.fail_after = 10
    with pytest.raises(StoreUnavailableError):
        copy.deliver(records_entry(range(2, 100)))
    store.fail_after = None

    found = copy.acknowledgement(records_entry([100]))

    numbers = stored_numbers(store)
    assert set(range(1, found.through + 1)) <= set(numbers)


def test_a_repeat_after_the_store_came_back_stores_the_rest(copy: Copy, store: MemoryTable) -> None:
    for budget in range(12):
        store.fail_after = budget
        with pytest.raises(StoreUnavailableError):
            copy.deliver(records_entry(range(1, 9)), alarms_entry(alarm(1)))
    store.fail_after = None

    copy.deliver(records_entry(range(1, 9)), alarms_entry(alarm(1)))

    assert stored_numbers(store) == list(range(1, 9))
    assert stored_alarms(store) == [1]
    assert len(store.query(keys.all_alarms()).items) == 1
    assert len(store.query(keys.all_devices()).items) == 1


# Alarms


def test_alarms_are_stored_listed_and_acknowledged_at_once(copy: Copy, store: MemoryTable) -> None:
    found = copy.acknowledgement(alarms_entry(alarm(1)))

    assert (found.alarms_through, found.wanted) == (1, True)
    assert state_from_item(store.items[keys.state(EUI)]).alarms[1, contract.HIGH].active
    (listed,) = map(listed_alarm_from_item, store.query(keys.all_alarms()).items)
    assert (listed.dev_eui, listed.alarm.active) == (EUI, True)


def test_a_late_start_does_not_reopen_an_ended_alarm(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(alarms_entry(alarm(2, active=False)))
    copy.deliver(alarms_entry(alarm(1)))

    assert not state_from_item(store.items[keys.state(EUI)]).alarms[1, contract.HIGH].active
    (listed,) = map(listed_alarm_from_item, store.query(keys.all_alarms()).items)
    assert not listed.alarm.active


def test_a_missing_alarm_holds_the_acknowledgement_back(copy: Copy) -> None:
    assert copy.acknowledgement(alarms_entry(alarm(1), alarm(3))).alarms_through == 1
    assert copy.acknowledgement(alarms_entry(alarm(2))).alarms_through == 3


def test_alarms_that_the_node_erased_do_not_hold_the_acknowledgement_back(
    copy: Copy, store: MemoryTable
) -> None:
    assert copy.acknowledgement(alarms_entry(alarm(1), alarm(5))).alarms_through == 1
    copy.deliver(state_entry(oldest_alarm=4))
    assert copy.acknowledgement(alarms_entry(alarm(4))).alarms_through == 5

    copy.deliver(state_entry(time_ms=T0 + 60_000))

    assert state_from_item(store.items[keys.state(EUI)]).alarm_floor == 4  # known for good
    assert copy.acknowledgement(alarms_entry(alarm(6))).alarms_through == 6


def test_an_alarm_of_a_failed_sensor_has_no_value(copy: Copy, store: MemoryTable) -> None:
    failed = alarm(1, condition=contract.SENSOR_FAILED)
    failed.value.ClearField("raw")

    assert copy.deliver(alarms_entry(failed)).results[0].status == STORED
    assert state_from_item(store.items[keys.state(EUI)]).alarms[1, contract.SENSOR_FAILED].value is None


def test_an_alarm_number_used_twice_is_kept_for_inspection(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(alarms_entry(alarm(1)))
    copy.deliver(alarms_entry(alarm(1, channel=9)))

    assert len(refused_items(store)) == 1
    assert copy.counters.snapshot()["numbers_used_twice"] == 1


# What else a device says


def test_the_view_shows_the_newest_of_everything(copy: Copy, store: MemoryTable) -> None:
    copy.deliver(
        entry(time_ms=T0 + 9, identity="x", joined=contract.Joined(dev_addr="0a0b0c0d")),
        entry(time_ms=T0 + 8, identity="y", status=contract.DeviceStatus(battery_percent=71.5, margin_db=9)),
        entry(time_ms=T0 + 7, identity="z", live=contract.LiveValues(readings=[reading(5, 116, [330])])),
        state_entry(hash_=5, time_ms=T0 + 6),
        entry(time_ms=T0 + 1, joined=contract.Joined(dev_addr="01010101")),
    )

    state = state_from_item(store.items[keys.state(EUI)])
    assert state.last_seen_ms == T0 + 9
    assert state.joined is not None
    assert state.joined.content.dev_addr == "0a0b0c0d"
    assert state.status is not None
    assert state.status.content.battery_percent == 71.5
    assert state.last[5, 116].raw == (330,)
    assert state.report is not None
    assert state.report.content.configuration_hash == 5
    assert state.about is not None
    assert state.about.content.name == "pump-1"
    assert len(store.query(keys.lives(EUI, 0, keys.LAST_TIME_MS)).items) == 1
    assert {item["kind"] for item in store.query(keys.events(EUI)).items} == {"joined", "status"}


def test_what_a_vendors_codec_named_is_kept_whole_and_its_newest_shown(
    copy: Copy, store: MemoryTable
) -> None:
    named = [
        contract.NamedReading(name="air.temperature", unit="°C", number=21.0625),
        contract.NamedReading(name="door open", flag=True),
        contract.NamedReading(name="mode", text="é" * 300),
    ]
    later = [contract.NamedReading(name="air.temperature", unit="°C", number=-0.5)]

    copy.deliver(
        entry(time_ms=T0 + 7, identity="y", live=contract.LiveValues(named=named)),
        entry(time_ms=T0 + 8, identity="z", live=contract.LiveValues(named=later)),
    )

    first, second = map(live_from_item, store.query(keys.lives(EUI, 0, keys.LAST_TIME_MS)).items)
    assert first.named == (
        NamedReading("air.temperature", "°C", 21.0625),
        NamedReading("door open", "", True),
        NamedReading("mode", "", "é" * 300),
    )
    assert second.named == (NamedReading("air.temperature", "°C", -0.5),)
    assert state_from_item(store.items[keys.state(EUI)]).named == {
        "air.temperature": LastNamed(T0 + 8, "°C", -0.5),
        "door open": LastNamed(T0 + 7, "", True),
        "mode": LastNamed(T0 + 7, "", "é" * 100),
    }


def test_a_mac_only_uplink_is_a_sign_of_life_and_nothing_more(copy: Copy, store: MemoryTable) -> None:
    empty = entry(time_ms=T0 + 5, live=contract.LiveValues())

    assert copy.deliver(empty).results[0].status == STORED
    assert store.query(keys.lives(EUI, 0, keys.LAST_TIME_MS)).items == []
    assert state_from_item(store.items[keys.state(EUI)]).last_seen_ms == T0 + 5


def test_a_message_of_the_network_server_is_no_sign_of_life(copy: Copy, store: MemoryTable) -> None:
    log = contract.NetworkLog(level="ERROR", code="UPLINK_MIC", description="wrong MIC", context={"a": "b"})

    copy.deliver(entry(log=log), entry(log=log))

    (kept,) = store.query(keys.events(EUI)).items
    assert kept["content"]["code"] == "UPLINK_MIC"
    assert state_from_item(store.items[keys.state(EUI)]).last_seen_ms == 0


def test_a_refused_frame_is_kept_with_its_reason_and_payload_once(copy: Copy, store: MemoryTable) -> None:
    bad = entry(refused=contract.Refused(reason="TruncatedError", detail="the bytes end inside the value"))

    copy.deliver(bad)
    copy.deliver(bad)

    (kept,) = refused_items(store)
    assert (kept["reason"], kept["heard"]["payload"]) == ("TruncatedError", b"\x01\x02")  # type: ignore[index]


def test_a_malformed_event_without_a_name_or_a_time_leaves_the_name_alone(
    copy: Copy, store: MemoryTable
) -> None:
    copy.deliver(records_entry([1]))
    bad = contract.Entry(
        device=contract.Device(dev_eui=EUI, application_id="x"),
        uplink=contract.Uplink(deduplication_id="sha256:abc", payload=b"{"),
        refused=contract.Refused(reason="EventError", detail="no JSON"),
    )

    assert copy.deliver(bad).results[0].status == STORED
    copy.devices.write_views()
    about = state_from_item(store.items[keys.state(EUI)]).about
    assert about is not None
    assert about.content.name == "pump-1"


def test_raw_frames_are_kept_unless_told_otherwise(store: MemoryTable, executor: ThreadPoolExecutor) -> None:
    copy_of(store, executor).deliver(records_entry([1]))
    copy_of(store, executor, kept_days=0).deliver(records_entry([2], OTHER_EUI))

    frames = [(key.pk, item["payload"]) for key, item in store.items.items() if key.sk.startswith("U#")]
    assert frames == [(keys.device(EUI), b"\x01\x02")]


def test_what_was_stored_is_told_to_listeners(copy: Copy) -> None:
    copy.deliver(records_entry([1, 2]), contract.Entry(id=2))

    assert [type(each) for each in copy.happenings] == [Delivery]


def test_wall_clock_has_no_say_in_what_is_stored(copy: Copy, store: MemoryTable) -> None:
    far = [record(1, time_ms=0), record(2, time_ms=keys.LAST_TIME_MS)]

    assert copy.deliver(entry(records=contract.Records(records=far))).results[0].status == STORED
    assert stored_numbers(store) == [1, 2]


# Orders


def test_fates_move_an_order_forward(copy: Copy) -> None:
    order = copy.order()

    for fate in (contract.ACCEPTED, contract.ENQUEUED, contract.SENT):
        copy.deliver(
            entry(fate=contract.OrderFate(order_id=order.order_id, fate=fate, attempt=1, queue_item_id="q"))
        )

    found = copy.register.get(EUI, order.order_id)
    assert found.fate is Fate.SENT
    assert [step.name for step in found.steps] == ["created", "accepted", "enqueued", "sent"]
    assert found.steps[-1].queue_item_id == "q"


def test_fates_of_one_order_in_one_request_may_come_in_any_order(copy: Copy) -> None:
    order = copy.order()
    fates = [contract.SENT, contract.ACCEPTED, contract.ENQUEUED]

    copy.deliver(
        *(entry(fate=contract.OrderFate(order_id=order.order_id, fate=fate, attempt=1)) for fate in fates)
    )

    steps = [step.name for step in copy.register.get(EUI, order.order_id).steps]
    assert steps == ["created", "accepted", "enqueued", "sent"]


def test_a_nodes_answer_ends_its_order_and_takes_it_off_the_list(copy: Copy, store: MemoryTable) -> None:
    order = copy.order(number=5)
    assert len(store.query(keys.open_orders()).items) == 1

    copy.deliver(entry(answer=contract.CommandAnswer(command_number=5, result=contract.DONE)))

    assert copy.register.get(EUI, order.order_id).fate is Fate.ACKNOWLEDGED
    assert store.query(keys.open_orders()).items == []


def test_a_nodes_refusal_fails_its_order_with_the_nodes_reason(copy: Copy) -> None:
    order = copy.order(number=5)

    copy.deliver(entry(answer=contract.CommandAnswer(command_number=5, result=contract.REFUSED_VALUE)))

    found = copy.register.get(EUI, order.order_id)
    assert (found.fate, found.decisive.detail) == (Fate.FAILED, "REFUSED_VALUE")


def test_an_answer_or_a_fate_of_no_order_is_refused_and_makes_no_device(
    copy: Copy, store: MemoryTable
) -> None:
    answer = copy.deliver(
        entry(fate=contract.OrderFate(order_id="nothing", fate=contract.SENT), dev_eui=OTHER_EUI),
        entry(answer=contract.CommandAnswer(command_number=9, result=contract.DONE)),
    )

    assert [result.status for result in answer.results] == [REFUSED, REFUSED]
    assert "command number 9" in answer.results[1].detail
    assert keys.listed(OTHER_EUI) not in store.items


def test_a_configuration_is_in_sync_by_the_nodes_own_report(copy: Copy) -> None:
    target = Target(EUI, "app-1", None)
    desired = copy.configurations.change(target, [Change("sampling_interval_s", None, 30)], "ann", T0)

    copy.deliver(state_entry(hash_=1, time_ms=T0 + 1))
    assert copy.register.get(EUI, desired.order_id).fate is Fate.QUEUED
    copy.deliver(state_entry(hash_=desired.hash, time_ms=T0 + 2))

    assert copy.register.get(EUI, desired.order_id).fate is Fate.ACKNOWLEDGED


def test_an_old_report_that_comes_late_does_not_undo_the_sync(copy: Copy) -> None:
    desired = copy.configurations.change(
        Target(EUI, "app-1", None), [Change("sampling_interval_s", None, 30)], "ann", T0
    )
    copy.deliver(state_entry(hash_=desired.hash, time_ms=T0 + 2))

    copy.deliver(state_entry(hash_=1, time_ms=T0 + 1))

    now = copy.configurations.desired(EUI)
    assert now is not None
    assert now.order_id == desired.order_id


def test_a_node_that_lost_its_configuration_gets_it_again(copy: Copy, store: MemoryTable) -> None:
    desired = copy.configurations.change(
        Target(EUI, "app-1", None), [Change("sampling_interval_s", None, 30)], "ann", T0
    )
    copy.deliver(state_entry(hash_=desired.hash, time_ms=T0 + 2))

    copy.deliver(state_entry(hash_=0, time_ms=T0 + 3))

    now = copy.configurations.desired(EUI)
    assert now is not None
    assert now.order_id != desired.order_id
    assert copy.register.get(EUI, now.order_id).is_open
    assert len(store.query(keys.open_orders()).items) == 1


def test_an_order_carries_what_the_node_ran_before_as_the_base_of_a_difference(copy: Copy) -> None:
    first = copy.configurations.change(Target(EUI, "app-1", 77), [Change("adr", None, True)], "ann", T0)
    second = copy.configurations.change(
        Target(EUI, "app-1", first.hash), [Change("adr", None, False)], "ann", T0 + 1
    )

    bodies = [copy.register.get(EUI, desired.order_id).body for desired in (first, second)]
    assert bodies == [
        Configuration(first.document, first.hash, b""),
        Configuration(second.document, second.hash, first.document),
    ]


# Bad input


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (contract.Entry(), "body"),
        (entry("70B3D57ED0000001", live=contract.LiveValues()), "device.dev_eui"),
        (entry("", live=contract.LiveValues()), "device.dev_eui"),
        (entry(time_ms=-1, live=contract.LiveValues()), "time_ms"),
        (entry(time_ms=10**13, live=contract.LiveValues()), "time_ms"),
        (entry(identity="", live=contract.LiveValues()), "deduplication_id"),
        (entry(identity="x" * 101, live=contract.LiveValues()), "deduplication_id"),
        (entry(live=contract.LiveValues(readings=[reading(256)])), "live.readings[0].channel"),
        (entry(live=contract.LiveValues(readings=[reading(1, 103, [])])), "raw"),
        (entry(live=contract.LiveValues(readings=[reading(1, 103, [1, 2])])), "raw"),
        (entry(live=contract.LiveValues(readings=[reading(1, 103, [32768])])), "raw"),
        (entry(live=contract.LiveValues(readings=[reading(1, 70_000, [1])])), "lpp_type"),
        (entry(live=contract.LiveValues(readings=[reading()] * 257)), "live.readings"),
        (entry(live=contract.LiveValues(named=[named_reading(name="")])), "live.named[0].name"),
        (entry(live=contract.LiveValues(named=[named_reading(name="n" * 201)])), "live.named[0].name"),
        (entry(live=contract.LiveValues(named=[named_reading(name="a\nb")])), "live.named[0].name"),
        (entry(live=contract.LiveValues(named=[named_reading(unit="u" * 21)])), "live.named[0].unit"),
        (entry(live=contract.LiveValues(named=[named_reading(number=math.nan)])), "live.named[0].number"),
        (entry(live=contract.LiveValues(named=[contract.NamedReading(name="n")])), "live.named[0].value"),
        (entry(live=contract.LiveValues(named=[named_reading()] * 2)), "live.named"),
        (
            entry(live=contract.LiveValues(named=[named_reading(name=f"n{i}") for i in range(257)])),
            "live.named",
        ),
        (
            entry(
                live=contract.LiveValues(
                    named=[contract.NamedReading(name=f"n{i}", text="\U0001f600" * 500) for i in range(100)]
                )
            ),
            "live.named",
        ),
        (entry(records=contract.Records(records=[record(0)])), "records[0].number"),
        (entry(records=contract.Records(records=[record(1, time_ms=-5)])), "records[0].time_ms"),
        (entry(records=contract.Records(records=[record(1)] * 513)), "records"),
        (alarms_entry(alarm(0)), "alarms[0].number"),
        (alarms_entry(alarm(1, condition=99)), "alarms[0].condition"),
        (alarms_entry(alarm(1, condition=0)), "alarms[0].condition"),
        (alarms_entry(alarm(1, channel=300)), "channel"),
        (state_entry(oldest=9, upcoming=8), "state.oldest_record"),
        (entry(state=contract.StateReport(reset_reason=200)), "state.reset_reason"),
        (entry(answer=contract.CommandAnswer(command_number=65_536, result=contract.DONE)), "command_number"),
        (entry(answer=contract.CommandAnswer(command_number=1)), "answer.result"),
        (entry(joined=contract.Joined(dev_addr="xyz")), "joined.dev_addr"),
        (entry(status=contract.DeviceStatus(battery_percent=float("nan"))), "status.battery_percent"),
        (entry(status=contract.DeviceStatus(battery_percent=101)), "status.battery_percent"),
        (entry(fate=contract.OrderFate(order_id="x")), "fate.fate"),
        (entry(fate=contract.OrderFate(fate=contract.SENT)), "fate.order_id"),
    ],
)
def test_a_bad_entry_is_refused_by_name_and_the_good_one_beside_it_stored(
    copy: Copy, store: MemoryTable, bad: contract.Entry, named: str
) -> None:
    bad.id = 9

    answer = copy.deliver(bad, records_entry([1], OTHER_EUI))

    assert [(r.id, r.status) for r in answer.results] == [(9, REFUSED), (1, STORED)]
    assert named in answer.results[0].detail
    assert "expected" in answer.results[0].detail
    assert stored_numbers(store) == []
    assert stored_numbers(store, OTHER_EUI) == [1]


def test_a_refused_entry_is_kept_for_inspection(copy: Copy, store: MemoryTable) -> None:
    bad = entry(records=contract.Records(records=[record(0)]))

    copy.deliver(bad)

    (kept,) = refused_items(store)
    assert contract.Entry.FromString(kept["entry"]) == bad  # type: ignore[arg-type]


def test_a_frame_must_come_with_live_values(copy: Copy) -> None:
    bare = contract.Entry(device=records_entry([1]).device, time_ms=T0, live=contract.LiveValues())

    assert copy.deliver(bare).results[0].detail.startswith("uplink is None")


def test_a_type_that_this_version_does_not_know_is_kept_as_it_is(copy: Copy, store: MemoryTable) -> None:
    unknown = entry(live=contract.LiveValues(readings=[reading(1, 199, [1, -2])]))

    assert copy.deliver(unknown).results[0].status == STORED
    assert state_from_item(store.items[keys.state(EUI)]).last[1, 199].raw == (1, -2)


def test_long_descriptions_are_cut_because_readings_matter_more(copy: Copy, store: MemoryTable) -> None:
    wordy = records_entry([1])
    wordy.device.name = "x" * 10_000
    for number in range(200):
        wordy.device.tags[f"tag{number}"] = "y" * 1000

    assert copy.deliver(wordy).results[0].status == STORED
    about = state_from_item(store.items[keys.state(EUI)]).about
    assert about is not None
    assert (len(about.content.name), len(about.content.tags)) == (500, 64)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (contract.DeliverRequest(), "bridge_id"),
        (contract.DeliverRequest(bridge_id="no blanks"), "bridge_id"),
        (contract.DeliverRequest(bridge_id="b", entries=[contract.Entry()] * 501), "entries"),
        (
            contract.DeliverRequest(
                bridge_id="b", entries=[entry(log=contract.NetworkLog(description="x" * 1024 * 1024))]
            ),
            "request",
        ),
    ],
)
def test_a_request_out_of_its_limits_is_refused_as_a_whole(
    copy: Copy, bad: contract.DeliverRequest, named: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        copy.ingest.deliver(bad, T0)

    assert caught.value.field == named


def test_an_empty_request_is_answered_empty(copy: Copy) -> None:
    assert copy.deliver() == contract.DeliverResponse()
