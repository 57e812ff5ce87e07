"""One uplink frame while its copies are being sent (NbTrans, TS001-1.0.4 §5.2). Times in ms."""


class Uplink:
    """A frame with its counter already in it; every copy is the same bytes at the same data rate."""

    def __init__(
        self,
        phy: bytes,
        dr: int,
        airtime_ms: int,
        confirmed: bool,
        urgent: bool,
        own: bool,
        copies: int,
    ) -> None:
        self.phy = phy
        self.dr = dr
        self.airtime_ms = airtime_ms
        self.confirmed = confirmed
        self.urgent = urgent
        self.own = own  # the MAC's own frame: nobody waits for its Delivered
        self.copies_left = copies
        self.next_copy_ms = 0
        self.give_up_ms = 0
