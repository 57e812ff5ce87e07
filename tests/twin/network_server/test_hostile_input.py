"""Whatever arrives, the server refuses it and goes on."""

from chirpstack_api import gw, integration
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.network_server.device import uplink_frame
from tests.twin.network_server.rig import GATEWAY, joined

NETWORK, DEVICE = joined()
STATE = NETWORK.core.state


def untouched() -> tuple[object, ...]:
    device = STATE.registry.device(DEVICE.eui)
    return device.f_cnt_up, repr(device.session), len(STATE.registry.queue_items), len(NETWORK.events)


def answered() -> int:
    refusals = ("refused", "for another device", "from another application")
    return STATE.counters["commands"] + sum(STATE.counters[f"refused command {each}"] for each in refusals)


@given(st.binary(max_size=255))
def test_any_bytes_from_the_air_are_refused(phy):
    before, refused = untouched(), len(NETWORK.refused)

    NETWORK.uplink(phy)

    assert untouched() == before
    assert len(NETWORK.refused) == refused + 1


@given(st.integers(min_value=0, max_value=254), st.integers(min_value=1, max_value=255))
def test_frame_damaged_anywhere_is_refused(at, change):
    phy = bytearray(DEVICE.uplink(b"\x01\x02\x03", 2, f_cnt=1_000))
    phy[at % len(phy)] ^= change
    before = untouched()

    NETWORK.uplink(bytes(phy))

    assert untouched() == before


@given(st.binary(max_size=100))
def test_any_gateway_message_that_decodes_is_taken_or_refused(payload):
    for kind, take in (
        (gw.UplinkFrame, NETWORK.core.on_uplink),
        (gw.DownlinkTxAck, NETWORK.core.on_tx_ack),
        (gw.GatewayStats, NETWORK.core.on_stats),
    ):
        message = kind()
        try:
            message.ParseFromString(payload)
        except DecodeError:
            continue
        take(message, NETWORK.now_ms)
        NETWORK.run()
    assert untouched()[0] == 0


@given(
    dev_eui=st.text(max_size=20) | st.just(DEVICE.eui),
    application_id=st.text(max_size=40) | st.just(NETWORK.application_id),
    item_id=st.text(max_size=40),
    f_port=st.integers(min_value=0, max_value=2**32 - 1),
)
def test_any_command_is_queued_or_refused(dev_eui, application_id, item_id, f_port):
    command = integration.DownlinkCommand(dev_eui=dev_eui, id=item_id, f_port=f_port, data=b"\x01")
    before = answered()

    NETWORK.core.on_command(application_id, dev_eui, command, NETWORK.now_ms)
    NETWORK.collect()

    assert answered() == before + 1
    for item in NETWORK.queue(DEVICE):
        STATE.registry.remove_queue_item(item.id)


def test_gateway_id_that_is_none_is_an_unknown_gateway():
    before = untouched()
    frame = uplink_frame(DEVICE.uplink(b"\x01", 2, f_cnt=0), gateway_id="not hex")

    NETWORK.core.on_uplink(frame, NETWORK.now_ms)
    NETWORK.run()

    assert untouched() == before
    assert NETWORK.refused[-1] == "no usable gateway"
    assert GATEWAY in STATE.registry.gateways
