"""The carriers of Linux before servers that say nothing: the node's loop is never held up."""

import gc
import random
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.https_host import HttpsHost
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.mqtt_host import MqttHost
from farwire_node.ip.servers import Server, Turns


class Silent:
    """Accepts connections and says nothing, until it is let go."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.came = threading.Event()
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def let_go(self) -> None:
        if self._thread.is_alive():
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        for held in (self._listener, *self._held):
            held.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._held.append(connection)
            connection.recv(1)  # it began to speak
            self.came.set()


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.let_go()


def ends(call: Callable[[], object]) -> bool:
    """Whether a call returns, long before the carriers' own time-outs."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(5)
    return not thread.is_alive()


def made(kind: type, protocol: str, port: int) -> MqttHost | HttpsHost:
    turns = Turns([Server(protocol, "127.0.0.1", port, "farwire", "user", "secret")])
    link = IpLink(random.Random(1).randrange, poll_ms=None if kind is MqttHost else 60_000)
    found: MqttHost | HttpsHost = kind(link, turns, "70b3d57ed0000a01")
    return found


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho drops its socket
@pytest.mark.parametrize("protocol", ["mqtt", "mqtts"])
def test_a_broker_that_never_answers_does_not_hold_the_loop_up(silent: Silent, protocol: str) -> None:
    carrier = made(MqttHost, protocol, silent.port)
    carrier.do(Open(), 0)
    assert silent.came.wait(5)

    assert ends(lambda: carrier.do(Close(), 0))
    assert ends(lambda: carrier.do(Open(), 0))
    assert ends(carrier.close)
    silent.let_go()
    for thread in threading.enumerate():
        if thread.name.startswith(("paho-", "farwire-node-")):
            thread.join(30)
    gc.collect()


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_server_that_keeps_its_answer_back_does_not_hold_the_end_up(silent: Silent, protocol: str) -> None:
    carrier = made(HttpsHost, protocol, silent.port)
    carrier.do(Open(), 0)
    carrier.do(Carry(1, b"x", 25), 0)
    assert silent.came.wait(5)

    assert ends(carrier.close)


def test_what_a_server_answers_to_a_request_that_was_given_up_reaches_no_link(silent: Silent) -> None:
    carrier = made(HttpsHost, "http", silent.port)
    other = IpLink(random.Random(2).randrange, poll_ms=60_000)
    carrier.do(Open(), 0)
    carrier.do(Carry(1, b"x", 25), 0)
    assert silent.came.wait(5)

    carrier.renew(other)
    carrier.close()
    carrier.report(1)

    assert other.events() == []
