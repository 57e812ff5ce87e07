"""One uplink heard by many gateways is one event."""

from tests.twin.network_server.device import uplink_frame
from tests.twin.network_server.rig import GATEWAY, SECOND_GATEWAY, joined


def test_copies_within_200_ms_are_one_event():
    network, device = joined()
    network.add_gateway(SECOND_GATEWAY)
    phy = device.uplink(b"\x01", 2)

    network.hear(phy)
    network.run(199)
    network.hear(phy, gateways_=[SECOND_GATEWAY])
    network.run()

    (event,) = network.of("up")
    assert [each.gateway_id for each in event.rx_info] == [GATEWAY, SECOND_GATEWAY]


def test_copy_after_the_collection_is_lost_silently():
    network, device = joined()
    phy = device.uplink(b"\x01", 2)

    network.hear(phy)
    network.run(300)
    network.hear(phy)
    network.run()

    assert len(network.of("up")) == 1
    assert network.logs() == []


def test_copy_after_400_ms_is_a_retransmission():
    network, device = joined()
    phy = device.uplink(b"\x01", 2)

    network.hear(phy)
    network.run(401)
    network.hear(phy)
    network.run()

    assert len(network.of("up")) == 1
    assert network.logs() == ["UPLINK_F_CNT_RETRANSMISSION"]


def test_same_frame_on_another_channel_is_another_uplink():
    network, device = joined()
    phy = device.uplink(b"\x01", 2)

    network.hear(phy)
    network.hear(phy, frequency_hz=868_300_000)
    network.run()

    assert len(network.of("up")) == 1
    assert network.logs() == ["UPLINK_F_CNT_RETRANSMISSION"]


def test_two_devices_at_once_are_two_events():
    network, device = joined()

    network.hear(device.uplink(b"\x01", 2))
    network.hear(device.uplink(b"\x02", 2))
    network.run()

    assert [event.data for event in network.of("up")] == [b"\x01", b"\x02"]
    assert len({event.deduplication_id for event in network.of("up")}) == 2


def test_next_timer_is_the_end_of_the_collection():
    network, device = joined()

    network.core.on_uplink(uplink_frame(device.uplink(b"\x01", 2)), network.now_ms)

    due_ms = network.core.next_timer()
    assert due_ms == network.now_ms + 200
