"""What a board tells of its resets is what the guard takes."""

from types import SimpleNamespace
from typing import Any

import pytest

from farwire_codecs.state_report import RESET_REASONS
from farwire_node.survival import reset_board
from farwire_node.survival.watchdog import SAMPLING

ALL = {"PWRON_RESET": 1, "HARD_RESET": 2, "WDT_RESET": 3, "DEEPSLEEP_RESET": 4, "SOFT_RESET": 5}
FEW = {"PWRON_RESET": 1, "WDT_RESET": 3}  # some boards know only these


class Rtc:
    """The clock of a board with memory."""

    kept = b""

    def memory(self, data: bytes | None = None) -> bytes | None:
        if data is None:
            return self.kept
        Rtc.kept = data
        return None


class Wdt:
    def __init__(self, timeout: int) -> None:
        self.timeout = timeout
        self.fed = 0

    def feed(self) -> None:
        self.fed += 1


def machine(numbers: dict[str, int], told: int, **parts: Any) -> Any:
    return SimpleNamespace(reset_cause=lambda: told, **numbers, **parts)


@pytest.mark.parametrize(
    ("numbers", "told", "reason"),
    [
        (ALL, 1, "power_on"),
        (ALL, 2, "pin"),
        (ALL, 3, "watchdog"),
        (ALL, 4, "deep_sleep"),
        (ALL, 5, "command"),
        (FEW, 3, "watchdog"),
        (FEW, 2, "unknown"),
    ],
)
def test_the_boards_cause_is_a_reset_reason(numbers: dict[str, int], told: int, reason: str) -> None:
    assert RESET_REASONS[reset_board.cause(machine(numbers, told))] == reason


def test_the_watchdog_is_started_and_asks_to_be_fed_well_before_its_time() -> None:
    started: list[Wdt] = []

    def start(timeout: int) -> Wdt:
        started.append(Wdt(timeout))
        return started[0]

    dog = reset_board.watchdog(machine(ALL, 1, WDT=start), 8_000)
    dog.feed()

    assert (started[0].timeout, started[0].fed) == (8_000, 1)
    assert dog.within_ms == 4_000


def test_the_breadcrumb_lies_in_the_clocks_memory() -> None:
    crumb = reset_board.breadcrumb(machine(ALL, 1, RTC=Rtc))
    assert crumb is not None
    assert crumb.read() is None

    crumb.note(SAMPLING, 61_000)

    after_the_reset = reset_board.breadcrumb(machine(ALL, 3, RTC=Rtc))
    assert after_the_reset is not None
    assert after_the_reset.read() == (SAMPLING, 61)


def test_a_board_without_such_memory_leaves_no_breadcrumb() -> None:
    assert reset_board.breadcrumb(machine(FEW, 1, RTC=SimpleNamespace)) is None
