"""Codec files run in a process of their own, which is replaced when a call does not return. Host only.

QuickJS looks at the clock between its steps only: a single built-in over an array that claims four billion
elements runs for minutes. A process can be ended whatever it does, and takes no thread of ours with it.
"""

import dataclasses
import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any

from farwire_codecs.ts013_engine import Limits
from farwire_codecs.ts013_errors import KINDS, ScriptLimitError

GRACE_S = 1.0
"""How long after `wall_s` the process has to end itself before it is killed."""


class ScriptProcess:
    """Calls as `ts013_engine`'s, in a child process; threads take turns. Close it in the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._sent: dict[str, str] = {}  # the child knows these sources
        self.started = 0  # how many children so far

    def functions(self, name: str, source: str, limits: Limits) -> tuple[str, ...]:
        """Return which functions a file has. Raises ScriptError."""
        return tuple(self._ask(name, source, None, {}, limits))

    def call(self, name: str, source: str, function: str, value: dict[str, Any], limits: Limits) -> Any:
        """Return what a function returns for `value`. Raises ScriptError."""
        return self._ask(name, source, function, value, limits)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(
        self, name: str, source: str, function: str | None, value: dict[str, Any], limits: Limits
    ) -> Any:
        request = {"name": name, "function": function, "value": value, "limits": dataclasses.asdict(limits)}
        with self._lock:
            child = self._running()
            request["source"] = None if self._sent.get(name) == source else source
            line = self._exchange(child, json.dumps(request).encode("ascii") + b"\n", limits)
            if not line.endswith(b"\n"):  # nothing, or an answer that it did not finish
                self._end()
                raise ScriptLimitError(
                    f"codec {name}: {function or 'the file'} ran for more than {limits.wall_s} s, "
                    f"or the process that ran it ended otherwise; the next call gets a new one"
                )
            self._sent[name] = source
        answer = json.loads(line)
        if "error" in answer:
            raise KINDS[answer["error"]](answer["message"])
        return answer["output"]

    def _exchange(self, child: "subprocess.Popen[bytes]", request: bytes, limits: Limits) -> bytes:
        """Return the child's answer; nothing if it gave none."""
        assert child.stdin
        try:
            child.stdin.write(request)
            child.stdin.flush()
            return self._lines.get(timeout=limits.wall_s + GRACE_S)
        except (OSError, queue.Empty):
            return b""

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "farwire_codecs.ts013_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={
                    **os.environ,
                    "TZ": "UTC",
                },  # as ChirpStack's container: no output depends on where it runs
                start_new_session=True,  # a Ctrl-C is for the parent, which then closes
            )
            self.started += 1
            self._lines = queue.SimpleQueue()
            reader = threading.Thread(
                target=_read, args=(self._child, self._lines), name="farwire-codecs", daemon=True
            )
            reader.start()
        return self._child

    def _end(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()
            if self._child.stdin:
                try:
                    self._child.stdin.close()
                except OSError:
                    pass  # what was buffered for it has no reader any more
        self._child = None
        self._sent = {}


def _read(child: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes]") -> None:
    """Hand on the child's lines, and an empty one at its end."""
    assert child.stdout
    with child.stdout:
        for line in child.stdout:
            lines.put(line)
    lines.put(b"")
