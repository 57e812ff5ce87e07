"""Events as bytes: ChirpStack's JSON to the letter, and both marshalers alike."""

import contextlib
import json

import pytest
from chirpstack_api import api, common, gw, integration
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from farwire_twin.network_server import marshal
from farwire_twin.network_server.errors import RefusedError
from tests.twin.network_server.rig import joined


def all_events():
    """One event of each kind, from a core that produced them."""
    network, device = joined(payload_codec_runtime=api.CAYENNE_LPP, device_status_req_interval=24)
    network.join(device)
    network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(bytes.fromhex("016700fa"), 1, confirmed=True, f_opts=b"\x06\x80\x3f"))
    network.acknowledge()
    network.uplink(device.uplink(b"\x01\xff\x00", 1, ack=True))
    found = {each.event: each.message for each in network.events}
    assert set(found) == {"up", "join", "ack", "txack", "status", "log"}
    return found


EVENTS = all_events()


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_both_marshalers_give_equal_messages(kind):
    message = EVENTS[kind]
    from_protobuf = type(message).FromString(marshal.to_bytes(message, "protobuf"))
    from_json = json_format.Parse(marshal.to_bytes(message, "json"), type(message)())

    assert from_protobuf == message
    assert from_json == message


def test_up_event_is_written_as_chirpstack_writes_it():
    network, device = joined()
    network.uplink(device.uplink(b"\xaa", 0x0A, adr=True), rssi_dbm=0, snr_db=0.0)
    (message,) = network.of("up")
    info = message.device_info

    written = json.loads(marshal.to_bytes(message, "json"))

    assert written == {
        "deduplicationId": message.deduplication_id,
        "time": "2023-11-14T22:13:21.200+00:00",
        "deviceInfo": {
            "tenantId": info.tenant_id,
            "tenantName": "plant",
            "applicationId": info.application_id,
            "applicationName": "pumps",
            "deviceProfileId": info.device_profile_id,
            "deviceProfileName": "node",
            "deviceName": "pump 1",
            "devEui": "70b3d57ed0000001",
            "deviceClassEnabled": "CLASS_A",
            "tags": {"app": "a", "profile": "p", "who": "device"},
        },
        "devAddr": message.dev_addr,
        "adr": True,
        "dr": 5,
        "fCnt": 0,
        "fPort": 10,
        "confirmed": False,
        "data": "qg==",
        "rxInfo": [
            {
                "gatewayId": "0016c001ff10a235",
                "uplinkId": 1,
                "nsTime": "2023-11-14T22:13:21+00:00",
                "channel": 2,
                "location": {},
                "context": "AQIDBA==",
                "crcStatus": "CRC_OK",
            }
        ],
        "txInfo": {
            "frequency": 868100000,
            "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}},
        },
        "regionConfigId": "eu868",
    }


def test_integration_messages_emit_their_defaults():
    assert marshal.to_dict(integration.AckEvent()) == {
        "deduplicationId": "",
        "queueItemId": "",
        "acknowledged": False,
        "fCntDown": 0,
    }
    assert marshal.to_dict(integration.LogEvent()) == {
        "level": "INFO",
        "code": "UNKNOWN",
        "description": "",
        "context": {},
    }
    assert marshal.to_dict(integration.StatusEvent()) == {
        "deduplicationId": "",
        "margin": 0,
        "externalPowerSource": False,
        "batteryLevelUnavailable": False,
        "batteryLevel": 0.0,
    }


def test_gateway_messages_omit_their_defaults():
    assert marshal.to_dict(gw.UplinkRxInfo(rssi=0, channel=0, crc_status=gw.NO_CRC)) == {}
    assert marshal.to_dict(common.Location(latitude=1.5)) == {"latitude": 1.5}


def test_timing_is_written_as_its_own_kind():
    tx_info = gw.DownlinkTxInfo()
    tx_info.timing.delay.delay.FromMilliseconds(1_500)
    assert marshal.to_dict(tx_info) == {"timing": {"delay": {"delay": "1.500s"}}}

    tx_info.timing.immediately.SetInParent()
    assert marshal.to_dict(tx_info) == {"timing": {"immediately": {}}}


@pytest.mark.parametrize(
    ("nanos", "written"),
    [
        (0, "2023-11-14T22:13:20+00:00"),
        (5_000_000, "2023-11-14T22:13:20.005+00:00"),
        (5_000, "2023-11-14T22:13:20.000005+00:00"),
        (5, "2023-11-14T22:13:20.000000005+00:00"),
    ],
)
def test_time_has_as_many_digits_as_it_needs(nanos, written):
    event = integration.JoinEvent()
    event.time.seconds, event.time.nanos = 1_700_000_000, nanos

    assert marshal.to_dict(event)["time"] == written


@given(st.floats(min_value=-(2.0**100), max_value=2.0**100, width=32))
def test_float_that_was_written_is_read_as_the_same(value):
    message = gw.UplinkRxInfo(snr=value or 0.0)  # -0.0 is omitted as a default

    assert json_format.Parse(marshal.to_bytes(message, "json"), gw.UplinkRxInfo()) == message


@pytest.mark.parametrize("value", [9.2, -7.5, 0.1, -13.25, 100.0, 49.60629921])
def test_float_is_written_with_its_fewest_digits(value):
    message = gw.UplinkRxInfo(snr=value)

    assert marshal.to_dict(message)["snr"] == pytest.approx(value)
    assert len(repr(marshal.to_dict(message)["snr"])) <= len(repr(value))


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"data": 5}', b"\xff\xfe", b'{"fPort": -1}'])
def test_json_that_is_no_command_is_refused(payload):
    with pytest.raises(RefusedError, match="malformed message"):
        marshal.from_bytes(payload, integration.DownlinkCommand(), "json")


@given(st.binary(max_size=64))
def test_any_bytes_are_a_gateway_message_or_refused(payload):
    for marshaler in ("protobuf", "json"):
        with contextlib.suppress(RefusedError):
            marshal.from_bytes(payload, gw.UplinkFrame(), marshaler)


def test_unknown_fields_of_a_command_are_ignored():
    command = integration.DownlinkCommand()

    marshal.from_bytes(b'{"devEui": "01", "fPort": 10, "what": 1}', command, "json")

    assert (command.dev_eui, command.f_port) == ("01", 10)
