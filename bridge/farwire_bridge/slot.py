"""Our one item in a device's queue at the network server: what we know of it.

            Enqueue ──reply──> queued ──txack──> gone (unconfirmed) or transmitted (confirmed) ──ack──> gone
               └──no reply──> unsure ──look at the queue──> queued, or not there

An item that had its chance (an uplink after the one that it may have come too late for) and of which no
txack came is looked for in the queue too: MQTT events at QoS 0 can be lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from farwire_bridge.calls import QueueItem

CHANCES = 2
"""Uplinks after which a queued item must have been sent: the first one's window may have been missed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One item of ours, in the queue or on its way there."""

    f_port: int
    payload: bytes
    token: int = 0  # of the Enqueue call; 0: not of this run
    item_id: str = ""  # given by the network server; "": not known yet
    unsure: bool = False  # whether it is in the queue is not known
    flushed: bool = False  # the queue may have been emptied since; what is not there was not sent
    transmitted: bool = False  # a gateway took it, and its MAC acknowledgement is waited for
    uplinks: int = 0  # heard since it was queued or transmitted

    @property
    def in_flight(self) -> bool:
        """Whether the reply to its Enqueue is still to come."""
        return not self.item_id and not self.unsure

    @property
    def doubtful(self) -> bool:
        """Whether the queue should be looked at."""
        return self.unsure or (bool(self.item_id) and self.uplinks >= CHANCES)

    def heard(self) -> "Slot":
        """Return it after one more uplink of the device."""
        return replace(self, uplinks=self.uplinks + 1)

    def find(self, items: Iterable[QueueItem]) -> QueueItem | None:
        """Return the queue's item that is this one: by id, by content while the id is not known."""
        for item in items:
            if item.item_id == self.item_id:
                return item
            if not self.item_id and (item.f_port, item.payload) == (self.f_port, self.payload):
                return item
        return None

    def found(self, item: QueueItem) -> "Slot":
        """Return it as the queue shows it; the next uplink is its next chance."""
        return replace(
            self,
            item_id=item.item_id,
            unsure=False,
            flushed=False,
            transmitted=self.transmitted or item.pending,
            uplinks=CHANCES - 1,
        )
