"""A guarded node on a link that always works, in the MicroPython subset: crashes on order, and what is sent.

Runs on CPython and on MicroPython alike.
"""

from farwire_codecs import log_piece, ports, state_report
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_keys import LOG_LEVEL, SAMPLING_INTERVAL_S
from farwire_codecs.schema import Channel
from farwire_node.link import Delivered, Joined, Link, Sending
from farwire_node.node import Node
from farwire_node.sensors.sensor import Sensor
from farwire_node.steps import Sleep
from farwire_node.storage import MemoryStorage
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode

FACTORY = (Setting(SAMPLING_INTERVAL_S, None, 60), Setting(LOG_LEVEL, None, 1))


class Wire(Link):
    """Takes every frame at once; raises what it is told to."""

    def __init__(self, sent: "list[tuple[int, bytes]]", faults: "list[Exception]") -> None:
        self.sent = sent
        self.faults = faults
        self._joined = False
        self._events: list[tuple[object, ...]] = []

    def join(self, now_ms: int) -> None:
        if not self._joined:
            self._joined = True
            self._events.append(Joined(1))

    @property
    def joined(self) -> bool:
        return self._joined

    @property
    def busy(self) -> bool:
        return False

    def capacity(self, now_ms: int) -> int:
        return 51

    def airtime_ms(self, size: int) -> int:
        return 100

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        return now_ms

    def send(self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int) -> Sending:
        self.sent.append((port, payload))
        self._events.append(Delivered(None))
        return Sending(now_ms + 100)

    def poll(self, now_ms: int) -> Sleep:
        if self.faults:
            self._break()
        return Sleep(now_ms + 3_600_000)

    def _break(self) -> None:
        raise self.faults.pop(0)

    def events(self) -> "list[tuple[object, ...]]":
        events, self._events = self._events, []
        return events

    def suspend(self, now_ms: int) -> None:
        """There is nothing to save."""


class Level(Sensor):
    """Always the same."""

    channels = (Channel(1, 103),)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        return ((215,),)


class World:
    """A guarded node and its clock."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes]] = []
        self.faults: list[Exception] = []
        self.storage = MemoryStorage()
        self.now_ms = 0
        self.guard = Guard(self._build, self.storage)

    def _build(self, reason: int) -> Node | SafeNode:
        link = Wire(self.sent, self.faults)
        if reason == SAFE_MODE:
            return SafeNode(1, link, self.storage, lambda n: n // 2, FACTORY)
        sensors = (Level(),)
        return Node(1, sensors, (), link, self.storage, lambda n: n // 2, FACTORY, 64, reason)

    def run(self, for_s: int) -> None:
        end_ms = self.now_ms + 1000 * for_s
        while self.now_ms < end_ms:
            step = self.guard.poll(self.now_ms)
            assert isinstance(step, Sleep)
            self.now_ms = min(end_ms, max(step.until_ms, self.now_ms + 1))
        self.guard.events()

    def reasons(self) -> "list[int]":
        return [
            state_report.decode(payload).reset_reason for port, payload in self.sent if port == ports.STATE
        ]

    def report(self) -> str:
        """Return the last crash report that was sent."""
        pieces = [log_piece.decode(payload) for port, payload in self.sent if port == ports.LOG]
        return b"".join([piece.data for piece in pieces if piece.number == pieces[-1].number]).decode()


def story() -> "tuple[list[int], tuple[str, list[str], list[str]], list[int]]":
    """Return reset reasons, the crash report but its places, and ports at last."""
    world = World()
    world.run(1200)
    world.faults.append(ValueError("one is wrong"))
    world.run(1200)
    lines = world.report().split("\n")
    assert lines[4].startswith("at guard.py:"), lines
    assert "guarded_node.py" in lines[4] or "<stdin>" in lines[4] or lines[4].count(":") > 2, lines
    world.faults.extend([MemoryError(), KeyError("x"), OSError(5), IndexError("y")])
    world.run(120)
    assert isinstance(world.guard.node, SafeNode)
    world.run(3600)
    first = lines[0].split(" ")[0]
    return world.reasons(), (first, lines[1:4], lines[5:]), [port for port, _ in world.sent[-4:]]
