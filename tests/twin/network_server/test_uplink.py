"""Data uplinks: the up event, counters, MICs and who is meant."""

import pytest
from chirpstack_api import api, common, gw, integration
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from farwire_twin.network_server.api import devices
from farwire_twin.network_server.frame_counter import full_f_cnt
from tests.twin.network_server.device import Device, uplink_frame
from tests.twin.network_server.rig import EPOCH_MS, GATEWAY, SECOND_GATEWAY, joined, rig


def test_up_event_carries_every_field_of_the_uplink():
    network, device = joined()
    at_ms = network.now_ms

    network.uplink(device.uplink(b"\x01\x02", 2, confirmed=True, adr=True), spreading_factor=9)

    (event,) = network.of("up")
    assert event.dev_addr == f"{device.dev_addr:08x}"
    assert (event.dr, event.f_cnt, event.f_port, event.data) == (3, 0, 2, b"\x01\x02")
    assert event.confirmed
    assert event.adr
    assert event.region_config_id == "eu868"
    assert event.tx_info.frequency == 868_100_000
    (heard,) = event.rx_info
    assert (heard.gateway_id, heard.uplink_id, heard.rssi) == (GATEWAY, 1, -60)
    assert heard.ns_time.ToMilliseconds() == at_ms
    assert event.time.ToMilliseconds() == at_ms + 200
    assert not event.HasField("object")
    assert not event.HasField("relay_rx_info")
    assert not event.HasField("join_server_context")
    assert event.device_info.device_profile_name == "node"


def test_mac_only_uplink_is_an_up_event_with_port_0_and_no_data():
    network, device = joined()

    network.uplink(device.uplink())

    (event,) = network.of("up")
    assert (event.f_port, event.data) == (0, b"")


def test_location_of_the_gateway_is_filled_in_unless_it_says_its_own():
    network, device = joined()
    network.core.state.registry.gateway(GATEWAY).message.location.latitude = 47.5

    network.uplink(device.uplink(b"\x01", 2))

    assert network.of("up")[0].rx_info[0].location.latitude == 47.5

    frame = uplink_frame(device.uplink(b"\x01", 2))
    frame.rx_info.location.latitude = 1.5
    network.core.on_uplink(frame, network.now_ms)
    network.run()

    assert network.of("up")[1].rx_info[0].location.latitude == 1.5


def test_decision_is_pending_for_100_ms_after_the_up_event():
    network, device = joined()
    at_ms = network.now_ms

    network.uplink(device.uplink(b"\x01", 2))

    assert network.decisions_ms == [at_ms + 300]


def test_uplink_sent_again_is_flagged_as_a_retransmission_and_gets_no_answer():
    network, device = joined()
    network.uplink(device.uplink(b"\x01", 2))
    network.events.clear()

    network.uplink(device.uplink(b"\x01", 2, confirmed=True, f_cnt=0))

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.WARNING, integration.UPLINK_F_CNT_RETRANSMISSION)
    assert event.description == "Uplink was flagged as re-transmission / frame-counter did not increment"
    assert set(event.context) == {"deduplication_id", "f_cnt_up"}
    assert event.context["f_cnt_up"] == "0"
    assert network.of("up") == []
    assert network.downlinks == []


def test_counter_that_goes_back_is_flagged_as_a_reset():
    network, device = joined()
    device.f_cnt = 10
    network.uplink(device.uplink(b"\x01", 2))
    network.events.clear()

    network.uplink(device.uplink(b"\x01", 2, f_cnt=3))

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.WARNING, integration.UPLINK_F_CNT_RESET)
    assert event.description == "Frame-counter reset or rollover detected"
    assert event.context["f_cnt_up"] == "3"
    assert network.of("up") == []


def test_counter_goes_on_after_a_frame_that_was_flagged():
    network, device = joined()
    network.uplink(device.uplink(b"\x01", 2))
    network.uplink(device.uplink(b"\x01", 2, f_cnt=0))

    network.uplink(device.uplink(b"\x02", 2))

    assert [event.f_cnt for event in network.of("up")] == [0, 1]


