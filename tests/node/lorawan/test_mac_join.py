"""Joining: nonces, windows, back-off, and what a join-accept brings."""

import pytest

from farwire_node.errors import ConfigurationError
from farwire_node.link import Joined, JoinFailed
from farwire_node.lorawan import cf_list, frames, join, regions
from farwire_node.lorawan.joining import NONCES_KEY
from farwire_node.lorawan.mac import Mac
from farwire_node.lorawan.persistence import SESSION_KEY
from farwire_node.lorawan.regions import EU868, US915
from farwire_node.steps import Transmit
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import APP_KEY, CRYPTO, DEV_EUI, JOIN_EUI, Network, World

HOUR_MS = 3_600_000
MORE_HZ = (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)


def unanswered(for_ms, **options):
    """Return a world in which a device asked in vain for so long."""
    world = World(Network(answers_joins=False), **options)
    world.mac.join(world.now_ms)
    world.run(for_ms)
    return world


def test_device_joins_in_the_first_window():
    world = World()
    world.mac.join(world.now_ms)
    assert not world.mac.joined

    world.run(60_000)

    assert world.mac.joined
    assert world.events == [Joined(world.network.dev_addr)]
    assert len(world.listened) == 1
    assert world.network.requests == [join.JoinRequest(JOIN_EUI, DEV_EUI, 0)]


def test_device_joins_in_the_second_window():
    world = World(Network(join_window=2))
    world.mac.join(world.now_ms)

    world.run(60_000)

    assert world.mac.joined
    assert len(world.listened) == 2


def test_windows_of_a_join_open_after_five_and_six_seconds():
    world = unanswered(20_000)

    start_ms, request = world.sent[0]
    end_ms = start_ms + request.airtime_ms
    (rx1_ms, rx1), (rx2_ms, rx2) = world.listened[:2]
    assert 4_900 < rx1_ms - end_ms < 5_100
    assert rx1[:3] == (request.freq_hz, request.sf, request.bw_hz)
    assert 5_900 < rx2_ms - end_ms < 6_100
    assert rx2[:3] == (869_525_000, 12, 125_000)


def test_first_attempt_is_spread_at_random():
    starts = {unanswered(20_000, seed=seed, join_spread_ms=8_000).sent[0][0] for seed in range(30)}

    assert len(starts) > 20
    assert min(starts) >= 1_000_000
    assert max(starts) <= 1_008_000


def test_failed_attempt_tells_when_the_next_one_comes():
    world = unanswered(HOUR_MS)

    failures = [event for event in world.events if isinstance(event, JoinFailed)]
    starts = [start_ms for start_ms, _ in world.sent]
    assert [failure.retry_ms for failure in failures][: len(starts) - 1] == starts[1:]


def test_attempts_vary_channel_and_data_rate():
    world = unanswered(HOUR_MS)

    assert {request.freq_hz for _, request in world.sent} == {868_100_000, 868_300_000, 868_500_000}
    assert len({request.sf for _, request in world.sent}) >= 4


def test_unanswered_device_asks_for_one_percent_of_the_time_and_then_far_less():
    world = unanswered(35 * HOUR_MS)

    start_ms = world.sent[0][0]
    per_phase = [0, 0, 0]
    for at_ms, request in world.sent:
        hours = (at_ms - start_ms) // HOUR_MS
        per_phase[0 if hours < 1 else 1 if hours < 11 else 2] += request.airtime_ms
    assert 10_000 < per_phase[0] <= 36_000
    assert 10_000 < per_phase[1] <= 36_000
    assert 0 < per_phase[2] <= 8_700


def test_asking_again_while_joining_starts_nothing_new():
    world = World(Network(answers_joins=False))
    for _ in range(2_000):
        world.mac.join(world.now_ms)
        world.run(1_000)

    assert sum(request.airtime_ms for _, request in world.sent) <= 36_000


def test_every_attempt_has_a_nonce_of_its_own():
    world = unanswered(HOUR_MS)

    nonces = [request.dev_nonce for request in world.network.requests]
    assert nonces == list(range(len(nonces)))
    assert len(nonces) > 10


def test_nonce_is_in_storage_before_it_is_on_air():
    world = World(Network(answers_joins=False))
    world.mac.join(world.now_ms)
    step = world.mac.poll(world.now_ms)
    while not isinstance(step, Transmit):
        world.now_ms = step.until_ms
        step = world.mac.poll(world.now_ms)

    assert join.read_join_request(step.frame).dev_nonce == 0
    assert world.storage.load(NONCES_KEY)[0] == 1


def test_restart_goes_on_with_the_next_nonce():
    world = unanswered(60_000)
    used = len(world.network.requests)

    world.power_on()
    world.mac.join(world.now_ms)
    world.run(60_000)

    assert [request.dev_nonce for request in world.network.requests] == list(
        range(len(world.network.requests))
    )
    assert len(world.network.requests) > used
    assert world.network.refused == []


def test_lost_count_of_nonces_goes_on_well_above():
    storage = MemoryStorage()
    storage.save(NONCES_KEY, b"torn")
    world = World(Network(), storage)

    world.joined()

    assert 1_024 <= world.network.requests[0].dev_nonce < 2_048


