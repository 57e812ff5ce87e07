"""Runs `farwire demo` as a person would, and looks at it from outside."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import free_port

PROC = Path("/proc")


class Demo:
    """A running demo."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.port = free_ports(5)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "farwire",
                "demo",
                "--port",
                str(self.port),
                "--data",
                str(data),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output: list[str] = []

    def read_until(self, pattern: str, within_s: float) -> re.Match[str]:
        """Read its output until a line has `pattern`."""
        deadline = time.monotonic() + within_s
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            found = re.search(pattern, line)
            if found:
                return found
            assert time.monotonic() < deadline, f"no {pattern!r} in {within_s} s:\n{''.join(self.output)}"
        raise AssertionError(f"ended without {pattern!r}:\n{''.join(self.output)}")

    def finish(self, within_s: float) -> int:
        """Return its exit code once it has ended by itself."""
        rest, _ = self.process.communicate(timeout=within_s)
        self.output.append(rest)
        return self.process.returncode

    @property
    def text(self) -> str:
        """All that it printed so far."""
        return "".join(self.output)

    def pid_of(self, part: str) -> int:
        """Return the process id of one of its parts."""
        marks = {
            "engine": ("dynoxide", str(self.data)),
            "cloud": ("cloud", str(self.data)),
            "bridge": ("bridge", str(self.data)),
        }
        for folder in PROC.iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                name, path = marks[part]
                if any(word.endswith(name) for word in words) and any(path in word for word in words):
                    return int(folder.name)
        raise AssertionError(f"no process of the {part}")

    def kill(self, part: str) -> None:
        """Kill -9 one of its parts."""
        os.kill(self.pid_of(part), signal.SIGKILL)

    def call(self, key: str, path: str, body: Any = None, method: str | None = None) -> Any:
        """Call the REST API, as curl would."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def wait_for(self, what: str, found: Any, within_s: float) -> Any:
        """Return `found()` as soon as it is true."""
        deadline = time.monotonic() + within_s
        while True:
            with contextlib.suppress(OSError):
                result = found()
                if result:
                    return result
            assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
            time.sleep(0.2)

    def left_over(self) -> list[str]:
        """Return the command lines of processes that still work in its folder."""
        lines = []
        for folder in PROC.iterdir():
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().decode().replace("\0", " ")
                if str(self.data) in line and int(folder.name) != os.getpid() and "pytest" not in line:
                    lines.append(line)
        return lines


@contextlib.contextmanager
def demo(data: Path, *options: str) -> Iterator[Demo]:
    """Yield a demo; it is gone afterwards."""
    running = Demo(data, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            try:
                running.process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.communicate()


def free_ports(count: int) -> int:
    """Return the first of `count` free ports in a row."""
    from farwire.demo.processes import require_free
    from farwire.errors import PortTakenError

    for _ in range(100):
        first = min(free_port(), 65_000)
        with contextlib.suppress(PortTakenError):
            for port in range(first, first + count):
                require_free("127.0.0.1", port, "test")
            return first
    raise AssertionError(f"no {count} free ports in a row")