def test_counter_is_not_checked_where_the_device_says_so():
    network, device = rig(), Device()
    network.add(device, skip_fcnt_check=True)
    network.join(device)
    device.f_cnt = 10
    network.uplink(device.uplink(b"\x01", 2))

    network.uplink(device.uplink(b"\x02", 2, f_cnt=3))

    assert [event.f_cnt for event in network.of("up")] == [10, 3]
    assert network.of("log") == []


def test_counter_rolls_over_its_16_bits():
    network, device = joined()
    device.f_cnt = 65_535
    network.uplink(device.uplink(b"\x01", 2))

    network.uplink(device.uplink(b"\x02", 2))

    assert [event.f_cnt for event in network.of("up")] == [65_535, 65_536]


@pytest.mark.parametrize(
    ("expected", "low_bits", "full"),
    [
        (0, 0, 0),
        (1, 0, 0),
        (1, 5, 5),
        (65_536, 65_535, 65_535),
        (65_536, 0, 65_536),
        (65_537, 65_535, 131_071),
    ],
)
def test_full_counter_is_the_last_one_or_one_to_come(expected, low_bits, full):
    assert full_f_cnt(expected, low_bits) == full


def test_wrong_mic_is_counted_and_changes_nothing():
    network, device = joined()
    device.nwk_s_key = bytes(16)

    network.uplink(device.uplink(b"\x01", 2))

    assert network.refused == ["uplink mic"]
    assert network.events == []
    assert network.core.state.registry.device(device.eui).f_cnt_up == 0


def test_unknown_dev_addr_is_counted_and_dropped():
    network, device = joined()
    device.dev_addr ^= 1

    network.uplink(device.uplink(b"\x01", 2))

    assert network.refused == ["unknown dev addr"]
    assert network.events == []


def test_mic_decides_between_devices_with_one_dev_addr():
    network, first = joined()
    second = Device(dev_eui=0x70B3D57ED0000002, app_key=bytes(range(16, 32)))
    network.add(second)
    network.join(second)
    registry = network.core.state.registry
    session = registry.device(second.eui).session
    assert session is not None
    session.dev_addr = second.dev_addr = first.dev_addr
    registry.set_session(registry.device(second.eui))
    network.events.clear()

    network.uplink(second.uplink(b"\x02", 2))
    network.uplink(first.uplink(b"\x01", 2))

    assert [event.device_info.dev_eui for event in network.of("up")] == [second.eui, first.eui]


def test_disabled_device_is_not_heard():
    network, device = joined()
    network.core.state.registry.device(device.eui).message.is_disabled = True

    network.uplink(device.uplink(b"\x01", 2))

    assert network.refused == ["unknown dev addr"]


def test_uplink_that_only_an_unknown_gateway_heard_leaves_the_counter_alone():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2), gateways_=["0000000000000001"])

    assert network.refused == ["no usable gateway"]
    network.uplink(device.uplink(b"\x01", 2, f_cnt=0))
    assert [event.f_cnt for event in network.of("up")] == [0]


def test_private_gateway_of_another_tenant_does_not_count():
    network, device = joined()
    other = api.CreateTenantRequest(
        tenant=api.Tenant(name="other", can_have_gateways=True, private_gateways_up=True)
    )
    from farwire_twin.network_server.api import tenants

    other_id = tenants.create(network.core, other, EPOCH_MS).id
    network.add_gateway(SECOND_GATEWAY, tenant_id=other_id)

    network.uplink(device.uplink(b"\x01", 2), gateways_=[SECOND_GATEWAY, GATEWAY])

    assert [each.gateway_id for each in network.of("up")[0].rx_info] == [GATEWAY]


def test_time_is_gps_time_where_a_gateway_has_it():
    network, device = joined()
    frame = uplink_frame(device.uplink(b"\x01", 2))
    frame.rx_info.time_since_gps_epoch.CopyFrom(Duration(seconds=1_384_035_218, nanos=123_456_789))

    network.core.on_uplink(frame, network.now_ms)
    network.run()

    assert network.of("up")[0].time == Timestamp(seconds=1_700_000_000, nanos=123_456_789)


