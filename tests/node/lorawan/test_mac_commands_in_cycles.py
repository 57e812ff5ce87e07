"""What MAC commands do over several cycles: answers without room, limits that change, time that is told."""

from datetime import UTC, datetime, timedelta

import pytest

from farwire_node.errors import ConfigurationError
from farwire_node.link import Received, Sending, TimeReceived, utc_ms
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan import regions
from farwire_node.lorawan.mac import Mac
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import APP_KEY, CRYPTO, Down, Network, World

AU915 = regions.by_name("AU915")
AS923 = regions.by_name("AS923")


def joined(network=None, **options):
    return World(network, **{"initial_dr": 5, **options}).joined()


def answers(world):
    """Return the MAC commands of each uplink of this world."""
    return [
        mc.decode(frame.f_opts if frame.port else frame.f_opts + frame.payload, True)
        for frame in world.network.uplinks
    ]


def dev_status(count):
    return mc.encode(mc.DevStatusReq()) * count


def test_answers_that_f_opts_cannot_hold_go_on_port_0_by_themselves():
    world = joined()
    world.network.queue = [Down(f_opts=dev_status(10))]
    world.send()
    world.run(10_000)

    assert [frame.port for frame in world.network.uplinks] == [1, 0]
    assert answers(world)[1] == [mc.DevStatusAns(255, 7)] * 10
    assert world.network.uplinks[1].f_opts == b""


def test_frame_of_the_node_takes_what_f_opts_hold_and_the_rest_goes_after_it():
    world = joined()
    world.network.queue = [Down(f_opts=dev_status(10))]
    world.send()
    world.send(b"an alarm", urgent=True)
    world.run(10_000)

    assert [len(each) for each in answers(world)] == [0, 5, 5]
    assert [frame.port for frame in world.network.uplinks] == [1, 1, None]


def test_commands_of_a_whole_payload_are_answered_at_a_data_rate_with_little_room():
    world = joined(Network(AU915), initial_dr=2)  # 11 bytes while the dwell time is kept
    world.network.queue = [Down(dev_status(10), 0)]
    world.send(b"x")
    world.run(60_000)

    assert all(len(frame.f_opts) + len(frame.payload) <= 11 for frame in world.network.uplinks)
    assert sum([len(each) for each in answers(world)]) == 10


def test_sticky_answers_do_not_keep_others_from_being_sent():
    world = joined()
    sticky = mc.encode(mc.DlChannelReq(0, 868_100_000)) * 5
    world.network.queue = [Down(sticky + dev_status(10), 0)]
    world.send()
    for _ in range(4):
        world.send()

    heard = [command for each in answers(world) for command in each]
    assert heard.count(mc.DevStatusAns(255, 7)) == 10
    assert answers(world)[-1] == [mc.DlChannelAns(1, 1)] * 5


@pytest.mark.parametrize(("region", "longest"), [(AU915, 51), (AS923, 115)])
def test_uplinks_keep_the_dwell_time_until_the_network_says_otherwise(region, longest):
    world = joined(Network(region), initial_dr=2)
    before = world.mac.capacity(world.now_ms)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(0, 0, 5)))]
    world.send(b"x")

    assert before == 11
    assert isinstance(world.mac.send(1, bytes(longest - 1), False, False, world.now_ms), Sending)
    world.run_while_busy()
    assert answers(world)[-1] == [mc.TXParamSetupAns()]
    assert max(sent.airtime_ms for _, sent in world.sent) > 400
    assert world.mac.capacity(world.now_ms) == longest


def test_data_rate_that_the_dwell_time_forbids_is_left():
    world = joined(Network(AU915), initial_dr=2)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(0, 0, 13)))]
    world.send(b"x")
    world.network.queue = [Down(f_opts=mc.encode(mc.LinkADRReq(0, 0, 0, 6, 1)))]
    world.send(b"x")
    slow = world.mac.data_rate
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(0, 1, 13)))]
    world.send(b"x")

    assert (slow, world.mac.data_rate) == (0, 2)
    world.send(b"x")
    assert world.sent[-1][1].airtime_ms <= 400


def test_data_rate_that_the_dwell_time_forbids_is_refused():
    world = joined(Network(AS923), initial_dr=5)
    world.network.queue = [Down(f_opts=mc.encode(mc.LinkADRReq(1, 0, 0b11, 0, 1)))]
    world.send(b"x")
    world.send(b"x")

    assert answers(world)[-1] == [mc.LinkADRAns(1, 0, 1)]


def test_dwell_time_and_power_of_the_network_survive_a_restart():
    world = joined(Network(AS923), initial_dr=2)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(1, 0, 3)))]
    world.send(b"x")
    world.power_on()
    world.send(bytes(100))

    assert world.sent[-1][1].power_dbm == 13
    assert world.mac.capacity(world.now_ms) == 115


