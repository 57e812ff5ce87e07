"""A node acts on the settings that say how its frames are to be, and how many."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import batch, lpp, ports
from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_codecs.model import ALL_CHANNELS
from farwire_node import node_events
from farwire_node.flash.device import RamFlash
from farwire_node.sending.fair_use import AHEAD, FairUse
from farwire_node.storage import MemoryStorage, Storage
from tests.node.program.fakes import HOUR_MS, HUMIDITY, TEMPERATURE, Bench, SteppingSensor

DAY_MS = 24 * HOUR_MS
QUICK = (Setting(codec.SAMPLING_INTERVAL_S, None, 10), Setting(codec.REPORTING_INTERVAL_S, None, 120))


def bench_with(*settings: Setting, **options: object) -> Bench:
    sensor = SteppingSensor(TEMPERATURE, HUMIDITY)
    return Bench(sensor, settings=codec.canonical([*QUICK, *settings]), **options)  # type: ignore[arg-type]


def batches(bench: Bench) -> list[batch.Batch]:
    found = []
    for _, port, payload, _ in bench.link.sent:
        if port == ports.HISTORY:
            found.append(batch.decode(payload, bench.cloud.schemas.get, bench.cloud._find_base))
    return found


@pytest.mark.parametrize("limit", [20, 33])
def test_no_batch_is_longer_than_the_payload_limit(limit: int) -> None:
    bench = bench_with(Setting(keys.PAYLOAD_LIMIT, None, limit))

    bench.run(3600)

    sizes = [len(payload) for _, port, payload, _ in bench.link.sent if port == ports.HISTORY]
    assert limit - 6 <= max(sizes) <= limit
    assert len(bench.cloud.records) > 300


def test_a_state_report_goes_whole_whatever_the_payload_limit() -> None:
    bench = bench_with(Setting(keys.PAYLOAD_LIMIT, None, 11))

    bench.run(600)

    assert bench.cloud.states


@pytest.mark.parametrize("most", [1, 5])
def test_no_batch_has_more_records_than_configured(most: int) -> None:
    bench = bench_with(Setting(keys.RECORDS_PER_FRAME, None, most))

    bench.run(1800)

    assert max(len(found.records) for found in batches(bench)) == most
    assert bench.cloud.records


def test_one_channel_a_batch_where_that_is_configured_and_everything_arrives() -> None:
    bench = bench_with(Setting(keys.HISTORY_LAYOUT, None, 2))

    bench.run(3600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)

    layouts = [found.only for found in batches(bench)]
    assert set(layouts[-10:]) == {0, 1}
    assert set(bench.cloud.records) == set(bench.sampled)


def test_channels_that_go_one_by_one_go_in_the_order_of_their_priorities() -> None:
    bench = bench_with(Setting(keys.HISTORY_LAYOUT, None, 2), Setting(keys.PRIORITY, HUMIDITY.channel, 2))

    bench.run(3600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)

    parts = [found for found in batches(bench) if found.only != ALL_CHANNELS]
    by_number: dict[int, list[int]] = {}
    for part in parts:
        for record in part.records:
            by_number.setdefault(record.number, []).append(part.only)
    assert {order[0] for order in by_number.values()} == {1}
    assert set(bench.cloud.records) == set(bench.sampled)


@pytest.mark.parametrize(("layout", "expected"), [(0, True), (1, False)])
def test_records_are_parted_for_a_small_frame_unless_all_channels_are_configured(
    layout: int, expected: bool
) -> None:
    sensor = SteppingSensor(*(TEMPERATURE._replace(channel=number) for number in range(1, 13)))
    bench = Bench(sensor, settings=codec.canonical([*QUICK, Setting(keys.HISTORY_LAYOUT, None, layout)]))
    bench.run(3600)
    assert bench.cloud.records

    bench.link.size = 13
    sent = len(bench.link.sent)
    bench.run(3600)

    later = [payload for _, port, payload, _ in bench.link.sent[sent:] if port == ports.HISTORY]
    assert bool(later) == expected
    for payload in later:
        assert batch.decode(payload, bench.cloud.schemas.get).only != ALL_CHANNELS


def test_the_newest_values_go_as_cayenne_lpp_after_each_report() -> None:
    bench = bench_with(Setting(keys.LPP_LIVE, None, True))

    bench.run(3600)

    order = [port for _, port, _, _ in bench.link.sent if port in (ports.HISTORY, ports.LPP_DYNAMIC)]
    assert order.count(ports.LPP_DYNAMIC) >= order.count(ports.HISTORY) - 3
    known = {values for _, values in bench.sampled.values()}
    for _, port, payload, _ in bench.link.sent:
        if port == ports.LPP_DYNAMIC:
            items = lpp.decode_dynamic(payload)
            assert tuple(item.raw for item in items) in known
            assert [(item.channel, item.type_id) for item in items] == [TEMPERATURE, HUMIDITY]


def test_no_live_values_go_where_that_is_not_configured() -> None:
    bench = bench_with()

    bench.run(3600)

    assert ports.LPP_DYNAMIC not in [port for _, port, _, _ in bench.link.sent]


def test_ordinary_traffic_keeps_within_the_fair_use_of_a_day_and_alarms_do_not_wait() -> None:
    bench = bench_with(Setting(keys.FAIR_USE_S_PER_DAY, None, 30), Setting(codec.HIGH, 1, 250), capacity=2048)
    sensor = bench.sensors[0]
    assert isinstance(sensor, SteppingSensor)
    sensor.wander = False
    bench.run(12 * 3600)
    sensor.values[0][0] = 255
    before_ms = bench.now_ms
    bench.run(600)
    sensor.values[0][0] = 100
    bench.run(11 * 3600)

    frames = [event for event in bench.told if isinstance(event, node_events.FrameSent)]
    ordinary = sum(event.airtime_ms for event in frames if event.port != ports.ALARM)
    assert 20_000 < ordinary <= 30_000
    alarm = next(event for event in frames if event.port == ports.ALARM)
    assert alarm.start_ms < before_ms + 30_000


def capped(cap_s: int, storage: Storage) -> FairUse:
    fair_use = FairUse(storage)
    fair_use.cap_ms = 1000 * cap_s
    return fair_use


ON, CUT, ANEW = range(3)  # nothing happens; a power cut; one after which the clock begins anew


@given(
    st.integers(1, 40),
    st.lists(
        st.tuples(
            st.integers(100, 3_000),
            st.integers(0, 5 * HOUR_MS),
            st.booleans(),
            st.sampled_from((ON, ON, ON, CUT, ANEW)),
        ),
        max_size=120,
    ),
)
def test_no_24_hours_have_more_airtime_than_the_cap_over_power_cuts(
    cap_s: int, frames: list[tuple[int, int, bool, int]]
) -> None:
    storage = MemoryStorage()
    fair_use = capped(cap_s, storage)
    now_ms = began_ms = 0  # of a true clock; the node's is `now_ms - began_ms`
    sent: list[tuple[int, int]] = []
    for airtime_ms, pause_ms, waits, what in frames:
        now_ms += pause_ms
        if what != ON:
            fair_use = capped(cap_s, storage)
        if what == ANEW:
            began_ms = now_ms
        due_ms = began_ms + fair_use.earliest_ms(airtime_ms, now_ms - began_ms)
        assert due_ms >= now_ms
        if waits:
            now_ms = due_ms
            own_ms = now_ms - began_ms
            assert fair_use.earliest_ms(airtime_ms, own_ms) == own_ms  # what it said it keeps
        elif due_ms > now_ms:
            continue
        fair_use.spend(airtime_ms, now_ms - began_ms)
        sent.append((now_ms, airtime_ms))

    for end_ms, longest_ms in sent:
        day = [airtime for at_ms, airtime in sent if end_ms - DAY_MS < at_ms <= end_ms]
        assert sum(day) <= max(1000 * cap_s, longest_ms)


def test_no_two_uplinks_are_further_apart_than_the_poll_interval() -> None:
    bench = Bench(settings=codec.canonical([Setting(keys.POLL_INTERVAL_S, None, 100)]))
    bench.run(3600)

    starts = [at_ms for at_ms, _, _, _ in bench.link.sent]
    apart = [later - sooner for sooner, later in itertools.pairwise(starts)]
    assert max(apart) <= 100_000 + 10_000
    assert 30 < len(starts) < 60


def test_a_day_of_frames_writes_its_airtime_some_fifty_times_and_a_power_cut_costs_a_part_of_the_cap() -> (
    None
):
    class Counting(MemoryStorage):
        saves = 0

        def save(self, key: str, value: bytes) -> None:
            super().save(key, value)
            self.saves += 1

    storage = Counting()
    fair_use = capped(480, storage)
    for at_ms in range(0, DAY_MS, 60_000):
        fair_use.spend(300, at_ms)

    assert storage.saves <= 48
    spent_ms = 300 * DAY_MS // 60_000
    left_ms = 480_000 - spent_ms
    assert fair_use.earliest_ms(left_ms, DAY_MS - 1) == DAY_MS - 1
    after = capped(480, storage)
    assert after.earliest_ms(left_ms - 480_000 // AHEAD, DAY_MS - 1) == DAY_MS - 1


@pytest.mark.parametrize("flash", [None, RamFlash(16, 1024)])
def test_no_more_records_are_held_than_configured_over_restarts_and_what_goes_is_reported(
    flash: RamFlash | None,
) -> None:
    bench = bench_with(Setting(keys.BUFFER_CAPACITY, None, 40), capacity=30, flash=flash)
    bench.cloud.silent = True
    for saved in (True, flash is None):  # in memory a power cut costs what it held
        bench.run(3600)
        assert 30 < bench.node._records.held <= 40
        bench.restart(saved)
    assert bench.node.pending() == 0  # not started yet
    bench.run(60)
    assert 30 < bench.node._records.held <= 40

    records = bench.node._records
    assert records.dropped == records.next - 1 - records.held
    bench.run(3600)
    assert bench.cloud.states[-1].dropped_records > 720 - 40


def test_a_capacity_that_there_is_no_room_for_is_logged() -> None:
    bench = bench_with(Setting(keys.BUFFER_CAPACITY, None, 1_000_000), flash=RamFlash(16, 1024))
    bench.run(60)

    assert f"room for {bench.node._records.capacity} records".encode() in bench.node.log.content()


def test_without_a_cap_nothing_waits() -> None:
    fair_use = FairUse(MemoryStorage())
    fair_use.spend(10**9, 0)

    assert fair_use.earliest_ms(10**6, 5) == 5