def test_device_that_has_used_all_nonces_falls_silent():
    storage = MemoryStorage()
    storage.save(NONCES_KEY, (65_535).to_bytes(4, "little") + bytes(4))
    world = World(Network(answers_joins=False), storage)
    world.mac.join(world.now_ms)

    world.run(24 * HOUR_MS)
    world.mac.join(world.now_ms)
    world.run(24 * HOUR_MS)

    assert [request.dev_nonce for request in world.network.requests] == [65_535]
    assert world.events == [JoinFailed(None)]


def test_join_accept_with_an_old_nonce_is_ignored():
    network = Network()
    world = World(network).joined()
    network.join_nonce = 0
    world.mac.join(world.now_ms)

    while not world.events:
        world.step()

    assert isinstance(world.events[0], JoinFailed)
    assert world.mac.counters["malformed"] == 1


def test_join_accept_of_another_key_is_ignored():
    network = Network()
    world = World(network)
    place = network._place
    wrong = join.encode_join_accept(join.JoinAccept(1, 1, 1, 0, 0, 1, b""), bytes(16), CRYPTO)
    network._place = lambda _raw, *rest: place(wrong, *rest)
    world.mac.join(world.now_ms)

    world.run(60_000)

    assert not world.mac.joined
    assert world.mac.counters["wrong_mic"] >= 1


def test_noise_in_the_first_window_leaves_the_second_open():
    network = Network()
    world = World(network, join_spread_ms=0)
    place = network._place
    network._place = lambda raw, *rest: place(b"\x20" + bytes(3), *rest)
    world.mac.join(world.now_ms)

    while len(world.listened) < 2:
        world.step()

    assert world.mac.counters["malformed"] == 1


def test_join_accept_brings_delay_offset_and_second_window():
    world = World(Network(rx1_delay_s=3, rx1_dr_offset=2, rx2_dr=3), initial_dr=5).joined()
    world.listened.clear()

    world.send()

    start_ms, uplink = world.sent[-1]
    end_ms = start_ms + uplink.airtime_ms
    (rx1_ms, rx1), (rx2_ms, rx2) = world.listened
    assert abs(rx1_ms - end_ms - 3_000) < 50
    assert rx1[:3] == (uplink.freq_hz, 9, 125_000)
    assert abs(rx2_ms - end_ms - 4_000) < 50
    assert rx2[:3] == (869_525_000, 9, 125_000)


def test_cf_list_brings_five_more_channels():
    world = World(Network(cf_list=cf_list.encode_frequencies(MORE_HZ)), initial_dr=5).joined()

    for _ in range(8):
        world.send()

    used = {uplink.freq_hz for _, uplink in world.sent[-8:]}
    assert used == set(MORE_HZ) | {868_100_000, 868_300_000, 868_500_000}


def test_first_data_rate_is_the_one_that_joined():
    world = World(seed=5).joined()

    joined_with = regions.data_rate_of(EU868, world.sent[-1][1].sf, world.sent[-1][1].bw_hz, True)
    assert world.mac.data_rate == joined_with


def test_first_data_rate_can_be_chosen():
    assert World(initial_dr=2).joined().mac.data_rate == 2


@pytest.mark.parametrize(
    "options", [{"initial_dr": 7}, {"initial_dr": -1}, {"reserve_percent": 100}, {"reserve_percent": -1}]
)
def test_impossible_option_is_refused(options):
    with pytest.raises(ConfigurationError):
        Mac(EU868, 1, 1, APP_KEY, CRYPTO, MemoryStorage(), lambda n: 0, **options)


def test_session_is_forgotten_before_a_new_join():
    world = World().joined()

    world.mac.join(world.now_ms)

    assert not world.mac.joined
    assert world.storage.load(SESSION_KEY) == b""
    assert not world.power_on().joined


def test_device_joins_anew_and_has_new_keys():
    world = World().joined()
    first = world.network.keys

    world.joined()
    world.send()

    assert world.network.keys != first
    assert [frame.f_cnt for frame in world.network.uplinks] == [0]


def test_us915_device_finds_the_bank_of_its_gateway():
    network = Network(US915, cf_list=cf_list.encode_masks((0xFF00, 0, 0, 0, 0x0002)))
    own = {902_300_000 + 200_000 * index for index in range(8, 16)} | {904_600_000}
    hear = network.hear
    network.hear = lambda sent, end_ms: hear(sent, end_ms) if sent.freq_hz in own else None
    world = World(network, initial_dr=3).joined()

    for _ in range(12):
        world.send()
        world.run(20_000)

    assert len(network.uplinks) == 12
    assert world.mac.data_rate == 3


def test_us915_attempts_alternate_between_narrow_and_wide():
    world = World(Network(US915, answers_joins=False))
    world.mac.join(world.now_ms)
    world.run(1_800_000)

    widths = [request.bw_hz for _, request in world.sent]
    assert len(widths) > 16
    assert widths == [125_000, 500_000] * (len(widths) // 2) + [125_000] * (len(widths) % 2)
    assert frames.frame_type(world.sent[0][1].frame) == frames.JOIN_REQUEST
