"""What carries an IP link's messages: an MQTT client, an HTTP client.

A carrier does what it is told in this order and reports back to the link: `on_open` or `on_closed` after an
Open (where there is something to log in to, MQTT), `on_taken`, `on_refused` or `on_closed` after a Carry,
`on_downlink` for what comes, `on_closed` whenever the connection is lost. A carrier that blocks meanwhile
reports afterwards.
"""

from farwire_node.ip.actions import Carry, Close, Open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.ip.ip_link import IpLink


class Carrier:
    """Contract of a carrier."""

    def do(self, action: "Open | Carry | Close", now_ms: int) -> None:
        """Begin one of the actions; never raises for what the network does."""
        raise NotImplementedError

    def report(self, now_ms: int) -> None:
        """Tell the link what happened since the last call."""
        raise NotImplementedError

    def renew(self, link: "IpLink") -> None:
        """Report to another link from now on, for which nothing is open: what was open is given up."""
        raise NotImplementedError

    def close(self) -> None:
        """Give everything up; never raises."""
        raise NotImplementedError
