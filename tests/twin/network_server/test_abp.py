"""Devices that were activated by hand."""

import pytest
from chirpstack_api import api

from farwire_node.lorawan import mac_commands
from farwire_node.lorawan.mac_commands import NewChannelReq
from farwire_twin.network_server.api import activation
from tests.twin.network_server.device import Device
from tests.twin.network_server.rig import rig


def activated(**profile):
    network, device = rig(supports_otaa=False, **profile), Device()
    network.add(device)
    device.dev_addr, device.f_cnt = 0x01020304, 5
    device.nwk_s_key, device.app_s_key = bytes(range(16)), bytes(range(16, 32))
    nwk_s_key = device.nwk_s_key.hex()
    asked = api.DeviceActivation(
        dev_eui=device.eui,
        dev_addr="01020304",
        app_s_key=device.app_s_key.hex(),
        nwk_s_enc_key=nwk_s_key,
        s_nwk_s_int_key=nwk_s_key,
        f_nwk_s_int_key=nwk_s_key,
        f_cnt_up=5,
        n_f_cnt_down=9,
    )
    request = api.ActivateDeviceRequest(device_activation=asked)
    activation.activate(network.core, request, network.now_ms)
    return network, device


def test_uplink_in_that_session_is_taken():
    network, device = activated()

    network.uplink(device.uplink(b"\x01", 2))

    assert [(event.dev_addr, event.f_cnt) for event in network.of("up")] == [("01020304", 5)]


def test_downlink_goes_on_with_the_counter_and_windows_that_were_given():
    network, device = activated(abp_rx1_delay=3, abp_rx1_dr_offset=2, abp_rx2_dr=4, abp_rx2_freq=869_525_000)
    network.enqueue(device, b"\x0a")

    network.hear(device.uplink(b"\x01", 2))
    network.run(5_000)

    first, second = network.downlinks[0].items
    assert device.read(first.phy_payload).f_cnt == 9
    assert first.tx_info.timing.delay.delay.seconds == 3
    assert first.tx_info.modulation.lora.spreading_factor == 9
    assert second.tx_info.modulation.lora.spreading_factor == 8


def test_channels_of_the_network_are_told_with_the_first_downlink():
    network, device = activated(abp_rx1_delay=1, abp_rx2_freq=869_525_000)

    network.uplink(device.uplink(b"\x01", 2))

    read = device.read(network.downlinks[0].items[0].phy_payload)
    commands = mac_commands.decode(read.payload, uplink=False)
    assert [command.freq_hz for command in commands if isinstance(command, NewChannelReq)] == [
        867_100_000,
        867_300_000,
        867_500_000,
    ]


@pytest.mark.parametrize("windows", [{"abp_rx1_dr_offset": 7}, {"abp_rx2_dr": 9}])
def test_windows_that_the_region_has_not_are_refused_and_the_uplink_counts(windows):
    network, device = activated(abp_rx1_delay=1, **windows)

    network.uplink(device.uplink(b"\x01", 2, confirmed=True))

    assert len(network.of("up")) == 1
    assert network.downlinks == []
    assert network.refused == ["no such receive window"]
