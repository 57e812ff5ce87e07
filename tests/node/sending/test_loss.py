"""Frames get lost in both directions, power fails, and no record, alarm or number goes wrong."""

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from farwire_codecs import command, ports
from farwire_codecs import configuration as codec
from farwire_codecs.configuration import HIGH, REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_node import node_events
from farwire_node.flash.device import RamFlash
from tests.node.program.fakes import (
    ACCELERATION,
    ANOTHER_LIFE,
    HUMIDITY,
    TEMPERATURE,
    VOLTAGE,
    Bench,
    Lamp,
    SteppingSensor,
    assert_stored_exactly,
    is_empty,
)

EVERY_20_S = (Setting(SAMPLING_INTERVAL_S, None, 20), Setting(REPORTING_INTERVAL_S, None, 120))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_every_record_reaches_the_cloud_through_an_air_that_loses_30_percent_both_ways(
    seed: int, late: bool
) -> None:
    bench = Bench(settings=EVERY_20_S, loss_up=0.3, loss_down=0.3, late=late, seed=seed)
    bench.run(3600)

    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)

    assert len(bench.sampled) >= 179
    assert_stored_exactly(bench)


@pytest.mark.parametrize("seed", range(3))
def test_every_record_reaches_the_cloud_through_an_air_that_loses_70_percent_both_ways(seed: int) -> None:
    bench = Bench(settings=EVERY_20_S, loss_up=0.7, loss_down=0.7, seed=seed)
    bench.run(3600)

    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=4 * 3600)

    assert_stored_exactly(bench)


def test_records_reach_the_cloud_over_a_link_that_carries_20_bytes() -> None:
    bench = Bench(
        SteppingSensor(TEMPERATURE, HUMIDITY), settings=EVERY_20_S, size=20, loss_up=0.2, loss_down=0.2
    )
    bench.run(3600)

    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)

    assert_stored_exactly(bench)


def test_records_sampled_before_the_node_could_join_reach_the_cloud() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.link._joined_at_ms = 3_000_000  # the network is away for fifty minutes

    bench.run(3600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=600)

    assert_stored_exactly(bench)


def test_a_day_without_loss_costs_about_ten_downlinks() -> None:
    minutely = (Setting(SAMPLING_INTERVAL_S, None, 60), Setting(REPORTING_INTERVAL_S, None, 600))
    bench = Bench(settings=minutely, capacity=1024)

    bench.run(24 * 3600)

    assert 8 <= bench.downlinks <= 13
    assert bench.node.pending() < 200
    assert bench.events(node_events.Dropped) == []


def test_after_a_silent_day_of_the_cloud_the_node_has_not_spammed_it() -> None:
    hourly = (Setting(SAMPLING_INTERVAL_S, None, 3600), Setting(REPORTING_INTERVAL_S, None, 600))
    bench = Bench(settings=hourly, capacity=1024)
    bench.cloud.silent = True

    bench.run(24 * 3600)

    history = [start_ms for start_ms, port, _, _ in bench.link.sent if port == ports.HISTORY]
    assert len(history) <= 24 + 16


def test_everything_held_is_delivered_after_an_orderly_restart() -> None:
    bench = Bench(settings=EVERY_20_S, loss_up=0.3, loss_down=0.3, seed=5)
    bench.cloud.silent = True
    bench.run(1800)
    held = bench.node.pending()

    bench.restart(saved=True)
    bench.cloud.silent = False
    bench.run(600)
    assert held > 80
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)

    assert_stored_exactly(bench)


def test_a_loss_of_power_loses_no_more_than_the_memory_held_and_the_cloud_learns_of_it() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(900)
    before = set(bench.sampled)

    bench.restart(saved=False)
    bench.run(900)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=600)
    bench.run(300)

    after = set(bench.sampled) - before
    assert after <= set(bench.cloud.records)
    assert min(after) > max(before)
    assert bench.cloud.acknowledgement().through == max(after)
    assert bench.cloud.states[-1].next_record == max(after) + 1 or bench.cloud.states[-1].oldest_record > max(
        before
    )


def test_a_cloud_that_waits_for_records_which_will_not_come_is_told_so() -> None:
    bench = Bench(settings=EVERY_20_S, capacity=32)
    bench.link._joined_at_ms = 3_000_000  # far more is sampled than the memory holds
    bench.run(3600)
    dropped = len(bench.events(node_events.Dropped))

    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=600)
    bench.run(600)

    assert dropped > 50
    assert bench.cloud.states[-1].dropped_records == dropped
    assert bench.cloud.acknowledgement().through == max(bench.sampled)
    missing = {
        n for n in bench.sampled if n not in bench.cloud.records or is_empty(bench.cloud.records[n][1])
    }
    assert missing  # some that were dropped may have come through before
    assert missing <= {event.number for event in bench.events(node_events.Dropped)}  # type: ignore[attr-defined]


