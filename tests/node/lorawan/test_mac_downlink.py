"""Downlinks: which are taken, what they bring, and what is answered."""

import pytest

from farwire_node.link import Delivered, LinkChecked, Received, Sending, TimeReceived
from farwire_node.lorawan import frames
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.frames import DataFrame
from farwire_node.lorawan.regions import US915
from farwire_node.steps import Listen
from tests.node.lorawan.fakes import CRYPTO, Down, Network, World

IGNORED = dict.fromkeys(
    ("malformed", "foreign", "wrong_mic", "replayed", "outside_window", "commands_in_class_c"), 0
)


def joined(**options):
    return World(options.pop("network", None), **{"initial_dr": 5, **options}).joined()


def got(world):
    return [event for event in world.take_events() if isinstance(event, Received)]


def refused(world, raw):
    """Send an uplink that `raw` answers; return what was counted."""
    world.network.queue = [Down(raw=raw)]
    world.send()
    assert got(world) == []
    return {what: count for what, count in world.mac.counters.items() if count}


def test_payload_reaches_the_node_with_its_port():
    world = joined()
    world.network.queue = [Down(b"\x01\x02", 222), Down(b"", 220)]

    world.send()
    world.send()

    assert got(world) == [Received(222, b"\x01\x02"), Received(220, b"")]
    assert world.mac.counters == IGNORED


def test_replayed_downlink_is_refused():
    world = joined()
    world.network.queue = [Down(b"order", 221)]
    world.send()
    assert len(got(world)) == 1

    counted = refused(world, world.network.sent[-1].frame)

    assert counted == {"replayed": 1}


def test_downlink_with_an_older_counter_is_refused():
    world = joined()
    world.network.queue = [Down(b"one", 221, f_cnt=5)]
    world.send()
    world.take_events()

    assert refused(world, world.network.seal(Down(b"two", 221, f_cnt=4))) == {"replayed": 1}


def test_counter_may_skip_ahead_and_roll_over_its_low_half():
    world = joined()
    for f_cnt in (3, 65_535, 65_536, 65_537, 100_000, 165_535):
        world.network.queue = [Down(bytes([f_cnt & 0xFF]), 221, f_cnt=f_cnt)]
        world.send()

    assert len(got(world)) == 6
    assert world.mac.counters == IGNORED


def test_downlink_for_another_device_is_refused():
    world = joined()

    assert refused(world, world.network.seal(Down(b"x", 221, dev_addr=0x26FFFFFF))) == {"foreign": 1}


def test_uplink_of_another_device_is_refused():
    world = joined()
    uplink = DataFrame(True, False, world.network.dev_addr, False, False, False, False, 0, b"", 1, b"x")

    raw = frames.encode_data(uplink, *world.network.keys, CRYPTO)

    assert refused(world, raw) == {"foreign": 1}


def test_downlink_with_a_wrong_mic_is_refused():
    world = joined()
    raw = bytearray(world.network.seal(Down(b"x", 221)))
    raw[-1] ^= 1

    assert refused(world, bytes(raw)) == {"wrong_mic": 1}


@pytest.mark.parametrize("raw", [b"", b"\x60", b"\xe0" + bytes(20), bytes(12), b"\x63" + bytes(20)])
def test_noise_is_refused(raw):
    assert refused(joined(), raw) == {"malformed": 1}


def test_refused_frame_leaves_the_second_window_open():
    world = joined()
    world.listened.clear()
    refused(world, b"\x60")

    assert len(world.listened) == 2


def test_frame_outside_a_window_is_refused():
    world = joined()

    world.mac.on_frame(world.network.seal(Down(b"x", 221)), -90, 5, world.now_ms)

    assert world.mac.counters["outside_window"] == 1
    assert world.mac.events() == []


def test_confirmed_downlink_is_acknowledged_by_the_nodes_next_frame():
    world = joined()
    world.network.queue = [Down(b"order", 221, confirmed=True)]
    world.send()

    world.send(b"answer")
    world.run(20_000)

    assert [frame.ack for frame in world.network.uplinks] == [False, True]
    assert world.network.uplinks[1].payload == b"answer"


def test_confirmed_downlink_is_acknowledged_without_help_of_the_node():
    world = joined()
    world.network.queue = [Down(b"order", 221, confirmed=True)]
    world.send()
    world.take_events()

    world.run(10_000)

    own = world.network.uplinks[-1]
    assert (own.ack, own.port, own.payload) == (True, None, b"")
    assert len(world.network.uplinks) == 2
    assert world.take_events() == []  # the node did not send it and waits for nothing


def test_acknowledgement_is_given_once():
    world = joined()
    world.network.queue = [Down(b"order", 221, confirmed=True)]
    world.send()
    world.send()
    world.send()

    assert [frame.ack for frame in world.network.uplinks] == [False, True, False]


def test_pending_downlinks_are_fetched():
    world = joined()
    world.network.queue = [
        Down(b"1", 222, f_pending=True),
        Down(b"2", 222, f_pending=True),
        Down(b"3", 222),
    ]
    world.send()

    world.run(30_000)

    assert [event.payload for event in got(world)] == [b"1", b"2", b"3"]
    assert len(world.network.uplinks) == 3


