"""The books of a world: what was sampled, sent, released and raised, and whether the law was kept.

Everything is told in the world's thread, in the order of virtual time (`now_ms`, also the nodes' clock).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from farwire_node import node_events
from farwire_node.lorawan.regions import Region
from farwire_twin.world.airtime_judge import AirtimeJudge
from farwire_twin.world.on_air import Signal
from farwire_twin.world.truth import TruthFile

Witness = Callable[[str, Signal], None]  # DevEUI, and the frame that starts now

log = logging.getLogger("farwire.twin")


@dataclass(slots=True)
class Totals:
    """Counts since the start of the run, over all nodes."""

    joins: int = 0
    frames: int = 0  # application frames that nodes began to send
    sampled: int = 0  # records
    released: int = 0  # records of which the nodes know that the cloud has them
    dropped: int = 0  # records that a full memory gave up
    alarms: int = 0
    alarms_sent: int = 0
    outputs_set: int = 0
    configurations: int = 0
    reboots: int = 0
    crashes: int = 0  # of nodes' programs, which their guards started over


class Accounting:
    """Takes every node's events and every frame on the air. `truth` None writes nothing."""

    def __init__(self, region: Region, epoch_ms: int, truth: TruthFile | None = None) -> None:
        self.totals = Totals()
        self.nodes = AirtimeJudge(region)
        self.gateways = AirtimeJudge(region)
        self.witnesses: list[Witness] = []  # told of every frame of a node, too
        self.alarm_latencies_ms: list[int] = []  # from the sample that shows it to the start of transmission
        self._epoch_ms = epoch_ms
        self._truth = truth
        self._unsent: set[tuple[str, int]] = set()  # alarms raised and never yet sent
        self._handlers: dict[type, Callable[[str, Any], None]] = {
            node_events.Sampled: self._sampled,
            node_events.AlarmRaised: self._alarm_raised,
            node_events.AlarmSent: self._alarm_sent,
            node_events.FrameSent: self._frame_sent,
            node_events.Released: self._released,
            node_events.Dropped: self._dropped,
            node_events.Renumbered: self._renumbered,
            node_events.Joined: self._joined,
            node_events.OutputSet: self._output_set,
            node_events.ConfigurationApplied: self._configuration_applied,
            node_events.Rebooted: self._rebooted,
            node_events.Crashed: self._crashed,
        }

    def on_event(self, dev_eui: str, event: Any) -> None:
        """Count one of node_events."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(dev_eui, event)

    def on_node_sent(self, dev_eui: str, signal: Signal) -> None:
        """A node's frame starts now."""
        self.nodes.add(dev_eui, signal)
        for witness in self.witnesses:
            witness(dev_eui, signal)

    def on_gateway_sent(self, gateway_id: str, signal: Signal) -> None:
        """A gateway's frame starts now."""
        self.gateways.add(gateway_id, signal)

    def snapshot(self) -> dict[str, Any]:
        """The state of things as plain numbers."""
        totals = self.totals
        return {
            "joins": totals.joins,
            "frames": totals.frames,
            "sampled": totals.sampled,
            "acknowledged": totals.released,
            "dropped": totals.dropped,
            "alarms": totals.alarms,
            "alarms_sent": totals.alarms_sent,
            "alarm_latency_ms": summary(self.alarm_latencies_ms),
            "outputs_set": totals.outputs_set,
            "configurations": totals.configurations,
            "reboots": totals.reboots,
            "crashes": totals.crashes,
            "airtime_ms": self.nodes.airtime_us // 1000,
            "worst_duty": worst(self.nodes),
            "gateway_airtime_ms": self.gateways.airtime_us // 1000,
            "gateway_worst_duty": worst(self.gateways),
            "too_long": self.nodes.too_long,
            "outside": self.nodes.outside,
        }

    def _write(self, kind: str, dev_eui: str, number: int, **facts: Any) -> None:
        if self._truth is not None:
            self._truth.write(kind, dev_eui, number, **facts)

    def _sampled(self, dev_eui: str, event: Any) -> None:
        self.totals.sampled += 1
        record = event.record
        readings = [
            [channel.channel, channel.type_id, list(value)]
            for channel, value in zip(event.channels, record.values, strict=True)
            if value is not None
        ]
        time_ms = self._epoch_ms + record.time_s * 1000
        self._write("record", dev_eui, record.number, time_ms=time_ms, readings=readings)

    def _alarm_raised(self, dev_eui: str, event: Any) -> None:
        self.totals.alarms += 1
        alarm = event.alarm
        self._unsent.add((dev_eui, alarm.number))
        self._write(
            "alarm",
            dev_eui,
            alarm.number,
            time_ms=self._epoch_ms + alarm.time_s * 1000,
            channel=alarm.channel,
            lpp_type=alarm.type_id,
            condition=alarm.condition,
            active=bool(alarm.active),
            raw=None if alarm.raw is None else list(alarm.raw),
        )

    def _alarm_sent(self, dev_eui: str, event: Any) -> None:
        if (dev_eui, event.number) not in self._unsent:
            return  # a repetition
        self._unsent.remove((dev_eui, event.number))
        self.totals.alarms_sent += 1
        latency_ms = event.start_ms - event.sampled_ms
        self.alarm_latencies_ms.append(latency_ms)
        time_ms = self._epoch_ms + event.start_ms
        self._write("alarm_sent", dev_eui, event.number, time_ms=time_ms, latency_ms=latency_ms)

    def _frame_sent(self, _dev_eui: str, _event: Any) -> None:
        self.totals.frames += 1

    def _released(self, _dev_eui: str, event: Any) -> None:
        self.totals.released += event.count

    def _dropped(self, dev_eui: str, event: Any) -> None:
        self.totals.dropped += 1
        self._write("dropped", dev_eui, event.number)

    def _renumbered(self, dev_eui: str, event: Any) -> None:
        self._write("renumbered", dev_eui, event.first)

    def _joined(self, _dev_eui: str, _event: Any) -> None:
        self.totals.joins += 1

    def _output_set(self, _dev_eui: str, _event: Any) -> None:
        self.totals.outputs_set += 1

    def _configuration_applied(self, _dev_eui: str, _event: Any) -> None:
        self.totals.configurations += 1

    def _crashed(self, dev_eui: str, event: Any) -> None:
        self.totals.crashes += 1
        log.error("node_crashed", extra={"dev_eui": dev_eui, "error": event.error})
        self._write("crash", dev_eui, event.digest, error=event.error, now_ms=event.now_ms)

    def _rebooted(self, _dev_eui: str, _event: Any) -> None:
        self.totals.reboots += 1


def summary(values_ms: list[int]) -> dict[str, int] | None:
    """Median, 95th percentile and largest; None of nothing."""
    if not values_ms:
        return None
    ordered = sorted(values_ms)
    last = len(ordered) - 1
    return {"median": ordered[last // 2], "p95": ordered[round(last * 0.95)], "worst": ordered[last]}


def worst(judge: AirtimeJudge) -> dict[str, Any] | None:
    """The fullest hour against its limit; None where nothing is limited."""
    hour = judge.worst
    if hour is None:
        return None
    return {
        "sender": hour.sender,
        "sub_band_hz": hour.sub_band_hz,
        "airtime_ms": round(hour.airtime_ms, 3),
        "duty_percent": round(hour.duty_percent, 4),
        "percent_of_limit": round(hour.percent_of_limit, 2),
    }
