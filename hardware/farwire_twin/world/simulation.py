"""A whole simulated radio world: time, air, gateways, nodes, books. The network server is not part of it."""

from dataclasses import asdict
from typing import Any

from farwire_node.lorawan import regions
from farwire_twin import boards
from farwire_twin.settings import TwinSettings
from farwire_twin.world import survey
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.barrier import Barrier
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.gateway import Gateway
from farwire_twin.world.gateway_law import GatewayLaw
from farwire_twin.world.identities import gateway_id
from farwire_twin.world.keeping import Keeping
from farwire_twin.world.plant import USUAL, Making, Plant, PlantOptions
from farwire_twin.world.replay import load_folder
from farwire_twin.world.station import Station
from farwire_twin.world.truth import TruthFile
from farwire_twin.world.world import World
from farwire_twin.world.world_time import HOUR_MS, MINUTE_MS, Start

# The quiet tail ends when every node has everything acknowledged, which is looked at this often, and anyway
# after six hours: a node that is not acknowledged by then never will be.
TAIL_LOOK_MS = 10_000
LONGEST_TAIL_MS = 6 * HOUR_MS


class Simulation:
    """The parts of a world, joined. `start` says where its time begins."""

    def __init__(
        self,
        settings: TwinSettings,
        start: Start,
        keeping: Keeping | None = None,
        truth: TruthFile | None = None,
        making: Making = USUAL,
    ) -> None:
        region = regions.by_name(settings.region)
        self.clock = Clock(start.now_ms, start.epoch_ms, settings.speed)
        self.barrier = Barrier()
        self.world = World(self.clock, self.barrier)
        self.accounting = Accounting(region, start.epoch_ms, truth)
        self.channel = Channel(self.clock, settings.seed, settings.loss)
        self._minutes = settings.minutes
        self._tail_until_ms: int | None = None
        gateway_places = survey.gateway_places(settings.gateways, settings.radius_m)
        self.stations = {
            gateway.gateway_id: Station(gateway, self.clock, self.channel, self.accounting)
            for gateway in (
                Gateway(gateway_id(settings.seed, number), place, GatewayLaw(region), settings.seed)
                for number, place in enumerate(gateway_places, 1)
            )
        }
        links = self.channel.links
        places = survey.node_places(settings.nodes, settings.radius_m, gateway_places, links, settings.seed)
        options = PlantOptions(
            settings.seed,
            region,
            settings.sampling_interval_s,
            settings.reporting_interval_s,
            () if settings.replay is None else load_folder(settings.replay),
            settings.device_class,
            making,
        )
        self.plant = Plant(options, places, self.clock, self.channel, self.accounting, keeping)

    def begin(self) -> None:
        """Power the plant and let time go. In the world's thread."""
        self.plant.power_on()
        if self._minutes:
            self.clock.after(round(self._minutes * MINUTE_MS), self._begin_tail)
        self.clock.start()

    def snapshot(self) -> dict[str, Any]:
        """The state of things as plain numbers. In the world's thread."""
        return {
            "utc_ms": self.clock.utc_ms,
            "now_ms": self.clock.now_ms,
            "tail": self._tail_until_ms is not None,
            "pending": self.plant.pending(),
            "uplinks": self.channel.up.counts.sent,
            "downlinks": self.channel.down.counts.sent,
            **self.accounting.snapshot(),
            "battery": boards.report([node.power for node in self.plant.nodes]),
            "air_up": asdict(self.channel.up.counts),
            "air_down": asdict(self.channel.down.counts),
            "barrier_timeouts": self.barrier.timed_out,
        }

    def _begin_tail(self) -> None:
        self._tail_until_ms = self.clock.now_ms + LONGEST_TAIL_MS
        self.plant.stop_sampling()
        self._look_at_tail()

    def _look_at_tail(self) -> None:
        assert self._tail_until_ms is not None
        if self.plant.pending() == 0 or self.clock.now_ms >= self._tail_until_ms:
            self.world.finish()
        else:
            self.clock.after(TAIL_LOOK_MS, self._look_at_tail)
