"""The IP link over a wire in memory: losses, repeats, reconnects, each on a made-up clock."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import configuration, ports
from farwire_codecs.configuration import Setting
from farwire_codecs.schema import Channel
from farwire_node.errors import ConfigurationError
from farwire_node.ip.ip_link import CLASS_C_POLL_MS, GIVE_UP_MS, OPEN_MS, TAKE_MS, IpLink
from farwire_node.link import (
    BUSY,
    NOT_JOINED,
    TOO_LONG,
    Delivered,
    Joined,
    JoinFailed,
    Received,
    Refusal,
    Sending,
)
from farwire_node.node import Node
from farwire_node.sensors.sensor import Sensor
from farwire_node.storage import MemoryStorage
from tests.node.ip.wire import Wire


def opened(**facts: object) -> tuple[IpLink, Wire]:
    """A link whose connection stands at 0."""
    link = IpLink(random.Random(1).randrange, **facts)  # type: ignore[arg-type]
    wire = Wire(link, by_itself=facts.get("poll_ms") is None)
    link.join(0)
    wire.turn(0)
    assert [type(event) for event in link.events()] == [Joined]
    return link, wire


def test_nothing_connects_before_the_node_wants_it() -> None:
    link = IpLink(random.Random(1).randrange)
    wire = Wire(link)

    wire.turn(0)

    assert not link.joined
    assert wire.opened == 0
    assert link.send(2, b"x", False, False, 0) == Refusal(NOT_JOINED, None)
    assert link.capacity(0) == 0
    assert link.earliest_ms(1, 0, True) is None


def test_a_frame_arrives_with_its_port_and_the_node_hears_of_it() -> None:
    link, wire = opened()

    assert link.send(210, b"records", False, False, 10) == Sending(10)
    wire.turn(10)

    assert [(f.port, f.payload, f.age_ms, f.utc_ms) for f in wire.distinct] == [(210, b"records", 0, None)]
    assert link.events() == [Delivered(None)]
    assert not link.busy


def test_a_payload_may_have_a_thousand_bytes_and_no_more() -> None:
    link, wire = opened()

    assert link.send(210, bytes(1001), False, False, 0) == Refusal(TOO_LONG, None)
    assert link.send(210, bytes(1000), False, False, 0) == Sending(0)
    wire.turn(0)

    assert len(wire.distinct[0].payload) == link.capacity(0) == 1000


def test_a_frame_without_an_acknowledgement_goes_again_on_the_next_connection_under_its_number() -> None:
    link, wire = opened()
    wire.acknowledges = False
    link.send(210, b"x", True, False, 0)
    wire.turn(0)

    wire.turn(TAKE_MS)  # silence: the connection counts as dead
    assert not link.joined
    wire.acknowledges = True
    now_ms = wire.turn(TAKE_MS)
    wire.turn(now_ms)

    (first_ms, first), (again_ms, again) = wire.came
    assert (first.session, first.counter) == (again.session, again.counter)
    assert again_ms - again.age_ms == first_ms - first.age_ms == 0
    assert Delivered(True) in link.events()
    assert link.counters["repeated"] == 1


def test_with_a_clock_a_frame_says_when_it_was_made_however_late_it_goes() -> None:
    link, wire = opened(utc_ms=lambda now_ms: 1_700_000_000_000 + now_ms)
    wire.acknowledges = False
    link.send(210, b"x", False, False, 7)
    wire.turn(7)
    wire.cut(8)
    wire.turn(60_000)
    wire.turn(60_000)

    assert [frame.utc_ms for _, frame in wire.came] == [1_700_000_000_007] * 2


def test_a_frame_that_does_not_get_through_is_given_up_and_reported() -> None:
    link, wire = opened()
    wire.acknowledges = False
    link.send(210, b"x", False, False, 0)
    wire.turn(0)
    wire.reachable = False
    wire.cut(1)

    now_ms = 1
    while now_ms < GIVE_UP_MS:
        now_ms = max(now_ms + 1, wire.turn(now_ms))
    wire.turn(now_ms)

    assert Delivered(False) in link.events()
    assert not link.busy


def test_an_alarm_goes_beside_a_frame_that_waits() -> None:
    link, wire = opened()
    wire.acknowledges = False
    link.send(210, b"history", False, False, 0)
    wire.turn(0)

    assert link.send(212, b"state", False, False, 1) == Refusal(BUSY, 1001)
    assert link.earliest_ms(5, 1, True) == 1
    assert link.send(211, b"alarm", False, True, 1) == Sending(1)
    assert link.send(211, b"more", False, True, 1) == Refusal(BUSY, 1001)
    wire.turn(1)

    assert [frame.payload for frame in wire.distinct] == [b"history", b"alarm"]


def test_pauses_between_connections_grow_and_start_over_once_something_was_taken() -> None:
    link = IpLink(random.Random(1).randrange)
    wire = Wire(link)
    wire.reachable = False
    link.join(0)
    tries: list[int] = []
    now_ms = 0
    while len(tries) < 12:
        now_ms = wire.turn(now_ms)
        tries += [event.retry_ms for event in link.events() if isinstance(event, JoinFailed)]
    pauses = [later - sooner for sooner, later in itertools.pairwise(tries)]
    assert pauses[0] < 6_000
    assert 225_000 <= pauses[-1] <= 375_000

    wire.reachable = True
    now_ms = wire.turn(now_ms)
    while not link.joined:
        now_ms = wire.turn(now_ms)
    link.send(2, b"x", False, False, now_ms)
    wire.turn(now_ms)
    link.events()
    wire.cut(now_ms)

    (failed,) = link.events()
    assert isinstance(failed, JoinFailed)
    assert failed.retry_ms - now_ms <= 2_500


def test_a_connection_that_never_stands_is_given_up_in_time() -> None:
    link = IpLink(random.Random(1).randrange)
    link.join(0)
    assert link.poll(0).until_ms == OPEN_MS
    link.actions()

    link.poll(OPEN_MS)

    assert [type(event) for event in link.events()] == [JoinFailed]


def test_a_downlink_that_comes_twice_counts_once_and_the_next_frame_names_it() -> None:
    link, wire = opened()
    data = wire.down(220, b"ack")
    wire.turn(1)
    link.on_downlink(data, 2)
    link.on_downlink(b"\xff", 2)
    link.send(210, b"x", False, False, 3)
    wire.turn(3)

    assert [event for event in link.events() if isinstance(event, Received)] == [Received(220, b"ack")]
    assert [frame.heard for frame in wire.distinct] == [1]
    assert link.counters["doubled"] == 1


def test_over_http_the_link_asks_for_downlinks_and_sooner_after_one_came() -> None:
    link, wire = opened(poll_ms=60_000)
    assert wire.turn(1) == 60_000
    wire.down(221, b"command")

    wire.turn(60_000)

    assert link.events() == [Received(221, b"command")]
    assert wire.turn(60_000) == 60_000 + 60_000  # it asked again at once, and there was nothing
    assert [frame.port for _, frame in wire.came] == [0, 0, 0]
    link.set_class("C")
    wire.turn(120_000)
    assert wire.turn(120_000) == 125_000


def test_a_server_may_keep_the_answer_to_a_class_c_node_back_and_is_asked_again_at_once() -> None:
    link, wire = opened(poll_ms=60_000, device_class="C", wait_s=25)
    wire.acknowledges = False  # the server waits
    wire.turn(5_000)

    assert wire.turn(5_001) > 30_000  # nothing is overdue meanwhile
    assert link.joined
    link.on_taken(link._counter, 30_000)
    wire.turn(30_000)

    assert wire.waits == [0, 25, 25, 25]
    assert [at_ms for at_ms, _ in wire.came] == [0, 0, 5_000, 30_000]


def test_a_frame_goes_beside_an_asking_and_its_answer_is_not_kept_back() -> None:
    link, wire = opened(poll_ms=60_000, device_class="C", wait_s=25)
    wire.acknowledges = False
    wire.turn(5_000)

    link.send(210, b"x", False, False, 5_001)
    wire.turn(5_001)

    assert wire.waits[-2:] == [25, 0]


def test_a_server_that_does_not_wait_is_not_asked_in_a_circle() -> None:
    _link, wire = opened(poll_ms=60_000, device_class="C", wait_s=25)

    for now_ms in range(1, 20_000, 100):
        wire.turn(now_ms)

    assert len(wire.came) <= 1 + 20_000 // CLASS_C_POLL_MS + 1


def test_a_server_that_repeats_one_downlink_for_ever_is_not_asked_in_a_circle() -> None:
    link, wire = opened(poll_ms=60_000)
    data = wire.down(221, b"command")
    wire.turn(60_000)
    count = len(wire.came)

    for _ in range(10):
        link.on_downlink(data, 60_001)
        wire.turn(60_001)

    assert len(wire.came) == count


def test_an_asking_whose_answer_never_comes_ends_the_connection() -> None:
    link, wire = opened(poll_ms=60_000, device_class="C", wait_s=25)
    wire.acknowledges = False
    wire.turn(5_000)

    wire.turn(5_000 + 23_000 + TAKE_MS - 1)
    assert link.joined
    wire.turn(5_000 + 23_000 + TAKE_MS)

    assert not link.joined


def test_a_class_a_node_asks_as_seldom_as_ever_where_the_server_could_wait() -> None:
    link, wire = opened(poll_ms=60_000, wait_s=25)

    assert wire.turn(1) == 60_000
    link.set_class("C")
    assert wire.turn(1) <= CLASS_C_POLL_MS


def test_which_downlinks_came_is_known_after_a_restart() -> None:
    storage = MemoryStorage()
    link, wire = opened(storage=storage)
    data = wire.down(221, b"command")
    wire.turn(1)
    link.suspend(2)

    again = IpLink(random.Random(2).randrange, storage=storage)
    again.on_downlink(data, 3)

    assert again.events() == []
    assert again.counters["doubled"] == 1


def test_over_http_there_is_no_connection_before_the_server_answered() -> None:
    link = IpLink(random.Random(1).randrange, poll_ms=60_000)
    wire = Wire(link, by_itself=False)
    wire.acknowledges = False
    link.join(0)
    wire.turn(0)
    assert not link.joined
    assert link.events() == []

    link.on_refused(1, 5)  # the server knows no such device

    assert [type(event) for event in link.events()] == [JoinFailed]


def test_moving_to_another_server_connects_at_once_and_takes_waiting_frames_along() -> None:
    link, wire = opened()
    wire.acknowledges = False
    link.send(210, b"x", False, False, 0)
    wire.turn(0)

    wire.acknowledges = True
    link.move(10)
    wire.turn(10)
    wire.turn(10)

    assert wire.opened == 2
    assert len(wire.came) == 2
    assert len(wire.distinct) == 1


def test_what_the_server_never_takes_is_not_sent_again() -> None:
    link, wire = opened()
    wire.acknowledges = False
    link.send(210, b"x", False, False, 0)
    wire.turn(0)
    link.on_refused(1, 1)
    wire.cut(1)
    wire.turn(10_000)

    assert Delivered(False) in link.events()
    assert len(wire.came) == 1


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="poll_ms is 0"):
        IpLink(random.Random(1).randrange, poll_ms=0)
    link, _ = opened()
    with pytest.raises(ConfigurationError, match="port is 0"):
        link.send(0, b"", False, False, 0)


class Play:
    """A link and a wire on which anything may happen; what was sent and what came, for the end."""

    def __init__(self, seed: int, asks: bool) -> None:
        self.dice = random.Random(seed)
        self.link = IpLink(self.dice.randrange, poll_ms=20_000 if asks else None)
        self.wire = Wire(self.link, by_itself=not asks)
        self.made: dict[bytes, int] = {}  # when each payload was given to the link
        self.ended: list[bool | None] = []
        self.downs: list[bytes] = []
        self.got: list[bytes] = []
        self.link.join(0)

    def happen(self, number: int, now_ms: int) -> None:
        payload, chance = number.to_bytes(2, "big"), self.dice.random()
        if chance < 0.4:
            confirmed, urgent = self.dice.random() < 0.5, self.dice.random() < 0.3
            if isinstance(self.link.send(210, payload, confirmed, urgent, now_ms), Sending):
                self.made[payload] = now_ms
        elif chance < 0.5:
            self.wire.cut(now_ms)
        elif chance < 0.6:
            self.wire.reachable = not self.wire.reachable
        elif chance < 0.7:
            self.wire.acknowledges = not self.wire.acknowledges
        elif chance < 0.8:
            self.downs.append(payload)
            self.wire.down(221, payload, copies=1 + self.dice.randrange(2))
        elif chance < 0.83:
            self.link.move(now_ms)

    def turn(self, now_ms: int, longest_ms: int) -> int:
        until_ms = self.wire.turn(now_ms)
        assert until_ms > now_ms
        for event in self.link.events():
            if isinstance(event, Delivered):
                self.ended.append(event.acknowledged)
            elif isinstance(event, Received):
                self.got.append(event.payload)
        return max(now_ms + 1, min(until_ms, now_ms + longest_ms))


@given(st.integers(0, 10**9), st.booleans(), st.integers(20, 120))
def test_whatever_the_network_does_each_frame_ends_once_and_none_that_was_delivered_is_missing(
    seed: int, asks: bool, steps: int
) -> None:
    play, now_ms = Play(seed, asks), 0
    for number in range(steps):
        play.happen(number, now_ms)
        now_ms = play.turn(now_ms, play.dice.randrange(40_000))

    play.wire.reachable = play.wire.acknowledges = True
    for _ in range(200):
        now_ms = play.turn(now_ms, GIVE_UP_MS)

    assert len(play.ended) == len(play.made)  # each once
    there = {frame.payload for frame in play.wire.distinct}
    assert len(play.wire.distinct) == len(there)  # under one number each
    assert sum(outcome is not False for outcome in play.ended) <= len(there) <= len(play.made)
    assert play.got == play.downs
    for at_ms, frame in play.wire.came:
        if frame.port:
            assert at_ms - frame.age_ms == play.made[frame.payload]


class Noise(Sensor):
    """Eight channels that nobody can compress."""

    channels = tuple(Channel(number, 130) for number in range(1, 9))

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        return tuple((self._dice.randrange(1 << 30),) for _ in self.channels)


def test_a_history_batch_may_be_longer_than_any_on_a_radio() -> None:
    dice = random.Random(1)
    link = IpLink(dice.randrange)
    wire, now_ms = Wire(link), 0
    factory = configuration.canonical((Setting(configuration.SAMPLING_INTERVAL_S, None, 10),))
    node = Node(1, (Noise(dice),), (), link, MemoryStorage(), dice.randrange, factory=factory)
    while now_ms < 900_000:
        node.poll(now_ms)
        now_ms = max(now_ms + 1, min(wire.turn(now_ms), now_ms + 1_000))

    histories = [frame for frame in wire.distinct if frame.port == ports.HISTORY]
    assert max(len(frame.payload) for frame in histories) > 242
