"""Answers of the HTTPS edge that wait: who gets a downlink, what is not lost with one, and many at once."""

import asyncio
import contextlib
import queue
import ssl
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_bridge import ip_https
from farwire_bridge.calls import AskQueue, Enqueue, QueueSeen, Reply
from farwire_bridge.counters import Counters
from farwire_bridge.happenings import Transmitted
from farwire_bridge.ip_items import Tags, item_id
from farwire_bridge.ip_mailbox import MOST_TRIES, Mailbox
from farwire_bridge.messages import Happened
from farwire_codecs import ip_frame
from tests.bridge.certificates import Authority, Pair
from tests.bridge.conftest import wait_until
from tests.bridge.ip_plant import NODE_EUI, TOKEN, tokens
from tests.bridge.test_ip_https import AUTHORIZED, PATH, Edge, enqueue, frame, made_edge

NODES = 500


@pytest.fixture
def edge(tmp_path: Path, authority: Authority, server_pair: Pair):  # type: ignore[no-untyped-def]
    with made_edge(tokens(tmp_path, NODE_EUI), authority, server_pair) as found:
        yield found


class Asking:
    """A request that waits, in a thread of its own."""

    def __init__(self, edge: Edge, wait_s: int = 30) -> None:
        self.answer: tuple[int, bytes] | None = None
        self._connection = edge.connect()
        self._connection.request("POST", PATH, frame(), {**AUTHORIZED, "Prefer": f"wait={wait_s}"})
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def go_away(self) -> None:
        """Close the connection, as a node does that loses its power but not its network."""
        assert self._connection.sock is not None
        self._connection.sock.shutdown(2)
        self._thread.join()

    def payloads(self) -> list[bytes]:
        self._thread.join(20)
        assert self.answer is not None
        return [ip_frame.decode_down(data).payload for data in ip_frame.decode_several(self.answer[1])]

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            response = self._connection.getresponse()
            self.answer = response.status, response.read()
        self._connection.close()


def waiting(edge: Edge) -> int:
    return sum(map(len, edge.server._waiting.values()))


def test_a_request_that_waited_for_nothing_is_answered_without_content(edge: Edge) -> None:
    assert edge.post(Prefer="wait=1") == (204, b"")


def test_of_several_requests_that_wait_the_newest_takes_the_downlink(edge: Edge) -> None:
    old = Asking(edge, wait_s=2)
    wait_until(lambda: waiting(edge) == 1)
    new = Asking(edge)
    wait_until(lambda: waiting(edge) == 2)

    enqueue(edge, b"\x07")

    assert new.payloads() == [b"\x07"]
    assert old.payloads() == []


def test_a_device_cannot_have_more_than_a_few_requests_wait(edge: Edge) -> None:
    first = Asking(edge)
    wait_until(lambda: waiting(edge) == 1)
    others = []
    for _ in range(ip_https.MOST_WAITING):
        others.append(Asking(edge, wait_s=3))
        time.sleep(0.05)

    assert first.payloads() == []
    assert [asking.payloads() for asking in others] == [[]] * ip_https.MOST_WAITING


def test_a_node_that_went_while_it_waited_takes_no_downlink_with_it(edge: Edge) -> None:
    asking = Asking(edge)
    wait_until(lambda: waiting(edge) == 1)

    asking.go_away()
    wait_until(lambda: waiting(edge) == 0)
    enqueue(edge, b"\x07")

    assert edge.happened.empty()
    assert edge.post()[0] == 200


def test_a_downlink_that_got_lost_with_its_answer_goes_again_until_it_is_heard(edge: Edge) -> None:
    enqueue(edge, b"\x07")

    bodies = [edge.post(body=frame(heard))[1] for heard in (0, 0, 101, 101)]

    assert bodies[0] == bodies[1] != b""
    assert bodies[2:] == [b"", b""]
    assert edge.happened.get(timeout=5).happening == Transmitted(NODE_EUI, item_id(101))
    assert edge.happened.empty()  # it was sent once, as far as its order is concerned


