"""Uplinks of nodes without a radio on the desk: one path with ChirpStack's, and which way downlinks take."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_bridge import ip_topics, times
from farwire_bridge.calls import AskQueue, Call, QueueSeen, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.database import Database
from farwire_bridge.decode import Decoded
from farwire_bridge.happenings import Confirmed, Heard
from farwire_bridge.histories import Histories
from farwire_bridge.intake import Intake
from farwire_bridge.ip_items import Tags, item_id
from farwire_bridge.ip_ways import Queues, Ways
from farwire_bridge.memory import Seen, SetAside
from farwire_bridge.messages import CHIRPSTACK, HTTPS, MQTT
from farwire_codecs import ip_frame, ports, state_report
from farwire_codecs.ip_frame import UpFrame
from tests.bridge import events_made
from tests.bridge.ip_plant import NODE_EUI, OTHER_EUI

NOW_MS = 1_800_000_000_000
UP = f"farwire/{NODE_EUI}/up"
STATE = state_report.encode(state_report.StateReport(77, 0, 1, 0, 1, 1, 0, 60, 0))


class Bench:
    """An intake on a database of its own."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.ways = Ways(self.database)
        self.counters = Counters()
        self.intake = Intake(
            Seen(self.database),
            Histories(self.database),
            SetAside(self.database),
            self.counters,
            times.Limits(86_400_000, 5_000),
            15,
            ways=self.ways,
            ip_application="ip",
        )

    def take(self, payload: bytes, topic: str = UP, source: str = MQTT) -> Decoded:
        with self.database.transaction():
            return self.intake.take(topic, payload, NOW_MS, source)

    def frame(self, counter: int = 1, **facts: object) -> Decoded:
        values = {"heard": 0, "port": ports.STATE, "payload": STATE, "utc_ms": None, "age_ms": 0, **facts}
        return self.take(ip_frame.encode_up(UpFrame(9, counter, **values)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path / "spool.sqlite")
    yield found
    found.database.close()


def test_a_frame_becomes_an_entry_with_its_session_and_counter_and_no_radio(bench: Bench) -> None:
    decoded = bench.frame(counter=5)

    (entry,) = decoded.entries
    assert entry.state.configuration_hash == 77
    assert entry.device.dev_eui == entry.device.name == NODE_EUI
    assert entry.device.application_id == "ip"
    assert entry.uplink.deduplication_id == f"{NODE_EUI}-00000009-00000005"
    assert (entry.uplink.dev_addr, entry.uplink.f_cnt, entry.uplink.gateways) == ("00000009", 5, 0)
    assert decoded.happenings == (Heard(NODE_EUI, 242, configuration_hash=77),)


def test_a_frame_that_comes_twice_counts_once_and_one_of_another_start_is_another(bench: Bench) -> None:
    assert bench.frame().entries
    assert bench.frame(age_ms=20_000) == Decoded()
    assert bench.take(ip_frame.encode_up(UpFrame(10, 1, 0, ports.STATE, STATE, None, 0))).entries
    assert bench.counters.snapshot()["duplicates"] == 1


@pytest.mark.parametrize(
    ("facts", "time_ms"),
    [
        ({}, NOW_MS),
        ({"age_ms": 20_000}, NOW_MS - 20_000),
        ({"utc_ms": NOW_MS - 90_000_000}, NOW_MS - 90_000_000),
        ({"utc_ms": NOW_MS + 60_000}, NOW_MS),  # a node's clock that goes ahead
        ({"utc_ms": 946_684_800_000}, NOW_MS),  # one that was never set
        ({"utc_ms": 2**48 - 1}, NOW_MS),  # the year 10889, which no calendar here has
    ],
)
def test_a_frame_was_heard_when_it_was_made(bench: Bench, facts: dict[str, int], time_ms: int) -> None:
    assert bench.frame(**facts).entries[0].time_ms == time_ms


def test_the_downlink_that_a_frame_names_arrived(bench: Bench) -> None:
    assert bench.frame(heard=3).happenings[0] == Confirmed(NODE_EUI, item_id(3), True)
    repeated = bench.frame(heard=5)
    assert repeated == Decoded((), (Confirmed(NODE_EUI, item_id(5), True),))
    asking = bench.frame(heard=4, port=ip_frame.NOTHING, payload=b"")
    assert asking == Decoded((), (Confirmed(NODE_EUI, item_id(4), True),))


def test_what_is_no_frame_is_kept_as_a_refused_one_of_its_device(bench: Bench) -> None:
    (entry,) = bench.take(b"\xffjunk").entries

    assert entry.device.dev_eui == NODE_EUI
    assert entry.refused.reason == "MalformedEventError"
    assert bench.take(b"\xffjunk") == Decoded()
    assert bench.ways.of(NODE_EUI) == CHIRPSTACK


def test_a_topic_of_no_device_is_set_aside(bench: Bench) -> None:
    assert bench.take(b"x", "farwire/nobody/up") == Decoded()
    assert bench.take(b"x", f"farwire/{NODE_EUI.upper()}/up") == Decoded()
    assert bench.counters.snapshot()["malformed"] == 2


@given(st.text(max_size=60))
def test_any_topic_is_a_devices_or_none(text: str) -> None:
    topic = ip_topics.parse(text, "ip")

    assert topic is None or text.endswith(ip_topics.up("", topic.dev_eui))


class Named:
    """A queue that answers with its name."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        self.calls.append(call)
        then(QueueSeen(call.dev_eui, ()))


def test_downlinks_go_the_way_that_the_device_came_last_after_a_restart_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.sqlite")
    bench.frame()
    bench.take(ip_frame.encode_up(UpFrame(1, 1, 0, 0, b"", None, 0)), f"farwire/{OTHER_EUI}/up", HTTPS)
    bench.database.close()

    again = Bench(tmp_path / "spool.sqlite")
    named = {name: Named() for name in (CHIRPSTACK, MQTT, HTTPS)}
    queues = Queues(again.ways, named)
    for dev_eui in (NODE_EUI, OTHER_EUI, events_made.DEV_EUI):
        queues.call(AskQueue(dev_eui), lambda _: None)

    assert [[call.dev_eui for call in queue.calls] for queue in named.values()] == [
        [events_made.DEV_EUI],
        [NODE_EUI],
        [OTHER_EUI],
    ]
    with again.database.transaction():
        again.ways.note(NODE_EUI, CHIRPSTACK)
    queues.call(AskQueue(NODE_EUI), lambda _: None)
    assert len(named[CHIRPSTACK].calls) == 2
    again.database.close()


def test_tags_are_never_zero() -> None:
    tags = Tags(0xFFFFFFFD)

    assert [tags.next() for _ in range(4)] == [0xFFFFFFFE, 0xFFFFFFFF, 1, 2]
