"""What a real ChirpStack 4 published, in both marshalers, read by the bridge (tests/vectors/chirpstack)."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from farwire_bridge import decode, events, times, topics
from farwire_bridge.happenings import Confirmed, Discarded, Happening, Heard, Rejoined, Transmitted
from farwire_codecs.schema import Channel, Schema
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.bridge import nodes

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "chirpstack"
MARSHALERS = ("json", "protobuf")
RECORDED_MS = 1_795_515_600_000
SAMPLED = {  # what the twin wrote down: number, time and readings of the plant's first records of "up 210"
    "json": (1, 1_795_524_538_000, [(1, 103, [192]), (2, 104, [102]), (20, 1, [0]), (10, 116, [361])]),
    "protobuf": (12, 1_795_524_590_000, [(1, 116, [22862]), (2, 117, [1532]), (3, 128, [329]), (20, 1, [0])]),
}
LIMITS = times.Limits(late_ms=86_400_000, early_ms=5_000)
DEV_EUI = "70b3d57ed0000001"  # of the scene's device
SCHEMAS = {  # of the plant's nodes by their device names, told in earlier frames than the recorded ones
    "mains-4": Schema(0, (Channel(1, 116), Channel(2, 117), Channel(3, 128), Channel(20, 1)), 5, ()),
    "pump-5": Schema(0, (Channel(1, 113), Channel(2, 103), Channel(20, 1)), 5, ()),
}
HEARD = Heard(DEV_EUI, 36)  # 51 bytes in RX2 at SF12, less the 15 that MAC commands may need

# What each step of the scene gives: bodies of entries, and happenings besides that the device was heard.
# Queue items are numbered as they appear.
SCENE: dict[str, tuple[list[str], list[Happening]]] = {
    "a join-request with a wrong MIC": (["log UPLINK_MIC"], []),
    "a join-request": (["joined"], [Rejoined(DEV_EUI)]),
    "a DevNonce for the second time": (["log OTAA"], []),
    "a join-request of an unknown device": ([], []),
    "the first uplink, which is answered by a question for the status": (["live 1"], []),
    "a status on a battery": (["live 0", "status -3 dB, 50.0 %"], []),
    "a confirmed uplink": (["live 1"], []),
    "a link check at SF12": (["live 0"], []),
    "a question for the time": (["refused TruncatedError"], []),
    "an unconfirmed item is queued": ([], []),
    "it is handed to the gateway": (["refused TruncatedError"], []),
    "the gateway was too late": (["log DOWNLINK_GATEWAY"], []),
    "it is handed out again, and sent in the second window": (
        ["refused TruncatedError"],
        [Transmitted(DEV_EUI, "item 1")],
    ),
    "a confirmed item is sent, and one waits behind it": (
        ["refused TruncatedError"],
        [Transmitted(DEV_EUI, "item 2")],
    ),
    "it is acknowledged, and the next one sent": (
        ["refused TruncatedError"],
        [Confirmed(DEV_EUI, "item 2", True), Transmitted(DEV_EUI, "item 3")],
    ),
    "that one is not acknowledged": (["refused TruncatedError"], [Confirmed(DEV_EUI, "item 3", False)]),
    "the queue is flushed": ([], []),
    "an item that is too long at SF12": (
        ["log DOWNLINK_PAYLOAD_SIZE", "refused TruncatedError"],
        [Discarded(DEV_EUI, "item 4", "DOWNLINK_PAYLOAD_SIZE", 51)],
    ),
    "an item that has expired": (
        ["log EXPIRED", "refused TruncatedError"],
        [Discarded(DEV_EUI, "item 5", "EXPIRED")],
    ),
    "a counter for the second time": (["log UPLINK_F_CNT_RETRANSMISSION"], []),
    "an old counter": (["log UPLINK_F_CNT_RESET"], []),
    "an uplink with a wrong MIC": ([], []),
    "a status on external power": (["live 0", "status 7 dB, external power"], []),
    "a status of an unknown battery": (["refused TruncatedError", "status 31 dB"], []),
}

PLANT: dict[str, dict[str, str | None]] = {
    "json": {
        "join": "joined",
        "up 212": "state 034cfc9f",
        "up 212 of one gateway": "state d5dab557",
        "up 210": "records 1 to 3",
        "up 210 of one gateway": "records 1 to 7",
        "up 213": "answer 1 DONE",
        "up 0": "live 0",
        "status": "status 14 dB",
        "txack": None,
        "ack": None,
    },
    "protobuf": {
        "up 210 of one gateway": "records 18 to 60",
        "up 210": "records 12 to 59",
        "up 213": "answer 1 DONE",
        "up 212 of one gateway": "state 9a15dc19",
        "txack": None,
        "ack": None,
    },
}


def recorded(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def payload_of(message: dict[str, str]) -> bytes:
    return message["json"].encode() if "json" in message else bytes.fromhex(message["hex"])


def all_events() -> Iterator[Any]:
    for marshaler in MARSHALERS:
        for name, message in recorded(f"plant_{marshaler}")["events"].items():
            yield pytest.param(message, id=f"{marshaler}-{name}")
        steps = [step for name in ("scene", "decoded") for step in recorded(f"{name}_{marshaler}")["steps"]]
        for step in steps:
            for message in events_of(step):
                yield pytest.param(message, id=f"{marshaler}-{step['step']}")


def events_of(step: Any) -> list[dict[str, str]]:
    return [message for message in step["messages"] if message.get("topic", "").startswith("application/")]


def parsed(message: dict[str, str]) -> tuple[str, Any]:
    topic = topics.parse(message["topic"])
    assert topic is not None
    return topic.event, events.parse(topic.event, topic.dev_eui, payload_of(message))


def decoded(message: dict[str, str]) -> decode.Decoded:
    kind, event = parsed(message)
    if kind == "up":
        return decode.decode_uplink(
            event, nodes.reading(SCHEMAS.get(event.device_info.device_name)), RECORDED_MS, LIMITS, 15
        )
    return decode.decode_other(kind, event, RECORDED_MS)


def body(entry: contract.Entry) -> str:
    """The entry's body in a few words."""
    match entry.WhichOneof("body"):
        case "log":
            return f"log {entry.log.code}"
        case "live":
            return f"live {len(entry.live.readings)}"
        case "refused":
            return f"refused {entry.refused.reason}"
        case "status":
            status = entry.status
            known = f", {status.battery_percent} %" if status.HasField("battery_percent") else ""
            return f"status {status.margin_db} dB{known}{', external power' * status.external_power}"
        case "records":
            numbers = [record.number for record in entry.records.records]
            return f"records {numbers[0]} to {numbers[-1]}"
        case "state":
            return f"state {entry.state.configuration_hash:08x}"
        case "answer":
            return f"answer {entry.answer.command_number} {contract.CommandResult.Name(entry.answer.result)}"
        case other:
            return str(other)


