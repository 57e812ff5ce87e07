"""MQTT messages -> entries, each once."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farwire_bridge import decode, times
from farwire_bridge.counters import Counters
from farwire_bridge.database import Database
from farwire_bridge.decode import Decoded
from farwire_bridge.histories import Histories
from farwire_bridge.intake import MALFORMED_KEPT, Intake
from farwire_bridge.memory import Seen, SetAside
from farwire_codecs import batch, ports
from farwire_codecs.base import seed
from tests.bridge import events_made, nodes
from tests.bridge.events_made import DEV_EUI, NOW_MS


class Desk:
    """An intake on a file of its own."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.counters = Counters()
        limits = times.Limits(86_400_000, 5_000)
        self.intake = Intake(
            Seen(self.database), Histories(self.database), SetAside(self.database), self.counters, limits, 15
        )

    def take(self, kind: str, event: Any) -> Decoded:
        return self.raw(events_made.topic(DEV_EUI, kind), events_made.to_json(event))

    def raw(self, topic: str, payload: bytes) -> Decoded:
        with self.database.transaction():
            return self.intake.take(topic, payload, NOW_MS)

    def count(self, name: str) -> int:
        return self.counters.snapshot()[name]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "spool")
    yield desk
    desk.database.close()


MADE = {
    "up": lambda: events_made.up(DEV_EUI, 1, b"\x01\x66\x01"),
    "join": lambda: events_made.join(DEV_EUI),
    "status": lambda: events_made.status(DEV_EUI),
    "ack": lambda: events_made.ack(DEV_EUI, "item", True),
    "txack": lambda: events_made.txack(DEV_EUI, "item"),
    "log": lambda: events_made.log(DEV_EUI, "OTAA", "", {}),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_redelivered_event_changes_nothing(desk: Desk, kind: str) -> None:
    event = MADE[kind]()
    first = desk.take(kind, event)
    assert first.entries or first.happenings

    assert desk.take(kind, event) == Decoded()

    assert desk.count("duplicates") == 1
    assert desk.count("received") == 2


@pytest.mark.parametrize("kind", MADE)
def test_two_events_of_a_kind_are_two(desk: Desk, kind: str) -> None:
    desk.take(kind, MADE[kind]())

    second = desk.take(kind, events_made.ack(DEV_EUI, "next", True) if kind == "ack" else MADE[kind]())

    assert second.entries or second.happenings


def test_an_ack_of_a_class_c_timeout_has_no_id_and_is_still_known_again(desk: Desk) -> None:
    event = events_made.ack(DEV_EUI, "item", False)
    event.deduplication_id = ""
    desk.take("ack", event)

    assert desk.take("ack", event) == Decoded()


def test_an_event_in_json_is_known_again_in_protobuf(desk: Desk) -> None:
    event = MADE["up"]()
    desk.take("up", event)

    assert desk.raw(events_made.topic(DEV_EUI, "up"), event.SerializeToString()) == Decoded()


@pytest.mark.parametrize("kind", ["location", "integration", "somethingnew"])
def test_events_that_carry_nothing_for_us_are_counted(desk: Desk, kind: str) -> None:
    assert desk.raw(events_made.topic(DEV_EUI, kind), b"anything") == Decoded()
    assert desk.count("ignored") == 1


def test_a_malformed_event_of_a_device_is_kept_with_its_bytes(desk: Desk) -> None:
    (entry,) = desk.raw(events_made.topic(DEV_EUI, "up"), b"{" * 5_000).entries

    assert entry.device.dev_eui == DEV_EUI
    assert entry.refused.reason == "MalformedEventError"
    assert "up event cannot be parsed" in entry.refused.detail
    assert entry.uplink.payload == b"{" * MALFORMED_KEPT
    assert len(entry.uplink.deduplication_id) == 36
    assert desk.count("malformed") == 1


def test_a_malformed_event_is_kept_once(desk: Desk) -> None:
    desk.raw(events_made.topic(DEV_EUI, "up"), b"junk")

    assert desk.raw(events_made.topic(DEV_EUI, "up"), b"junk") == Decoded()
    assert len(desk.raw(events_made.topic(DEV_EUI, "up"), b"other junk").entries) == 1


def test_a_message_of_no_device_is_set_aside(desk: Desk) -> None:
    assert desk.raw("some/topic", b"junk") == Decoded()

    assert desk.count("malformed") == 1
    rows = desk.database.connection.execute("SELECT source, content FROM set_aside").fetchall()
    assert rows == [("some/topic", b"junk")]


def test_a_bug_of_a_codec_is_kept_like_a_bad_frame(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(decode.uplink, "decode_uplink", broken)
    with caplog.at_level(logging.ERROR, "farwire.bridge"):
        (entry,) = desk.take("up", MADE["up"]()).entries

    assert entry.refused.reason == "ZeroDivisionError"
    assert "event failed" in caplog.text


def test_a_channel_table_that_came_once_reads_later_batches(desk: Desk) -> None:
    node = nodes.Node()
    node.sample(2)
    desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch()))

    (entry,) = desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch(inline=False))).entries

    assert len(entry.records.records) == 2


def test_a_channel_table_is_not_read_for_another_device(desk: Desk) -> None:
    node = nodes.Node()
    node.sample(2)
    other = "f" * 16
    desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch()))

    event = events_made.up(other, ports.HISTORY, node.batch(inline=False))
    (entry,) = desk.raw(events_made.topic(other, "up"), events_made.to_json(event)).entries

    assert entry.refused.reason == "UnknownSchemaError"


def test_a_batch_of_one_channel_asks_for_an_acknowledgement_with_the_records_that_are_whole(
    desk: Desk,
) -> None:
    node = nodes.Node()
    node.sample(2)
    desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch()))
    node.sample(1)
    numbers = []
    for channel in (0, 1):
        payload, _ = batch.encode(nodes.SCHEMA, node.records[2:], 180_000, 11, True, only=channel)
        (entry,) = desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, payload)).entries
        assert entry.records.acknowledgement_wanted
        numbers.append([record.number for record in entry.records.records])

    assert numbers == [[], [3]]
    assert desk.count("parts") == 2
    assert desk.count("records") == 3


def test_a_batch_that_builds_on_a_base_is_counted(desk: Desk) -> None:
    node = nodes.Node()
    node.sample(2)
    desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch()))
    base = seed(nodes.SCHEMA, 2, node.records[1].values)
    node.sample(1)
    payload, _ = batch.encode(nodes.SCHEMA, node.records[2:], 180_000, 51, base=base)

    (entry,) = desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, payload)).entries

    assert [list(reading.raw) for reading in entry.records.records[0].readings] == [[203], [100]]
    assert desk.count("carried") == 1


def test_what_is_logged_of_a_batch_names_device_and_records(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    node = nodes.Node()
    node.sample(5)

    with caplog.at_level(logging.INFO, "farwire.bridge"):
        desk.take("up", events_made.up(DEV_EUI, ports.HISTORY, node.batch(), f_cnt=8))

    (record,) = caplog.records
    assert (record.__dict__["dev_eui"], record.__dict__["records"], record.__dict__["f_cnt"]) == (
        DEV_EUI,
        "1-5",
        8,
    )
