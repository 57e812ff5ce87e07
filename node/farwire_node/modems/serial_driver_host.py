"""Runs one node on one modem, on Linux: real time, a real port, until told to stop."""

import threading
import time
from collections.abc import Callable

from farwire_node.modems.loop import Loop
from farwire_node.modems.serial_port_host import SerialPort

_LONGEST_WAIT_S = 0.2  # how late a stop is noticed


class Clock:
    """The node's clock: ms since `epoch_ms`, `speed` times as fast as real time (for tests)."""

    def __init__(self, epoch_ms: int = 0, speed: float = 1.0) -> None:
        self._epoch_ms = epoch_ms
        self._speed = speed
        self._start_s = time.monotonic()

    def now_ms(self) -> int:
        """Return the present time."""
        return self._epoch_ms + int((time.monotonic() - self._start_s) * 1000 * self._speed)

    def seconds_until(self, until_ms: int) -> float:
        """Return how much real time there is until then."""
        return max(0.0, (until_ms - self.now_ms()) / 1000 / self._speed)


def run(
    loop: Loop,
    clock: Clock,
    stop: threading.Event,
    tell: "Callable[[], None]" = lambda: None,
    ending: "Callable[[], None]" = lambda: None,
) -> None:
    """Turn `loop` until `stop` is set, then save and give up the port. `tell` is called after every turn,
    `ending` before what is saved."""
    try:
        while not stop.is_set():
            until_ms = loop.turn(clock.now_ms())
            tell()
            wait_s = min(clock.seconds_until(until_ms), _LONGEST_WAIT_S)
            port = loop.port
            if isinstance(port, SerialPort):
                try:
                    port.wait(wait_s)
                except OSError:
                    continue  # the next turn finds out
            else:
                stop.wait(wait_s)
    finally:
        ending()
        loop.close(clock.now_ms())
