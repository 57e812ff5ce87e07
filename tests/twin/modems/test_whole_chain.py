"""A node's program on Linux, pyserial, a pseudo-terminal, an emulated modem in the twin's air, a gateway and
the network server: nothing of it is left out, and all of it runs in real time, faster."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chirpstack_api import integration

from farwire_codecs import ports
from farwire_codecs.configuration import REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_codecs.lpp_actuators import encode_actuators
from farwire_node import node_events
from farwire_node.lorawan.regions import EU868
from farwire_node.modems.identity import Identity
from farwire_node.modems.loop import Loop
from farwire_node.modems.modem_link import ModemLink
from farwire_node.modems.serial_driver_host import Clock, run
from farwire_node.modems.serial_port_host import SerialPort
from farwire_node.node import Node
from farwire_node.storage import MemoryStorage
from farwire_twin.modems.board import ModemBoard
from farwire_twin.modems.pseudo_terminal import PseudoTerminal
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.provisioning import DeviceToProvision, ProfileToProvision, Provisioner
from farwire_twin.settings import TwinSettings
from farwire_twin.twin import Twin
from farwire_twin.world.propagation import Place
from tests.node.modems.bench import MODEMS
from tests.node.program.fakes import TEMPERATURE, Lamp, SteppingSensor
from tests.twin.world.application import Application

SPEED = 20.0  # times real time; the driver's shortest time-out, 1.5 s, is 75 ms then
DEV_EUI, JOIN_EUI, APP_KEY = 0x02A1B2C3D4E5F607, 0x02A1B2C3D4E5F600, bytes(range(16))
NAME = f"{DEV_EUI:016x}"
WITHIN_S = 60.0
SETTINGS = (Setting(SAMPLING_INTERVAL_S, None, 5), Setting(REPORTING_INTERVAL_S, None, 15))
LAMP_ON = encode_actuators([(20, 100)])


@dataclass
class Chain:
    """The parts that a test touches."""

    twin: Twin
    board: ModemBoard
    terminal: PseudoTerminal
    application: Application
    link: ModemLink
    loop: Loop
    lamp: Lamp
    ids: dict[str, str]
    told: list[Any] = field(default_factory=list)

    def stored(self) -> dict[int, tuple[int, list[Any]]]:
        return self.application.devices[NAME].records

    def sampled(self) -> int:
        return sum(isinstance(event, node_events.Sampled) for event in self.told)

    def wait(self, until: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + WITHIN_S
        while not until():
            assert time.monotonic() < deadline_s, self.link.counters
            time.sleep(0.02)


@contextmanager
def chain(name: str, folder: Path) -> Iterator[Chain]:
    dialect, emulator = MODEMS[name]
    boxed: list[Application] = []

    def to_application(event: PublishEvent) -> None:
        boxed[0].on_event(event)

    settings = TwinSettings(nodes=1, gateways=1, speed=SPEED, api_token="token", api_bind="127.0.0.1:0")
    twin = Twin(settings, 1_790_000_000_000, to_application)
    server, simulation = twin.network_server, twin.simulation
    assert server is not None

    def command(*downlink: Any) -> None:
        simulation.clock.after(0, lambda: server.on_command(*downlink))

    boxed.append(Application(command))
    stop = threading.Event()
    world = threading.Thread(target=lambda: twin.world.run(stop))
    world.start()
    ids = twin.start()
    with grpc.insecure_channel(ids["api_address"], options=(("grpc.enable_http_proxy", 0),)) as channel:
        Provisioner(channel, "token").provision(
            tenant=settings.tenant_name,
            application=settings.application_name,
            profile=ProfileToProvision("modems", class_c=True),
            devices=[DeviceToProvision(NAME, name, APP_KEY.hex(), f"{JOIN_EUI:016x}")],
        )
    terminals: list[PseudoTerminal] = []

    def to_host(data: bytes) -> None:
        terminals[0].write(data)

    board = ModemBoard(
        NAME, emulator, EU868, Place(30.0, 0.0), simulation.clock, simulation.channel,
        simulation.accounting, to_host,
    )  # fmt: skip
    terminal = PseudoTerminal(folder / "modem", lambda data: twin.world.post(lambda: board.feed(data)))
    terminals.append(terminal)
    twin.world.call(board.power_on)

    dice, storage, lamp = random.Random(1), MemoryStorage(), Lamp()
    link = ModemLink(
        dialect(),
        Identity(DEV_EUI, JOIN_EUI, APP_KEY),
        EU868,
        storage,
        dice.randrange,
        device_class="C",
        join_spread_ms=0,
    )
    node = Node(
        DEV_EUI, (SteppingSensor(TEMPERATURE),), (lamp,), link, storage, dice.randrange, factory=SETTINGS
    )
    loop = Loop(node, link, lambda: SerialPort(str(terminal.path), dialect.baud))
    made = Chain(twin, board, terminal, boxed[0], link, loop, lamp, ids)
    program = threading.Thread(
        target=lambda: run(loop, Clock(speed=SPEED), stop, lambda: made.told.extend(node.events()))
    )
    program.start()
    try:
        yield made
    finally:
        stop.set()
        program.join()
        world.join()
        terminal.unplug()
        twin.stop(clean=True)


@pytest.mark.parametrize("name", MODEMS)
def test_records_come_in_and_a_class_c_downlink_goes_out(name: str, tmp_path: Path) -> None:
    with chain(name, tmp_path) as it:
        it.wait(lambda: len(it.stored()) >= 6)
        down = integration.DownlinkCommand(dev_eui=NAME, f_port=ports.LPP_ACTUATORS, data=LAMP_ON)
        it.twin.world.call(
            lambda: it.twin.network_server.on_command(it.ids["application_id"], NAME, down)  # type: ignore[union-attr]
        )

        it.wait(lambda: it.lamp.history == [100])

        assert it.twin.simulation.accounting.nodes.by_sender_us[NAME] > 0


def test_an_unplugged_modem_is_found_again_and_nothing_is_lost(tmp_path: Path) -> None:
    with chain("RAK3172", tmp_path) as it:
        it.wait(lambda: len(it.stored()) >= 3)
        it.terminal.unplug()
        it.twin.world.call(it.board.power_off)
        it.wait(lambda: it.loop.port is None)
        before = it.sampled()
        it.wait(lambda: it.sampled() >= before + 3)
        it.twin.world.call(it.board.power_on)
        it.terminal.plug()

        # What was lost with the modem goes again once the hole that it leaves is reported.
        it.wait(lambda: set(it.stored()) >= set(range(1, before + 4)))

        assert it.loop.opened == 2
