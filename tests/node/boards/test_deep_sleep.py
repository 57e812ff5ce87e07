"""A board that wakes from deep sleep by a reset, on fakes of `machine`, `esp32`, `lora`, `time` and `os`."""

import ast
import itertools
from pathlib import Path

import pytest

from board_packer.pack import Packer
from tests import micropython
from tests.node.boards.board_run import HOUR_MS, SETTINGS, DeepTrial
from tests.node.boards.fakes import HELD, Chip, Machine
from tests.node.program import sleeping_node

ROOT = Path(__file__).resolve().parents[3]
FROM_MS = 16_000
POWER_ON = 1  # among the reasons of a state report


def test_a_board_boots_for_each_sample_and_stays_the_same_node() -> None:
    trial = DeepTrial()

    trial.advance(6 * HOUR_MS)

    assert trial.boots == len(trial.chip.deep) + 1 > 300
    assert trial.network.joins == 1
    assert sorted(trial.network.records) == list(range(1, len(trial.network.records) + 1))
    assert len(trial.network.records) > 340
    guard = trial.loop._node
    assert guard._lives.crashes == 0
    assert guard.node._reset_reason == POWER_ON
    assert guard.node.power.elapsed_ms > 5.9 * HOUR_MS
    assert trial.storage.load("crash_report") is None


def test_it_samples_at_the_moments_at_which_it_would_have_without_deep_sleep() -> None:
    trial = DeepTrial()

    trial.advance(6 * HOUR_MS)

    times = [trial.network.records[number][0] for number in sorted(trial.network.records)]
    for before, after in itertools.pairwise(times[1:]):  # the first one comes soon
        assert abs(after - before - 60_000) <= 2 * 63  # each age is told to the eighth of a second


def test_most_of_the_time_is_slept_deeply_and_no_short_sleep_is() -> None:
    trial = DeepTrial()

    trial.advance(12 * HOUR_MS)

    deep = trial.chip.deep
    assert min(deep) > FROM_MS - 400 - 1
    assert sum(deep) > 0.96 * 12 * HOUR_MS
    assert max(trial.chip.sizes) < 1_000


def test_no_watchdog_bites() -> None:
    trial = DeepTrial()

    trial.advance(3 * HOUR_MS)

    assert max(trial.chip.deep) > trial.machine.dogs[0].timeout
    assert not trial.bitten


def test_its_pins_are_let_go_again() -> None:
    trial = DeepTrial()
    trial.advance(HOUR_MS)

    trial.boot()

    assert HELD == {}


@pytest.mark.parametrize(
    ("in_flash", "retains", "other"),
    [
        (False, 2048, {}), (True, 100, {"retained_bytes": 100}), (True, 2048, {"device_class": "C"}),
        (True, 2048, {"deep_from_ms": 90_000}),
    ],
    ids=["records in RAM", "little memory", "class C", "no sleep that long"],
)  # fmt: skip
def test_a_board_that_should_not_does_not(in_flash: bool, retains: int, other: dict[str, object]) -> None:
    trial = DeepTrial(in_flash, Chip(retains), **other)
    trial.advance(2 * HOUR_MS)

    assert trial.chip.deep == []
    assert len(trial.network.records) > 100


def test_a_power_cut_in_deep_sleep_costs_a_few_counters_and_no_record() -> None:
    trial = DeepTrial()
    trial.advance(3 * HOUR_MS)
    trial.chip.kept = b""
    trial.chip.cause = Machine.PWRON_RESET

    trial.boot()
    trial.advance(3 * HOUR_MS)

    assert trial.network.joins == 1
    assert sorted(trial.network.records) == list(range(1, len(trial.network.records) + 1))
    assert len(trial.network.records) > 340


@pytest.mark.parametrize("cause", [Machine.PWRON_RESET, Machine.WDT_RESET])
def test_what_was_frozen_serves_after_deep_sleep_alone_and_once(cause: int) -> None:
    trial = DeepTrial()
    while not trial.falls_asleep():
        pass
    frozen = trial.chip.kept
    assert len(frozen) > 300

    trial.boot()
    assert trial.chip.kept == b""
    trial.chip.kept, trial.chip.cause = frozen, cause
    trial.boot()

    assert trial.node is None


def test_damaged_memory_makes_the_node_start_from_storage() -> None:
    trial = DeepTrial()
    trial.advance(2 * HOUR_MS)
    while not trial.falls_asleep():
        pass
    trial.chip.kept = trial.chip.kept[:50] + bytes((trial.chip.kept[50] ^ 4,)) + trial.chip.kept[51:]

    trial.boot()
    assert trial.node is None
    trial.advance(3 * HOUR_MS)

    assert trial.network.joins == 1
    assert sorted(trial.network.records) == list(range(1, len(trial.network.records) + 1))


@pytest.mark.parametrize("off_ppt", [-22, 22])
def test_a_clock_that_is_wrong_in_deep_sleep_makes_ages_as_wrong_and_no_more(off_ppt: int) -> None:
    trial = DeepTrial(True, Chip(2048, off_ppt))

    trial.advance(6 * HOUR_MS)

    times = [trial.network.records[number][0] for number in sorted(trial.network.records)]
    assert len(times) > 330
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert sum(steps) / len(steps) == pytest.approx(60_000 * (1 + off_ppt / 1000), rel=0.005)
    assert min(steps) > 0


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    trial = DeepTrial()
    trial.advance(HOUR_MS)
    while not trial.falls_asleep():
        pass
    before_ms = trial.loop._clock._now_ms
    trial.time.behind_ms += 5 * HOUR_MS

    trial.boot()

    assert trial.loop._clock.now_ms() >= before_ms
    trial.advance(HOUR_MS)
    assert trial.network.joins == 1


def test_a_packed_node_goes_on_too(tmp_path: Path) -> None:
    source = Packer("tests.node.boards.packed_sleep", {"tests": ROOT / "tests"}).source(("run",))
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "node.py").write_text(source, encoding="utf-8")

    there = micropython.run("from pack import node\nnode.run()", [folder])

    assert there.splitlines() == sleeping_node.tell()


def test_the_readme_tells_the_settings_of_deep_sleep() -> None:
    text = (ROOT / "hardware/board_main/README.md").read_text(encoding="utf-8")
    source = ast.parse((ROOT / "hardware/board_main/deep_sleep.py").read_text(encoding="utf-8"))

    asked = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)} & {
        *SETTINGS, "deep_from_ms", "boot_ms", "retained_bytes",
    }  # fmt: skip
    assert {"deep_from_ms", "boot_ms"} <= asked
    assert [name for name in sorted(asked) if f"`{name}`" not in text] == []
