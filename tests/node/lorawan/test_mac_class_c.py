"""Class C: the receiver is on RX2 whenever nothing else is done, and a downlink at any time is heard."""

import pytest

from farwire_node.errors import ConfigurationError
from farwire_node.link import Delivered, Received, Sending
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan import regions
from farwire_node.steps import Listen, Sleep, Transmit
from tests.node.lorawan.fakes import Down, Network, World

RX2_HZ = 869_525_000
OPEN = Listen(RX2_HZ, 12, 125_000, None)
RESPONSE_MS = 8_000  # CLASS_C_RESP_TIMEOUT


def joined(network=None, **options):
    world = World(network, **{"initial_dr": 5, **options}).joined()
    world.mac.set_class("C")
    world.run(10)
    world.listened.clear()
    return world


def received(world):
    return [event for event in world.take_events() if isinstance(event, Received)]


def last_uplink(world):
    return world.network.uplinks[-1]


def test_device_without_anything_to_do_listens_on_the_second_window():
    world = World(initial_dr=5).joined()
    world.mac.set_class("C")

    assert world.mac.poll(world.now_ms) == OPEN
    assert isinstance(world.mac.poll(world.now_ms), Sleep)


def test_device_of_class_a_does_not():
    world = World(initial_dr=5).joined()

    assert isinstance(world.mac.poll(world.now_ms), Sleep)
    assert not world.is_listening


def test_device_without_a_session_has_nothing_to_listen_to():
    world = World()
    world.mac.set_class("C")

    assert isinstance(world.mac.poll(world.now_ms), Sleep)


def test_class_may_change_at_any_time():
    world = joined()

    world.mac.set_class("A")
    closed = world.mac.poll(world.now_ms)
    world._do(closed)
    world.mac.set_class("A")

    assert closed == Listen(*OPEN[:3], world.now_ms)
    assert isinstance(world.mac.poll(world.now_ms), Sleep)
    world.mac.set_class("C")
    assert world.mac.poll(world.now_ms) == OPEN


def test_there_are_two_classes():
    with pytest.raises(ConfigurationError, match="device_class is 'B', expected A or C"):
        World().mac.set_class("B")


def test_downlink_at_any_time_reaches_the_node():
    world = joined()
    for number in range(3):
        world.say(Down(bytes([number]), 221), after_ms=1_000)
        world.run(60_000)

    assert received(world) == [Received(221, bytes([number])) for number in range(3)]


def test_radio_is_on_the_second_window_in_all_gaps_of_a_cycle():
    world = joined()

    world.send()

    tx_end_ms = world.sent[-1][0] + world.sent[-1][1].airtime_ms
    before_rx1, rx1, rx2, after = world.listened
    assert before_rx1 == (tx_end_ms, OPEN)
    assert rx1[1].sf == 7
    assert rx2[0] == rx1[1].until_ms  # at once, though an answer would begin only 2 s after the uplink
    assert rx2[1][:3] == OPEN[:3]
    assert rx2[1].until_ms > tx_end_ms + 2_000
    assert after == (rx2[1].until_ms, OPEN)


@pytest.mark.parametrize("after_ms", [5, 1_120])
def test_downlink_in_a_gap_of_a_cycle_is_of_class_c(after_ms):
    network = Network(rx2_dr=5)  # short enough for the gaps
    world = joined(network)
    world.mac.send(1, b"reading", False, False, world.now_ms)
    world._do(world.mac.poll(world.now_ms))  # sent
    world.say(Down(b"now", 221), after_ms)
    world.run_while_busy()

    assert world.take_events() == [Received(221, b"now"), Delivered(None)]
    assert world.mac._session.silent_uplinks == 1


def test_answer_in_the_second_window_is_of_class_a():
    world = joined(Network(rx2_dr=5))
    world.network.queue = [Down(b"answer", 221, window=2, f_opts=mc.encode(mc.DevStatusReq()))]
    world.send()

    assert received(world) == [Received(221, b"answer")]
    assert world.mac._session.silent_uplinks == 0
    world.send()
    assert mc.decode(last_uplink(world).f_opts, True) == [mc.DevStatusAns(255, 7)]


