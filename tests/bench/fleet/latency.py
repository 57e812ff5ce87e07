"""Alarm latency where ordinary traffic would take 90 % of all airtime, beside a first-in-first-out queue.

Every node measures noise that no codec can shorten, so often that its records, each sent once in full frames,
take 90 % of what the law allows it: 1 % in each of the two sub-bands of EU868 that its channels lie in. Now
and then its temperature leaves the normal, which raises an alarm, and comes back, which ends it.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from farwire_codecs import batch_encoder, configuration
from farwire_codecs.batch_layout import Record
from farwire_codecs.configuration import Setting
from farwire_codecs.schema import Channel, plain
from farwire_node.node import Node
from farwire_node.sensors.sensor import Sensor
from farwire_twin.world.kits import Kit, high
from farwire_twin.world.law_checker import airtime_ms
from farwire_twin.world.plant import Making
from tests.bench.fleet.fifo import FifoNode
from tests.bench.fleet.plants import Watched, run

LOAD = 0.9
ALLOWED_MS = 72_000  # an hour
RATES = ((0, 12), (1, 11), (2, 10))  # DR and spreading factor, in turn
PAYLOAD, OVERHEAD = 51, 13
TEMPERATURE, GENERIC = 103, 100
NOISE = tuple(Channel(number, GENERIC) for number in range(2, 5))  # four bytes each
CHANNELS = (Channel(1, TEMPERATURE), *NOISE)
NORMAL, HOT, LIMIT, HYSTERESIS = 200, 600, 500, 50  # tenths of a degree
HOT_EVERY_S, HOT_FOR_S = 2_400, 600
BEFORE_S = 3_600  # until the first hour is full, alarms are not counted
GATE_MS = 1_000  # p99 may be one frame's airtime and this


class Noise(Sensor):
    """Three random words, and a temperature that is hot for ten minutes out of forty."""

    channels = CHANNELS
    warm_up_ms = 0

    def __init__(self, seed: str) -> None:
        self._draw = random.Random(f"noise {seed}")
        self._phase_s = random.Random(f"phase {seed}").randrange(HOT_EVERY_S)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the temperature and the words."""
        hot = (now_ms // 1000 + self._phase_s) % HOT_EVERY_S < HOT_FOR_S
        return ((HOT if hot else NORMAL,), *((self._draw.getrandbits(32),) for _ in NOISE))


@dataclass(frozen=True, slots=True)
class Latency:
    """What alarms took from sample to start of transmission, all nodes together; sorted ms."""

    found_ms: Sequence[int]
    over_ms: Sequence[float]  # sorted too: beyond the longest frame's airtime at the node's own data rate
    airtime_percent: float  # used by all nodes, of what the law allows
    watched: Watched

    def at(self, share: float) -> int:
        """Return a quantile."""
        return quantile(self.found_ms, share)


def longest_ms(number: int) -> float:
    """Return how long a node's longest frame is on air."""
    _, sf = RATES[number % len(RATES)]
    return airtime_ms(PAYLOAD + OVERHEAD, sf, 125_000)


def interval_s(number: int) -> int:
    """Return how often a node samples, so that its frames take `LOAD` of its airtime."""
    _, sf = RATES[number % len(RATES)]
    size, count = _frame()
    frames_an_hour = LOAD * ALLOWED_MS / airtime_ms(size + OVERHEAD, sf, 125_000)
    return max(1, round(3600 / (frames_an_hour * count)))


def measure(nodes: int, hours: float, program: type[Node], reserve_percent: int) -> Latency:
    """Run a fleet."""

    def link(number: int) -> dict[str, object]:
        dr, _ = RATES[number % len(RATES)]
        return {"initial_dr": dr, "adr": False, "reserve_percent": reserve_percent}

    def settings(number: int) -> tuple[Setting, ...]:
        return (Setting(configuration.SAMPLING_INTERVAL_S, None, interval_s(number)),)

    making = Making(
        program,
        capacity=2_048,
        kit=lambda number: Kit("noise", (Noise(f"{number}"),), (), high(1, LIMIT, HYSTERESIS)),
        settings=settings,
        link=link,
    )
    ended: dict[str, float] = {}
    watched = run(
        making,
        lambda twin: twin.simulation.clock.after(
            round(hours * 3_600_000) - 1,
            lambda: ended.update(airtime=twin.simulation.accounting.nodes.airtime_us / 1000),
        ),
        nodes=nodes,
        minutes=60 * hours,
        reporting_interval_s=86_400,
        gateways=3,
    )
    simulation = watched.run.twin.simulation
    numbers = {node.identity.dev_eui: index for index, node in enumerate(simulation.plant.nodes, 1)}
    epoch_ms = simulation.clock.epoch_ms
    raised_ms = {
        (line["dev_eui"], line["number"]): line["time_ms"] - epoch_ms
        for line in watched.run.truth
        if line["kind"] == "alarm"
    }
    sent = {
        (line["dev_eui"], line["number"]): line["latency_ms"]
        for line in watched.run.truth
        if line["kind"] == "alarm_sent"
    }
    counted = {key: ms for key, ms in sent.items() if 1000 * BEFORE_S <= raised_ms[key] < 3_600_000 * hours}
    return Latency(
        sorted(counted.values()),
        sorted(ms - longest_ms(numbers[dev_eui]) for (dev_eui, _), ms in counted.items()),
        100 * ended["airtime"] / (nodes * hours * ALLOWED_MS),
        watched,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


PROGRAMS: dict[str, tuple[type[Node], int]] = {
    "planner, a fifth held in reserve": (Node, 20),
    "first in, first out, no reserve": (FifoNode, 0),
}


def line(name: str, nodes: int, hours: float) -> str:
    """Run a fleet with one of the programs and return its figures."""
    before_s = time.process_time()
    found = measure(nodes, hours, *PROGRAMS[name])
    broken = sum(found.watched.checker.violations.values())
    longest = max(longest_ms(number) for number in range(len(RATES)))
    p50_s, p99_s, most_s = (found.at(share) / 1000 for share in (0.5, 0.99, 1))
    return (
        f"alarms, {nodes} nodes, {hours:g} h, ordinary traffic for {100 * LOAD:.0f} % of the airtime, {name}:"
        "\n"
        f"    {len(found.found_ms)} alarms, from sample to start of transmission p50 {p50_s:.2f} s,"
        f" p99 {p99_s:.2f} s, max {most_s:.2f} s; the longest frame takes {longest / 1000:.2f} s;\n"
        f"    beside each node's own longest frame p99 {quantile(found.over_ms, 0.99) / 1000:+.2f} s;"
        f" {found.airtime_percent:.0f} % of all airtime used; violations {broken};"
        f" {time.process_time() - before_s:.0f} s of CPU"
    )


@cache
def _frame() -> tuple[int, int]:
    """Return the bytes of a frame that is as full as it gets, and the records in it."""
    draw = random.Random("records")
    records = [
        Record(number, 60 * number, ((NORMAL,), *((draw.getrandbits(32),) for _ in NOISE)))
        for number in range(1, 20)
    ]
    payload, count = batch_encoder.encode(plain(1, CHANNELS), records, 60_000 * 20, PAYLOAD)
    return len(payload), count
