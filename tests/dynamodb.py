"""Real DynamoDB engines for tests, on free loopback ports.

`with dynoxide() as engine:` gives `engine.endpoint_url`, and `engine.kill()`, `engine.start()` for the tests
that end it; `with moto_engine() as engine:` gives `engine.endpoint_url` alone.
"""

import contextlib
import logging
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import LOOPBACK, START_TIMEOUT_S, free_port, wait_for_port

DYNOXIDE = Path(__file__).resolve().parents[1] / ".tools/node_modules/@dynoxide/linux-x64/dynoxide"


class Dynoxide:
    """One dynoxide process over one database file; it can be killed and started again on the same port."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port if port is not None else free_port()
        self.endpoint_url = f"http://{LOOPBACK}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it accepts connections."""
        log = self.folder / "dynoxide.log"
        database = str(self.folder / "dynamodb.sqlite")
        command = [str(DYNOXIDE), "serve", "--host", LOOPBACK, "-p", str(self.port), "--db-path", database]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        wait_for_port(self.port, self._process, log)

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it politely. Does nothing when it is not running."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(timeout=START_TIMEOUT_S)
        self._process = None


@contextlib.contextmanager
def dynoxide(folder: Path | None = None) -> Iterator[Dynoxide]:
    """A running dynoxide; skips the test on a machine that has no binary of it.

    With `folder` its database is kept there.
    """
    if not DYNOXIDE.is_file():
        pytest.skip("the DynamoDB engine dynoxide is not installed (npm has no binary for this machine)")
    temporary = tempfile.mkdtemp(prefix="farwire-dynoxide-") if folder is None else None
    engine = Dynoxide(folder if temporary is None else Path(temporary))  # type: ignore[arg-type]
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Moto:
    """A moto server and where it listens."""

    endpoint_url: str


@contextlib.contextmanager
def moto_engine() -> Iterator[Moto]:
    """A moto server in this process, in memory. Each one starts empty; use one at a time."""
    from moto.moto_api._internal import moto_api_backend
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it logs every request
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Moto(f"http://{host}:{port}")
    finally:
        moto_api_backend.reset()
        server.stop()
