"""Years on a battery: boards x reporting profiles x data rates, beside plain LPP frames of one reading each.

python -m tests.bench.bench_battery [days]
"""

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from farwire_node.drivers.sht3x import Sht3x
from farwire_node.power.power import Ledger
from farwire_twin import boards
from farwire_twin.boards import Board
from farwire_twin.world import kits
from farwire_twin.world.kits import Kit
from farwire_twin.world.plant import Making
from tests.bench.battery.plain_node import PlainNode
from tests.twin.world.direct import findings, run

DAYS = 2
NODES = 2
PROFILES = ((60, 900), (900, 3_600), (3_600, 21_600))  # seconds: sampled every, sent within
DATA_RATES = ((5, "DR5, SF7"), (2, "DR2, SF10"))
SEED = 3
PLAIN_BYTES = 17  # 13 of LoRaWAN, and an LPP item


@dataclass(frozen=True, slots=True)
class Days:
    """What one run leaves: the ledger of its first node, and what it says of its readings."""

    ledger: Ledger
    readings: str


def main(days: int = DAYS) -> None:
    """Print the assumptions, the table, and where the charge goes."""
    print_assumptions(days)
    for dr, words in DATA_RATES:
        print(f"EU868, {words}:")
        print(
            f"  {'sampled / sent':<16}{'board':<26}{'mAh a day':>10}{'years':>7}{'plain LPP':>12}{'years':>7}"
        )
        for sampling_s, reporting_s in PROFILES:
            ours = simulate(dr, sampling_s, reporting_s, days, plain=False)
            plain = simulate(dr, sampling_s, reporting_s, days, plain=True)
            profile = f"{span(sampling_s)} / {span(reporting_s)}"
            for board in boards.boards():
                print_row(profile, board, ours.ledger, plain.ledger)
            print(f"    {ours.readings}; plain: {plain.readings}")
    print_shares(days)


def print_assumptions(days: int) -> None:
    """Say on what the years rest."""
    battery = boards.boards()[0].battery
    print(
        f"{days} simulated days in the twin, {NODES} rooms (temperature and humidity as an SHT3x of"
        f" {Sht3x.charge_nc / 1000:.0f} uC a reading, battery voltage, output state: 4 a sample), one"
        f" gateway near by, no loss, class A, ADR off, 16 dBm EIRP, no alarms, the join left out; the node's"
        f" frames with the acknowledgements that they ask for; plain: one LPP frame a reading at once,"
        f" unconfirmed. Battery: {battery.name}, {battery.capacity_mah} mAh, {battery.usable_percent} %"
        f" of it usable, {battery.self_discharge_percent_a_year} % a year self-discharge. Currents:"
        f" hardware/boards/*.toml, from data sheets and others' measurements; the processor's times are"
        f" assumed (80 cycles a bytecode; a plain frame costs it what a sample does).\n"
        f"Past 10 to 15 years a cell's own ageing decides, which is not in here."
    )


def print_row(profile: str, board: Board, ours: Ledger, plain: Ledger) -> None:
    """Print one board's line."""
    mah, plain_mah = board.mah_a_day(ours), plainly(board).mah_a_day(plain)
    print(
        f"  {profile:<16}{board.name:<26}{mah:>10.3f}{board.battery.years(mah):>7.1f}"
        f"{plain_mah:>12.3f}{board.battery.years(plain_mah):>7.1f}"
    )


def print_shares(days: int) -> None:
    """Print the share of each activity, for one profile."""
    ledger = simulate(5, *PROFILES[1], days, plain=False).ledger
    for board in boards.boards():
        spent = board.by_activity(ledger)
        shares = ", ".join(f"{name} {mah:.3f}" for name, mah in spent.items())
        print(f"where it goes at 15 min / 1 h, DR5, {board.name}, mAh a day: {shares}")


def plainly(board: Board) -> Board:
    """The board running the plain node, whose frames cost its processor no more than a sample."""
    cheap = board.currents._replace(encoding_us=1000 * board.currents.sampling_ms // PLAIN_BYTES)
    return Board(board.key, board.name, cheap, board.battery, board.data)


def simulate(dr: int, sampling_s: int, reporting_s: int, days: int, *, plain: bool) -> Days:
    """Let the plant live for some days."""
    program: Any = PlainNode if plain else None
    fixed = {"kit": room, "link": lambda _: {"initial_dr": dr, "adr": False}}
    making = Making(**fixed, program=program) if plain else Making(**fixed)
    with tempfile.TemporaryDirectory(prefix="farwire-bench-") as folder:
        finished = run(
            Path(folder),
            making,
            nodes=NODES,
            gateways=1,
            radius_m=100.0,
            seed=SEED,
            sampling_interval_s=sampling_s,
            reporting_interval_s=reporting_s,
            minutes=days * 1440.0,
        )
    made = finished.twin.simulation.plant.nodes[0]
    node: Any = made.node
    made.power.join_sent_ms.clear()  # once in a life, not once in a run
    made.power.join_heard_ms = 0
    frames = f"{made.power.frames / days:.0f} frames a day"
    if plain:
        return Days(made.power, f"{frames}, {100 * node.unsent / node.readings:.0f} % never sent: the law")
    found = findings(finished)
    return Days(made.power, f"{frames}, {found['lost']} of {found['sampled']} records lost")


def room(number: int) -> Kit:
    """A room of the twin whose sensor costs what a real one does, without the alarms of its many doors."""
    kit = kits.room(f"bench {number}")
    kit.sensors[0].charge_nc = Sht3x.charge_nc
    return replace(kit, limits=())


def span(seconds: int) -> str:
    """Minutes or hours."""
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