def test_mac_commands_come_in_f_opts_or_on_port_0():
    for down in (Down(f_opts=b"\x06"), Down(b"\x06", 0)):
        world = joined()
        world.network.queue = [down]
        world.send()
        assert got(world) == []

        world.send()

        assert world.network.uplinks[-1].f_opts == mc.encode(mc.DevStatusAns(255, 7))


def test_battery_is_reported():
    world = joined()
    world.mac.set_battery(180)
    world.network.queue = [Down(f_opts=b"\x06")]
    world.send()
    world.send()

    assert mc.decode(world.network.uplinks[-1].f_opts, True) == [mc.DevStatusAns(180, 7)]


def test_answers_take_room_from_the_payload():
    world = joined()
    world.network.queue = [Down(f_opts=b"\x06" + mc.encode(mc.RXTimingSetupReq(1)))]
    world.send()

    assert world.mac.capacity(world.now_ms) == 242 - 4
    assert isinstance(world.send(bytes(238)), Sending)
    assert len(world.sent[-1][1].frame) == 255


def test_sticky_answer_is_repeated_until_a_downlink_comes():
    world = joined()
    world.network.queue = [Down(f_opts=mc.encode(mc.RXTimingSetupReq(2)))]
    world.send()
    world.network.rx1_delay_s = 2

    world.send()
    world.send()
    world.network.queue = [Down()]
    world.send()
    world.send()

    assert [frame.f_opts for frame in world.network.uplinks] == [b"", b"\x08", b"\x08", b"\x08", b""]


def test_other_answer_is_given_once():
    world = joined()
    world.network.queue = [Down(f_opts=b"\x06")]
    world.send()
    world.send()
    world.send()

    assert [bool(frame.f_opts) for frame in world.network.uplinks] == [False, True, False]


def test_moved_windows_are_where_the_network_said():
    world = joined()
    moves = (
        mc.RXParamSetupReq(1, 3, 869_525_000),
        mc.RXTimingSetupReq(4),
        mc.DlChannelReq(0, 869_525_000),
        mc.DlChannelReq(1, 869_525_000),
        mc.DlChannelReq(2, 869_525_000),
    )
    world.network.queue = [Down(b"".join(mc.encode(move) for move in moves), 0)]
    world.send()
    network = world.network
    network.rx1_delay_s, network.rx1_dr_offset, network.rx2_dr = 4, 1, 3
    network.rx1_freq_hz = 869_525_000
    network.queue = [Down(b"one", 221), Down(b"two", 221, window=2)]

    world.send()
    world.send()

    assert [event.payload for event in got(world)] == [b"one", b"two"]


def test_answers_that_crowd_out_the_payload_go_by_themselves():
    world = World(Network(US915), initial_dr=0).joined()
    world.network.queue = [Down(b"\x06" * 3, 0)]
    world.send(b"x")
    assert world.mac.capacity(world.now_ms) == 2

    world.run(60_000)

    assert world.mac.capacity(world.now_ms) == 11
    assert len(world.network.uplinks[-1].f_opts) == 9


def test_link_check_tells_how_well_the_network_hears():
    world = joined()
    world.mac.request_link_check()
    world.network.queue = [Down(f_opts=mc.encode(mc.LinkCheckAns(12, 3)))]

    world.send()

    assert world.network.uplinks[0].f_opts == b"\x02"
    assert LinkChecked(12, 3) in world.take_events()


def test_time_is_that_of_the_end_of_the_frame_that_asked():
    world = joined()
    world.mac.request_time()
    world.network.queue = [Down(f_opts=mc.encode(mc.DeviceTimeAns(1_000_000, 128)))]

    world.send()

    start_ms, uplink = world.sent[-1]
    expected = TimeReceived(1_000_000_500, start_ms + uplink.airtime_ms)
    assert [event for event in world.take_events() if isinstance(event, TimeReceived)] == [expected]


def test_downlink_that_is_too_late_for_its_window_is_not_heard():
    world = joined()
    world.mac.send(1, b"x", False, False, world.now_ms)
    while not isinstance(step := world.mac.poll(world.now_ms), Listen):
        if hasattr(step, "until_ms"):
            world.now_ms = step.until_ms
        else:
            world.now_ms += step.airtime_ms
            world.mac.on_tx_done(world.now_ms)
    world.now_ms = step.until_ms
    world.mac.on_listen_end(world.now_ms)
    world.mac.on_frame(world.network.seal(Down(b"x", 221)), -90, 5, world.now_ms + 5)

    assert world.mac.counters["outside_window"] == 1


def test_own_frame_gives_way_to_the_nodes():
    world = joined()
    world.network.queue = [Down(b"order", 221, confirmed=True)]
    world.send()
    world.take_events()
    world.send(b"answer")

    world.run(20_000)

    assert len(world.network.uplinks) == 2
    assert world.take_events() == [Delivered(None)]