def test_new_session_keeps_the_dwell_time_again():
    world = joined(Network(AS923), initial_dr=2)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(0, 0, 5)))]
    world.send(b"x")
    world.mac.join(world.now_ms)
    world.joined()

    assert world.mac.capacity(world.now_ms) == 11


def test_first_window_keeps_the_dwell_time_of_downlinks():
    world = joined(Network(AS923, rx1_dr_offset=5), initial_dr=3)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(1, 1, 5)))]
    world.send(b"x")
    world.run(10_000)
    world.listened.clear()
    world.send(b"x")

    assert world.listened[0][1].sf == 10


def test_first_window_that_would_be_in_fsk_stays_shut():
    world = joined(Network(AS923), initial_dr=5)
    world.network.queue = [Down(f_opts=mc.encode(mc.RXParamSetupReq(7, 2, 923_200_000)))]
    world.send(b"x")
    world.listened.clear()
    world.network.queue = [Down(b"order", 221, window=2)]
    world.send(b"x")

    assert [step.sf for _, step in world.listened] == [10]
    assert Received(221, b"order") in world.take_events()


def test_power_never_exceeds_the_regions_own():
    world = joined(Network(AS923), initial_dr=5)
    world.network.queue = [Down(f_opts=mc.encode(mc.TXParamSetupReq(0, 0, 15)))]  # 36 dBm
    world.send(b"x")
    world.send(b"x")

    assert world.sent[-1][1].power_dbm == 16


def test_korean_channels_below_922_mhz_get_10_dbm():
    world = joined(Network(regions.by_name("KR920")))
    world.network.queue = [
        Down(
            f_opts=mc.encode(mc.NewChannelReq(3, 921_500_000, 5, 0))
            + mc.encode(mc.LinkADRReq(5, 0, 0b1000, 0, 1))
        )
    ]
    world.send(b"x")
    world.send(b"x")

    assert (world.sent[-1][1].freq_hz, world.sent[-1][1].power_dbm) == (921_500_000, 10)


def test_region_whose_law_asks_for_it_wants_a_radio_that_senses():
    with pytest.raises(ConfigurationError, match="KR920 wants a radio that senses the channel"):
        Mac(regions.by_name("KR920"), 1, 2, APP_KEY, CRYPTO, MemoryStorage(), lambda n: 0)


@pytest.mark.parametrize(
    ("request_", "channels"),
    [
        (mc.LinkADRReq(5, 0, 0x00FF, 5, 1), 88),
        (mc.LinkADRReq(5, 0, 0, 6, 1), 96),
        (mc.LinkADRReq(5, 0, 0, 7, 1), None),
    ],
)
def test_cn470_masks_speak_of_six_groups(request_, channels):
    world = joined(Network(regions.by_name("CN470")))
    world.network.queue = [Down(f_opts=mc.encode(request_))]
    world.send(b"x")
    world.send(b"x")

    assert answers(world)[-1] == [mc.LinkADRAns(int(channels is not None), 1, 1)]
    assert len(world.mac._plan.channels_at(5)) == (channels or 96)


def test_size_that_the_network_seems_to_refuse_is_given_up():
    world = joined(Network(acks=False), initial_dr=4)
    full = world.mac.capacity(world.now_ms)
    for size in (222, 222, 242):
        assert isinstance(world.send(bytes(size), confirmed=True), Sending)
        world.run(3_600_000)
    in_doubt = world.mac.capacity(world.now_ms)
    world.send(bytes(242), confirmed=True, urgent=True)
    world.run(10_000)

    assert (full, in_doubt, world.mac.capacity(world.now_ms)) == (242, 242, 222)
    world.mac.suspend(world.now_ms)
    world.power_on()
    assert world.mac.capacity(world.now_ms) == 222


def test_size_that_is_answered_is_no_more_in_doubt():
    world = joined(Network(acks=False), initial_dr=4)
    for number in range(4):
        world.network.acks = number % 2 == 1
        world.send(bytes(242), confirmed=True, urgent=True)
        world.run(3_600_000)

    assert world.mac.capacity(world.now_ms) == 242


def test_networks_time_is_that_of_the_frame_that_asked():
    world = joined()
    world.mac.request_time()
    world.network.queue = [Down(f_opts=mc.encode(mc.DeviceTimeAns(1_400_000_000, 128)))]
    world.send()

    end_ms = world.sent[-1][0] + world.sent[-1][1].airtime_ms
    assert TimeReceived(1_400_000_000_500, end_ms) in world.take_events()


def test_time_that_nobody_asked_for_is_not_told():
    world = joined()
    world.network.queue = [Down(f_opts=mc.encode(mc.DeviceTimeAns(1_400_000_000, 128)))]
    world.send()

    assert not any(isinstance(event, TimeReceived) for event in world.take_events())


def test_gps_time_becomes_utc():
    heard = datetime(1980, 1, 6, tzinfo=UTC) + timedelta(
        seconds=1_400_000_000 - 18
    )  # 18 leap seconds by 2017

    assert utc_ms(1_400_000_000_000) == 1000 * int(heard.timestamp())
