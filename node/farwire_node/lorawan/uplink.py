"""One uplink frame while its copies are being sent (NbTrans, TS001-1.0.4 §5.2). Times in ms."""

from farwire_node.lorawan.regions.region import RETRANSMIT_TIMEOUT_MAX_MS, RETRANSMIT_TIMEOUT_MIN_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_COPY_SPREAD_MS = 1_000  # copies of two devices that met once should not meet again


class Uplink:
    """A frame with its counter already in it; every copy is the same bytes at the same data rate."""

    def __init__(
        self,
        phy: bytes,
        dr: int,
        channels: tuple[int, ...],
        tx_power: int,
        airtime_ms: int,
        confirmed: bool,
        urgent: bool,
        own: bool,
        copies: int,
        asks_time: bool,
    ) -> None:
        self.phy = phy
        self.dr = dr
        self.channels = channels  # every copy goes on one of them
        self.tx_power = tx_power
        self.airtime_ms = airtime_ms
        self.confirmed = confirmed
        self.urgent = urgent
        self.own = own  # the MAC's own frame: nobody waits for its Delivered
        self.copies_left = copies
        self.asks_time = asks_time  # its end is the moment that a DeviceTimeAns tells the time of
        self.next_copy_ms = 0
        self.give_up_ms = 0

    def pause_ms(self, random_below: "Callable[[int], int]") -> int:
        """Return how long to wait after a copy that nobody answered: RETRANSMIT_TIMEOUT if confirmed."""
        if not self.confirmed:
            return random_below(_COPY_SPREAD_MS)
        return RETRANSMIT_TIMEOUT_MIN_MS + random_below(
            RETRANSMIT_TIMEOUT_MAX_MS - RETRANSMIT_TIMEOUT_MIN_MS + 1
        )
