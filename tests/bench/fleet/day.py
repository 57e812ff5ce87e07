"""A day of a plant, its frames judged by the checker of the law."""

import time

from farwire_twin.world.law_checker import LAWS
from tests.bench.fleet.plants import run
from tests.twin.world.direct import findings

MUST = ("EU868", "US915")
REGIONS = tuple(LAWS)


def line(region: str, nodes: int, hours: float) -> str:
    """Run one region and return its figures."""
    before_s = time.process_time()
    watched = run(nodes=nodes, minutes=60 * hours, region=region, gateways=3)
    cpu_s = time.process_time() - before_s
    found, checker, final = findings(watched.run), watched.checker, watched.run.final
    broken = ", ".join(f"{kind}: {count}" for kind, count in checker.violations.items()) or "none"
    text = (
        f"law: {region}, {nodes} nodes, {hours:g} h and the tail: {checker.frames} frames on the air,"
        f" violations {broken} (longest frame {checker.longest_ms:.0f} ms"
    )
    if checker.fullest_hour:
        text += f", fullest hour of any node {100 * checker.fullest_hour:.1f} % of what is allowed"
    text += (
        f"); {found['sampled']} records, lost {found['lost']}, altered {found['altered']};"
        f" {final['alarms']} alarms, sent {final['alarms_sent']}; {cpu_s:.0f} s of CPU"
    )
    return "\n  ".join((text, *checker.first))
