"""What fleets of nodes keep to: alarm latency, the law, and nothing lost in a bad week.

python -m tests.bench.bench_fleet [--full]: with --full 24 hours of 200 nodes in every region that the checker
knows, and weeks of five nodes. Two processes run side by side.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.bench.fleet import day, latency, week

NODES = 200
LATENCY_H = 2.0
SHORT_DAY_H, FULL_DAY_H = 2.0, 24.0
FULL = "--full"


def main(*arguments: str) -> None:
    """Print the figures."""
    full = FULL in (*arguments, *sys.argv[1:])
    regions = day.REGIONS if full else day.MUST
    hours = FULL_DAY_H if full else SHORT_DAY_H
    jobs = [
        *((latency.line, (name, NODES, LATENCY_H)) for name in latency.PROGRAMS),
        *((day.line, (region, NODES, hours)) for region in regions),
        *((week.line, (nodes, *case)) for nodes in (5 if full else 1,) for case in week.CASES),
    ]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for text in [pool.submit(job, *given) for job, given in jobs]:
            print(f"  {text.result()}", flush=True)
    if not full:
        print(f"  ({FULL}: {FULL_DAY_H:g} hours, in more regions, and weeks of five nodes)")


if __name__ == "__main__":
    main()
