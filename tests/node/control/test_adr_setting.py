"""The setting `adr`: whether the network chooses the data rate, over our own MAC and over modems."""

import pytest

from farwire_codecs.configuration import SAMPLING_INTERVAL_S, Setting
from farwire_codecs.configuration_keys import ADR
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.adr import REJOIN_AFTER
from farwire_node.node import Node
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import Down, World
from tests.node.modems.bench import MODEMS, Bench
from tests.node.program.fakes import SteppingSensor

SLOWER = Down(f_opts=mc.encode(mc.LinkADRReq(2, 3, 0b111, 0, 1)))  # DR2, 6 dB less

each_modem = pytest.mark.parametrize("name", MODEMS)


def slowed(initial_dr: int | None = 5) -> World:
    """A world whose network set the device to DR2 and a lower power."""
    world = World(initial_dr=initial_dr).joined()
    world.network.queue = [SLOWER]
    world.send()
    world.run(10_000)
    assert world.mac.data_rate == 2
    return world


@pytest.mark.parametrize("offers", [True, False])
def test_a_node_acts_on_the_setting_from_its_start(offers: bool) -> None:
    world = World(initial_dr=5).joined()
    settings = (Setting(SAMPLING_INTERVAL_S, None, 60), Setting(ADR, None, offers))
    node = Node(1, (SteppingSensor(),), (), world.mac, MemoryStorage(), lambda n: 0, settings)

    node.poll(world.now_ms)
    world.send()

    assert world.network.uplinks[-1].adr == offers


def test_without_adr_the_boards_own_data_rate_is_kept_at_full_power() -> None:
    world = slowed()

    world.mac.set_adr(False)
    world.send()

    assert world.mac.data_rate == 5
    assert world.sent[-1][1].power_dbm == 16
    assert not world.network.uplinks[-1].adr


def test_without_adr_the_present_data_rate_is_kept_where_the_board_has_none() -> None:
    world = slowed(initial_dr=None)

    world.mac.set_adr(False)

    assert world.mac.data_rate == 2


def test_without_adr_the_network_is_told_that_its_data_rate_was_not_taken() -> None:
    world = World(initial_dr=5).joined()
    world.mac.set_adr(False)
    world.network.queue = [SLOWER]
    world.send()
    world.send()

    assert world.mac.data_rate == 5
    answer = mc.decode(world.network.uplinks[-1].f_opts, True)
    assert answer == [mc.LinkADRAns(1, 0, 0)]


def test_adr_that_is_off_already_changes_nothing_when_it_is_set_so_again() -> None:
    world = slowed()
    world.mac.set_adr(False)
    world.mac.set_adr(False)

    assert world.mac.data_rate == 5


def test_without_adr_a_network_that_fell_silent_is_joined_anew() -> None:
    world = World(initial_dr=5).joined()
    world.mac.set_adr(False)
    hear = world.network.hear
    world.network.hear = lambda sent, end_ms: None
    for _ in range(REJOIN_AFTER):
        world.send()
        world.run(20_000)

    world.network.hear = hear
    world.run(600_000)

    assert len(world.network.requests) == 2


def test_with_adr_again_the_network_chooses() -> None:
    world = World(initial_dr=5).joined()
    world.mac.set_adr(False)
    world.mac.set_adr(True)
    world.network.queue = [SLOWER]

    world.send()

    assert world.mac.data_rate == 2
    assert world.network.uplinks[-1].adr


@each_modem
def test_a_modem_is_told_at_any_time_that_the_network_is_not_to_choose(name: str) -> None:
    bench = Bench(name, initial_dr=5)
    bench.join()
    bench.network.queue.append(SLOWER)
    bench.run_until(lambda: bench.modem.data_rate == 2)
    assert bench.network.uplinks[-1].adr

    bench.link.set_adr(False)
    bench.run_until(lambda: bench.modem.data_rate == 5, 60)
    frames = len(bench.network.uplinks)
    bench.run_until(lambda: len(bench.network.uplinks) >= frames + 2)

    assert not bench.network.uplinks[-1].adr
    bench.finish()
    bench.assert_all_arrived()


@each_modem
def test_a_modem_whose_board_has_no_data_rate_keeps_the_present_one(name: str) -> None:
    bench = Bench(name, initial_dr=None)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    rate = bench.modem.data_rate

    bench.link.set_adr(False)
    bench.run(300)

    assert bench.modem.data_rate == rate
    assert not bench.network.uplinks[-1].adr


@each_modem
def test_a_modem_that_starts_anew_is_told_again(name: str) -> None:
    bench = Bench(name, initial_dr=5)
    bench.link.set_adr(False)
    bench.join()
    bench.modem.power_on(bench.now_ms)
    bench.run(900)
    bench.finish()

    assert not bench.network.uplinks[-1].adr
    bench.assert_all_arrived()


@each_modem
def test_a_modem_is_told_when_the_network_is_to_choose_again(name: str) -> None:
    bench = Bench(name, adr=False, initial_dr=5)
    bench.join()
    assert not bench.network.uplinks[-1].adr

    bench.link.set_adr(True)
    bench.run(300)

    assert bench.network.uplinks[-1].adr