@pytest.mark.parametrize(("drift_ms", "is_believed"), [(-29_000, True), (29_000, True), (-31_000, False)])
def test_time_of_a_gateway_is_believed_within_30_s(drift_ms, is_believed):
    network, device = joined()
    frame = uplink_frame(device.uplink(b"\x01", 2))
    frame.rx_info.gw_time.FromMilliseconds(network.now_ms + drift_ms)
    collected_ms = network.now_ms + 200

    network.core.on_uplink(frame, network.now_ms)
    network.run()

    expected_ms = collected_ms - 200 + drift_ms if is_believed else collected_ms
    assert network.of("up")[0].time.ToMilliseconds() == expected_ms


def test_last_seen_is_shown_by_the_api():
    network, device = joined()
    network.uplink(device.uplink(b"\x01", 2))

    answer = devices.get(network.core, api.GetDeviceRequest(dev_eui=device.eui), network.now_ms)

    assert answer.last_seen_at.ToMilliseconds() == network.now_ms - 800
    assert answer.class_enabled == common.CLASS_A
    assert not answer.HasField("device_status")


def test_cayenne_lpp_profile_shows_the_object():
    network, device = joined(payload_codec_runtime=api.CAYENNE_LPP)

    network.uplink(device.uplink(bytes.fromhex("016700fa"), 1))

    assert dict(network.of("up")[0].object["temperatureSensor"]) == {"1": 25.0}


def test_codec_that_fails_is_logged_and_the_up_event_still_comes():
    network, device = joined(payload_codec_runtime=api.CAYENNE_LPP)

    network.uplink(device.uplink(bytes.fromhex("01ff00fa"), 1))

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.ERROR, integration.UPLINK_CODEC)
    assert set(event.context) == {"deduplication_id"}
    assert not network.of("up")[0].HasField("object")


@pytest.mark.parametrize(
    ("phy", "reason"),
    [
        (b"", "malformed frame"),
        (b"\x40\x01\x02", "malformed frame"),
        (b"\x41" + bytes(20), "malformed frame"),
        (b"\x00" + bytes(5), "malformed frame"),
        (b"\xc0" + bytes(20), "unexpected frame type"),
        (b"\x20" + bytes(20), "unexpected frame type"),
        (b"\x60" + bytes(20), "unexpected frame type"),
        (b"\x40\x00\x00\x00\x00\x0f\x00\x00" + bytes(4), "malformed frame"),
    ],
)
def test_bytes_that_are_no_uplink_are_refused(phy, reason):
    network, _ = joined()

    network.uplink(phy)

    assert network.refused == [reason]
    assert (network.events, network.downlinks) == ([], [])


@pytest.mark.parametrize(
    ("radio", "reason"),
    [
        ({"frequency_hz": 868_200_000}, "unknown channel"),
        ({"frequency_hz": 867_100_000, "spreading_factor": 7, "bandwidth_hz": 250_000}, "unknown channel"),
        ({"spreading_factor": 6}, "unknown data rate"),
        ({"bandwidth_hz": 500_000}, "unknown data rate"),
    ],
)
def test_radio_parameters_that_the_region_has_not_are_refused(radio, reason):
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2), **radio)

    assert network.refused == [reason]
    assert network.events == []


@pytest.mark.parametrize("missing", ["tx_info", "rx_info"])
def test_uplink_without_radio_information_is_refused(missing):
    network, device = joined()
    frame = uplink_frame(device.uplink(b"\x01", 2))
    frame.ClearField(missing)

    network.core.on_uplink(frame, network.now_ms)
    network.run()

    assert network.refused == ["uplink without tx_info or rx_info"]


def test_empty_gateway_message_is_refused():
    network, _ = joined()

    network.core.on_uplink(gw.UplinkFrame(), network.now_ms)
    network.run()

    assert network.refused == ["uplink without tx_info or rx_info"]
