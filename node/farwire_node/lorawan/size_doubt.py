"""Sizes that some networks refuse and others take (Region.doubtful_payload).

The large one is used until the network seems to refuse it: confirmed frames above the smaller one go
unanswered twice in a row, all copies of them. From then on the session keeps to the smaller one.
"""

from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.frames import OVERHEAD
from farwire_node.lorawan.regions.region import Region
from farwire_node.lorawan.session import Session
from farwire_node.lorawan.uplink import Uplink

_REFUSALS = 2


class SizeDoubt:
    """Counts what looks like a refusal."""

    def __init__(self, region: Region) -> None:
        self._doubtful = region.doubtful_payload
        self._refusals = 0

    def limit(self, session: Session, plan: ChannelPlan, dr: int) -> int:
        """Return the region's limit at `dr`, or the smaller one."""
        size = plan.max_payload(dr)
        if session.capped and self._doubtful is not None and dr == self._doubtful[0]:
            return min(size, int(self._doubtful[1]))
        return size

    def note(self, session: Session, uplink: Uplink, answered: bool) -> None:
        """Take the outcome of a frame."""
        if self._doubtful is None or not uplink.confirmed or uplink.dr != self._doubtful[0]:
            return
        if len(uplink.phy) <= OVERHEAD + self._doubtful[1]:
            return
        self._refusals = 0 if answered else self._refusals + 1
        if self._refusals >= _REFUSALS:
            self._refusals = 0
            session.capped = True
