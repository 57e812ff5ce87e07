"""The demo's parts as child processes: started, watched, started again when they die, ended together.

A part may be killed at any moment (that is one of the things to try in a demo); its successor takes over
from what is on disk.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farwire.errors import PartFailedError, PortTakenError

RESTART_AFTER_S = 1.0  # long enough that a part that cannot start does not eat a core
TERMINATE_WAIT_S = 10.0  # a part closes its files and connections in well under a second


@dataclass(slots=True)
class Part:
    """One child process."""

    name: str
    command: Sequence[str]
    log_path: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    piped: bool = False  # its standard output is read by the demo
    process: subprocess.Popen[str] | None = None
    restarts: int = 0
    down_since: float | None = None

    def start(self) -> None:
        """Start the process; its standard error (and output, unless piped) goes to `log_path`."""
        with self.log_path.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own command line)
                [sys.executable, "-m", "farwire.demo.child", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.piped else log,
                stderr=log,
                text=True,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends the parts in order
            )
        self.down_since = None

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs (or was never started)."""
        return self.process.poll() if self.process else None

    def stop(self) -> None:
        """End the process: ask first, kill after TERMINATE_WAIT_S."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(TERMINATE_WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """Return the end of its log, for the error that says why it would not start."""
        with contextlib.suppress(OSError):
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(lines[-5:])
        return ""


def require_free(host: str, port: int, part: str) -> None:
    """Raise PortTakenError if something listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(port, part) from error


def wait_for(part: Part, ready: Callable[[], bool], within_s: float) -> None:
    """Wait until `ready()`; raise PartFailedError if the part ends first or `within_s` is over."""
    deadline = time.monotonic() + within_s
    while not ready():
        if part.exit_code is not None:
            raise PartFailedError(f"the {part.name} ended with code {part.exit_code}:\n{part.last_words()}")
        if time.monotonic() > deadline:
            raise PartFailedError(
                f"the {part.name} was not ready after {within_s:.0f} s:\n{part.last_words()}"
            )
        time.sleep(0.05)


def listening(host: str, port: int) -> bool:
    """Return whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def revive(parts: Sequence[Part], now: float) -> list[Part]:
    """Start again what died at least RESTART_AFTER_S ago; return those started."""
    revived = []
    for part in parts:
        if part.exit_code is None:
            continue
        if part.down_since is None:
            part.down_since = now
        elif now - part.down_since >= RESTART_AFTER_S:
            part.restarts += 1
            part.start()
            revived.append(part)
    return revived


def stop_all(parts: Sequence[Part]) -> None:
    """End the parts in the given order, so that none loses the one that it still talks to."""
    for part in parts:
        part.stop()
