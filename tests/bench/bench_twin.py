"""How much simulated time a second of processor time buys: a whole plant with network server, no broker.

python -m tests.bench.bench_twin [nodes] [minutes]
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.twin.world.direct import findings, run

NODES, MINUTES, GATEWAYS = 200, 180, 3


def main(nodes: int = NODES, minutes: int = MINUTES) -> None:
    """Print node-hours simulated per CPU second, with what they consisted of."""
    with tempfile.TemporaryDirectory(prefix="farwire-bench-") as folder:
        before_s = time.process_time()
        finished = run(Path(folder), nodes=nodes, minutes=minutes, gateways=GATEWAYS)
        cpu_s = time.process_time() - before_s
    final, found = finished.final, findings(finished)
    node_hours = nodes * final["now_ms"] / 3_600_000
    print(
        f"twin: {node_hours / cpu_s:.1f} node-hours a CPU second"
        f" ({nodes} nodes, {node_hours:.0f} node-hours, {cpu_s:.1f} s of CPU;"
        f" {found['sampled']} records, lost {found['lost']}, {final['uplinks']} uplinks,"
        f" {final['downlinks']} downlinks, {GATEWAYS} gateways; application included)"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
