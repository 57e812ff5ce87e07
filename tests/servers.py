"""Real servers for tests, on free loopback ports: `with mosquitto() as broker: ... broker.port`."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
# Debian puts it where a user's PATH does not look.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
START_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """One server process and where it listens."""

    process: "subprocess.Popen[bytes]"
    host: str
    port: int
    log: Path


def free_port() -> int:
    """A loopback TCP port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when `port` accepts; AssertionError with the server's log when it ends first or never does."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended: {log.read_text()}"
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=0.2):
            return
        time.sleep(0.02)
    raise AssertionError(f"{process.args!r} does not accept on {port}: {log.read_text()}")


@contextlib.contextmanager
def mosquitto(
    *, port: int | None = None, folder: Path | None = None, options: Sequence[str] = ()
) -> Iterator[Server]:
    """A Mosquitto broker, anonymous, on 127.0.0.1; `options` are further lines of its configuration.

    With `folder` it keeps its sessions there, so that a second start with the same folder and port goes on
    where the first ended.
    """
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (tests/system-packages.sh installs it)")
    with tempfile.TemporaryDirectory(prefix="farwire-mosquitto-") as temporary:
        home = folder if folder is not None else Path(temporary)
        at = port if port is not None else free_port()
        lines = [f"listener {at} {LOOPBACK}", "allow_anonymous true", "max_queued_messages 100000", *options]
        if folder is not None:
            lines += ["persistence true", f"persistence_location {home}/", "autosave_interval 1"]
        configuration, log = home / "mosquitto.conf", home / "mosquitto.log"
        configuration.write_text("\n".join(lines) + "\n")
        with log.open("ab") as output:
            process = subprocess.Popen([MOSQUITTO, "-c", str(configuration)], stdout=output, stderr=output)
        try:
            wait_for_port(at, process, log)
            yield Server(process, LOOPBACK, at, log)
        finally:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)