def test_what_a_full_memory_holds_after_an_outage_has_the_shape_of_all_that_was_sampled() -> None:
    bench = Bench(settings=EVERY_20_S, capacity=64)
    bench.run(60)
    bench.loss_up = 1.0
    bench.run(3600)
    bench.loss_up = 0.0
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)
    bench.run(300)

    dropped = {event.number for event in bench.events(node_events.Dropped)}  # type: ignore[attr-defined]
    empty = {number for number, (_, values) in bench.cloud.records.items() if is_empty(values)}
    assert len(dropped) > 80
    assert empty
    assert empty <= dropped
    assert set(bench.sampled) - dropped <= set(bench.cloud.records) - empty
    assert bench.cloud.acknowledgement().through == max(bench.sampled)
    oldest = [number for number in bench.cloud.records if number not in empty][:40]
    assert oldest[0] == 1  # not the oldest ones went, but those between
    assert bench.cloud.states[-1].dropped_records == len(dropped)


def test_records_in_flash_reach_the_cloud_after_power_went_without_warning() -> None:
    bench = Bench(settings=EVERY_20_S, flash=RamFlash(12, 4096))
    bench.run(600)
    bench.loss_up = 1.0
    for _ in range(5):
        bench.run(3000)
        bench.restart(saved=False)
    bench.loss_up = bench.loss_down = 0.3
    bench.run(600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=24 * 3600)

    assert len(bench.sampled) > 700
    assert_stored_exactly(bench)


def test_records_go_on_above_what_the_cloud_has_when_the_nodes_storage_was_lost() -> None:
    bench = Bench(settings=EVERY_20_S)
    for number in range(1, 501):
        bench.cloud.records[number] = ANOTHER_LIFE

    bench.run(600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=600)

    stored = [record for record in bench.cloud.records.values() if record is not ANOTHER_LIFE]
    assert len(bench.events(node_events.Renumbered)) == 1
    assert len(stored) == len(bench.sampled)


class FleetOfOne(RuleBasedStateMachine):
    """One node, and everything that can happen to it, in any order; in the end all is where it belongs."""

    @initialize(
        seed=st.integers(0, 1000),
        late=st.booleans(),
        size=st.sampled_from([24, 51, 115, 242]),
        capacity=st.sampled_from([48, 256]),
    )
    def start(self, seed: int, late: bool, size: int, capacity: int) -> None:
        self.lamp = Lamp(20)
        self.sensor = SteppingSensor(TEMPERATURE, HUMIDITY, seed=seed)
        self.other = SteppingSensor(VOLTAGE, ACCELERATION, warm_up_ms=200, seed=seed + 1)
        settings_ = codec.canonical([*EVERY_20_S, Setting(HIGH, 1, 120), Setting(HIGH, 3, 130)])
        sensors = (self.sensor,) if size == 24 else (self.sensor, self.other)
        self.bench = Bench(
            *sensors,
            actuators=(self.lamp,),
            settings=settings_,
            late=late,
            size=size,
            capacity=capacity,
            seed=seed,
        )
        self.lost: set[int] = set()
        self.commands = 0

    @rule(for_s=st.floats(1, 600), up=st.sampled_from([0, 0.3, 1]), down=st.sampled_from([0, 0.3, 1]))
    def live(self, for_s: float, up: float, down: float) -> None:
        self.bench.loss_up, self.bench.loss_down = up, down
        self.bench.run(for_s)

    @rule(silent=st.booleans())
    def cloud(self, silent: bool) -> None:
        self.bench.cloud.silent = silent

    @rule(value=st.integers(0, 255))
    def jump(self, value: int) -> None:
        self.sensor.values[0][0] = value

    @rule(broken=st.booleans())
    def breakage(self, broken: bool) -> None:
        self.other.broken = broken

    @rule(value_x100=st.integers(0, 100))
    def order(self, value_x100: int) -> None:
        self.commands += 1
        payload = command.encode(command.SetOutput(self.commands, 20, value_x100))
        self.bench.cloud.queue.append((ports.COMMAND, payload))

    @rule(interval_s=st.integers(5, 120))
    def configure(self, interval_s: int) -> None:
        document = codec.canonical([Setting(SAMPLING_INTERVAL_S, None, interval_s), Setting(HIGH, 1, 120)])
        self.bench.cloud.queue.extend((ports.CONFIGURATION, frame) for frame in codec.pieces(document, 20))

    @rule(saved=st.booleans())
    def restart(self, saved: bool) -> None:
        if not saved:
            self.lost |= set(self.bench.sampled) - set(self.bench.cloud.records)
        self.bench.restart(saved)

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        bench = self.bench
        bench.cloud.silent = False
        bench.loss_up = bench.loss_down = 0.3
        bench.node.stop_sampling()
        bench.run(1)
        bench.run_until_all_is_acknowledged(within_s=24 * 3600)
        dropped = {event.number for event in bench.events(node_events.Dropped)}
        missing = set(bench.sampled) - set(bench.cloud.records)
        assert missing <= dropped | self.lost
        for number, (time_ms, values) in bench.cloud.records.items():
            if number in dropped and is_empty(values):
                continue
            assert bench.sampled[number][1] == values
            assert abs(bench.sampled[number][0] - time_ms) <= 63 + 18
        assert set(bench.cloud.alarms) == {event.alarm.number for event in bench.raised}
        for event in bench.raised:
            stored_ms, item = bench.cloud.alarms[event.alarm.number]
            assert item[:5] == event.alarm[:5]
            assert item.raw == event.alarm.raw
            assert abs(stored_ms - 1000 * event.alarm.time_s) <= 63
        assert len(self.lamp.history) <= self.commands


TestFleetOfOne = FleetOfOne.TestCase
TestFleetOfOne.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a run that never ends takes too long to shrink
)
