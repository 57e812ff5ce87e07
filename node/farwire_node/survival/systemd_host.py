"""What systemd is told of a service: that it runs, that it gets on, that it ends (sd_notify(3)). Host only.

A message is a datagram to the socket that NOTIFY_SOCKET names; where there is none, nobody is told.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping

from farwire_node.survival.watchdog import Watchdog

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
FED_WITHIN = 2  # part of systemd's time-out, as sd_watchdog_enabled(3) advises


class Service:
    """This process as systemd sees it; `environment` is os.environ's."""

    def __init__(
        self, environment: Mapping[str, str], monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._monotonic_s = monotonic_s
        self._fed_s = float("-inf")
        self._within_s = 0.0
        own = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        timeout_us = environment.get("WATCHDOG_USEC", "")
        if own and self._address and timeout_us.isdecimal():
            self._within_s = int(timeout_us) / 1e6 / FED_WITHIN

    def tell(self, state: str) -> None:
        """Send one of the messages; raises nothing: a service must not end because nobody listens."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(1.0)
                sender.sendto(state.encode(), address)
        except OSError:
            return

    def watchdog(self) -> Watchdog | None:
        """Return systemd's watchdog; None where the unit asks for none (WatchdogSec=)."""
        return Watchdog(self._feed, int(1000 * self._within_s)) if self._within_s else None

    def _feed(self) -> None:
        """Tell that the loop gets on, but not at each of its turns."""
        now_s = self._monotonic_s()
        if now_s - self._fed_s >= self._within_s / 2:
            self._fed_s = now_s
            self.tell(ALIVE)
