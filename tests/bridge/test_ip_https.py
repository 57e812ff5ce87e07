"""The HTTPS edge: who is let in, what is answered, and what becomes of downlinks."""

import contextlib
import dataclasses
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farwire_bridge import ip_https
from farwire_bridge.calls import AskQueue, Enqueue, Enqueued, EnqueueFailed, QueueItem, QueueSeen, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.errors import TokensError
from farwire_bridge.happenings import Discarded, Transmitted
from farwire_bridge.ip_https import IpHttps
from farwire_bridge.ip_items import Tags, item_id
from farwire_bridge.ip_mailbox import MOST_ITEMS, Mailbox
from farwire_bridge.ip_tokens import Tokens
from farwire_bridge.messages import HTTPS, Happened, MqttMessage
from farwire_bridge.settings import Settings
from farwire_codecs import ip_frame
from farwire_codecs.ip_frame import DownFrame, UpFrame
from tests.bridge import ip_plant
from tests.bridge.certificates import Authority, Pair
from tests.bridge.ip_plant import NODE_EUI, OTHER_EUI, TOKEN


def frame(heard: int = 0) -> bytes:
    return ip_frame.encode_up(UpFrame(1, 2, heard, 1, b"\x01\x66\x01", None, 0))


FRAME = frame()
PATH = f"/farwire/{NODE_EUI}"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


class Edge:
    """A server whose messages are on the disk at once, unless `stores` is False."""

    def __init__(self, settings: Settings, ca: Path) -> None:
        self.counters = Counters()
        self.messages: list[MqttMessage] = []
        self.happened: queue.SimpleQueue[Happened] = queue.SimpleQueue()
        self.stores = True
        self.mailbox = Mailbox(self.happened.put, self.counters, Tags(100))
        self.server = IpHttps(settings, self.mailbox, self._deliver, self.counters, lambda: 1_000)
        self.server.start()
        self.ca = ca

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.ca))
        return http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=10, context=context)

    def post(self, path: str = PATH, body: bytes = FRAME, **headers: str) -> tuple[int, bytes]:
        return self.ask("POST", path, body, {**AUTHORIZED, **headers})

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, Any]) -> tuple[int, bytes]:
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _deliver(self, message: MqttMessage) -> None:
        self.messages.append(message)
        if self.stores:
            self.server.acknowledge([message])


@contextlib.contextmanager
def made_edge(tokens: Path, authority: Authority, server_pair: Pair) -> Iterator[Edge]:
    """A server that lets in whom `tokens` names."""
    settings = Settings(
        **dict.fromkeys(("spool_path", "cloud_ca", "cloud_cert", "cloud_key"), Path("unused")),  # type: ignore[arg-type]
        ip_https_host="127.0.0.1",
        ip_https_port=0,
        ip_https_cert=server_pair.cert,
        ip_https_key=server_pair.key,
        ip_https_tokens=tokens,
    )
    found = Edge(settings, authority.ca)
    try:
        yield found
    finally:
        found.server.close()


@pytest.fixture
def edge(tmp_path: Path, authority: Authority, server_pair: Pair) -> Iterator[Edge]:
    with made_edge(ip_plant.tokens(tmp_path, NODE_EUI), authority, server_pair) as found:
        yield found


def enqueue(edge: Edge, payload: bytes = b"\x01", **facts: Any) -> Reply:
    replies: list[Reply] = []
    edge.mailbox.call(Enqueue(NODE_EUI, 7, 221, payload, **facts), replies.append)
    return replies[0]


def test_a_frame_is_answered_once_it_is_on_the_disk(edge: Edge) -> None:
    assert edge.post() == (204, b"")

    (message,) = edge.messages
    assert (message.topic, message.payload) == (f"farwire/{NODE_EUI}/up", FRAME)
    assert message.source == HTTPS


def test_a_frame_that_is_not_on_the_disk_in_time_is_to_come_again(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ip_https, "STORED_S", 0.1)
    edge.stores = False

    assert edge.post()[0] == 503


@pytest.mark.parametrize(
    ("status", "path", "body", "token"),
    [
        (401, PATH, FRAME, "another"),
        (401, PATH, FRAME, ""),
        (401, f"/farwire/{OTHER_EUI}", FRAME, TOKEN),
        (404, "/", FRAME, TOKEN),
        (404, PATH + "/x", FRAME, TOKEN),
        (404, f"/farwire/{NODE_EUI.upper()}", FRAME, TOKEN),
        (400, PATH, b"", TOKEN),
        (413, PATH, bytes(ip_frame.LONGEST_UP + 1), TOKEN),
    ],
)
def test_what_is_not_a_nodes_frame_gets_no_further(
    edge: Edge, status: int, path: str, body: bytes, token: str
) -> None:
    assert edge.post(path, body, Authorization=f"Bearer {token}") == (status, b"")
    assert edge.messages == []
    assert edge.counters.snapshot()["ip_requests_refused"] == 1


def test_another_scheme_and_another_method_get_no_further(edge: Edge) -> None:
    assert edge.post(Authorization=f"Basic {TOKEN}")[0] == 401
    assert edge.ask("GET", PATH, b"", {})[0] == 501
    assert edge.ask("POST", PATH, FRAME, {**AUTHORIZED, "Content-Length": "-1"})[0] == 400
    assert edge.messages == []


