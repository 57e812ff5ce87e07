"""A guarded node on a modem: a fault in the modem's link costs no record."""

import pytest

from farwire_node import node_events
from farwire_node.modems.identity import Identity
from farwire_node.modems.loop import Loop
from farwire_node.modems.modem_link import ModemLink
from farwire_node.node import Node
from farwire_node.steps import Sleep
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from tests.node.modems.bench import APP_KEY, DEV_EUI, JOIN_EUI, MODEMS, SETTINGS, Bench


class FaultyLink(ModemLink):
    """A link with a fault in it, which shows on order: in `on_bytes` or in `poll`."""

    wrong = ""

    def on_bytes(self, data: bytes, now_ms: int) -> None:
        self._may_fail("on_bytes")
        super().on_bytes(data, now_ms)

    def poll(self, now_ms: int) -> Sleep:
        self._may_fail("poll")
        return super().poll(now_ms)

    def _may_fail(self, where: str) -> None:
        if self.wrong == where:
            self.wrong = ""
            raise IndexError(where)


class GuardedBench(Bench):
    def start_host(self) -> None:
        self.wire = None
        self.guard = Guard(self._build, self.storage)
        self.node = self.guard  # type: ignore[assignment]
        self.link = self._new_link()
        self.loop = Loop(self.guard, self.link, self._open)

    def _new_link(self) -> FaultyLink:
        identity = Identity(DEV_EUI, JOIN_EUI, APP_KEY)
        region = self.network.region
        return FaultyLink(MODEMS[self.name][0](), identity, region, self.storage, self._dice.randrange)

    def _build(self, reason: int) -> Node | SafeNode:
        self.link = self._new_link()
        self.loop.renew(self.link)
        if reason == SAFE_MODE:
            return SafeNode(DEV_EUI, self.link, self.storage, self._dice.randrange, SETTINGS)
        return Node(
            DEV_EUI,
            (self.sensor,),
            (self.lamp,),
            self.link,
            self.storage,
            self._dice.randrange,
            SETTINGS,
            512,
            reason,
        )


@pytest.mark.parametrize("name", MODEMS)
@pytest.mark.parametrize("where", ["on_bytes", "poll"])
def test_a_fault_of_the_modems_link_starts_both_over_and_loses_nothing(name: str, where: str) -> None:
    bench = GuardedBench(name)
    bench.join()

    assert isinstance(bench.link, FaultyLink)
    bench.link.wrong = where
    bench.run(1800)

    (crash,) = bench.events(node_events.Crashed)
    assert crash.error == f"IndexError: {where}"
    bench.finish()
    bench.assert_all_arrived()
    assert len(bench.sampled) > 20