def test_answer_in_the_second_window_is_known_behind_a_class_c_downlink():
    world = joined(Network(rx2_dr=5))
    world.network.queue = [Down(b"answer", 221, window=2)]
    world.mac.send(1, b"reading", False, False, world.now_ms)
    world._do(world.mac.poll(world.now_ms))
    answer = world._coming.pop()
    world._coming = []
    # Sent first, so its counter must be the lower one.
    early = world.network.seal(Down(b"now", 222, f_cnt=50))
    answer.frame = world.network.seal(Down(b"answer", 221, f_cnt=51))
    world._coming = [type(answer)(world.now_ms + 1_200, RX2_HZ, 7, 125_000, early), answer]
    world.run_while_busy()

    assert received(world) == [Received(222, b"now"), Received(221, b"answer")]
    assert world.mac._session.silent_uplinks == 0


def test_downlink_does_not_show_that_uplinks_arrive():
    world = joined()
    world.send()
    silent = world.mac._session.silent_uplinks

    world.say(Down(b"order", 221), 100)
    world.run(5_000)

    assert received(world) == [Received(221, b"order")]
    assert world.mac._session.silent_uplinks == silent


def test_downlink_carries_no_commands():
    world = joined()
    world.say(Down(b"order", 221, f_opts=mc.encode(mc.LinkADRReq(0, 0, 7, 0, 1))), 100)
    world.run(5_000)
    world.say(Down(mc.encode(mc.DevStatusReq()), 0), 100)
    world.run(5_000)

    world.send()

    assert world.sent[-1][1].sf == 7
    assert last_uplink(world).f_opts == b""
    assert world.mac.counters["commands_in_class_c"] == 2


def test_sticky_answer_waits_for_a_downlink_of_class_a():
    world = joined()
    world.network.queue = [Down(f_opts=mc.encode(mc.RXTimingSetupReq(1)))]
    world.send()
    world.say(Down(b"order", 221), 3_000)
    world.run(10_000)

    world.send()
    world.send()

    assert [mc.decode(frame.f_opts, True) for frame in world.network.uplinks[-2:]] == [
        [mc.RXTimingSetupAns()],
        [mc.RXTimingSetupAns()],
    ]


@pytest.mark.parametrize("seed", range(20))
def test_confirmed_downlink_is_answered_in_time(seed):
    world = joined(Network(rx2_dr=5), seed=seed)
    on_air = world.say(Down(b"order", 221, confirmed=True), 1_000)
    world.run(20_000)

    assert last_uplink(world).ack
    assert len(world.network.uplinks) == 1
    assert on_air.end_ms < world.sent[-1][0] <= on_air.end_ms + RESPONSE_MS


def test_confirmed_downlink_is_answered_once():
    world = joined()
    world.say(Down(b"order", 221, confirmed=True), 1_000)
    world.run(60_000)
    world.send()

    assert [frame.ack for frame in world.network.uplinks] == [True, False]


def test_frame_of_the_node_carries_the_answer():
    world = joined()
    on_air = world.say(Down(b"order", 221, confirmed=True), 1_000)
    while world.now_ms < on_air.end_ms:
        world.step(on_air.end_ms)
    world.send()
    world.run(60_000)

    assert [(frame.ack, frame.port) for frame in world.network.uplinks] == [(True, 1)]


def test_answer_does_not_wait_for_further_copies():
    world = joined(Network(rx2_dr=5))
    world.network.queue = [Down(f_opts=mc.encode(mc.LinkADRReq(5, 0, 7, 0, 15)))]
    world.send()
    world.run(10_000)
    world.send(b"in many copies")
    world.mac.send(1, b"more", False, False, world.now_ms)
    world._do(world.mac.poll(world.now_ms))
    on_air = world.say(Down(b"order", 221, confirmed=True), 1_500)
    world.run(30_000)

    answer_ms = next(at for at, sent in world.sent if len(sent.frame) == 12 and sent.frame[5] & 0x20)
    assert on_air.end_ms < answer_ms <= on_air.end_ms + RESPONSE_MS