def test_downlinks_go_with_the_answer_and_are_told_as_sent(edge: Edge) -> None:
    replies = [enqueue(edge, b"\x01"), enqueue(edge, b"\x02")]

    status, body = edge.post()

    assert replies == [Enqueued(NODE_EUI, 7, item_id(tag)) for tag in (101, 102)]
    frames = [ip_frame.decode_down(data) for data in ip_frame.decode_several(body)]
    assert (status, frames) == (200, [DownFrame(101, 221, b"\x01"), DownFrame(102, 221, b"\x02")])
    assert [edge.happened.get(timeout=5).happening for _ in range(2)] == [
        Transmitted(NODE_EUI, item_id(tag)) for tag in (101, 102)
    ]
    assert edge.post(body=frame(heard=102)) == (204, b"")


def test_an_answer_waits_for_a_downlink_that_is_about_to_come(edge: Edge) -> None:
    late = threading.Timer(0.3, enqueue, (edge,))
    late.start()

    status, body = edge.post(Prefer="wait=20")

    late.join()
    assert status == 200
    assert len(ip_frame.decode_several(body)) == 1


def test_a_downlink_whose_time_is_over_is_thrown_away_and_told(edge: Edge) -> None:
    enqueue(edge, expires_ms=1_000)

    assert edge.post() == (204, b"")
    assert edge.happened.get(timeout=5).happening == Discarded(NODE_EUI, item_id(101), "EXPIRED")


def test_the_mailbox_shows_empties_and_bounds_a_queue(edge: Edge) -> None:
    replies: list[Reply] = []
    for number in range(MOST_ITEMS):
        enqueue(edge, bytes([number]))
    full = enqueue(edge)
    flushed = enqueue(edge, b"\x07", flush=True, confirmed=True)
    edge.mailbox.call(AskQueue(NODE_EUI), replies.append)

    assert isinstance(full, EnqueueFailed)
    assert not full.permanent
    assert isinstance(flushed, Enqueued)
    assert replies == [QueueSeen(NODE_EUI, (QueueItem(flushed.item_id, 221, b"\x07", True),))]


def test_a_stranger_that_says_nothing_holds_up_nobody(edge: Edge) -> None:
    with socket.create_connection(("127.0.0.1", edge.server.port)):
        assert edge.post() == (204, b"")


def test_a_head_without_end_and_one_that_is_none_end_their_connections_and_nothing_else(edge: Edge) -> None:
    for text in (b"POST " + b"x" * 100_000, b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        context = ssl.create_default_context(cafile=str(edge.ca))
        with (
            socket.create_connection(("127.0.0.1", edge.server.port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
            contextlib.suppress(OSError),
        ):
            connection.sendall(text)
            while connection.recv(1_000):
                pass

    assert edge.post() == (204, b"")
    assert len(edge.messages) == 1


def test_a_request_of_http_1_0_has_its_connection_closed_behind_the_answer(edge: Edge) -> None:
    connection = edge.connect()
    connection._http_vsn_str = "HTTP/1.0"  # type: ignore[attr-defined] (as small boards send it)
    connection.request("POST", PATH, FRAME, AUTHORIZED)
    response = connection.getresponse()

    assert response.status == 204
    assert response.getheader("Connection") == "close"
    connection.close()


def test_a_stranger_with_wrong_tokens_does_not_fill_the_log(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        assert edge.post(Authorization="Bearer another")[0] == 401

    assert [record.message for record in caplog.records] == ["an IP node's token is wrong"]
    assert "another" not in caplog.text


def test_several_requests_go_over_one_connection(edge: Edge) -> None:
    connection = edge.connect()
    for _ in range(3):
        connection.request("POST", PATH, FRAME, AUTHORIZED)
        assert connection.getresponse().read() == b""
    connection.close()

    assert len(edge.messages) == 3


def test_a_connection_that_breaks_inside_a_frame_leaves_nothing(edge: Edge) -> None:
    connection = edge.connect()
    connection.putrequest("POST", PATH)
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "100")
    connection.endheaders(FRAME[:5])
    connection.close()
    time.sleep(0.2)

    assert edge.messages == []
    assert edge.post()[0] == 204


def test_tokens_are_read_again_when_the_file_changes_and_kept_when_it_is_bad(tmp_path: Path) -> None:
    path = ip_plant.tokens(tmp_path, NODE_EUI)
    tokens = Tokens(path)
    assert tokens.allow(NODE_EUI, TOKEN)
    assert not tokens.allow(OTHER_EUI, TOKEN)

    path.write_text("no line of tokens at all\n")
    assert tokens.allow(NODE_EUI, TOKEN)

    ip_plant.tokens(tmp_path, OTHER_EUI)
    assert tokens.allow(OTHER_EUI, TOKEN)
    assert not tokens.allow(NODE_EUI, TOKEN)


def test_a_bad_file_of_tokens_is_refused_at_the_start_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# one\n{NODE_EUI} {TOKEN}\n")

    with pytest.raises(TokensError, match=r"tokens:2: expected a DevEUI") as refused:
        Tokens(path)
    assert TOKEN not in str(refused.value)


def test_a_certificate_is_needed_where_https_is_served() -> None:
    needed = dict.fromkeys(("spool_path", "cloud_ca", "cloud_cert", "cloud_key"), Path("unused"))
    with pytest.raises(ValueError, match="ip_https_cert is not set"):
        dataclasses.replace(Settings(**needed), ip_https_host="127.0.0.1")  # type: ignore[arg-type]
