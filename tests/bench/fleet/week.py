"""Seven days on a channel that loses a part of all frames, with a day without a gateway in them."""

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from farwire_codecs import configuration_keys as keys
from farwire_codecs import ports
from farwire_codecs.configuration import Setting
from farwire_node.node import Node
from farwire_twin.twin import Twin
from farwire_twin.world.kits import KITS
from farwire_twin.world.law_checker import airtime_ms
from farwire_twin.world.on_air import Signal
from farwire_twin.world.plant import Making
from tests.bench.fleet import minimum
from tests.bench.fleet.latency import quantile
from tests.bench.fleet.plants import Watched, run
from tests.twin.world.direct import findings

HOUR_MS = 3_600_000
DAYS, LOSS, OUTAGE_H = 7.0, 0.3, 24.0
CAPACITY = 4_096  # records: a day and a half at one a minute, and what is thinned would be lost
RATES = {0: (12, 51), 3: (9, 115), 5: (7, 242)}  # DR -> spreading factor, bytes


@dataclass(frozen=True, slots=True)
class Week:
    """What came of it, all nodes together."""

    found: dict[str, int]
    airtime_ms: float
    history_ms: float
    least_ms: float  # in full frames on a perfect channel
    reports_ms: float  # likewise, but a frame for each report
    delays_ms: list[int]  # of records, from sampling to arrival, sorted
    downlinks_a_day: float  # acknowledgements a node
    dropped: int
    watched: Watched

    @property
    def ratio(self) -> float:
        """Airtime of all frames beside the least."""
        return self.airtime_ms / self.least_ms


def measure(
    *,
    nodes: int = 5,
    days: float = DAYS,
    loss: float = LOSS,
    outage_h: float = OUTAGE_H,
    dr: int = 5,
    carry: bool = False,
    reporting_s: int = 300,
    sampling_s: int = 60,
    program: type[Node] = Node,
) -> Week:
    """Run a plant of five kinds of nodes at one data rate, without alarms."""
    sf, limit = RATES[dr]
    spent_ms: defaultdict[int, float] = defaultdict(float)  # by FPort; 0: joins and the MAC's own

    def witness(_: str, signal: Signal) -> None:
        frame = signal.frame
        at = 8 + (frame[5] & 0x0F)
        port = frame[at] if frame[0] >> 5 == 2 and len(frame) > at + 4 else 0
        spent_ms[port] += airtime_ms(len(frame), signal.sf, signal.bw_hz)

    def prepare(twin: Twin) -> None:
        twin.simulation.accounting.witnesses.append(witness)
        middle_ms = round(days * 12 * HOUR_MS)
        for station in twin.simulation.stations.values():
            station.outage(middle_ms, middle_ms + round(outage_h * HOUR_MS))

    making = Making(
        program,
        capacity=CAPACITY,
        kit=lambda number: replace(KITS[(number - 1) % len(KITS)](f"{number}"), limits=()),
        settings=lambda _: (Setting(keys.HISTORY_CARRY, None, carry),),
        link=lambda _: {"initial_dr": dr, "adr": False},
    )
    watched = run(
        making,
        prepare,
        nodes=nodes,
        minutes=days * 24 * 60,
        loss=loss,
        gateways=1,
        radius_m=200,
        sampling_interval_s=sampling_s,
        reporting_interval_s=reporting_s,
    )
    simulation = watched.run.twin.simulation
    least_ms = reports_ms = 0.0
    for node in simulation.plant.nodes:
        program_run = getattr(node.node, "node", node.node)  # within its guard, or bare
        schema = program_run._schema.schema
        records = minimum.records_of(
            watched.run.truth, node.identity.dev_eui, simulation.clock.epoch_ms, schema
        )
        least_ms += minimum.least_ms(records, schema, limit, sf, carry)
        reports_ms += minimum.least_ms(records, schema, limit, sf, carry, max(1, reporting_s // sampling_s))
    devices: Any = watched.run.application.devices.values()
    return Week(
        findings(watched.run),
        sum(spent_ms.values()),
        spent_ms[ports.HISTORY],
        least_ms,
        reports_ms,
        sorted(delay for device in devices for delay in device.delays_ms),
        sum(device.acknowledged for device in devices) / nodes / days,
        watched.run.final["dropped"],
        watched,
    )


CASES = tuple((reporting_s, carry) for reporting_s in (300, 3_600) for carry in (False, True))


def line(nodes: int, reporting_s: int, carry: bool) -> str:
    """Run a week and return its figures."""
    before_s = time.process_time()
    found = measure(nodes=nodes, carry=carry, reporting_s=reporting_s)
    return (
        f"{DAYS:g} days, {nodes} nodes at DR5, {100 * LOSS:.0f} % of all frames lost both ways,"
        f" {OUTAGE_H:g} h without a gateway, a record a minute, reported every {reporting_s // 60} min,"
        f" history_carry {'on' if carry else 'off'}:\n    {told(found)};"
        f" {time.process_time() - before_s:.0f} s of CPU"
    )


def told(found: Week) -> str:
    """Say what came of a week."""
    broken = sum(found.watched.checker.violations.values())
    p50_min, p99_min = (quantile(found.delays_ms, share) / 60_000 for share in (0.5, 0.99))
    return (
        f"{found.found['sampled']} records, lost {found.found['lost']}, altered {found.found['altered']};"
        f" airtime {found.airtime_ms / 1000:.0f} s, {found.ratio:.2f} x the {found.least_ms / 1000:.0f} s"
        f" of full frames on a perfect channel,\n    {found.airtime_ms / found.reports_ms:.2f} x those of a"
        f" frame a report (history alone {found.history_ms / found.least_ms:.2f} x and"
        f" {found.history_ms / found.reports_ms:.2f} x); records after {p50_min:.1f} min (p50),"
        f" {p99_min:.0f} min (p99);\n    {found.downlinks_a_day:.1f} acknowledgements a day and node;"
        f" violations {broken}"
    )