def test_a_node_that_never_says_what_it_heard_gets_a_downlink_a_few_times(edge: Edge) -> None:
    enqueue(edge, b"\x07")

    assert [edge.post()[0] for _ in range(MOST_TRIES + 2)] == [200] * MOST_TRIES + [204] * 2


class Node:
    """A node's side of a mailbox: answers get lost, and what came is remembered by its tag."""

    def __init__(self) -> None:
        self.happened: queue.SimpleQueue[Happened] = queue.SimpleQueue()
        self.mailbox = Mailbox(self.happened.put, Counters(), Tags(0))
        self.heard: list[int] = []

    def ask(self, arrives: bool) -> None:
        self.mailbox.heard(NODE_EUI, self.heard[-1] if self.heard else 0)
        items = self.mailbox.take(NODE_EUI, 0)
        self.mailbox.sent(items)
        for item in items if arrives else ():
            if item.tag in self.heard:
                self.heard.remove(item.tag)
            self.heard.append(item.tag)


@given(st.lists(st.sampled_from(("enqueue", "arrives", "lost", "broken")), max_size=40))
def test_each_downlink_arrives_once_it_is_tried_and_is_told_as_sent_once(steps: list[str]) -> None:
    node, replies, losses = Node(), list[Reply](), 0
    for step in steps:
        if step == "enqueue":
            node.mailbox.call(Enqueue(NODE_EUI, 7, 221, b"\x01"), replies.append)
        elif step == "broken":
            node.mailbox.put_back(node.mailbox.take(NODE_EUI, 0))
        elif step == "arrives" or losses + 1 >= MOST_TRIES:
            node.ask(arrives=True)
            losses = 0
        else:
            node.ask(arrives=False)
            losses += 1
    for _ in range(len(steps) + 1):
        node.ask(arrives=True)

    node.mailbox.call(AskQueue(NODE_EUI), replies.append)
    assert isinstance(replies[-1], QueueSeen)
    assert not replies[-1].items
    assert sorted(node.heard) == list(range(1, len(replies)))
    told = [node.happened.get_nowait().happening for _ in range(node.happened.qsize())]
    assert sorted(each.item_id for each in told) == [item_id(tag) for tag in range(1, len(replies))]  # type: ignore[union-attr]


def test_many_nodes_wait_while_others_are_served(
    tmp_path: Path, authority: Authority, server_pair: Pair
) -> None:
    names = [f"70b3d57ed1{number:06x}" for number in range(NODES)]
    with made_edge(tokens(tmp_path, NODE_EUI, *names), authority, server_pair) as edge:
        threads_before = threading.active_count()
        context = ssl.create_default_context(cafile=str(authority.ca))

        async def wait(dev_eui: str) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.server.port, ssl=context)
            body = frame()
            head = f"POST /farwire/{dev_eui} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nPrefer: wait=30\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            writer.transport.abort()
            return answer

        async def everybody() -> list[bytes]:
            asking = [asyncio.create_task(wait(name)) for name in names]
            began_s = time.monotonic()
            while waiting(edge) < NODES:
                assert time.monotonic() < began_s + 60
                await asyncio.sleep(0.05)
            ready_s = time.monotonic()
            threads = threading.active_count() - threads_before
            served = [await asyncio.to_thread(edge.post) for _ in range(20)]
            served_s = time.monotonic()
            replies: list[Reply] = []
            for name in names:
                edge.mailbox.call(Enqueue(name, 7, 221, b"\x01"), replies.append)
            answers = await asyncio.gather(*asking)
            print(
                f"\n{NODES} nodes wait, on {threads} threads more, after {ready_s - began_s:.1f} s (TLS);"
                f" 20 other requests in {1000 * (served_s - ready_s):.0f} ms;"
                f" {NODES} downlinks to them in {1000 * (time.monotonic() - served_s):.0f} ms"
            )
            assert threads <= 2  # to_thread's may be one of them
            assert served == [(204, b"")] * 20
            return answers

        answers = asyncio.run(everybody())

    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
