"""Boards as data: what each file must hold, and what a ledger comes to on a board."""

import tomllib
from pathlib import Path

import pytest

from farwire_node.power.power import Currents, Ledger
from farwire_node.steps import Transmit
from farwire_twin import boards
from farwire_twin.boards import BatteryKind, Board

HARDWARE = Path(__file__).resolve().parents[3] / "hardware"
DAY_MS = 86_400_000


def day(board: Board) -> Ledger:
    """A day of one frame an hour."""
    ledger = Ledger()
    ledger.advance(0)
    for hour in range(24):
        start_ms = hour * 3_600_000
        ledger.begin(Transmit(b"", 868_100_000, 7, 125_000, 14, 60), True, start_ms)
        ledger.radio_done(start_ms + 60)
        ledger.advance(start_ms + 3_600_000)
    return ledger


def test_there_are_boards_of_three_kinds_at_least() -> None:
    assert len({board.data["processor"] for board in boards.boards()}) >= 3
    assert len({board.data["radio"]["chip"] for board in boards.boards()}) >= 3


@pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board.key)
def test_every_figure_of_a_board_names_its_source(board: Board) -> None:
    currents = dict(board.data["currents"])
    levels = currents.pop("transmit")

    assert currents.keys() == set(Currents._fields) - {"transmit"}
    assert all(entry["source"] for entry in [*currents.values(), *levels])
    assert [level["dbm"] for level in levels] == sorted(level["dbm"] for level in levels)


@pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board.key)
def test_a_board_says_how_it_is_wired_and_what_it_is_made_of(board: Board) -> None:
    pins = [pin for name, pin in board.data["wiring"].items() if name not in ("spi", "uart")]

    assert len(pins) == len(set(pins))
    assert "sensor_rail" in board.data["wiring"]
    assert all(item["quantity"] > 0 and item["for"] for item in board.data["bill_of_materials"])


@pytest.mark.parametrize("path", sorted((HARDWARE / "batteries").glob("*.toml")), ids=lambda path: path.stem)
def test_every_figure_of_a_battery_names_its_source(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    name = data.pop("name")

    assert name
    assert all(entry["source"] for entry in data.values())


def test_the_readme_names_every_board() -> None:
    text = (HARDWARE / "README.md").read_text(encoding="utf-8")

    assert [board.key for board in boards.boards() if f"`{board.key}`" not in text] == []


def test_a_battery_that_nobody_loads_is_lost_to_its_own_discharge() -> None:
    battery = BatteryKind("", 1_000, 2, 80)

    assert battery.years(0) == 40
    assert battery.years(800 / 365.25) == pytest.approx(800 / 820)


@pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board.key)
def test_a_quiet_day_costs_the_sleep_and_little_more(board: Board) -> None:
    ledger = day(board)
    sleep_na = board.currents.deep_na if board.currents.deep_from_ms else board.currents.light_na

    spent = board.by_activity(ledger)

    assert spent["sleep"] == pytest.approx(24 * sleep_na / 1_000_000, rel=0.01, abs=0.001)
    assert board.mah_a_day(ledger) == pytest.approx(sum(spent.values()), abs=0.01)
    assert spent["transmit"] < 0.1


@pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board.key)
def test_no_sleep_is_deep_that_costs_more_than_a_light_one(board: Board) -> None:
    currents = board.currents
    if not currents.deep_from_ms:
        return
    boot_nc = currents.awake_ua * currents.boot_ms
    pays_from_ms = 1000 * boot_nc // (currents.light_na - currents.deep_na)

    assert pays_from_ms <= currents.deep_from_ms < 2 * pays_from_ms
    seconds, rest_ms = divmod(currents.deep_from_ms, 1000)
    assert (rest_ms, seconds.bit_count()) == (0, 1)  # where the ledger tells sleeps apart


def test_the_report_is_empty_before_time_has_passed() -> None:
    assert boards.report([Ledger()]) == {}
    assert set(boards.report([day(boards.boards()[0])])) == {board.name for board in boards.boards()}
