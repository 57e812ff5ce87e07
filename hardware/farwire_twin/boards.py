"""Boards and batteries as data: `hardware/boards/*.toml`, `hardware/batteries/*.toml`.

Each figure names its source there. Charge comes from the ledger that the node keeps (the node's power.py).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from farwire_node.power.power import ACTIVITIES, Currents, Ledger, charges, uah_a_day

# Inside the package where it is installed as a wheel (pyproject.toml), beside it in a checkout.
_INSTALLED = Path(__file__).resolve().parent / "boards_data"
_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1]
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class BatteryKind:
    """One cell, or a pack of them."""

    name: str
    capacity_mah: float
    self_discharge_percent_a_year: float  # of the capacity when new
    usable_percent: float  # what a board can take out of it

    def years(self, mah_a_day: float) -> float:
        """How long it lasts under a load, self-discharge included."""
        lost_mah = self.capacity_mah * self.self_discharge_percent_a_year / 100
        used_mah = mah_a_day * DAYS_A_YEAR
        return self.capacity_mah * self.usable_percent / 100 / (used_mah + lost_mah)


@dataclass(frozen=True, slots=True)
class Board:
    """One board with its radio, its supply, and what they take."""

    key: str  # name of its file
    name: str
    currents: Currents
    battery: BatteryKind
    data: dict[str, Any]  # all of its file: radio, wiring, bill of materials, sources

    def mah_a_day(self, ledger: Ledger) -> float:
        """What a node with this ledger takes on this board."""
        return uah_a_day(sum(charges(ledger, self.currents)), ledger.elapsed_ms) / 1000

    def by_activity(self, ledger: Ledger) -> dict[str, float]:
        """The same, in mAh a day for each activity."""
        spent = charges(ledger, self.currents)
        return {
            activity: uah_a_day(charge_nc, ledger.elapsed_ms) / 1000
            for activity, charge_nc in zip(ACTIVITIES, spent, strict=True)
        }


@cache
def boards() -> tuple[Board, ...]:
    """Every board that there is data for, by the name of its file."""
    return tuple(_board(path) for path in sorted((_FOLDER / "boards").glob("*.toml")))


def report(ledgers: list[Ledger]) -> dict[str, dict[str, float]]:
    """mAh a day and years of the median node and of the hungriest, for each board; {} before any time."""
    grown = [ledger for ledger in ledgers if ledger.elapsed_ms]
    found = {}
    for board in boards() if grown else ():
        loads = sorted(board.mah_a_day(ledger) for ledger in grown)
        median = loads[(len(loads) - 1) // 2]
        found[board.name] = {
            "mah_a_day": round(median, 3),
            "years": round(board.battery.years(median), 2),
            "worst_mah_a_day": round(loads[-1], 3),
            "worst_years": round(board.battery.years(loads[-1]), 2),
        }
    return found


def _board(path: Path) -> Board:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    given = dict(data["currents"])
    gain_db = data["radio"]["antenna_dbi"]  # the node asks for EIRP, data sheets tell what the pin gives
    levels = tuple((level["dbm"] + gain_db, level["ua"]) for level in given.pop("transmit"))
    values = {name: entry["value"] for name, entry in given.items()}
    return Board(
        path.stem, data["name"], Currents(**values, transmit=levels), _battery(data["battery"]), data
    )


def _battery(key: str) -> BatteryKind:
    data = tomllib.loads((_FOLDER / "batteries" / f"{key}.toml").read_text(encoding="utf-8"))
    return BatteryKind(
        data["name"],
        data["capacity_mah"]["value"],
        data["self_discharge_percent_a_year"]["value"],
        data["usable_percent"]["value"],
    )
