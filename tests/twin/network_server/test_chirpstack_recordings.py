"""The embedded network server beside a real ChirpStack 4: one scene, what both say is compared word by word.

Only what must differ is masked, each kind of value by its own form: ids that are drawn, times, DevAddr. One
difference is meant: ChirpStack sets the ADR bit of every downlink, because it controls the data rate; the
embedded network server does not control it, and says so, as a ChirpStack with `adr_disabled` does.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from chirpstack_api import api, gw, integration
from google.protobuf import json_format

from farwire_node.aes_host import HostAes
from farwire_node.lorawan import frames, join
from farwire_twin.network_server import marshal, topics
from tests.twin.network_server import scene
from tests.twin.network_server.device import Device
from tests.twin.network_server.embedded import EmbeddedNetwork, Said
from tests.twin.network_server.rig import GATEWAY, rig

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "chirpstack"
EVENTS = {
    "up": integration.UplinkEvent,
    "join": integration.JoinEvent,
    "ack": integration.AckEvent,
    "txack": integration.TxAckEvent,
    "log": integration.LogEvent,
    "status": integration.StatusEvent,
}
MASKS = (
    # ChirpStack takes times from its own clock with nanoseconds, the embedded one has virtual milliseconds.
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?\+00:00"), "<time>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
)
MASKED_FIELDS = {"devAddr": (str, "[0-9a-f]{8}"), "downlinkId": (int, r"\d{1,10}")}


def recorded(marshaler: str) -> Any:
    return json.loads((VECTORS / f"scene_{marshaler}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def played() -> tuple[list[Said], Device]:
    made = rig(device_status_req_interval=1)
    device = Device()
    made.add(device, tags={"who": "device"})
    network = EmbeddedNetwork(made)
    scene.play(network, device)
    return network.steps, device


def masked(value: Any) -> Any:
    """The value with what must differ replaced by the name of its form."""
    if isinstance(value, dict):
        return {key: masked_field(key, each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [masked(each) for each in value]
    if isinstance(value, str):
        return next((name for pattern, name in MASKS if pattern.fullmatch(value)), value)
    return value


def masked_field(key: str, value: Any) -> Any:
    if key not in MASKED_FIELDS:
        return masked(value)
    kind, form = MASKED_FIELDS[key]
    assert isinstance(value, kind)
    assert re.fullmatch(form, str(value))
    return f"<{key}>"


def event_document(message: dict[str, str]) -> Any:
    """A recorded event as JSON's values, whichever way it was recorded."""
    if "json" in message:
        return json.loads(message["json"])
    kind = message["topic"].rpartition("/")[2]
    return marshal.to_dict(EVENTS[kind].FromString(bytes.fromhex(message["hex"])))


def in_order(events: list[tuple[str, Any]]) -> list[str]:
    """Topics and documents of one step; ChirpStack publishes from several tasks, in no certain order."""
    return sorted(json.dumps([masked_topic(topic), masked(document)]) for topic, document in events)


def masked_topic(topic: str) -> str:
    return "/".join(str(masked(part)) for part in topic.split("/"))


def real_events(step: Any) -> list[tuple[str, Any]]:
    return [
        (message["topic"], event_document(message))
        for message in step["messages"]
        if message.get("topic", "").startswith("application/")
    ]


def real_downlinks(step: Any) -> list[gw.DownlinkFrame]:
    return [
        gw.DownlinkFrame.FromString(bytes.fromhex(message["hex"]))
        for message in step["messages"]
        if message.get("topic", "").endswith("/command/down")
    ]


def real_queues(step: Any) -> list[api.GetDeviceQueueItemsResponse]:
    return [
        api.GetDeviceQueueItemsResponse.FromString(bytes.fromhex(message["queue"]))
        for message in step["messages"]
        if "queue" in message
    ]


def queue_document(response: api.GetDeviceQueueItemsResponse) -> Any:
    document = json_format.MessageToDict(response, always_print_fields_with_no_presence=True)
    for item in document["result"]:
        if "expiresAt" in item:
            item["expiresAt"] = "<time>"
    return masked(document)


def downlink_document(frame: gw.DownlinkFrame, device: Device, adr: bool) -> Any:
    """A downlink command with its frames opened, in all of which the ADR bit is `adr`."""
    document = json_format.MessageToDict(frame)
    for shown, item in zip(document["items"], frame.items, strict=True):
        shown["phyPayload"] = opened(item.phy_payload, device, adr)
    return masked(document)


