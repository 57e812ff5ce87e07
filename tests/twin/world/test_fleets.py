"""What `make bench` shows of whole fleets (tests/bench/fleet), in short."""

import pytest

from farwire_twin.world.law_checker import LAWS
from farwire_twin.world.plant import Making
from tests.bench.fleet import latency, week
from tests.bench.fleet.plants import run
from tests.twin.world.direct import findings


def test_an_alarm_goes_at_once_though_ordinary_traffic_would_take_the_airtime() -> None:
    found = latency.measure(20, 2, *latency.PROGRAMS["planner, a fifth held in reserve"])

    assert len(found.found_ms) >= 40
    assert found.airtime_percent > 70
    assert found.at(0.99) <= max(latency.longest_ms(number) for number in range(20)) + latency.GATE_MS
    assert found.at(0.95) == 0
    assert not found.watched.checker.violations


def test_a_queue_without_priorities_lets_alarms_wait_for_minutes() -> None:
    found = latency.measure(10, 3, *latency.PROGRAMS["first in, first out, no reserve"])

    assert found.at(0.99) > 60_000


@pytest.mark.parametrize("region", LAWS)
def test_a_fleet_keeps_the_law_of_its_region(region: str) -> None:
    watched = run(nodes=10, minutes=90, region=region)

    assert watched.checker.frames > 200
    assert watched.checker.violations == {}, watched.checker.first
    assert findings(watched.run)["lost"] == 0


def test_alarms_arrive_from_where_the_sessions_data_rate_does_not_reach() -> None:
    at_dr5 = Making(link=lambda _: {"initial_dr": 5, "adr": False})
    watched = run(at_dr5, nodes=30, minutes=90, gateways=1, radius_m=30_000.0)

    devices = watched.run.application.devices
    raised = {(line["dev_eui"], line["number"]) for line in watched.run.truth if line["kind"] == "alarm"}
    arrived = {(dev_eui, number) for dev_eui, device in devices.items() for number in device.alarms}
    out_of_reach = {dev_eui for dev_eui, _ in raised if not devices[dev_eui].through}
    assert out_of_reach
    assert arrived == raised
    assert not watched.checker.violations


@pytest.mark.parametrize("carry", [False, True])
def test_nothing_is_lost_in_bad_days_without_a_gateway_for_hours(carry: bool) -> None:
    found = week.measure(nodes=2, days=2, loss=0.3, outage_h=10, carry=carry)

    assert (found.found["lost"], found.found["altered"], found.found["invented"]) == (0, 0, 0)
    assert found.dropped == 0
    assert found.watched.run.final["pending"] == 0
    assert found.ratio < 20


def test_a_channel_that_loses_nothing_costs_little_more_than_the_least() -> None:
    found = week.measure(nodes=2, days=1, loss=0, outage_h=0)

    assert found.found["lost"] == 0
    assert found.history_ms < 1.2 * found.reports_ms
    assert found.downlinks_a_day < 20
