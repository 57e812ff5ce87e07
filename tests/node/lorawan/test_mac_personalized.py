"""A device that never joins (ABP): its session is given to it, and its counters never start again."""

from farwire_node.link import Received, Sending
from farwire_node.lorawan import frames
from farwire_node.lorawan.regions import US915
from tests.node.lorawan.fakes import Down, Network, World

DEV_ADDR, NWK_S_KEY, APP_S_KEY = 0x26000042, b"n" * 16, b"a" * 16


def personalized(network=None, **options):
    network = network or Network()
    network.dev_addr, network.keys = DEV_ADDR, (NWK_S_KEY, APP_S_KEY)
    world = World(network, **options)
    world.mac.personalize(DEV_ADDR, NWK_S_KEY, APP_S_KEY)
    return world


def again(world):
    """Lose power, and be told the same when it is back."""
    world.power_on().personalize(DEV_ADDR, NWK_S_KEY, APP_S_KEY)


def test_device_sends_and_receives_without_a_join():
    world = personalized(initial_dr=5)
    world.network.queue = [Down(b"order", 221)]

    assert isinstance(world.send(b"reading"), Sending)

    assert [frame.payload for frame in world.network.uplinks] == [b"reading"]
    assert Received(221, b"order") in world.take_events()


def test_device_starts_at_the_slowest_data_rate_unless_told_otherwise():
    assert personalized().mac.data_rate == 0
    assert personalized(initial_dr=4).mac.data_rate == 4
    assert personalized(Network(US915)).mac.data_rate == 0


def test_counters_go_on_over_power_cuts():
    world = personalized(initial_dr=5)
    for _ in range(3):
        world.send()
        again(world)

    counters = [frame.f_cnt for frame in world.network.uplinks]
    assert counters == sorted(set(counters))
    assert world.network.refused == []


def test_replay_is_refused_after_a_power_cut():
    world = personalized(initial_dr=5)
    world.network.queue = [Down(b"order", 221)]
    world.send()
    old = world.network.sent[-1].frame
    world.take_events()
    again(world)
    world.network.queue = [Down(raw=old)]
    world.send()

    assert world.mac.counters["replayed"] == 1


def test_other_keys_are_another_session():
    world = personalized(initial_dr=5)
    world.send()
    world.mac.personalize(DEV_ADDR, b"N" * 16, APP_S_KEY)
    world.network.keys, world.network.f_cnt_up = (b"N" * 16, APP_S_KEY), 0
    world.send()

    assert [frame.f_cnt for frame in world.network.uplinks] == [0, 0]


def test_device_never_joins_even_in_silence():
    world = personalized(Network(acks=False), initial_dr=5)
    world.network.hear = lambda sent, end_ms: None
    world.mac.join(world.now_ms)
    for _ in range(450):
        world.run(max(world.mac.earliest_ms(1, world.now_ms, True) - world.now_ms, 1_000))
        world.send(b"x", urgent=True)

    assert world.mac.joined
    assert world.mac.data_rate == 0
    assert {frames.frame_type(sent.frame) for _, sent in world.sent} == {frames.UNCONFIRMED_UP}
