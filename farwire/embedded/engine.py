"""The embedded DynamoDB engine: dynoxide where there is a binary for this machine, else moto in memory.

dynoxide keeps its tables in one SQLite file and survives kill -9. moto keeps nothing, and that is said
loudly wherever it serves.
"""

import logging
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from farwire.errors import PortTakenError

log = logging.getLogger("farwire.engine")

_PACKAGE = Path("node_modules/@dynoxide/linux-x64/dynoxide")


def dynoxide_binary() -> Path | None:
    """Return the engine's binary, or None where this machine has none.

    Looked for in FARWIRE_DYNOXIDE, in the checkout's `.tools` (where `make` puts it) and on the PATH.
    """
    named = os.environ.get("FARWIRE_DYNOXIDE")
    checkout = Path(__file__).resolve().parents[2] / ".tools" / _PACKAGE
    found = shutil.which("dynoxide")
    for candidate in (named, checkout, found):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    return None


def command(data_dir: Path, host: str, port: int) -> tuple[Sequence[str], bool]:
    """Return the engine's command line, and whether it keeps what it stores."""
    binary = dynoxide_binary()
    if binary is not None:
        database = str(data_dir / "dynamodb.sqlite")
        return [str(binary), "serve", "--host", host, "-p", str(port), "--db-path", database], True
    return [sys.executable, "-m", "farwire", "engine", "--host", host, "--port", str(port)], False


def run_in_memory(host: str, port: int, stop: threading.Event) -> None:
    """Serve moto's DynamoDB until `stop` is set. Raises PortTakenError."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  (slow to import, and only needed here)

    log.warning("nothing is kept: this engine holds its tables in memory", extra={"engine": "moto"})
    server = ThreadedMotoServer(ip_address=host, port=port, verbose=False)
    try:
        server.start()
    except OSError as error:
        raise PortTakenError(port, "DynamoDB engine") from error
    stop.wait()
    server.stop()
