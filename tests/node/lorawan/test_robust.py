"""Urgent frames: on the most robust setting that the law allows, and never at later alarms' expense."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_node.link import Received, Sending
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan import regions
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions import EU868, US915
from tests.node.lorawan.fakes import Down, Network, World
from tests.node.lorawan.judge import Judge
from tests.node.lorawan.test_ledger import worst_hour_ms
from tests.node.lorawan.test_mac_everywhere import every_region, judged
from tests.node.lorawan.test_regions import reference_of

ALARM = bytes(11)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
RESERVE_MS = 7_200  # of each of the two sub-bands that EU868's channels could lie in
FULL_POWER_DBM = 16


def joined(**options):
    return World(options.pop("network", None), **{"initial_dr": 5, **options}).joined(50 * HOUR_MS)


def told(command, **options):
    """Return a joined world whose device was told `command` and has answered it."""
    world = joined(**options)
    world.network.queue = [Down(f_opts=mc.encode(command))]
    world.send(b"first")
    world.send(b"second")
    world.sent.clear()
    return world


def rates(world):
    return [(sent.sf, sent.bw_hz) for _, sent in world.sent]


def test_alarm_goes_at_the_slowest_rate_and_the_session_keeps_its_own():
    world = joined()
    world.sent.clear()

    world.send(ALARM, urgent=True)
    world.send()

    assert rates(world) == [(12, 125_000), (7, 125_000)]
    assert world.mac.data_rate == 5


def test_alarm_goes_at_full_power_and_the_session_keeps_its_own():
    world = told(mc.LinkADRReq(15, 3, 0b111, 0, 1))

    world.send(ALARM, urgent=True)
    world.send()

    assert [sent.power_dbm for _, sent in world.sent] == [FULL_POWER_DBM, FULL_POWER_DBM - 6]


@pytest.mark.parametrize("power", [0, 3])
@pytest.mark.parametrize("dr", [0, 5])
def test_network_is_told_not_to_judge_its_choice_by_a_frame_with_other_settings(dr, power):
    world = told(mc.LinkADRReq(dr, power, 0b111, 0, 1))
    world.network.uplinks.clear()

    world.send(ALARM, urgent=True)
    world.send()

    assert [frame.adr for frame in world.network.uplinks] == [(dr, power) == (0, 0), True]


def test_alarms_count_as_uplinks_in_silence_but_ask_for_no_answer():
    world = joined()
    world.network.hear = lambda sent, end_ms: world.network.copies.append(sent.frame[5])
    for number in range(66):
        world.run(MINUTE_MS * 10)
        world.send(ALARM, urgent=number % 5 == 4)

    asked = [bool(f_ctrl & 0x40) for f_ctrl in world.network.copies]
    assert asked == [False] * 64 + [number % 5 != 4 for number in (64, 65)]


def test_answer_to_an_alarm_is_heard_in_rx1_at_the_alarms_rate():
    world = joined(network=Network(EU868, rx1_dr_offset=1))
    world.network.queue = [Down(b"noted", 211)]
    world.listened.clear()
    start_ms = world.now_ms

    world.send(ALARM, urgent=True)

    assert [event for event in world.events if isinstance(event, Received)] == [Received(211, b"noted")]
    assert [listen.sf for _, listen in world.listened] == [12]
    assert world.network.sent[-1].start_ms == start_ms + world.sent[-1][1].airtime_ms + 1_000


@pytest.mark.parametrize(("size", "sf"), [(11, 10), (12, 9), (53, 9), (54, 8), (126, 7)])
def test_alarm_is_no_longer_than_the_dwell_time_lets_it_be(size, sf):
    world = joined(network=Network(US915), initial_dr=3)

    world.send(bytes(size), urgent=True)

    assert rates(world)[-1] == (sf, 125_000)
    assert judged(world, Judge(reference_of("US915"))) == []


def test_mac_commands_that_go_along_count():
    world = joined(network=Network(US915), initial_dr=3)
    world.mac.request_link_check()

    world.send(bytes(11), urgent=True)
    world.mac.request_link_check()
    world.send(bytes(10), urgent=True)

    assert [sf for sf, _ in rates(world)[-2:]] == [9, 10]
    assert len(world.network.uplinks[-1].f_opts) == 1


def test_ordinary_frame_and_an_answer_of_the_macs_own_stay_at_the_sessions_rate():
    world = joined()
    world.mac.set_class("C")
    world.run(1_000)
    world.sent.clear()
    world.say(Down(b"order", 221, confirmed=True), 500)
    world.run(10_000)

    assert rates(world) == [(7, 125_000)]


def test_network_that_limits_the_airtime_gets_alarms_at_the_sessions_rate():
    world = told(mc.DutyCycleReq(4))

    world.send(ALARM, urgent=True)

    assert rates(world) == [(7, 125_000)]


def test_repetition_goes_on_another_channel_whatever_went_between():
    world = joined(seed=3)
    channels = []
    for number in range(60):
        world.run(10 * MINUTE_MS)
        world.send(ALARM, urgent=True)
        channels.append(world.sent[-1][1].freq_hz)
        for _ in range(number % 4):
            world.send()

    assert all(one != other for one, other in pairwise(channels))
    assert set(channels) == {868_100_000, 868_300_000, 868_500_000}


def test_only_channel_is_used_again():
    world = told(mc.LinkADRReq(5, 0, 0b10, 0, 1))

    for _ in range(3):
        world.send(ALARM, urgent=True)

    assert {sent.freq_hz for _, sent in world.sent} == {868_300_000}


def test_copies_of_an_alarm_are_the_same_frame_on_other_channels_and_spare_the_reserve_together():
    world = told(mc.LinkADRReq(5, 0, 0b111, 0, 3))

    world.send(ALARM, urgent=True)

    assert rates(world) == [(12, 125_000)] * 3
    assert len({sent.frame for _, sent in world.sent}) == 1
    assert all(one.freq_hz != other.freq_hz for (_, one), (_, other) in pairwise(world.sent))
    spent_ms = sum(sent.airtime_ms for _, sent in world.sent)
    while world.sent[-1][1].sf == 12:
        before_ms, spent_ms = spent_ms, sum(sent.airtime_ms for _, sent in world.sent)
        world.send(ALARM, urgent=True)
    assert 36_000 - before_ms >= 4 * 3 * world.sent[0][1].airtime_ms > 36_000 - spent_ms - 1_000


def test_robust_frame_takes_a_quarter_of_what_is_left_at_most_and_leaves_half_the_reserve():
    ledger = Ledger(EU868.sub_bands, 20)
    band, now_ms = 2, 10 * HOUR_MS
    ledger.charge(band, 28_800, now_ms - 28_800)

    assert ledger.spares(band, 1_800, now_ms)
    assert not ledger.spares(band, 1_801, now_ms)

    ledger.charge(band, RESERVE_MS // 2 - 100, now_ms)
    assert ledger.spares(band, 100, now_ms)
    assert not ledger.spares(band, 101, now_ms)


@pytest.mark.parametrize("dr", [0, 2, 3, 5])
@pytest.mark.parametrize("every_ms", [6_000, MINUTE_MS])
def test_in_a_storm_of_an_hour_robust_alarms_leave_half_the_reserve_to_the_others(dr, every_ms):
    """Ordinary frames take all that they may; the storm is as long as half the reserve allows."""
    world = joined(initial_dr=dr)
    while isinstance(world.send(bytes(51)), Sending):
        pass
    length_ms = world.mac.airtime_ms(len(ALARM))
    storm = min(HOUR_MS // every_ms, RESERVE_MS // 2 // length_ms)
    start_ms = world.now_ms

    for number in range(storm):
        world.run(max(start_ms + number * every_ms - world.now_ms, 0))
        assert isinstance(world.send(ALARM, urgent=True), Sending), number
        world.send(bytes(51))

    assert world.now_ms - start_ms <= HOUR_MS
    spans = [(at_ms, at_ms + sent.airtime_ms) for at_ms, sent in world.sent]
    assert worst_hour_ms(spans) <= 36_000


def test_without_a_duty_cycle_every_alarm_of_a_storm_is_robust():
    world = joined(network=Network(US915), initial_dr=3)
    world.sent.clear()

    for _ in range(60):
        world.run(MINUTE_MS)
        world.send(ALARM, urgent=True)

    assert {sf for sf, _ in rates(world)} == {10}
    assert judged(world, Judge(reference_of("US915"))) == []


@every_region
@given(
    frames=st.lists(
        st.tuples(st.integers(0, 242), st.booleans(), st.sampled_from((0, 2_000, 40_000, 700_000))),
        min_size=1,
        max_size=40,
    ),
    fast=st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_urgent_frame_takes_the_airtime_that_was_told_and_starts_as_early_as_at_the_sessions_rate(
    name, frames, fast
):
    region = regions.by_name(name)
    usable = [dr for dr in region.up_drs if regions.max_payload(region, dr, region.dwell_at_boot) > 20]
    judge = Judge(reference_of(name))
    network = Network(region, acks=False)
    world = World(network, initial_dr=usable[-1] if fast else usable[len(usable) // 2]).joined(50 * HOUR_MS)
    for wanted, urgent, wait_ms in frames:
        world.run(wait_ms)
        size = min(wanted, world.mac.capacity(world.now_ms))
        earliest_ms = world.mac.earliest_ms(size, world.now_ms, urgent)
        if earliest_ms is None or earliest_ms > world.now_ms:
            continue
        told_ms = world.mac.urgent_airtime_ms(size, world.now_ms) if urgent else world.mac.airtime_ms(size)
        start_ms = world.now_ms

        assert world.send(bytes(size), urgent=urgent) == Sending(start_ms + told_ms)
        assert (world.sent[-1][0], world.sent[-1][1].airtime_ms) == (start_ms, told_ms)

    assert judged(world, judge) == []
    assert network.refused == []
