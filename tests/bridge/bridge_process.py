"""The bridge as a process of its own, to be killed: `python -m tests.bridge.bridge_process SETTINGS.json`."""

import dataclasses
import json
import subprocess
import sys
import threading
from pathlib import Path

from farwire_bridge.main import run
from farwire_bridge.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class BridgeProcess:
    """A bridge that is started and killed, as often as one likes."""

    def __init__(self, settings: Settings) -> None:
        path = settings.spool_path.with_suffix(".json")
        path.write_text(json.dumps(dataclasses.asdict(settings), default=str))
        self._command = [sys.executable, "-m", "tests.bridge.bridge_process", str(path)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process:
            self._process.kill()
            self._process.wait()


def main(path: Path) -> None:
    values = json.loads(path.read_text())
    for name in ("spool_path", "cloud_ca", "cloud_cert", "cloud_key"):
        values[name] = Path(values[name])
    run(Settings(**{**values, "applications": tuple(values["applications"])}), threading.Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
