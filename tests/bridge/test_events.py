"""MQTT payloads of ChirpStack's integration, good and bad."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farwire_bridge import events
from farwire_bridge.errors import MalformedEventError
from tests.bridge import events_made
from tests.bridge.events_made import DEV_EUI

MADE = {
    "up": events_made.up(DEV_EUI, 1, b"\x01\x67\x00\xf0", gateways=2),
    "join": events_made.join(DEV_EUI),
    "ack": events_made.ack(DEV_EUI, "an item", True),
    "txack": events_made.txack(DEV_EUI, "an item"),
    "log": events_made.log(DEV_EUI, "UPLINK_MIC", "wrong", {"a": "b"}),
    "status": events_made.status(DEV_EUI, margin=-3, battery_level=61.5),
}


def changed(**fields: Any) -> bytes:
    """Return the `up` event as JSON with these fields in place of its own."""
    return json.dumps({**json.loads(events_made.to_json(MADE["up"])), **fields}).encode()


@pytest.mark.parametrize("kind", events.KINDS)
def test_json_and_protobuf_give_the_same_message(kind: str) -> None:
    from_json = events.parse(kind, DEV_EUI, events_made.to_json(MADE[kind]))
    from_protobuf = events.parse(kind, DEV_EUI, MADE[kind].SerializeToString())

    assert from_json == from_protobuf == MADE[kind]


def test_fields_that_json_leaves_out_have_their_defaults() -> None:
    document = json.loads(events_made.to_json(MADE["up"]))
    for name in ("dr", "fCnt", "confirmed", "adr", "object"):
        document.pop(name, None)
    document["rxInfo"] = [{"gatewayId": "0" * 16}]

    event = events.parse("up", DEV_EUI, json.dumps(document).encode())

    assert (event.dr, event.f_cnt, event.rx_info[0].rssi, event.rx_info[0].snr) == (0, 0, 0, 0.0)


def test_unknown_fields_and_values_of_a_newer_chirpstack_do_no_harm() -> None:
    event = events.parse("up", DEV_EUI, changed(fromTheFuture={"a": [1]}, regionConfigId="eu868"))

    assert event.f_port == 1


def test_what_chirpstack_decoded_itself_may_have_any_shape() -> None:
    event = events.parse("up", DEV_EUI, changed(object={"a": [None, {"b": [[[]]]}, 1e300]}))

    assert event.data == b"\x01\x67\x00\xf0"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe\xfd",
        b"{" + b'"a":{' * 5_000,
        b'{"deviceInfo": {"devEui": "\xff"}}',
        b"{" + b" " * events.LONGEST_EVENT + b"}",
        changed(data="not base64"),
        changed(data=5),
        changed(data="AA" * 300),
        changed(fPort=256),
        changed(fPort=-1),
        changed(fCnt=2**32),
        changed(time="yesterday"),
        changed(time="0000-00-00T00:00:00Z"),
        changed(rxInfo=7),
        changed(deduplicationId=""),
        changed(deduplicationId="sch\u00f6n"),
        changed(deduplicationId="x" * 65),
        changed(dr=16),
        changed(devAddr="12"),
        changed(deviceInfo={"devEui": "ffffffffffffffff"}),
        changed(deviceInfo=None),
        MADE["up"].SerializeToString()[:-3],
        MADE["join"].SerializeToString()[:40],
    ],
)
def test_malformed_uplinks_are_refused_with_a_reason(payload: bytes) -> None:
    with pytest.raises(MalformedEventError, match="up event"):
        events.parse("up", DEV_EUI, payload)


@given(kind=st.sampled_from(sorted(events.KINDS)), payload=st.binary(max_size=300))
@example(kind="up", payload=b"{\x00}")
@example(kind="log", payload=b'{"context": {"a": 1}}')
@example(kind="log", payload=b'{"level": []}')
def test_any_bytes_give_a_message_of_the_device_or_a_refusal(kind: str, payload: bytes) -> None:
    try:
        event = events.parse(kind, DEV_EUI, payload)
    except MalformedEventError:
        return
    assert event.device_info.dev_eui == DEV_EUI


@given(cut=st.integers(0, 400), kind=st.sampled_from(sorted(events.KINDS)))
def test_a_shortened_json_event_is_refused(cut: int, kind: str) -> None:
    payload = events_made.to_json(MADE[kind])

    with pytest.raises(MalformedEventError):
        events.parse(kind, DEV_EUI, payload[: min(cut, len(payload) - 1)])