@pytest.mark.parametrize("seed", range(10))
def test_answer_is_not_forgotten_over_a_downlink_of_class_a(seed):
    world = joined(Network(rx2_dr=5), seed=seed)
    world.mac.send(1, b"reading", False, False, world.now_ms)
    world.network.queue = [Down(b"for RX1", 220, f_pending=True, f_cnt=60)]
    on_air = world.say(Down(b"order", 221, confirmed=True, f_cnt=50), 100)
    world.run(30_000)

    assert [event.port for event in received(world)] == [221, 220]
    assert [frame.ack for frame in world.network.uplinks] == [False, True]
    assert world.sent[-1][0] <= on_air.end_ms + RESPONSE_MS


def test_answer_may_take_the_reserve():
    world = joined(initial_dr=0)
    while isinstance(world.send(bytes(40)), Sending):
        pass
    on_air = world.say(Down(b"order", 221, confirmed=True), 1_000)
    world.run(20_000)

    assert last_uplink(world).ack
    assert world.sent[-1][0] <= on_air.end_ms + RESPONSE_MS


def test_acknowledgement_in_class_c_is_none_of_a_confirmed_uplink():
    network = Network(acks=False, rx2_dr=5)
    world = joined(network)
    world.mac.send(1, b"reading", True, False, world.now_ms)
    world._do(world.mac.poll(world.now_ms))
    world.say(Down(b"", 221, ack=True), 5)
    world.run_while_busy()

    assert Delivered(False) in world.take_events()


def test_receiver_follows_the_second_window():
    world = joined()
    world.network.queue = [Down(f_opts=mc.encode(mc.RXParamSetupReq(0, 3, 868_100_000)))]
    world.send()
    world.run(10)
    world.network.rx2_freq_hz, world.network.rx2_dr = 868_100_000, 3
    world.say(Down(b"moved", 221), 100)
    world.run(5_000)

    assert received(world) == [Received(221, b"moved")]


def test_replayed_downlink_is_refused_and_listening_goes_on():
    world = joined()
    old = world.say(Down(b"once", 221), 100).frame
    world.run(5_000)
    world.say(Down(raw=old), 100)
    world.run(5_000)
    world.say(Down(b"again", 221), 100)
    world.run(5_000)

    assert [event.payload for event in received(world)] == [b"once", b"again"]
    assert world.mac.counters["replayed"] == 1


def test_listening_is_taken_up_again_after_what_could_not_be_read():
    world = joined()

    world.mac.on_listen_end(world.now_ms)

    assert world.mac.poll(world.now_ms) == OPEN


def test_counter_of_a_class_c_downlink_survives_a_power_cut():
    world = joined()
    old = world.say(Down(b"once", 221), 100).frame
    world.run(5_000)
    world.power_on().set_class("C")
    world.say(Down(raw=old), 100)
    world.run(5_000)

    assert [event.payload for event in received(world)] == [b"once"]


def test_device_that_joins_anew_stops_listening_until_it_has_joined():
    world = joined()
    world.mac.join(world.now_ms)
    closed = world.mac.poll(world.now_ms)
    world._do(closed)

    assert closed == Listen(*OPEN[:3], world.now_ms)
    while not world.mac.joined:
        world.step()
    world.run_while_busy()
    world.run(10)
    assert world.is_listening


@pytest.mark.parametrize("name", regions.NAMES)
def test_class_c_works_in_every_region(name):
    region = regions.by_name(name)
    world = World(Network(region)).joined()
    world.mac.set_class("C")
    world.run(10)
    on_air = world.say(Down(b"order", 221, confirmed=True), 1_000)
    world.run(30_000)

    assert received(world) == [Received(221, b"order")]
    assert last_uplink(world).ack
    assert world.sent[-1][0] <= on_air.end_ms + RESPONSE_MS
    assert all(isinstance(sent, Transmit) for _, sent in world.sent)
