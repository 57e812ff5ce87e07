"""OTAA: who may join, what the accept says, and what the application hears of it."""

import pytest
from chirpstack_api import common, gw, integration

from farwire_node.lorawan import cf_list
from farwire_twin.network_server.settings import US915_0
from tests.twin.network_server.device import Device
from tests.twin.network_server.rig import EPOCH_MS, GATEWAY, joined, rig


def test_join_accept_is_offered_in_rx1_after_5_s_and_in_rx2_after_6_s():
    network, device = rig(), Device()
    network.add(device)

    network.hear(device.join_request(), spreading_factor=9, frequency_hz=868_300_000)
    network.run()

    (frame,) = network.downlinks
    assert frame.gateway_id == GATEWAY
    first, second = frame.items
    assert first.tx_info.timing.delay.delay.seconds == 5
    assert (first.tx_info.frequency, first.tx_info.modulation.lora.spreading_factor) == (868_300_000, 9)
    assert second.tx_info.timing.delay.delay.seconds == 6
    assert (second.tx_info.frequency, second.tx_info.modulation.lora.spreading_factor) == (869_525_000, 12)
    assert first.tx_info.power == 16
    assert second.tx_info.power == 29
    assert first.tx_info.modulation.lora.polarization_inversion
    assert first.tx_info.context == b"\x01\x02\x03\x04"
    assert first.phy_payload == second.phy_payload


def test_join_accept_carries_the_region_and_its_extra_channels():
    network, device = rig(), Device()
    network.add(device)

    network.join(device)

    accept = device.accept
    assert accept is not None
    assert (accept.join_nonce, accept.net_id, accept.rx1_dr_offset, accept.rx2_dr, accept.rx_delay_s) == (
        0, 0, 0, 0, 1,
    )  # fmt: skip
    assert cf_list.decode(accept.cf_list) == (
        cf_list.FREQUENCIES,
        (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000),
    )


def test_join_accept_of_us915_masks_the_channels_that_are_in_use():
    network, device = rig(US915_0), Device()
    network.add(device)

    network.join(device, frequency_hz=902_300_000, spreading_factor=10)

    assert device.accept is not None
    assert cf_list.decode(device.accept.cf_list) == (cf_list.MASKS, (0x00FF, 0, 0, 0, 0x0001, 0, 0))
    assert network.downlinks[0].items[0].tx_info.frequency == 923_300_000
    assert network.downlinks[0].items[0].tx_info.modulation.lora.bandwidth == 500_000


def test_join_event_tells_the_new_dev_addr():
    network, device = rig(), Device()
    network.add(device, tags={"who": "device"})

    network.join(device)

    (event,) = network.of("join")
    assert event.dev_addr == f"{device.dev_addr:08x}"
    assert event.region_config_id == "eu868"
    assert event.time.ToMilliseconds() == EPOCH_MS + 200
    assert event.device_info.dev_eui == device.eui
    assert dict(event.device_info.tags) == {"app": "a", "profile": "p", "who": "device"}


def test_join_gives_a_new_session_each_time():
    network, device = joined()
    before = (device.dev_addr, device.nwk_s_key)

    network.join(device)

    assert device.accept is not None
    assert device.accept.join_nonce == 1
    assert (device.dev_addr, device.nwk_s_key) != before
    network.uplink(device.uplink(b"\x01", 2))
    assert [event.f_cnt for event in network.of("up")] == [0]


def test_dev_nonce_that_was_used_is_refused_with_an_otaa_log():
    network, device = joined()
    device.dev_nonce -= 1

    network.hear(device.join_request())
    network.run()

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.ERROR, integration.OTAA)
    assert event.description == "DevNonce has already been used"
    assert set(event.context) == {"deduplication_id", "join_eui", "dev_nonce"}
    assert (event.context["join_eui"], event.context["dev_nonce"]) == ("70b3d57ed0ffffff", "0")
    assert network.downlinks == []
    assert network.refused == ["dev nonce used"]


def test_dev_nonce_counts_for_its_own_join_eui_only():
    network, device = joined()
    device.dev_nonce -= 1
    device.join_eui = 0x0102030405060708

    network.join(device)

    assert network.of("log") == []
    assert network.core.state.registry.device(device.eui).message.join_eui == "0102030405060708"


def test_join_request_with_a_wrong_key_is_refused_with_a_mic_log():
    network, device = rig(), Device()
    network.add(device)
    device.app_key = bytes(16)

    network.hear(device.join_request())
    network.run()

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.ERROR, integration.UPLINK_MIC)
    assert event.description == "MIC of join-request is invalid, make sure keys are correct"
    assert set(event.context) == {"deduplication_id"}
    assert network.downlinks == []


def test_wrong_mic_does_not_use_up_the_dev_nonce():
    network, device = rig(), Device()
    network.add(device)
    impostor = Device(app_key=bytes(16))
    network.hear(impostor.join_request())
    network.run()

    network.join(device)

    assert len(network.of("join")) == 1


@pytest.mark.parametrize(
    ("profile", "fields", "reason"),
    [
        ({"supports_otaa": False}, {}, "otaa is disabled"),
        ({}, {"is_disabled": True}, "device is disabled"),
        ({"region": common.US915}, {}, "device profile of another region"),
        ({"region_config_id": "eu868_b"}, {}, "device profile of another region"),
    ],
)
def test_join_that_is_not_allowed_is_counted_and_changes_nothing(profile, fields, reason):
    network, device = rig(**profile), Device()
    network.add(device, **fields)

    network.hear(device.join_request())
    network.run()

    assert network.refused == [reason]
    assert network.core.state.counters[f"refused {reason}"] == 1
    assert (network.downlinks, network.events) == ([], [])
    assert network.core.state.registry.device(device.eui).session is None


def test_unknown_device_is_counted_and_dropped():
    network = rig()

    network.hear(Device().join_request())
    network.run()

    assert network.refused == ["unknown device"]
    assert (network.downlinks, network.events) == ([], [])


def test_join_heard_by_an_unknown_gateway_alone_is_dropped():
    network, device = rig(), Device()
    network.add(device)

    network.hear(device.join_request(), gateways_=["0000000000000001"])
    network.run()

    assert network.refused == ["no usable gateway"]
    assert network.of("join") == []


def test_queue_survives_a_join_unless_the_profile_flushes_it():
    keeping, device = joined()
    keeping.enqueue(device, b"x")
    keeping.join(device)
    assert len(keeping.queue(device)) == 1

    flushing, other = joined(flush_queue_on_activate=True)
    flushing.enqueue(other, b"x")
    flushing.join(other)
    assert flushing.queue(other) == []


def test_class_c_profile_makes_the_device_class_c_at_its_join():
    network, device = rig(supports_class_c=True), Device()
    network.add(device)

    network.join(device)

    assert network.of("join")[0].device_info.device_class_enabled == common.CLASS_A
    assert network.core.state.registry.device(device.eui).enabled_class == common.CLASS_C


def test_tx_ack_of_a_join_accept_tells_the_application_nothing():
    network, device = rig(), Device()
    network.add(device)
    network.hear(device.join_request())
    network.run()
    before = len(network.events)

    network.acknowledge(gw.TOO_LATE, gw.DUTY_CYCLE_OVERFLOW)

    assert len(network.events) == before
    assert network.core.state.counters["join accepts not sent"] == 1
