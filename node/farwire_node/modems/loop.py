"""One node on one modem: what a board's main loop, or Linux, calls again and again.

A port may raise OSError when it is gone, and is opened anew then. Times in ms on the node's clock.
"""

from farwire_node.steps import Sleep
from farwire_node.survival.guard import Guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.modems.modem_link import ModemLink
    from farwire_node.node import Node

REOPEN_MS = 1_000


class Port:
    """Contract of a serial port."""

    def read(self) -> bytes:
        """Return what came since the last call, without waiting."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the port up; never raises."""
        raise NotImplementedError


class Loop:
    """Keeps the node, its link and the port going; `port` is None while it is gone.

    With a Guard for a node, a fault of the link starts the node over, too; whoever builds the node anew gives
    the loop its new link with `renew`.
    `pull_reset` pulls the modem's reset line for a moment, None: there is none.
    """

    def __init__(
        self,
        node: "Node | Guard",
        link: "ModemLink",
        open_port: "Callable[[], Port]",
        pull_reset: "Callable[[], None] | None" = None,
    ) -> None:
        self.port: Port | None = None
        self.opened = 0
        self.link = link
        self._node = node
        self._line_is_up = False
        self._open_port = open_port
        self._pull_reset = pull_reset
        self._restarts = 0
        self._next_open_ms: int | None = None

    def turn(self, now_ms: int) -> int:
        """Carry bytes both ways and poll the node; return when to call again, or sooner when bytes come."""
        self._open_if_due(now_ms)
        try:
            if self.port is not None:
                if not self._line_is_up:
                    self._line_is_up = True
                    self.link.line_up(now_ms)
                data = self.port.read()
                if data:
                    self._hear(data, now_ms)
            until_ms = self._poll(now_ms)
            out = self.link.outgoing()
            if out and self.port is not None:
                self.port.write(out)
            self._reset_if_due()
        except OSError:
            self._close(now_ms)
            until_ms = self._poll(now_ms)
        if self.port is None and self._next_open_ms is not None:
            until_ms = min(until_ms, self._next_open_ms)
        return until_ms

    def renew(self, link: "ModemLink") -> None:
        """Go on with another link: the node was built anew."""
        self.link = link
        self._line_is_up = False
        self._restarts = 0

    def close(self, now_ms: int) -> None:
        """Save what must survive, and give the port up."""
        self._node.suspend(now_ms)
        if self.port is not None:
            self._close(now_ms)

    def _poll(self, now_ms: int) -> int:
        step = self._node.poll(now_ms)
        assert isinstance(step, Sleep), step  # a modem has its own radio
        return int(step.until_ms)

    def _hear(self, data: bytes, now_ms: int) -> None:
        if isinstance(self._node, Guard):
            self._node.protect(now_ms, self.link.on_bytes, data, now_ms)
        else:
            self.link.on_bytes(data, now_ms)

    def _reset_if_due(self) -> None:
        restarts = self.link.counters["restarts"]
        if restarts != self._restarts:
            self._restarts = restarts
            if self._pull_reset is not None:
                self._pull_reset()

    def _open_if_due(self, now_ms: int) -> None:
        if self.port is not None or (self._next_open_ms is not None and now_ms < self._next_open_ms):
            return
        self._next_open_ms = now_ms + REOPEN_MS
        try:
            self.port = self._open_port()
        except OSError:
            return
        self.opened += 1
        self._line_is_up = False

    def _close(self, now_ms: int) -> None:
        if self.port is not None:
            self.port.close()
            self.port = None
        self.link.line_down(now_ms)
        self._next_open_ms = now_ms + REOPEN_MS