@pytest.mark.parametrize("message", list(all_events()))
def test_the_other_marshaler_would_have_given_the_same_message(message: dict[str, str]) -> None:
    kind, event = parsed(message)
    info = event.device_info

    assert events.parse(kind, info.dev_eui, event.SerializeToString()) == event
    assert events.parse(kind, info.dev_eui, json_format.MessageToJson(event).encode()) == event
    assert topics.parse(message["topic"]) == topics.EventTopic(info.application_id, info.dev_eui, kind)


@pytest.mark.parametrize("marshaler", MARSHALERS)
@pytest.mark.parametrize("number", range(len(SCENE)), ids=list(SCENE))
def test_the_scene_is_read_alike_from_both(number: int, marshaler: str) -> None:
    document = recorded(f"scene_{marshaler}")
    step = document["steps"][number]
    bodies, happenings = SCENE[step["step"]]

    results = [decoded(message) for message in events_of(step)]

    assert sorted(body(entry) for result in results for entry in result.entries) == bodies
    happened = list(itertools.chain(*(numbered(result.happenings, document) for result in results)))
    assert [each for each in happened if not isinstance(each, Heard)] == happenings
    ups = [message for message in events_of(step) if message["topic"].endswith("/up")]
    assert [each for each in happened if isinstance(each, Heard)] == [HEARD] * len(ups)


def numbered(happenings: tuple[Happening, ...], document: Any) -> list[Happening]:
    """The happenings with their queue items' ids replaced by their place among all that are told of."""
    ids: list[str] = []
    for step in document["steps"]:
        for message in events_of(step):
            kind, event = parsed(message)
            told = (
                event.context.get("queue_item_id") if kind == "log" else getattr(event, "queue_item_id", "")
            )
            if told and told not in ids:
                ids.append(told)
    result: list[Happening] = []
    for each in happenings:
        if isinstance(each, Transmitted):
            result.append(Transmitted(each.dev_eui, f"item {ids.index(each.item_id) + 1}"))
        elif isinstance(each, Confirmed):
            result.append(Confirmed(each.dev_eui, f"item {ids.index(each.item_id) + 1}", each.acknowledged))
        elif isinstance(each, Discarded):
            name = f"item {ids.index(each.item_id) + 1}"
            result.append(Discarded(each.dev_eui, name, each.code, each.payload_limit))
        else:
            result.append(each)
    return result


def test_the_scene_was_recorded_whole_in_both() -> None:
    for marshaler in MARSHALERS:
        assert [step["step"] for step in recorded(f"scene_{marshaler}")["steps"]] == list(SCENE)


@pytest.mark.parametrize("marshaler", MARSHALERS)
def test_the_plants_events_give_their_entries(marshaler: str) -> None:
    told = {
        name: [body(entry) for entry in decoded(message).entries]
        for name, message in recorded(f"plant_{marshaler}")["events"].items()
    }

    assert told == {name: [words] if words else [] for name, words in PLANT[marshaler].items()}


@pytest.mark.parametrize("marshaler", MARSHALERS)
def test_records_have_the_values_and_the_time_of_their_sampling(marshaler: str) -> None:
    number, time_ms, readings = SAMPLED[marshaler]
    (entry,) = decoded(recorded(f"plant_{marshaler}")["events"]["up 210"]).entries

    record = entry.records.records[0]
    assert record.number == number
    assert [(each.channel, each.lpp_type, list(each.raw)) for each in record.readings] == readings
    assert record.time_ms == pytest.approx(time_ms, abs=125)  # ages come in eighths of a second


def test_a_frame_heard_by_two_gateways_has_the_better_ones_signal() -> None:
    (entry,) = decoded(recorded("plant_json")["events"]["up 210"]).entries

    assert (entry.uplink.gateways, entry.uplink.rssi_dbm, entry.uplink.snr_db) == (2, -101, 14)
