"""The IP link, its loop and the boards' carriers on a real MicroPython, over clients of boards' shapes."""

import pytest

from tests import micropython

FOLDER = micropython.NODE / "ip"
OURS = [path for path in sorted(FOLDER.glob("*.py")) if not path.stem.endswith("_host")]

PLAY = """
from farwire_codecs import acknowledgement, configuration, ip_frame, ports
from farwire_codecs.configuration import Setting
from farwire_codecs.ip_frame import DownFrame
from farwire_codecs.schema import Channel
from farwire_node.survival.guard import Guard
from farwire_node.ip.https_board import HttpsBoard
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.loop import Loop
from farwire_node.ip.mqtt_board import MqttBoard
from farwire_node.node import Node
from farwire_node.node_events import Crashed
from farwire_node.sensors.sensor import Sensor
from farwire_node.storage import MemoryStorage


class Counting(Sensor):
    channels = (Channel(1, 103),)

    def __init__(self):
        self.value = 0

    def read(self, now_ms):
        self.value += 1
        return ((self.value,),)


class Server:
    # Keeps what comes, and answers each history batch with an acknowledgement of all that was sampled.
    def __init__(self, sensor):
        self.sensor, self.frames, self.answers, self.tag, self.count = sensor, [], [], 0, 0

    def take(self, data):
        frame = ip_frame.decode_up(data)
        self.frames.append(frame.port)
        if frame.port == ports.HISTORY:
            self.tag += 1
            payload = acknowledgement.encode(
                acknowledgement.Acknowledgement(self.sensor.value, b"", 0, False, False), 11
            )
            self.answers.append(ip_frame.encode_down(DownFrame(self.tag, ports.ACKNOWLEDGEMENT, payload)))

    def answered(self):
        answers, self.answers = self.answers, []
        return answers


class Client:
    # The shape of umqtt.simple's; the server's second message breaks the line.
    def __init__(self, server):
        self.server, self.pongs, self.sock = server, 0, self

    def set_callback(self, callback):
        self.callback = callback

    def connect(self, clean_session, timeout):
        assert clean_session is False and timeout == 5

    def subscribe(self, topic, qos):
        self.topic = topic
        assert qos == 1

    def publish(self, topic, data, retain, qos):
        assert topic == b"farwire/0000000000000001/up" and qos == 1 and not retain
        self.server.count += 1
        if self.server.count == 2:
            raise OSError(104)
        self.server.take(data)

    def wait_msg(self):
        self.pongs = 0
        for data in self.server.answered():
            self.callback(self.topic, data)

    def ping(self):
        self.pongs += 1

    def disconnect(self):
        raise OSError(9)


class Poller:
    def register(self, sock, what):
        self.sock = sock

    def poll(self, wait_ms):
        return self.sock.server.answers or self.sock.pongs


class Select:
    # The shape of the module select.
    POLLIN = 1

    def poll(self):
        return Poller()


class Answer:
    status_code = 200

    def __init__(self, content):
        self.content = content

    def close(self):
        pass


class Requests:
    # The shape of requests; the second request fails.
    def __init__(self, server):
        self.server, self.count = server, 0

    def post(self, url, data, headers, timeout):
        assert url == "https://there/farwire/0000000000000001" and headers["Authorization"] == "Bearer secret"
        self.count += 1
        if self.count == 2:
            raise OSError(110)
        self.server.take(data)
        return Answer(ip_frame.encode_several(self.server.answered()))


def play(over_mqtt):
    sensor = Counting()
    server = Server(sensor)
    factory = configuration.canonical((Setting(1, None, 10), Setting(2, None, 60)))
    storage = MemoryStorage()

    def new_link():
        return IpLink(lambda n: n // 2, None, None if over_mqtt else 60000, storage=storage)

    def build(reason):
        loop.renew(new_link())
        return Node(
            1, (sensor,), (), loop.link, storage, lambda n: n // 2, factory=factory, reset_reason=reason
        )

    link = new_link()
    if over_mqtt:
        carrier = MqttBoard(link, lambda: Client(server), "0000000000000001", "farwire", Select())
    else:
        carrier = HttpsBoard(link, Requests(server), "https://there/farwire/0000000000000001", "secret")
    guard = Guard(build, storage)
    loop = Loop(guard, link, carrier)
    now_ms, crashes, opened = 0, 0, 0
    while now_ms < 600000:
        if not opened and now_ms > 300000:
            opened = loop.link.counters["opened"]
            loop.link.on_taken = broken
        now_ms = min(max(now_ms + 1, loop.turn(now_ms)), now_ms + 500)
        crashes += len([event for event in guard.events() if isinstance(event, Crashed)])
    loop.close(now_ms)
    return sensor.value, guard.pending() < 20, server.frames.count(210) >= 5, opened, crashes


def broken(token, now_ms):
    raise IndexError("broken")
"""


@pytest.mark.parametrize("over_mqtt", [True, False])
def test_a_node_reports_and_is_acknowledged_on_micropython_as_on_cpython(over_mqtt: bool) -> None:
    names: dict[str, object] = {}
    exec(PLAY, names)

    printed = micropython.run(PLAY + f"print(play({over_mqtt}))", (micropython.CODECS, micropython.NODE))

    here = names["play"](over_mqtt)  # type: ignore[operator]
    assert printed.strip() == str(here)
    assert here[1:3] == (True, True)
    assert here[3:] == (2, 1)  # opened once more after the failure of the network; one of the program's own


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_module_compiles_for_boards(path) -> None:  # type: ignore[no-untyped-def]
    assert micropython.compile_module(path)
