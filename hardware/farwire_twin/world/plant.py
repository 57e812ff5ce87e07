"""A plant: nodes with their things, each on a board of its own in the world."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from farwire_codecs import configuration, configuration_keys
from farwire_codecs.configuration import Setting
from farwire_node.aes_host import HostAes
from farwire_node.lorawan.mac import Mac
from farwire_node.lorawan.regions import Region
from farwire_node.node import CAPACITY, Node
from farwire_node.power.power import Ledger
from farwire_node.storage import MemoryStorage, Storage
from farwire_node.survival.guard import POWER_ON, Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.driver import Driver
from farwire_twin.world.identities import Identity, node_identity
from farwire_twin.world.keeping import Keeping, NodeStorage
from farwire_twin.world.kits import KITS, Kit, replayed
from farwire_twin.world.processes import Battery
from farwire_twin.world.propagation import Place
from farwire_twin.world.replay import Series

PROCESSES_KEY = "processes"
# An installer powers the nodes one after the other.
POWER_ON_STEP_MS = 1000
# The data rate that nodes take after a join where the dwell time is kept: they join at one whose frames carry
# 11 bytes, and an ADR of the network that would lift them to another is not to be counted on.
DWELL_DR = 3


@dataclass(frozen=True, slots=True)
class PlantNode:
    """One node of the plant."""

    name: str
    identity: Identity
    kit: Kit
    driver: Driver
    node: Any  # a Guard, or a program that is run without one
    power: Ledger


@dataclass(frozen=True, slots=True)
class Making:
    """How nodes are made where they are not the usual ones; functions are of the node's number, from 1 on.

    The usual program runs under a Guard, as on boards; another one, which is there to be measured, does not:
    what it cannot handle ends the world.
    """

    program: type[Node] = Node
    capacity: int = CAPACITY
    kit: Callable[[int], Kit] | None = None
    settings: Callable[[int], tuple[Setting, ...]] = lambda _: ()  # go before the plant's
    link: Callable[[int], dict[str, Any]] = lambda _: {}  # more arguments of Mac


USUAL = Making()


@dataclass(frozen=True, slots=True)
class PlantOptions:
    """What kind of plant."""

    seed: int
    region: Region
    sampling_interval_s: int
    reporting_interval_s: int
    series: tuple[Series, ...] = ()  # to be replayed; none: physical models
    device_class: str = "A"  # or "C"
    making: Making = USUAL


class Plant:
    """All nodes. `keeping` None: nothing outlives the process."""

    def __init__(
        self,
        options: PlantOptions,
        places: list[Place],
        clock: Clock,
        channel: Channel,
        accounting: Accounting,
        keeping: Keeping | None = None,
    ) -> None:
        self._options = options
        self._clock = clock
        self._channel = channel
        self._accounting = accounting
        self._keeping = keeping
        self.nodes = [self._build(number, place) for number, place in enumerate(places, 1)]

    def power_on(self) -> None:
        """Power the nodes, one a second from now on."""
        for index, node in enumerate(self.nodes):
            self._clock.after(index * POWER_ON_STEP_MS, node.driver.power_on)

    def stop_sampling(self) -> None:
        """Have every node sample no more, and deliver what it holds."""
        for node in self.nodes:
            node.node.stop_sampling()
            node.driver.poke()

    def pending(self) -> int:
        """How many records and alarms the nodes hold that were not acknowledged."""
        return sum(node.node.pending() for node in self.nodes)

    def suspend(self) -> None:
        """Save every node's memory and the state of its things, as if power went off in an orderly way."""
        for node in self.nodes:
            node.node.suspend(self._clock.now_ms)
            if self._keeping is not None:
                states = [process.state() for process in node.kit.processes]
                kept = {"kit": node.kit.name, "states": states}
                self._keeping.save_json(node.identity.dev_eui, PROCESSES_KEY, kept)

    def _build(self, number: int, place: Place) -> PlantNode:
        identity = node_identity(self._options.seed, number)
        kit = self._kit(number)
        self._restore(identity, kit)
        storage = self._storage(identity)
        dice = random.Random(f"node {self._options.seed} {number} {self._clock.now_ms}")
        making = self._options.making
        factory, battery = self._factory(number, kit), _battery(kit)
        power = Ledger()
        dev_eui = int(identity.dev_eui, 16)

        def build(reason: int) -> Any:
            link = self._link(number, identity, storage, dice)
            if reason == SAFE_MODE:
                return SafeNode(dev_eui, link, storage, dice.randrange, factory, battery)
            return making.program(
                dev_eui,
                kit.sensors,
                kit.actuators,
                link,
                storage,
                dice.randrange,
                factory=factory,
                capacity=making.capacity,
                reset_reason=reason,
                battery_mv=battery,
                power=power,
            )

        node = Guard(build, storage) if making.program is Node else build(POWER_ON)
        driver = Driver(identity.dev_eui, node, place, self._clock, self._channel, self._accounting)
        used = power if isinstance(node, Guard) else node.power
        return PlantNode(f"{kit.name}-{number}", identity, kit, driver, node, used)

    def _link(self, number: int, identity: Identity, storage: Storage, dice: random.Random) -> Mac:
        return Mac(
            self._options.region,
            int(identity.dev_eui, 16),
            int(identity.join_eui, 16),
            identity.app_key,
            HostAes(),
            storage,
            dice.randrange,
            **{
                "initial_dr": DWELL_DR if self._options.region.dwell_at_boot else None,
                "senses_channel": True,  # the twin's radios could; its air knows no law that asks for it
                **self._options.making.link(number),
            },
        )

    def _kit(self, number: int) -> Kit:
        seed, series, making = self._options.seed, self._options.series, self._options.making
        if making.kit is not None:
            return making.kit(number)
        if not series:
            return KITS[(number - 1) % len(KITS)](f"{seed} {number}")
        chosen = series[(number - 1) % len(series)]
        return replayed(chosen, random.Random(f"offset {seed} {number}").random() * chosen.period_s)

    def _factory(self, number: int, kit: Kit) -> tuple[Setting, ...]:
        special = self._options.making.settings(number)
        usual = (
            Setting(configuration.SAMPLING_INTERVAL_S, None, self._options.sampling_interval_s),
            Setting(configuration.REPORTING_INTERVAL_S, None, self._options.reporting_interval_s),
            Setting(configuration_keys.RADIO_CLASS, None, int(self._options.device_class == "C")),
        )
        said = {(setting.key, setting.index) for setting in special}
        rest = tuple(setting for setting in usual + kit.limits if (setting.key, setting.index) not in said)
        return configuration.canonical(special + rest)

    def _storage(self, identity: Identity) -> Storage:
        return MemoryStorage() if self._keeping is None else NodeStorage(self._keeping, identity.dev_eui)

    def _restore(self, identity: Identity, kit: Kit) -> None:
        kept = None if self._keeping is None else self._keeping.load_json(identity.dev_eui, PROCESSES_KEY)
        if kept is not None and kept["kit"] == kit.name:
            for process, state in zip(kit.processes, kept["states"], strict=True):
                process.restore(state)


def _battery(kit: Kit) -> Callable[[], int] | None:
    for process in kit.processes:
        if isinstance(process, Battery):
            battery = process
            return lambda: round(1000 * battery.voltage_v)
    return None
