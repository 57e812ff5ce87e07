"""A pseudo-terminal whose far end is an emulated modem: a serial program finds it at `path`. Linux only.

Bytes that the program writes are handed to `on_bytes` from a thread of this object; `write` may be called
from any thread. `unplug` takes the device away under the program's feet, as pulling a USB plug does.
"""

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path

_LOOK_S = 0.05  # how soon a closing is noticed
_MOST_BYTES = 4096


class PseudoTerminal:
    """One serial port at `link`, a symbolic link that is there while the modem is plugged in."""

    def __init__(self, link: Path, on_bytes: Callable[[bytes], None]) -> None:
        self.path = link
        self._on_bytes = on_bytes
        self._lock = threading.Lock()
        self._near: int | None = None
        self._far: int | None = None
        self._thread: threading.Thread | None = None
        self.plug()

    def plug(self) -> None:
        """Make the device."""
        near, far = pty.openpty()
        tty.setraw(far)
        os.set_blocking(near, False)
        with self._lock:
            self._near, self._far = near, far
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(far))
        self._thread = threading.Thread(target=self._carry, args=(near,), name="pseudo-terminal")
        self._thread.start()

    def unplug(self) -> None:
        """Take the device away."""
        with self._lock:
            near, far, self._near, self._far = self._near, self._far, None, None
        if near is None or far is None:
            return
        self.path.unlink(missing_ok=True)
        assert self._thread is not None
        self._thread.join()
        os.close(far)
        os.close(near)

    def write(self, data: bytes) -> None:
        """Say something to the program; what a full line cannot take is lost, as on a wire."""
        with self._lock:
            if self._near is None:
                return
            try:
                os.write(self._near, data)
            except BlockingIOError:
                return

    def _carry(self, near: int) -> None:
        while self._near == near:
            ready, _, _ = select.select([near], [], [], _LOOK_S)
            if not ready:
                continue
            try:
                data = os.read(near, _MOST_BYTES)
            except (BlockingIOError, OSError):
                continue
            if data:
                self._on_bytes(data)
