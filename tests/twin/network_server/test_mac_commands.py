"""MAC commands: what devices ask, what the network asks, and what follows from the answers."""

from dataclasses import replace

import pytest
from chirpstack_api import api, common

from farwire_node.lorawan import mac_commands
from farwire_node.lorawan.mac_commands import (
    DeviceTimeAns,
    DeviceTimeReq,
    DevStatusAns,
    DevStatusReq,
    LinkADRAns,
    LinkADRReq,
    LinkCheckAns,
    LinkCheckReq,
    NewChannelAns,
    NewChannelReq,
    RXParamSetupAns,
    RXParamSetupReq,
    RXTimingSetupAns,
    RXTimingSetupReq,
)
from farwire_twin.network_server.api import devices
from farwire_twin.network_server.settings import EU868, US915_0
from farwire_twin.network_server.timestamps import GPS_EPOCH_MS, GPS_LEAP_MS
from tests.twin.network_server.rig import joined


def encoded(*commands):
    return b"".join(mac_commands.encode(command) for command in commands)


def asked(network, device):
    """The commands of the last downlink."""
    read = device.read(network.downlinks[-1].items[0].phy_payload)
    return mac_commands.decode(read.payload if read.port == 0 else read.f_opts, uplink=False)


def test_link_check_tells_margin_and_gateways():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(LinkCheckReq())), snr_db=5.0)

    assert asked(network, device) == [LinkCheckAns(margin=12, gw_cnt=1)]


def test_device_time_is_gps_time_of_the_uplink():
    network, device = joined()
    heard_ms = network.now_ms + 200

    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(DeviceTimeReq())))

    gps_ms = heard_ms - GPS_EPOCH_MS + GPS_LEAP_MS
    assert asked(network, device) == [DeviceTimeAns(gps_ms // 1000, gps_ms % 1000 * 256 // 1000)]


def test_commands_may_come_on_port_0_and_are_no_data():
    network, device = joined()

    network.uplink(device.uplink(encoded(LinkCheckReq()), 0), snr_db=5.0)

    assert asked(network, device) == [LinkCheckAns(margin=12, gw_cnt=1)]
    (event,) = network.of("up")
    assert (event.f_port, event.data) == (0, b"")


def test_status_is_asked_as_often_as_the_profile_says():
    network, device = joined(device_status_req_interval=24)

    network.uplink(device.uplink(b"\x01", 2))
    assert asked(network, device) == [DevStatusReq()]
    network.run(3_500_000)
    network.uplink(device.uplink(b"\x01", 2))
    assert len(network.downlinks) == 1

    network.run(200_000)
    network.uplink(device.uplink(b"\x01", 2))
    assert len(network.downlinks) == 2


@pytest.mark.parametrize(
    ("battery", "percent", "external", "unavailable"),
    [(0, 0.0, True, False), (254, 100.0, False, False), (127, 50.0, False, False), (255, 0.0, False, True)],
)
def test_status_answer_is_an_event(battery, percent, external, unavailable):
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(DevStatusAns(battery, -7))))

    (event,) = network.of("status")
    assert event.margin == -7
    assert event.battery_level == pytest.approx(percent)
    assert (event.external_power_source, event.battery_level_unavailable) == (external, unavailable)
    assert event.deduplication_id == network.of("up")[0].deduplication_id
    status = devices.get(network.core, api.GetDeviceRequest(dev_eui=device.eui), network.now_ms).device_status
    assert (status.margin, status.external_power_source) == (-7, external)
    assert status.battery_level == pytest.approx(percent if 0 < battery < 255 else -1.0)


def test_rx1_delay_of_the_profile_is_asked_for_and_then_used():
    network, device = joined(rx1_delay=3)
    network.uplink(device.uplink(b"\x01", 2))
    assert asked(network, device) == [RXTimingSetupReq(delay=3)]
    assert network.downlinks[-1].items[0].tx_info.timing.delay.delay.seconds == 1

    at_ms = network.now_ms
    network.hear(device.uplink(b"\x01", 2, f_opts=encoded(RXTimingSetupAns())))
    network.run(5_000)

    assert network.downlinks[-1].items[0].tx_info.timing.delay.delay.seconds == 3
    assert network.downlinks[-1].items[1].tx_info.timing.delay.delay.seconds == 4
    assert network.decisions_ms[-1] == at_ms + 200 + 100 + 2_000


