"""What notices that the program hangs: the seams to the board's watchdog and to memory that a reset leaves.

Times in ms on the node's clock.
"""

import struct

from farwire_node.steps import Listen, Sleep, Transmit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Phases, as a breadcrumb carries them.
DRIVER, POLL, SAMPLING, PLANNING, LINK, RADIO = 0, 1, 2, 3, 4, 5
PHASES = ("driver", "poll", "sampling", "planning", "link", "radio")

RADIO_GRACE_MS = 10_000  # after which a radio that reports nothing back is held to be dead
MOST_STEPS_WITHOUT_TIME = 100  # polls at one moment; more is a program that turns in a circle

_MARK = 0xFA12  # tells a breadcrumb from what memory holds after power on
_CRUMB = ">HBI"


class Watchdog:
    """The board's watchdog: `feed` it (machine.WDT's, as a rule), at least every `within_ms` if set."""

    def __init__(self, feed: "Callable[[], object]", within_ms: "int | None" = None) -> None:
        self.feed = feed
        self.within_ms = within_ms


class Breadcrumb:
    """The last phase before a reset, in `memory`: called with bytes it keeps them over a reset, called
    without it returns what it keeps (as machine.RTC().memory does)."""

    def __init__(self, memory: "Callable[..., bytes | None]") -> None:
        self._memory = memory

    def note(self, phase: int, uptime_ms: int) -> None:
        """Write what the program is about to do."""
        self._memory(struct.pack(_CRUMB, _MARK, phase, max(0, uptime_ms) // 1000))

    def read(self) -> "tuple[int, int] | None":
        """Return (phase, uptime in seconds) of the life before; None where there is none."""
        saved = self._memory()
        if saved is None or len(saved) < struct.calcsize(_CRUMB):
            return None
        mark, phase, uptime_s = struct.unpack_from(_CRUMB, saved, 0)
        return (phase, uptime_s) if mark == _MARK and phase < len(PHASES) else None


class Health:
    """Judges whether the main loop gets on: by its polls, and by what its radio owes it."""

    def __init__(self) -> None:
        self._polled_ms: int | None = None
        self._steps = 0
        self._owed_ms: int | None = None  # when a radio that is at work has to be ready at the latest

    @property
    def radio_owes(self) -> bool:
        """Whether the last Transmit or Listen was not reported back yet."""
        return self._owed_ms is not None

    @property
    def owed_until_ms(self) -> int:
        """When a radio that owes a report is held to be dead."""
        return self._owed_ms or 0

    def polled(self, step: "Transmit | Listen | Sleep", now_ms: int) -> None:
        """Take what a poll returned."""
        if now_ms == self._polled_ms:
            self._steps += 1
        else:
            self._polled_ms, self._steps = now_ms, 0
        if isinstance(step, Transmit):
            self._owed_ms = now_ms + step.airtime_ms + RADIO_GRACE_MS
        elif isinstance(step, Listen):
            self._owed_ms = None if step.until_ms is None else step.until_ms + RADIO_GRACE_MS

    def reported(self) -> None:
        """Take that the radio reported back."""
        self._owed_ms = None

    def healthy(self, now_ms: int) -> bool:
        """Return whether the watchdog may be fed."""
        dead = self._owed_ms is not None and now_ms > self._owed_ms
        return not dead and self._steps < MOST_STEPS_WITHOUT_TIME
