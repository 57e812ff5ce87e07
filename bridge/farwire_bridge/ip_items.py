"""Downlinks to nodes without a radio: what is in a queue, and how it is called."""

import itertools
import time
from dataclasses import dataclass

from farwire_bridge.calls import Enqueue, QueueItem
from farwire_codecs import ip_frame
from farwire_codecs.ip_frame import DownFrame


@dataclass(frozen=True, slots=True)
class Item:
    """One downlink with the tag that its node will name when it has it."""

    tag: int
    call: Enqueue

    @property
    def item_id(self) -> str:
        """The name of the item to the downlinks' machines."""
        return item_id(self.tag)

    @property
    def data(self) -> bytes:
        """The bytes for the node."""
        return ip_frame.encode_down(DownFrame(self.tag, self.call.f_port, self.call.payload))

    def shown(self) -> QueueItem:
        """Return it as a queue shows it."""
        return QueueItem(self.item_id, self.call.f_port, self.call.payload, self.call.confirmed)


def item_id(tag: int) -> str:
    """Return the name of the item with a tag."""
    return f"ip-{tag:08x}"


class Tags:
    """Tags of a run of the bridge: they begin with the seconds since 1970, so that no two runs share any that
    a node still knows. `next` is safe from any thread."""

    def __init__(self, start: int | None = None) -> None:
        self._numbers = itertools.count(int(time.time()) if start is None else start)

    def next(self) -> int:
        """Return another tag, 1 to 2^32 - 1."""
        return next(self._numbers) % 0xFFFFFFFF + 1