def test_rx2_of_the_network_is_asked_for_and_then_used():
    network, device = joined(replace(EU868, rx2_dr=3))
    # The join-accept carries the data rate; only the frequency could differ. Pretend that the device lost it.
    network.core.state.registry.device(device.eui).session.rx2_dr = 0
    network.uplink(device.uplink(b"\x01", 2))
    assert asked(network, device) == [RXParamSetupReq(0, 3, 869_525_000)]

    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(RXParamSetupAns(1, 1, 1))))

    assert network.downlinks[-1].items[1].tx_info.modulation.lora.spreading_factor == 9


def test_command_that_is_refused_twice_is_not_sent_again():
    network, device = joined(replace(EU868, rx2_dr=3))
    network.core.state.registry.device(device.eui).session.rx2_dr = 0

    network.uplink(device.uplink(b"\x01", 2))
    for _ in range(2):
        network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(RXParamSetupAns(1, 0, 1))))
    network.downlinks.clear()
    network.uplink(device.uplink(b"\x01", 2))

    assert network.downlinks == []


def test_adr_ack_req_brings_the_extra_channels_again_three_at_a_time():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, adr_ack_req=True))
    first = asked(network, device)
    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(*[NewChannelAns(1, 1)] * 3)))
    second = asked(network, device)
    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(*[NewChannelAns(1, 1)] * 2)))

    assert first == [
        NewChannelReq(3, 867_100_000, 5, 0),
        NewChannelReq(4, 867_300_000, 5, 0),
        NewChannelReq(5, 867_500_000, 5, 0),
    ]
    assert second == [NewChannelReq(6, 867_700_000, 5, 0), NewChannelReq(7, 867_900_000, 5, 0)]
    assert len(network.downlinks) == 2


def test_commands_of_more_than_15_bytes_take_the_payload_and_the_item_waits():
    network, device = joined()
    network.enqueue(device, b"\x0a")

    network.uplink(device.uplink(b"\x01", 2, adr_ack_req=True))

    read = device.read(network.downlinks[-1].items[0].phy_payload)
    assert (read.port, len(read.payload), read.f_pending) == (0, 18, True)
    network.acknowledge()
    assert network.of("txack") == []
    assert len(network.queue(device)) == 1


def test_us915_device_before_1_0_3_is_told_its_channels_by_mask():
    network, device = joined(US915_0, mac_version=common.LORAWAN_1_0_2)

    network.uplink(device.uplink(b"\x01", 2), frequency_hz=902_300_000, spreading_factor=9)
    requests = asked(network, device)
    network.uplink(
        device.uplink(b"\x01", 2, f_opts=encoded(*[LinkADRAns(1, 1, 1)] * len(requests))),
        frequency_hz=902_300_000,
        spreading_factor=9,
    )

    assert requests == [
        LinkADRReq(dr=0, tx_power=0, ch_mask=0x0001, ch_mask_cntl=7, nb_trans=0),
        LinkADRReq(dr=1, tx_power=0, ch_mask=0x00FF, ch_mask_cntl=0, nb_trans=1),
    ]
    assert len(network.downlinks) == 1
    session = network.core.state.registry.device(device.eui).session
    assert session.enabled_channels == [0, 1, 2, 3, 4, 5, 6, 7, 64]


def test_us915_device_of_1_0_4_has_its_channels_from_the_join():
    network, device = joined(US915_0)

    network.uplink(device.uplink(b"\x01", 2), frequency_hz=902_300_000, spreading_factor=9)

    assert network.downlinks == []


def test_answer_to_nothing_asked_is_counted_and_changes_nothing():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, f_opts=encoded(LinkADRAns(1, 1, 1), NewChannelAns(1, 1))))

    assert network.core.state.counters["mac answers to nothing asked"] == 2
    assert len(network.of("up")) == 1
    assert network.downlinks == []


def test_unknown_command_ends_the_reading_and_the_uplink_counts():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, f_opts=b"\xff\x02"))

    assert len(network.of("up")) == 1
    assert network.downlinks == []
