"""One node on one IP link: what a board's main loop, or Linux, calls again and again. Times in ms."""

from farwire_node.ip.actions import Close
from farwire_node.steps import Sleep
from farwire_node.survival.guard import Guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.ip.carrier import Carrier
    from farwire_node.ip.ip_link import IpLink
    from farwire_node.node import Node

_ROUNDS = 4  # a carrier that blocks reports at once what leads to more


class Loop:
    """Keeps the node, its link and the carrier going.

    With a Guard for a node, a fault of the link or the carrier starts the node over, too; whoever builds the
    node anew gives the loop its new link with `renew`. Between an action and the next the watchdog is fed:
    its time-out must be longer than the longest that the carrier blocks in one.
    """

    def __init__(self, node: "Node | Guard", link: "IpLink", carrier: "Carrier") -> None:
        self.link = link
        self._node = node
        self._carrier = carrier
        self._is_closed = False

    def turn(self, now_ms: int) -> int:
        """Carry what is due both ways and poll the node; return when to call again, or sooner."""
        until_ms = now_ms
        for _ in range(_ROUNDS):
            if self._runs():
                self._protect(now_ms, self._carrier.report)
            step = self._node.poll(now_ms)
            assert isinstance(step, Sleep), step  # there is no radio
            until_ms = int(step.until_ms)
            if not self._runs():
                break
            actions = self.link.actions()
            for action in actions:
                if self._runs():
                    self._protect(now_ms, self._carrier.do, action)
                    self._feed(now_ms)
            if not actions:
                break
        if self._runs():
            self._is_closed = False
        elif not self._is_closed:
            self._is_closed = True  # a broker keeps downlinks until there is a node again
            try:
                self._carrier.do(Close(), now_ms)
            except Exception:  # noqa: BLE001 (it may be what the node crashed of; the next node has it opened anew)
                return until_ms
        return until_ms

    def renew(self, link: "IpLink") -> None:
        """Go on with another link: the node was built anew."""
        self.link = link
        self._carrier.renew(link)

    def close(self, now_ms: int) -> None:
        """Save what must survive, and give the connection up."""
        self._node.suspend(now_ms)
        self._carrier.close()

    def _runs(self) -> bool:
        return not isinstance(self._node, Guard) or self._node.node is not None

    def _protect(self, now_ms: int, call: "Callable[..., object]", *arguments: object) -> None:
        if isinstance(self._node, Guard):
            self._node.protect(now_ms, call, *arguments, now_ms)
        else:
            call(*arguments, now_ms)

    def _feed(self, now_ms: int) -> None:
        if isinstance(self._node, Guard):
            self._node.feed(now_ms)
