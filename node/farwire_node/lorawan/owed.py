"""What the device owes the network between two uplinks: an acknowledgement, MAC answers, a sign of life.

Most of it rides the node's next frame. An own frame, empty or with MAC commands on port 0, goes when none
comes in time. Times in ms.
"""

from farwire_node.lorawan.f_opts import FOpts
from farwire_node.lorawan.frames import MAX_F_OPTS
from farwire_node.lorawan.regions.region import CLASS_C_RESP_TIMEOUT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# An own frame leaves at random within this time after the downlink, so that a frame of the node can carry it
# instead. TS001 §4.3.1.2 leaves the moment open; a class C answer has CLASS_C_RESP_TIMEOUT.
_OWN_FRAME_MIN_MS = 1_000
_OWN_FRAME_SPREAD_MS = 3_000


class Owed:
    """`ack`: the next frame acknowledges a downlink. `own_ms`: when an own frame is wanted, or None."""

    def __init__(self, random_below: "Callable[[int], int]") -> None:
        self._random_below = random_below
        self.f_opts = FOpts()
        self.ack = False
        self.own_ms: int | None = None
        self.by_ms: int | None = None  # class C: an own frame that starts later is no answer any more

    def clear(self) -> None:
        """Owe nothing: the session it belongs to is over."""
        self.f_opts.clear()
        self.ack = False
        self.drop_own()

    def want_own(self, now_ms: int) -> None:
        """Send an own frame soon, unless a frame of the node is faster, or one is wanted already."""
        if self.own_ms is None:
            self.own_ms = now_ms + _OWN_FRAME_MIN_MS + self._random_below(_OWN_FRAME_SPREAD_MS)

    def want_answer(self, now_ms: int) -> None:
        """Acknowledge a class C downlink that ended now."""
        self.ack = True
        self.want_own(now_ms)
        self.by_ms = now_ms + CLASS_C_RESP_TIMEOUT_MS

    def crowds(self, limit: int) -> bool:
        """Tell whether the MAC commands should go by themselves: a node might find no room beside them."""
        return self.f_opts.size > MAX_F_OPTS or 4 * self.f_opts.size > limit

    def drop_own(self) -> None:
        """Want no own frame any more."""
        self.own_ms = None
        self.by_ms = None

    def own_content(self, limit: int) -> tuple[bytes, int | None, bytes]:
        """Return (FOpts, port, payload) of an own frame: port 0 takes what FOpts cannot hold."""
        f_opts = self.f_opts.fitting(limit)
        whole = self.f_opts.fitting(limit, limit)
        return (b"", 0, whole) if len(whole) > len(f_opts) else (f_opts, None, b"")

    def sent(self, size: int, now_ms: int) -> None:
        """Note that a frame took the first `size` bytes of MAC commands; what is left goes in another one."""
        self.f_opts.sent(size)
        self.ack = False
        self.drop_own()
        if self.f_opts.unsent:
            self.want_own(now_ms)
