"""What goes into the receive windows, and through which gateway."""

import pytest
from chirpstack_api import common, gw, integration

from farwire_twin.network_server.settings import US915_0
from tests.twin.network_server.rig import GATEWAY, SECOND_GATEWAY, joined


def test_uplink_that_asks_for_nothing_gets_no_downlink():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2))

    assert network.downlinks == []


def test_queue_item_is_offered_in_rx1_and_rx2():
    network, device = joined()
    network.enqueue(device, b"\x0a\x0b", port=15)

    network.uplink(device.uplink(b"\x01", 2), frequency_hz=867_500_000, spreading_factor=8, context=b"ctx")

    (frame,) = network.downlinks
    first, second = frame.items
    assert (first.tx_info.frequency, first.tx_info.modulation.lora.spreading_factor) == (867_500_000, 8)
    assert first.tx_info.timing.delay.delay.seconds == 1
    assert (second.tx_info.frequency, second.tx_info.modulation.lora.spreading_factor) == (869_525_000, 12)
    assert second.tx_info.timing.delay.delay.seconds == 2
    assert first.tx_info.context == second.tx_info.context == b"ctx"
    for item in frame.items:
        read = device.read(item.phy_payload)
        assert (read.port, read.payload, read.confirmed, read.f_cnt) == (15, b"\x0a\x0b", False, 0)
        assert not read.ack
        assert not read.f_pending


def test_us915_answers_on_the_downlink_channel_of_the_uplink():
    network, device = joined(US915_0)
    network.enqueue(device, b"\x0a")

    network.uplink(device.uplink(b"\x01", 2), frequency_hz=903_500_000, spreading_factor=7)

    first, second = network.downlinks[0].items
    assert (first.tx_info.frequency, first.tx_info.modulation.lora.bandwidth) == (926_900_000, 500_000)
    assert first.tx_info.modulation.lora.spreading_factor == 7
    assert first.tx_info.power == 21
    assert (second.tx_info.frequency, second.tx_info.modulation.lora.spreading_factor) == (923_300_000, 12)


def test_downlink_is_decided_300_ms_after_the_first_copy():
    network, device = joined()
    network.enqueue(device, b"\x0a")

    network.hear(device.uplink(b"\x01", 2))
    network.run(299)
    assert network.downlinks == []

    network.run(1)
    assert len(network.downlinks) == 1


def test_item_enqueued_within_100_ms_of_the_up_event_catches_the_same_window():
    network, device = joined()
    network.hear(device.uplink(b"\x01", 2))
    network.run(250)
    assert len(network.of("up")) == 1

    network.enqueue(device, b"\x0a")
    network.run(50)

    assert len(network.downlinks) == 1


def test_confirmed_uplink_is_acknowledged_with_an_empty_frame():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, confirmed=True))

    read = device.read(network.downlinks[0].items[0].phy_payload)
    assert (read.ack, read.port, read.payload) == (True, None, b"")


def test_adr_ack_req_is_answered():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, adr_ack_req=True))

    assert len(network.downlinks) == 1


def test_f_pending_tells_that_more_items_wait():
    network, device = joined()
    network.enqueue(device, b"\x01")
    network.enqueue(device, b"\x02")

    network.uplink(device.uplink(b"\x01", 2))
    first = device.read(network.downlinks[-1].items[0].phy_payload)
    network.acknowledge()
    network.uplink(device.uplink(b"\x01", 2))
    second = device.read(network.downlinks[-1].items[0].phy_payload)

    assert (first.payload, first.f_pending) == (b"\x01", True)
    assert (second.payload, second.f_pending) == (b"\x02", False)


def test_item_that_fits_rx1_but_not_rx2_goes_without_payload_in_rx2():
    network, device = joined()
    network.enqueue(device, bytes(60))

    network.uplink(device.uplink(b"\x01", 2))

    first, second = (device.read(item.phy_payload) for item in network.downlinks[0].items)
    assert (first.port, len(first.payload), first.f_pending) == (10, 60, False)
    assert (second.port, second.payload, second.f_pending) == (None, b"", True)


