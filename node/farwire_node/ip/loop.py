"""One node on one IP link: what a board's main loop, or Linux, calls again and again. Times in ms."""

from farwire_node.steps import Sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.ip.carrier import Carrier
    from farwire_node.ip.ip_link import IpLink
    from farwire_node.node import Node

_ROUNDS = 4  # a carrier that blocks reports at once what leads to more


class Loop:
    """Keeps the node, its link and the carrier going."""

    def __init__(self, node: "Node", link: "IpLink", carrier: "Carrier") -> None:
        self._node = node
        self._link = link
        self._carrier = carrier

    def turn(self, now_ms: int) -> int:
        """Carry what is due both ways and poll the node; return when to call again, or sooner."""
        until_ms = now_ms
        for _ in range(_ROUNDS):
            self._carrier.report(now_ms)
            step = self._node.poll(now_ms)
            assert isinstance(step, Sleep), step  # there is no radio
            until_ms = int(step.until_ms)
            actions = self._link.actions()
            for action in actions:
                self._carrier.do(action, now_ms)
            if not actions:
                break
        return until_ms

    def close(self, now_ms: int) -> None:
        """Save what must survive, and give the connection up."""
        self._node.suspend(now_ms)
        self._carrier.close()
