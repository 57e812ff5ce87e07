"""The books of a world: what was sampled, sent, released and raised, and whether the law was kept.

Everything is told in the world's thread, in the order of virtual time (`now_ms`, also the nodes' clock).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from farwire_node import node_events
from farwire_node.lorawan.regions import Region
from farwire_twin.world.airtime_judge import AirtimeJudge
from farwire_twin.world.on_air import Signal
from farwire_twin.world.truth import TruthFile


@dataclass(slots=True)
class Totals:
    """Counts since the start of the run, over all nodes."""

    joins: int = 0
    sampled: int = 0  # records
    released: int = 0  # records and alarms whose acknowledgement the nodes have
    dropped: int = 0  # records that a full memory gave up
    alarms: int = 0
    alarms_sent: int = 0
    outputs_set: int = 0
    configurations: int = 0
    reboots: int = 0


class Accounting:
    """Takes every node's events and every frame on the air. `truth` None writes nothing."""

    def __init__(self, region: Region, epoch_ms: int, truth: TruthFile | None = None) -> None:
        self.totals = Totals()
        self.nodes = AirtimeJudge(region)
        self.gateways = AirtimeJudge(region)
        self.alarm_latencies_ms: list[int] = []  # from the sample that shows it to the start of transmission
        self._epoch_ms = epoch_ms
        self._truth = truth
        self._unsent: dict[str, set[int]] = {}  # alarms raised and never yet sent
        self._handlers: dict[type, Callable[[str, Any], None]] = {
            node_events.Sampled: self._sampled,
            node_events.AlarmRaised: self._alarm_raised,
            node_events.AlarmSent: self._alarm_sent,
            node_events.Released: self._released,
            node_events.Dropped: self._dropped,
            node_events.Joined: self._joined,
            node_events.OutputSet: self._output_set,
            node_events.ConfigurationApplied: self._configuration_applied,
            node_events.Rebooted: self._rebooted,
        }

    def on_event(self, dev_eui: str, event: Any) -> None:
        """Count one of node_events."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(dev_eui, event)

    def on_node_sent(self, dev_eui: str, signal: Signal) -> None:
        """A node's frame starts now."""
        self.nodes.add(dev_eui, signal)

    def on_gateway_sent(self, gateway_id: str, signal: Signal) -> None:
        """A gateway's frame starts now."""
        self.gateways.add(gateway_id, signal)
