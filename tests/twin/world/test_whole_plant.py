"""Whole plants, from sensor to application, with the embedded network server and no broker."""

from pathlib import Path
from typing import Any

import pytest

from tests.twin.world.direct import START_MS, Run, findings, run

AGE_ERROR_MS = (
    63 + 164
)  # half an eighth of a second; five symbols of SF12, where two lengths lead to each other


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Five kinds of nodes for an hour."""
    return run(tmp_path_factory.mktemp("hour"), nodes=10, minutes=60)


def test_every_node_joins(hour: Run) -> None:
    assert hour.final["joins"] == 10
    assert len(hour.application.devices) == 10


def test_every_record_arrives_as_it_was_sampled(hour: Run) -> None:
    found = findings(hour)

    assert found["sampled"] > 10 * 58
    assert (found["lost"], found["invented"], found["altered"]) == (0, 0, 0)
    assert found["worst_time_error_ms"] <= AGE_ERROR_MS


def test_the_run_ends_when_everything_is_acknowledged(hour: Run) -> None:
    assert hour.final["pending"] == 0
    assert hour.final["acknowledged"] == hour.final["sampled"]


def test_the_law_is_kept(hour: Run) -> None:
    assert hour.final["worst_duty"]["percent_of_limit"] <= 100
    assert hour.final["gateway_worst_duty"]["percent_of_limit"] <= 100
    assert hour.final["outside"] == 0


def test_the_world_ends_when_it_was_said_to(hour: Run) -> None:
    assert hour.twin.simulation.clock.epoch_ms == START_MS - 3_600_000
    assert 3_600_000 < hour.final["now_ms"] < 2 * 3_600_000


def test_a_day_has_alarms_that_overtake(tmp_path: Path) -> None:
    finished = run(tmp_path, nodes=5, minutes=24 * 60)

    assert finished.final["alarms"] >= 10
    assert finished.final["alarms_sent"] == finished.final["alarms"]
    # At most one frame is already on air: the longest is 2.8 s (51 bytes at SF12).
    assert finished.final["alarm_latency_ms"]["worst"] <= 6_000
    raised = {(line["dev_eui"], line["number"]) for line in finished.truth if line["kind"] == "alarm"}
    assert raised == {
        (dev_eui, number)
        for dev_eui, device in finished.application.devices.items()
        for number in device.alarms
    }


def test_nothing_is_lost_when_the_air_drops_a_third_of_all_frames(tmp_path: Path) -> None:
    finished = run(tmp_path, nodes=10, minutes=120, loss=0.3)

    found = findings(finished)
    up = finished.final["air_up"]
    assert 0.22 < up["dropped"] / up["sent"] < 0.38
    assert finished.final["air_down"]["dropped"] > 0
    assert (found["lost"], found["invented"], found["altered"]) == (0, 0, 0)
    assert finished.final["pending"] == 0


def test_us915_keeps_its_dwell_time(tmp_path: Path) -> None:
    finished = run(tmp_path, nodes=5, minutes=60, region="US915")

    assert finished.final["joins"] == 5
    assert finished.final["too_long"] == 0
    assert finished.final["worst_duty"] is None
    assert findings(finished)["lost"] == 0


def test_the_same_seed_gives_the_same_events_at_any_speed(tmp_path: Path) -> None:
    def events(speed: float) -> tuple[Any, ...]:
        finished = run(tmp_path / str(speed), nodes=5, minutes=20, speed=speed, loss=0.1)
        final = {key: value for key, value in finished.final.items() if key != "utc_ms"}
        return finished.truth and sorted(map(str, finished.truth)), final, finished.application.events

    assert events(0) == events(2_000)


def test_another_seed_gives_another_plant(tmp_path: Path) -> None:
    one = run(tmp_path / "1", nodes=2, minutes=5, seed=1)
    two = run(tmp_path / "2", nodes=2, minutes=5, seed=2)

    assert set(one.application.devices).isdisjoint(two.application.devices)


def test_recorded_series_arrive_as_they_were_recorded(tmp_path: Path) -> None:
    series = tmp_path / "series"
    series.mkdir()
    rows = [f"{60 * minute},{20 + minute / 10},{40 + minute},3.6" for minute in range(100)]
    (series / "yard.csv").write_text("time,temperature_c,humidity_pct,battery_v\n" + "\n".join(rows) + "\n")

    finished = run(tmp_path / "data", nodes=2, minutes=30, replay=series)

    found = findings(finished)
    assert found["sampled"] > 50
    assert (found["lost"], found["altered"]) == (0, 0)
    types = {
        reading[1] for line in finished.truth if line["kind"] == "record" for reading in line["readings"]
    }
    assert types == {103, 104, 116}


def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    first = run(tmp_path, nodes=5, minutes=30)
    second = run(tmp_path, nodes=5, minutes=30)

    assert second.final["joins"] == 0  # sessions were kept, by nodes and network server
    assert second.final["now_ms"] > first.final["now_ms"] + 30 * 60_000
    numbers = [(line["dev_eui"], line["number"]) for line in second.truth if line["kind"] == "record"]
    assert len(numbers) == len(set(numbers))
    assert len(numbers) > len([line for line in first.truth if line["kind"] == "record"])


def test_an_output_that_is_switched_switches_its_process(tmp_path: Path) -> None:
    finished = run(tmp_path, nodes=4, minutes=10)
    mains = next(node for node in finished.twin.simulation.plant.nodes if node.kit.name == "mains")

    mains.kit.actuators[0].set(100)
    mains.kit.processes[0].move_to(finished.final["now_ms"] + 60_000)

    reading = mains.kit.sensors[0].read(finished.final["now_ms"] + 120_000)
    assert reading[1:] == ((0,), (0,), (1,))
