"""Why a board was reset, its watchdog, and memory that a reset leaves: MicroPython's `machine`, passed in.

MicroPython tells no brown-out from power on (its `reset_cause` has no name for it): a board that can, by a
register of its own, passes `brown_out` to the Guard itself.
"""

from farwire_codecs.state_report import RESET_REASONS
from farwire_node.survival.watchdog import Breadcrumb, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAMES = (
    ("PWRON_RESET", "power_on"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep_sleep"),
    ("HARD_RESET", "pin"),
    ("SOFT_RESET", "command"),
)
FED_WITHIN = 2  # part of the time-out: a loop that is late once is not yet one that hangs


def cause(machine: "Any") -> int:
    """Return the index into RESET_REASONS of why the board was reset; 0 where it does not say."""
    told = machine.reset_cause()
    for name, reason in _NAMES:
        if told == getattr(machine, name, None):  # no board has all of them
            return RESET_REASONS.index(reason)
    return 0


def watchdog(machine: "Any", timeout_ms: int) -> Watchdog:
    """Start the board's watchdog, for good: it resets the board after `timeout_ms` without being fed."""
    return Watchdog(machine.WDT(timeout=timeout_ms).feed, timeout_ms // FED_WITHIN)


def breadcrumb(machine: "Any") -> "Breadcrumb | None":
    """Return the breadcrumb in the real-time clock's memory; None on a board whose clock has none."""
    memory = getattr(machine.RTC(), "memory", None)
    return None if memory is None else Breadcrumb(memory)
