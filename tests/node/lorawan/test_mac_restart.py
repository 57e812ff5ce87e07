"""Power cuts and losses at any moment: no counter and no nonce is used twice, and no hour holds too much."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_node.link import Delivered, Joined, Received, Sending
from farwire_node.lorawan import cf_list, frames, join
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.persistence import AIRTIME_KEY, SESSION_KEY
from farwire_node.lorawan.regions import EU868, US915
from farwire_node.steps import Transmit
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import APP_KEY, CRYPTO, Down, Network, World
from tests.node.lorawan.test_ledger import worst_hour_ms

HOUR_MS = 3_600_000
MORE_HZ = (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)


class PowerCutError(Exception):
    """Power went away."""


class CutStorage(MemoryStorage):
    """Power goes away at one save: before it (nothing is written) or just after it."""

    def __init__(self):
        super().__init__()
        self.cut_in = None  # saves until then
        self.written = True

    def save(self, key, value):
        if self.cut_in == 0:
            self.cut_in = None
            if self.written:
                super().save(key, value)
            raise PowerCutError
        if self.cut_in is not None:
            self.cut_in -= 1
        super().save(key, value)


def masks_of(raw):
    """Return a CFList of type 1 with these masks."""
    return raw + b"\x01"


def nonces_used(world):
    return [
        join.decode_join_request(sent.frame, APP_KEY, CRYPTO).dev_nonce
        for _, sent in world.sent
        if frames.frame_type(sent.frame) == frames.JOIN_REQUEST
    ]


def spans(world, low_mhz, high_mhz):
    return [
        (start_ms, start_ms + sent.airtime_ms)
        for start_ms, sent in world.sent
        if low_mhz * 1_000_000 <= sent.freq_hz < high_mhz * 1_000_000
    ]


def test_restart_needs_no_join():
    world = World(initial_dr=5).joined()
    world.send()
    requests = len(world.network.requests)

    world.power_on()

    assert world.mac.joined
    assert isinstance(world.send(), Sending)
    assert len(world.network.uplinks) == 2
    assert len(world.network.requests) == requests


def test_power_cut_skips_counters_and_repeats_none():
    world = World(initial_dr=5).joined()
    for _ in range(5):
        world.send()
        world.power_on()

    counters = [frame.f_cnt for frame in world.network.uplinks]
    assert counters == sorted(set(counters))
    assert counters[-1] <= 5 * 32


def test_orderly_restart_skips_no_counter():
    world = World(initial_dr=5).joined()
    for _ in range(5):
        world.send()
        world.mac.suspend(world.now_ms)
        world.power_on()

    assert [frame.f_cnt for frame in world.network.uplinks] == [0, 1, 2, 3, 4]


def test_program_may_go_on_after_suspending():
    world = World(initial_dr=5).joined()
    world.send()
    world.mac.suspend(world.now_ms)
    world.send()
    world.send()

    world.power_on()
    world.send()

    counters = [frame.f_cnt for frame in world.network.uplinks]
    assert counters == sorted(set(counters))


def test_downlink_of_an_earlier_life_is_a_replay():
    world = World(initial_dr=5).joined()
    world.network.queue = [Down(b"order", 221)]
    world.send()
    old = world.network.sent[-1].frame
    world.take_events()

    world.power_on()
    world.network.queue = [Down(raw=old)]
    world.send()

    assert world.mac.counters["replayed"] == 1
    assert not any(isinstance(event, Received) for event in world.take_events())


def test_settings_of_the_network_survive():
    network = Network(cf_list=cf_list.encode_frequencies(MORE_HZ), rx1_delay_s=5, rx1_dr_offset=1, rx2_dr=3)
    world = World(network, initial_dr=5).joined()
    network.queue = [Down(f_opts=mc.encode(mc.LinkADRReq(3, 2, 0b1111_1110, 0, 1)))]
    world.send()

    world.power_on()
    network.queue = [Down(b"order", 221, window=2)]
    world.sent.clear()
    world.send()

    assert (world.sent[0][1].sf, world.sent[0][1].power_dbm) == (9, 12)
    assert Received(221, b"order") in world.take_events()


def test_airtime_spent_before_a_restart_counts():
    world = World(initial_dr=0).joined()
    while isinstance(answer := world.send(bytes(51)), Sending):
        pass

    world.mac.suspend(world.now_ms)
    world.power_on()

    assert world.mac.send(1, bytes(51), False, False, world.now_ms) == answer


def test_airtime_that_cannot_be_read_counts_as_spent():
    world = World(initial_dr=0).joined()
    world.storage.save(AIRTIME_KEY, b"torn")

    world.power_on()

    assert world.mac.earliest_ms(10, world.now_ms, True) >= world.now_ms + HOUR_MS - 60_000


@settings(deadline=None)
@given(
    region=st.sampled_from((EU868, US915)),
    offset=st.integers(0, 7),
    rx2_dr=st.integers(0, 15),
    delay_s=st.integers(0, 15),
    cf=st.just(b"") | st.binary(min_size=16, max_size=16) | st.binary(min_size=15, max_size=15).map(masks_of),
    dr=st.integers(0, 4),
)
def test_any_join_accept_leaves_a_device_that_can_send(region, offset, rx2_dr, delay_s, cf, dr):
    world = World(Network(region, rx1_dr_offset=0, cf_list=cf), initial_dr=dr)
    place = world.network._place
    accept = join.JoinAccept(1, 0x13, 0x26000001, offset, rx2_dr, delay_s, cf)
    raw = join.encode_join_accept(accept, APP_KEY, CRYPTO)
    world.network._place = lambda _raw, *rest: place(raw, *rest)
    world.joined()

    assert isinstance(world.send(b"x"), Sending)
    assert world.events == [Delivered(None)]


@pytest.mark.parametrize("stored", [b"torn", bytes(90)])
def test_session_that_cannot_be_read_is_joined_anew(stored):
    world = World(initial_dr=5).joined()
    world.storage.save(SESSION_KEY, stored)

    world.power_on()

    assert not world.mac.joined
    world.joined()
    assert isinstance(world.send(), Sending)


def test_session_of_one_region_is_not_used_in_another():
    world = World(initial_dr=5).joined()
    world.network = Network(US915)

    assert not World(Network(US915), world.storage, initial_dr=3).mac.joined


# What happens to a device: it sends, time goes by, power goes away at once, in an orderly way, or at a save.
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 51), st.booleans(), st.booleans()),
        st.tuples(st.just("start"), st.integers(0, 51), st.booleans(), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.integers(0, 600_000)),
        st.tuples(
            st.just("order"), st.integers(0, 30), st.booleans(), st.booleans(), st.sampled_from((1, 2))
        ),
        st.tuples(st.just("command"), st.binary(max_size=10)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("suspend")),
        st.tuples(st.just("cut at save"), st.integers(0, 6), st.booleans()),
        st.tuples(st.just("join")),
    ),
    min_size=5,
    max_size=50,
)


def go_through(world, happening):
    """Let one thing happen."""
    kind, *values = happening
    mac, network = world.mac, world.network
    if kind == "send":
        if mac.joined:
            world.send(bytes(values[0]), 1, values[1], values[2])
        else:
            mac.join(world.now_ms)
            world.run(60_000)
    elif kind == "start":  # and leave in the middle of the cycle
        mac.send(1, bytes(values[0]), values[1], False, world.now_ms)
        for _ in range(values[2]):
            world.step(world.now_ms + 10_000)
    elif kind == "wait":
        world.run(values[0])
    elif kind == "order":
        network.queue.append(Down(bytes(values[0]), 221, values[1], False, values[2], window=values[3]))
    elif kind == "command":
        network.queue.append(Down(f_opts=values[0]))
    elif kind == "cut":
        world.power_on()
    elif kind == "suspend":
        mac.suspend(world.now_ms)
        world.power_on()
    elif kind == "cut at save":
        world.storage.cut_in, world.storage.written = values
    elif kind == "join":
        mac.join(world.now_ms)


@settings(deadline=None, max_examples=500)
@given(
    happenings=happenings,
    region=st.sampled_from((EU868, US915)),
    dr=st.integers(0, 3),
    loss=st.sampled_from((0.0, 0.3, 0.8)),
    seed=st.integers(0, 2**32),
)
def test_nothing_is_ever_used_twice(happenings, region, dr, loss, seed):
    storage = CutStorage()
    cf = cf_list.encode_frequencies(MORE_HZ[:2]) if region is EU868 else b""
    world = World(Network(region, cf_list=cf), storage, seed, loss, loss, initial_dr=dr)
    world.mac.join(world.now_ms)
    world.run(60_000)

    for happening in happenings:
        try:
            go_through(world, happening)
        except PowerCutError:
            world.power_on()
    world.events += world.mac.events()

    nonces = nonces_used(world)
    assert nonces == sorted(set(nonces))
    assert world.network.refused == []
    seen = {}
    for frame in world.network.copies:
        # A copy of a frame is the very same frame; nothing else may come with its counter.
        assert seen.setdefault((frame.dev_addr, frame.f_cnt), frame) == frame
    for low_mhz, high_mhz in ((865, 868), (868, 868.6)):
        assert worst_hour_ms(spans(world, low_mhz, high_mhz)) <= 36_000
    received = [event for event in world.events if isinstance(event, Received)]
    orders = [down for down in world.network.sent if frames.frame_type(down.frame) != frames.JOIN_ACCEPT]
    assert len(received) <= len(orders)


def test_every_frame_that_left_was_accepted_by_a_network_that_hears_all():
    world = World(initial_dr=5).joined()
    for number in range(200):
        world.send(number.to_bytes(2, "big"))
        world.run(300_000)
        if number % 7 == 0:
            world.power_on()
        if number % 11 == 0:
            world.mac.suspend(world.now_ms)
            world.power_on()

    assert [int.from_bytes(frame.payload, "big") for frame in world.network.uplinks] == list(range(200))


@pytest.mark.parametrize("seed", range(3))
def test_law_is_kept_by_a_busy_device_that_loses_power_all_the_time(seed):
    world = World(Network(), seed=seed, initial_dr=3).joined()
    dice = random.Random(seed)
    end_ms = world.now_ms + 4 * HOUR_MS
    while world.now_ms < end_ms:
        size = dice.randrange(116)
        earliest_ms = world.mac.earliest_ms(size, world.now_ms, True)
        world.now_ms = max(world.now_ms, earliest_ms)
        world.send(bytes(size), urgent=True)
        world.now_ms += dice.randrange(30_000)
        if dice.random() < 0.05:
            world.power_on()

    assert 25_000 < worst_hour_ms(spans(world, 868, 868.6)) <= 36_000


def test_join_goes_on_through_losses_and_cuts():
    world = World(Network(), loss_up=0.5, loss_down=0.5, seed=3)
    for _ in range(300):
        if world.mac.joined:
            break
        world.mac.join(world.now_ms)
        world.run(120_000)
        world.events += world.mac.events()
        if not world.mac.joined:
            world.power_on()

    assert world.mac.joined
    assert any(isinstance(event, Joined) for event in world.events)
    assert len(nonces_used(world)) == len(set(nonces_used(world)))


def test_cut_between_booking_and_sending_repeats_nothing():
    storage = CutStorage()
    world = World(Network(), storage, initial_dr=5).joined()
    world.mac.suspend(world.now_ms)
    world.power_on()
    storage.cut_in, storage.written = 0, True
    with pytest.raises(PowerCutError):
        world.mac.send(1, b"lost", False, False, world.now_ms)

    world.power_on()
    world.send(b"next")

    assert [frame.payload for frame in world.network.uplinks] == [b"next"]
    assert not any(isinstance(step, Transmit) and b"lost" in step.frame for _, step in world.sent)