def test_item_stays_queued_when_the_gateway_could_only_use_rx2():
    network, device = joined()
    network.enqueue(device, bytes(60))
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge(gw.COLLISION_PACKET, gw.OK)

    assert network.of("txack") == []
    assert [len(item.data) for item in network.queue(device)] == [60]
    network.uplink(device.uplink(b"\x01", 2))
    assert device.read(network.downlinks[-1].items[0].phy_payload).f_cnt == 1


@pytest.mark.parametrize(
    ("spreading_factor", "size", "is_sent"),
    [(12, 51, True), (12, 52, False), (9, 115, True), (9, 116, False), (7, 242, True), (7, 243, False)],
)
def test_item_larger_than_the_first_window_is_discarded_with_a_log(spreading_factor, size, is_sent):
    network, device = joined()
    item_id = network.enqueue(device, bytes(size))

    network.uplink(device.uplink(b"\x01", 2), spreading_factor=spreading_factor, snr_db=5.0)

    assert (len(network.downlinks) == 1) == is_sent
    assert len(network.queue(device)) == (1 if is_sent else 0)
    if not is_sent:
        (event,) = network.of("log")
        assert (event.level, event.code) == (integration.ERROR, integration.DOWNLINK_PAYLOAD_SIZE)
        assert event.description == "Device queue-item discarded because it exceeds the max. payload size"
        assert dict(event.context) == {
            "max_payload_size": str(size - 1),
            "item_size": str(size),
            "queue_item_id": item_id,
        }


@pytest.mark.parametrize(("mac_version", "limit"), [(common.LORAWAN_1_0_4, 222), (common.LORAWAN_1_0_3, 242)])
def test_chirpstack_limits_eu868_dr4_by_the_version_of_the_profile(mac_version, limit):
    network, device = joined(mac_version=mac_version)
    network.enqueue(device, bytes(limit))
    network.enqueue(device, bytes(limit + 1))

    network.uplink(device.uplink(b"\x01", 2), spreading_factor=8)
    network.acknowledge()
    network.uplink(device.uplink(b"\x01", 2), spreading_factor=8)

    assert len(network.of("txack")) == 1
    assert network.of("log")[0].context["max_payload_size"] == str(limit)


def test_frame_counter_moves_with_each_frame_that_a_gateway_took():
    network, device = joined()

    for _ in range(3):
        network.uplink(device.uplink(b"\x01", 2, confirmed=True))
        network.acknowledge()

    counters = [device.read(frame.items[0].phy_payload).f_cnt for frame in network.downlinks]
    assert counters == [0, 1, 2]


def test_best_gateway_sends_when_none_has_margin_enough():
    network, device = joined()
    network.add_gateway(SECOND_GATEWAY)
    phy = device.uplink(b"\x01", 2, confirmed=True)

    network.hear(phy, gateways_=[GATEWAY], snr_db=-7.0)
    network.hear(phy, gateways_=[SECOND_GATEWAY], snr_db=-5.0)
    network.run()

    assert network.downlinks[0].gateway_id == SECOND_GATEWAY


def test_rssi_decides_between_gateways_of_equal_snr():
    network, device = joined()
    network.add_gateway(SECOND_GATEWAY)
    phy = device.uplink(b"\x01", 2, confirmed=True)

    network.hear(phy, gateways_=[GATEWAY], snr_db=-7.0, rssi_dbm=-100)
    network.hear(phy, gateways_=[SECOND_GATEWAY], snr_db=-7.0, rssi_dbm=-90)
    network.run()

    assert network.downlinks[0].gateway_id == SECOND_GATEWAY


def test_gateways_with_margin_enough_take_turns():
    network, device = joined()
    network.add_gateway(SECOND_GATEWAY)

    for _ in range(30):
        phy = device.uplink(b"\x01", 2, confirmed=True)
        network.hear(phy, gateways_=[GATEWAY, SECOND_GATEWAY], snr_db=9.0)
        network.run()

    assert {frame.gateway_id for frame in network.downlinks} == {GATEWAY, SECOND_GATEWAY}


def test_device_deleted_before_the_decision_gets_nothing():
    network, device = joined()
    network.hear(device.uplink(b"\x01", 2, confirmed=True))
    network.run(250)
    network.core.state.registry.remove_device(device.eui)

    network.run()

    assert network.downlinks == []
    assert network.refused == ["device is gone"]