def opened(phy: bytes, device: Device, adr: bool) -> Any:
    if frames.frame_type(phy) == frames.JOIN_ACCEPT:
        accept = join.decode_join_accept(phy, device.app_key, HostAes())
        return {**accept._asdict(), "dev_addr": "<dev addr>"}
    frame = device.read(phy)._asdict()
    assert frame.pop("dev_addr") == device.dev_addr
    assert bool(frame.pop("adr")) is adr
    f_opts = frame["f_opts"]
    if f_opts[:1] == b"\x0d":
        f_opts = b"DeviceTimeAns" + f_opts[6:]  # the time itself
    return {**frame, "f_opts": f_opts.hex(), "payload": frame["payload"].hex()}


STEPS = recorded("json")["steps"]
IDS = [step["step"] for step in STEPS]
MARSHALERS = ("json", "protobuf")


def test_the_whole_scene_was_played(played: tuple[list[Said], Device]) -> None:
    steps, _ = played

    for marshaler in MARSHALERS:
        assert [step["step"] for step in recorded(marshaler)["steps"]] == [step.name for step in steps]


@pytest.mark.parametrize("marshaler", MARSHALERS)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=IDS)
def test_events_are_the_same_as_chirpstacks(
    played: tuple[list[Said], Device], number: int, marshaler: str
) -> None:
    steps, _ = played
    ours = [
        (
            topics.event(event.application_id, event.dev_eui, event.event),
            json.loads(marshal.to_bytes(event.message, "json")),
        )
        for event in steps[number].events
    ]

    assert in_order(ours) == in_order(real_events(recorded(marshaler)["steps"][number]))


@pytest.mark.parametrize("marshaler", MARSHALERS)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=IDS)
def test_gateways_are_commanded_as_by_chirpstack(
    played: tuple[list[Said], Device], number: int, marshaler: str
) -> None:
    steps, device = played
    document = recorded(marshaler)
    session = document["session"]
    real_device = Device(
        dev_addr=session["dev_addr"],
        nwk_s_key=bytes.fromhex(session["nwk_s_key"]),
        app_s_key=bytes.fromhex(session["app_s_key"]),
    )

    assert [downlink_document(frame, device, adr=False) for frame in steps[number].downlinks] == [
        downlink_document(frame, real_device, adr=True) for frame in real_downlinks(document["steps"][number])
    ]


@pytest.mark.parametrize("marshaler", MARSHALERS)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=IDS)
def test_the_queue_looks_as_chirpstacks(
    played: tuple[list[Said], Device], number: int, marshaler: str
) -> None:
    steps, _ = played

    assert [queue_document(response) for response in steps[number].queues] == [
        queue_document(response) for response in real_queues(recorded(marshaler)["steps"][number])
    ]


@pytest.mark.parametrize(
    "message",
    [message for step in STEPS for message in step["messages"] if "json" in message],
    ids=lambda message: message["topic"].rpartition("/")[2],
)
def test_our_json_is_chirpstacks_to_the_letter(message: dict[str, str]) -> None:
    """All but the order of tags and contexts, which ChirpStack keeps in maps of no order."""
    kind = message["topic"].rpartition("/")[2]
    event = json_format.Parse(message["json"], EVENTS[kind]())

    ours = marshal.to_bytes(event, "json").decode()

    assert with_sorted_maps(ours) == with_sorted_maps(message["json"])
    assert sorted(ours) == sorted(message["json"])


def with_sorted_maps(text: str) -> str:
    document = json.loads(text)
    document["deviceInfo"]["tags"] = sorted(document["deviceInfo"]["tags"].items())
    document["context"] = sorted(document.get("context", {}).items())
    return json.dumps(document)


@pytest.mark.parametrize("marshaler", MARSHALERS)
def test_the_gateway_speaks_on_the_topics_that_chirpstack_reads(marshaler: str) -> None:
    topics_used = {
        message["topic"]
        for step in recorded(marshaler)["steps"]
        for message in step["messages"]
        if "/gateway/" in message.get("topic", "")
    }

    assert topics.gateway_command("eu868", GATEWAY, "down") in topics_used
