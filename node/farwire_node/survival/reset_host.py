"""Why a node on Linux was not running any more: what reset_board.py is on boards. Host only.

A file, `running`, lies in the node's folder while its program runs, with the kernel's boot id in it. Found
at the start, it says that the program before did not end in order: with another boot id the power went, or
the kernel; with the same one the program was ended. Then `aborted`, into which the interpreter writes when
it gets a fatal signal, tells a hang, of which systemd's watchdog makes an end with SIGABRT, from a fault;
without it the program was killed, or raised. `breadcrumb` has the phase and the time since the start.
"""

import contextlib
import faulthandler
import mmap
import os
from pathlib import Path

from farwire_codecs.state_report import RESET_REASONS
from farwire_node.survival.watchdog import Breadcrumb

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RUNNING, ABORTED, CRUMB, BOOT = "running", "aborted", "breadcrumb", "boot"

_CRUMB_BYTES = 16
_ABORT = "Fatal Python error: Aborted"  # faulthandler's first line at SIGABRT
_MOST = 4_096  # characters of a trace that are read


class Run:
    """One run of the node's program in `folder`, which is made if it is not there; OSError where it cannot be
    written. `memory`: where the breadcrumb lies, best in RAM (RuntimeDirectory=); None: in `folder`.
    """

    def __init__(self, folder: Path, memory: Path | None = None, boot_id: Path = BOOT_ID) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        boot = _text(boot_id)
        self.trace = _text(folder / ABORTED)[:_MOST]
        """What the interpreter wrote as it got a fatal signal; places in the program, no values."""
        self.cause = self._cause(boot)
        """Index into RESET_REASONS."""
        self._map = _mapped((memory or folder) / CRUMB)
        self.crumb = Breadcrumb(self._memory)
        self.crumb_before = self.crumb.read()
        """(phase, uptime in seconds) at which the run before ended; None where that is not known."""
        self._aborted = (folder / ABORTED).open("w")
        faulthandler.enable(self._aborted)
        for name in (BOOT, RUNNING):
            _write(folder / name, boot)

    def close(self) -> None:
        """Let the files go; as far as the next run is concerned, this one was ended."""
        faulthandler.disable()
        self._aborted.close()
        self._map.close()

    def ended(self) -> None:
        """Take that the program ends in order."""
        self.close()
        for name in (ABORTED, RUNNING):
            (self._folder / name).unlink(missing_ok=True)
        _sync(self._folder)

    def _cause(self, boot: str) -> int:
        before = self._folder / RUNNING
        if not before.exists():
            same = _text(self._folder / BOOT) == boot
            reason = "command" if same and (self._folder / BOOT).exists() else "power_on"
        elif _text(before) != boot:
            reason = "brown_out"
        else:
            reason = "watchdog" if self.trace.startswith(_ABORT) else "crash"
        return RESET_REASONS.index(reason)

    def _memory(self, data: bytes | None = None) -> bytes | None:
        if data is None:
            return self._map[:]
        with contextlib.suppress(ValueError):  # a thread's last word, after the end
            self._map[: len(data)] = data
        return None


def _mapped(path: Path) -> mmap.mmap:
    with path.open("ab") as file:
        file.truncate(_CRUMB_BYTES)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _CRUMB_BYTES)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
