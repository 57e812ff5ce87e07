"""A board's main loop: one node, one radio, and sleep in between."""

from board_main.clock import Clock
from board_main.radio import HEARD, SENT, Radio
from farwire_node.steps import Listen, Sleep, Transmit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from board_main.deep_sleep import DeepSleep
    from farwire_node.survival.guard import Guard

LONGEST_MS = 3_600_000  # RP2040: one call sleeps some 72 minutes at most (MicroPython issue 7035 and after)
SHORT_MS = 20  # less is not worth a light sleep
EARLY_MS = 2  # a light sleep ends so much before the moment that it is for
RADIO_MS = 1  # between two looks at a radio that is at work
STANDBY_MS = 50  # likewise, at one that listens without an end (class C)


class Loop:
    """`lightsleep` is machine's, `sleep_ms` time's; `collect` frees the heap (gc.collect) before a sleep.

    `longest_ms`: the longest light sleep, where a watchdog goes on running in it. `deep`: None where a
    board never sleeps deeply.
    """

    def __init__(
        self,
        node: "Guard",
        radio: Radio,
        clock: Clock,
        lightsleep: "Callable[[int], object]",
        sleep_ms: "Callable[[int], object]",
        collect: "Callable[[], object]",
        longest_ms: int = LONGEST_MS,
        deep: "DeepSleep | None" = None,
    ) -> None:
        self._node = node
        self._radio = radio
        self._clock = clock
        self._lightsleep = lightsleep
        self._sleep_ms = sleep_ms
        self._collect = collect
        self._longest_ms = longest_ms
        self._deep = deep
        self._slept_for: Transmit | None = None

    def turn(self) -> None:
        """Hand over what the radio did, do what is due, and wait for what comes next."""
        self._report()
        now_ms = self._clock.now_ms()
        step = self._node.poll(now_ms)
        while not isinstance(step, Sleep):
            self._radio.begin(step, now_ms)
            now_ms = self._clock.now_ms()
            step = self._node.poll(now_ms)
        self._node.events()
        self._wait(step.until_ms)

    def _report(self) -> None:
        report = self._radio.poll()
        if report is None:
            return
        now_ms = self._clock.now_ms()
        if report[0] == SENT:
            self._node.on_tx_done(now_ms if report[1] is None else self._clock.at(report[1]))
        elif report[0] == HEARD:
            self._node.on_frame(report[1], report[2], report[3], now_ms)
        else:
            self._node.on_listen_end(now_ms)

    def _wait(self, until_ms: int) -> None:
        step = self._radio.step
        now_ms = self._clock.now_ms()
        left_ms = until_ms - now_ms
        if left_ms <= 0:
            return
        if step is None:
            if self._deep is not None:
                self._deep.sleep(self._node, now_ms)
            self._nap(left_ms)
        elif isinstance(step, Transmit):
            self._nap(
                min(left_ms, max(RADIO_MS, step.airtime_ms - SHORT_MS)) if self._begun(step) else RADIO_MS
            )
        elif isinstance(step, Listen) and step.until_ms is None:
            self._sleep_ms(min(left_ms, STANDBY_MS))
        else:
            self._sleep_ms(RADIO_MS)

    def _begun(self, step: Transmit) -> bool:
        """Return whether a transmission is waited for the first time: most of it is slept through."""
        first = step is not self._slept_for
        self._slept_for = step
        return first

    def _nap(self, length_ms: int) -> None:
        if length_ms < SHORT_MS:
            self._sleep_ms(length_ms)
            return
        self._collect()
        length_ms = min(length_ms - EARLY_MS, self._longest_ms)
        self._lightsleep(length_ms)
        self._clock.slept(length_ms)
