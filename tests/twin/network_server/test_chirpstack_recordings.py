"""The embedded network server beside a real ChirpStack 4: one scene, what both say is compared word by word.

Only what must differ is masked, each kind of value by its own form: ids that are drawn, times, DevAddr. One
difference is meant: ChirpStack sets the ADR bit of every downlink, because it controls the data rate; the
embedded network server does not control it, and says so, as a ChirpStack with `adr_disabled` does.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Played:
    """A scene as the embedded network server played it."""

    steps: list[Said]
    device: Device


def played(play: Callable[[scene.Network, Device], None], **profile: Any) -> Played:
    made, device = rig(**profile), Device()
    made.add(device, tags={"who": "device"})
    network = EmbeddedNetwork(made)
    play(network, device)
    return Played(network.steps, device)


PLAYED = {
    "scene": played(scene.play, device_status_req_interval=1),
    "decoded": played(scene.play_decoded, payload_codec_runtime=api.CAYENNE_LPP),
}
RECORDED = {
    (name, marshaler): json.loads((VECTORS / f"{name}_{marshaler}.json").read_text(encoding="utf-8"))
    for name in PLAYED
    for marshaler in ("json", "protobuf")
}
EVERY_STEP = [
    pytest.param(name, marshaler, number, id=f"{marshaler}-{step['step']}")
    for (name, marshaler), document in RECORDED.items()
    for number, step in enumerate(document["steps"])
]
JSON_EVENTS = [
    pytest.param(message, id=f"{message['topic'].rpartition('/')[2]}-{step['step']}")
    for document in RECORDED.values()
    for step in document["steps"]
    for message in step["messages"]
    if "json" in message
]


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


def test_the_scenes_were_recorded_whole() -> None:
    for (name, _), document in RECORDED.items():
        assert [step["step"] for step in document["steps"]] == [said.name for said in PLAYED[name].steps]


@pytest.mark.parametrize(("name", "marshaler", "number"), EVERY_STEP)
def test_events_are_the_same_as_chirpstacks(name: str, marshaler: str, number: int) -> None:
    ours = [
        (
            topics.event(event.application_id, event.dev_eui, event.event),
            json.loads(marshal.to_bytes(event.message, "json")),
        )
        for event in PLAYED[name].steps[number].events
    ]

    assert in_order(ours) == in_order(real_events(RECORDED[name, marshaler]["steps"][number]))


@pytest.mark.parametrize(("name", "marshaler", "number"), EVERY_STEP)
def test_gateways_are_commanded_as_by_chirpstack(name: str, marshaler: str, number: int) -> None:
    document, played = RECORDED[name, marshaler], PLAYED[name]
    session = document["session"]
    real_device = Device(
        dev_addr=session["dev_addr"],
        nwk_s_key=bytes.fromhex(session["nwk_s_key"]),
        app_s_key=bytes.fromhex(session["app_s_key"]),
    )

    assert [
        downlink_document(frame, played.device, adr=False) for frame in played.steps[number].downlinks
    ] == [
        downlink_document(frame, real_device, adr=True) for frame in real_downlinks(document["steps"][number])
    ]


@pytest.mark.parametrize(("name", "marshaler", "number"), EVERY_STEP)
def test_the_queue_looks_as_chirpstacks(name: str, marshaler: str, number: int) -> None:
    ours = [queue_document(response) for response in PLAYED[name].steps[number].queues]
    real = real_queues(RECORDED[name, marshaler]["steps"][number])

    assert ours == [queue_document(response) for response in real]


@pytest.mark.parametrize("message", JSON_EVENTS)
def test_our_json_is_chirpstacks_to_the_letter(message: dict[str, str]) -> None:
    """All but the order in maps (tags, context, object), which ChirpStack keeps in no order."""
    kind = message["topic"].rpartition("/")[2]
    event = json_format.Parse(message["json"], EVENTS[kind]())

    ours = marshal.to_bytes(event, "json").decode()

    assert with_sorted_maps(ours) == with_sorted_maps(message["json"])
    assert sorted(ours) == sorted(message["json"])


def with_sorted_maps(text: str) -> str:
    document = json.loads(text)
    document["deviceInfo"]["tags"] = sorted(document["deviceInfo"]["tags"].items())
    for name in ("context", "object"):
        if name in document:
            document[name] = masked(document[name])
    return json.dumps(document)


def test_gateways_are_commanded_on_chirpstacks_topic() -> None:
    used = {
        message["topic"]
        for document in RECORDED.values()
        for step in document["steps"]
        for message in step["messages"]
        if "/command/" in message.get("topic", "")
    }

    assert used == {topics.gateway_command("eu868", GATEWAY, "down")}
