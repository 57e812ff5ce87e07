"""Ordinary frames keep the radio free for the next sample however late the network's windows open."""

import pytest

from farwire_codecs import ports
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.link import USUAL_WINDOWS_MS
from farwire_node.lorawan import mac_commands as mc
from farwire_node.records.store import RecordStore
from farwire_node.sending.agenda import Agenda
from farwire_node.sending.scheduler import Send, Wake, plan
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import Down, Network, World
from tests.node.modems.bench import MODEMS, Bench
from tests.node.program.dice import smallest
from tests.node.records.test_store import SCHEMA

LATER_S = 5


def due_report(world: World, sample_in_ms: int) -> Agenda:
    """An agenda whose state report is due now, with a sample soon."""
    storage = MemoryStorage()
    records = RecordStore(SCHEMA, 128, storage)
    agenda = Agenda(records, AlarmStore(storage), lambda _: bytes(20), smallest, world.now_ms)
    agenda.sample_gap_ms = 60_000
    agenda.next_sample_ms = world.now_ms + sample_in_ms
    return agenda


@pytest.mark.parametrize("delay_s", [1, LATER_S, 15])
def test_a_session_whose_join_accept_delays_the_windows_tells_so(delay_s: int) -> None:
    world = World(Network(rx1_delay_s=delay_s), initial_dr=5).joined()

    assert world.mac.windows_ms == USUAL_WINDOWS_MS + 1000 * (delay_s - 1)


def test_a_network_that_delays_the_windows_later_on_is_followed() -> None:
    world = World(initial_dr=5).joined()
    world.network.queue = [Down(f_opts=mc.encode(mc.RXTimingSetupReq(LATER_S)))]

    world.send()

    assert world.mac.windows_ms == USUAL_WINDOWS_MS + 1000 * (LATER_S - 1)


def test_a_frame_whose_late_windows_would_last_into_a_sample_waits_for_it() -> None:
    world = World(Network(rx1_delay_s=LATER_S), initial_dr=5).joined()
    world.run(60_000)
    agenda = due_report(world, sample_in_ms=6_000)

    step = plan(agenda, world.mac, world.now_ms)

    assert step == Wake(world.now_ms + 6_000)


def test_the_same_frame_goes_before_the_sample_where_the_windows_are_over_by_then() -> None:
    world = World(Network(rx1_delay_s=1), initial_dr=5).joined()
    world.run(60_000)
    agenda = due_report(world, sample_in_ms=6_000)

    step = plan(agenda, world.mac, world.now_ms)

    assert isinstance(step, Send)
    assert step.port == ports.STATE


@pytest.mark.parametrize("name", MODEMS)
def test_a_modem_link_learns_the_windows_from_its_frames(name: str) -> None:
    bench = Bench(name)
    bench.network.rx1_delay_s = LATER_S

    bench.join()

    assert 1000 * (LATER_S + 2) < bench.link.windows_ms < 1000 * (LATER_S + 5)
