"""A board's MQTT carrier on a connection that is half open: it waits for nothing without end."""

import random

import pytest

from farwire_codecs import ip_frame
from farwire_codecs.ip_frame import DownFrame
from farwire_node.ip.actions import Carry, Open
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.mqtt_board import PING_MS, TIMEOUT_MS, MqttBoard
from farwire_node.link import Received


class Client:
    """The shape of umqtt.simple's: reads wait for ever once it has looked for a message."""

    def __init__(self) -> None:
        self.sock = self
        self.came: list[object] = []  # "pong", "ack", or a message
        self.pings = 0
        self.is_there = True
        self.closed = False
        self.sockets_closed = 0
        self.waited_ms: list[int] = []

    def set_callback(self, callback) -> None:  # type: ignore[no-untyped-def]
        self.callback = callback

    def connect(self, clean_session: bool, timeout_s: int) -> None:
        assert not clean_session
        assert timeout_s == TIMEOUT_MS // 1000

    def subscribe(self, topic: bytes, qos: int) -> None:
        self.topic = topic
        self._answer("ack")
        self.wait_msg()

    def publish(self, topic: bytes, data: bytes, retain: bool, qos: int) -> None:
        self._answer("ack")
        while self.wait_msg() != "ack":
            pass

    def ping(self) -> None:
        self.pings += 1
        self._answer("pong")

    def wait_msg(self) -> object:
        assert self.came, "it would wait for ever"
        what = self.came.pop(0)
        if isinstance(what, bytes):
            self.callback(self.topic, what)
        return what

    def disconnect(self) -> None:
        self.closed = True
        if not self.is_there:
            raise OSError("no route")

    def close(self) -> None:
        self.sockets_closed += 1

    def _answer(self, what: object) -> None:
        if self.is_there:
            self.came.append(what)


class Poller:
    """What `select.poll()` returns."""

    def register(self, sock: Client, what: int) -> None:
        assert what == Select.POLLIN
        self._sock = sock

    def poll(self, wait_ms: int) -> list[object]:
        self._sock.waited_ms.append(wait_ms)
        return list(self._sock.came)


class Select:
    """The shape of the module `select`."""

    POLLIN = 1

    def poll(self) -> Poller:
        return Poller()


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def link() -> IpLink:
    return IpLink(random.Random(1).randrange)


@pytest.fixture
def board(link: IpLink, client: Client) -> MqttBoard:
    carrier = MqttBoard(link, lambda: client, "70b3d57ed0000a01", "farwire", Select())
    link.join(0)
    link.poll(0)
    assert [type(action) for action in link.actions()] == [Open]
    carrier.do(Open(), 0)
    assert link.joined
    return carrier


def test_a_broker_that_takes_no_frame_loses_the_connection_after_the_time_out(
    board: MqttBoard, client: Client, link: IpLink
) -> None:
    client.is_there = False

    board.do(Carry(1, b"x", 0), 10)

    assert not link.joined
    assert client.closed
    assert client.sockets_closed == 1
    assert client.waited_ms[-1] == TIMEOUT_MS


def test_a_connection_that_could_not_be_made_leaves_no_socket_behind(client: Client, link: IpLink) -> None:
    carrier = MqttBoard(link, lambda: client, "70b3d57ed0000a01", "farwire", Select())
    client.is_there = False  # it accepts, and says nothing

    carrier.do(Open(), 0)

    assert client.sockets_closed == 1


def test_a_ping_that_is_not_answered_by_the_next_one_ends_the_connection(
    board: MqttBoard, client: Client, link: IpLink
) -> None:
    board.report(PING_MS)
    board.report(PING_MS + 1)
    board.report(2 * PING_MS)
    assert link.joined
    assert client.pings == 2

    client.is_there, client.came = False, []
    board.report(3 * PING_MS)

    assert not link.joined


def test_all_downlinks_that_came_are_taken_at_once_and_one_beside_a_frame(
    board: MqttBoard, client: Client, link: IpLink
) -> None:
    downs = [ip_frame.encode_down(DownFrame(tag, 221, bytes((tag,)))) for tag in (1, 2, 3)]
    client.came += downs[:2]
    board.report(10)
    client.came.append(downs[2])
    board.do(Carry(1, b"x", 0), 11)
    board.report(12)

    assert [event for event in link.events() if isinstance(event, Received)] == [
        Received(221, bytes((tag,))) for tag in (1, 2, 3)
    ]


def test_for_a_node_that_was_made_anew_nothing_is_open(board: MqttBoard, client: Client) -> None:
    other = IpLink(random.Random(2).randrange)
    client.came.append(ip_frame.encode_down(DownFrame(1, 221, b"x")))

    board.renew(other)
    board.report(10)

    assert client.closed
    assert not other.joined
    assert other.events() == []
