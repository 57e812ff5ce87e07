"""A guarded node on an IP link: a fault of the link or the carrier costs no record and no downlink."""

import random

import pytest

from farwire_codecs import command, configuration, log_piece, ports, state_report
from farwire_codecs.command import ReportState
from farwire_codecs.configuration import Setting
from farwire_node import node_events
from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.carrier import Carrier
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.loop import Loop
from farwire_node.node import Node
from farwire_node.steps import Sleep
from farwire_node.storage import MemoryStorage
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from farwire_node.survival.watchdog import Watchdog
from tests.node.ip.wire import Wire
from tests.node.program.guarded_node import FACTORY, Level


class FaultyLink(IpLink):
    """A link with a fault in it, which shows on order."""

    faults: list[str]

    def poll(self, now_ms: int) -> Sleep:
        self._may_fail("poll")
        return super().poll(now_ms)

    def on_taken(self, token: int, now_ms: int) -> None:
        self._may_fail("on_taken")
        super().on_taken(token, now_ms)

    def on_downlink(self, data: bytes, now_ms: int) -> None:
        self._may_fail("on_downlink")
        super().on_downlink(data, now_ms)

    def _may_fail(self, where: str) -> None:
        if where in self.faults:
            self.faults.remove(where)
            raise IndexError(where)


class Bench(Carrier):
    """A guarded node, and a carrier over a wire in memory."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.storage = MemoryStorage()
        self.now_ms = 0
        self.fed = 0
        self.told: list[tuple[object, ...]] = []
        self.wires: list[Wire] = []
        self._dice = random.Random(4)
        link = self._new_link()
        self.guard = Guard(self._build, self.storage, dog=Watchdog(self._feed, 10_000))
        self.loop = Loop(self.guard, link, self)

    def do(self, action: Open | Carry | Close, now_ms: int) -> None:
        if "do" in self.faults:
            self.faults.remove("do")
            raise KeyError("do")
        self.wires[-1]._do(action, now_ms)

    def report(self, now_ms: int) -> None:
        self.wires[-1]._hand_down(now_ms)

    def renew(self, link: IpLink) -> None:
        waiting, tag = self.wires[-1]._waiting, self.wires[-1]._tag
        self.wires.append(Wire(link))
        self.wires[-1]._waiting, self.wires[-1]._tag = waiting, tag  # the broker keeps them

    def close(self) -> None:
        self.wires[-1].open = False

    def run(self, for_s: int) -> None:
        end_ms = self.now_ms + 1000 * for_s
        while self.now_ms < end_ms:
            until_ms = self.loop.turn(self.now_ms)
            self.told += self.guard.events()
            self.now_ms = min(end_ms, max(until_ms, self.now_ms + 1))

    def payloads(self, port: int) -> list[bytes]:
        return [frame.payload for wire in self.wires for frame in wire.distinct if frame.port == port]

    def of(self, kind: type) -> list[tuple[object, ...]]:
        return [event for event in self.told if isinstance(event, kind)]

    def _feed(self) -> None:
        self.fed += 1

    def _new_link(self) -> FaultyLink:
        link = FaultyLink(self._dice.randrange, storage=self.storage)
        link.faults = self.faults
        if not self.wires:
            self.wires.append(Wire(link))
        return link

    def _build(self, reason: int) -> Node | SafeNode:
        link = self._new_link()
        self.loop.renew(link)
        if reason == SAFE_MODE:
            return SafeNode(1, link, self.storage, self._dice.randrange, FACTORY)
        sensors = (Level(),)
        return Node(1, sensors, (), link, self.storage, self._dice.randrange, FACTORY, 64, reason)


@pytest.mark.parametrize("where", ["poll", "on_taken", "do"])
def test_a_fault_starts_node_and_link_over_and_its_report_is_sent(where: str) -> None:
    bench = Bench()
    bench.run(600)
    pending = bench.guard.pending()
    sampled = len(bench.of(node_events.Sampled))

    bench.faults.append(where)
    bench.run(1200)

    (crash,) = bench.of(node_events.Crashed)
    assert where in str(crash.error)  # type: ignore[attr-defined]
    report = b"".join(log_piece.decode(payload).data for payload in bench.payloads(ports.LOG)).decode()
    assert report.startswith("crash ")
    assert where in report
    states = [state_report.decode(payload) for payload in bench.payloads(ports.STATE)]
    assert state_report.RESET_REASONS[states[-1].reset_reason] == "crash"
    assert bench.guard.pending() >= pending + 18  # nothing acknowledged them, nothing lost them
    assert len(bench.of(node_events.Sampled)) >= sampled + 18
    assert bench.fed > 100


def test_a_downlink_that_comes_while_the_node_is_started_over_is_kept_and_obeyed() -> None:
    bench = Bench()
    bench.run(600)
    bench.faults.append("poll")
    bench.run(1)
    while not bench.of(node_events.Crashed):
        bench.run(1)
    assert not bench.wires[-1].open
    bench.wires[-1].down(ports.COMMAND, command.encode(ReportState(9)))

    bench.run(120)

    answers = [command.decode_answer(payload) for payload in bench.payloads(ports.COMMAND_ANSWER)]
    assert [answer.number for answer in answers] == [9]


def test_in_safe_mode_a_node_answers_commands_and_takes_a_configuration_over_ip() -> None:
    bench = Bench()
    bench.run(120)
    for _ in range(3):
        bench.faults.append("poll")
        bench.run(60)
    assert isinstance(bench.guard.node, SafeNode)
    document = configuration.canonical((Setting(configuration.SAMPLING_INTERVAL_S, None, 30),))

    bench.wires[-1].down(ports.COMMAND, command.encode(ReportState(9)))
    for piece in configuration.pieces(document, 200):
        bench.wires[-1].down(ports.CONFIGURATION, piece)
    bench.run(120)

    answers = [command.decode_answer(payload) for payload in bench.payloads(ports.COMMAND_ANSWER)]
    assert [answer.number for answer in answers] == [9]
    last = state_report.decode(bench.payloads(ports.STATE)[-1])
    assert state_report.RESET_REASONS[last.reset_reason] == "safe_mode"
    assert last.configuration_hash == configuration.document_hash(document)


def test_a_carrier_that_fails_while_no_node_runs_counts_as_no_further_crash() -> None:
    bench = Bench()
    bench.run(120)
    bench.faults += ["poll", "do"]

    bench.run(30)

    assert len(bench.of(node_events.Crashed)) == 1
    assert isinstance(bench.guard.node, Node)
