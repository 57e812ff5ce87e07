"""How much of what was sent already goes again: the policies beside each other, by their figures.

python -m tests.bench.fleet.policies [days]
"""

import sys
from collections.abc import Callable

from farwire_node.node import Node
from farwire_node.sending.history import LONGEST_RUN
from farwire_node.sending.repeats import Repeats
from tests.bench.fleet.latency import quantile
from tests.bench.fleet.week import measure

NODES, DAYS = 3, 2.0
LOSSES = (0.0, 0.1, 0.3, 0.5)


class Fixed(Repeats):
    """Repeats the records of so many frames, whatever the channel loses."""

    def __init__(self, now_ms: int, depth: int) -> None:
        super().__init__(now_ms)
        self.depth = depth

    def heard(self, hole: bool, now_ms: int) -> None:
        """Learn nothing."""


def program(repeats: Callable[[int], Repeats]) -> type[Node]:
    """Return the node's program with another policy."""

    class Repeating(Node):
        def _start(self, now_ms: int) -> None:
            super()._start(now_ms)
            self._agenda.repeats = repeats(now_ms)

    return Repeating


POLICIES: dict[str, Callable[[int], Repeats]] = {
    "whatever fits the frame": lambda now_ms: Fixed(now_ms, LONGEST_RUN),
    "nothing": lambda now_ms: Fixed(now_ms, 0),
    "the last frame": lambda now_ms: Fixed(now_ms, 1),
    "the last two frames": lambda now_ms: Fixed(now_ms, 2),
    "as the holes call for": Repeats,
}


def main(days: float = DAYS) -> None:
    """Print the table: a record a minute, reported every 5 minutes at DR5."""
    print(
        f"what a batch repeats; {NODES} nodes, {days:g} days, a record a minute, a report every 5 minutes,"
        " DR5: airtime of history beside each report sent once, p50/p99 of minutes from sampling to arrival,"
        " acknowledgements a day"
    )
    print(f"  {'':<26}" + "".join(f"{f'{100 * loss:.0f} % lost':>28}" for loss in LOSSES))
    for name, repeats in POLICIES.items():
        cells = [_cell(repeats, days, loss) for loss in LOSSES]
        print(f"  {name:<26}" + "".join(f"{cell:>28}" for cell in cells), flush=True)


def _cell(repeats: Callable[[int], Repeats], days: float, loss: float) -> str:
    found = measure(nodes=NODES, days=days, loss=loss, outage_h=0, program=program(repeats))
    delays = found.delays_ms
    lost = f" LOST {found.found['lost']}" if found.found["lost"] else ""
    return (
        f"{found.history_ms / found.reports_ms:.2f}x {quantile(delays, 0.5) / 60_000:.1f}/"
        f"{quantile(delays, 0.99) / 60_000:.0f} min {found.downlinks_a_day:.0f}{lost}"
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
