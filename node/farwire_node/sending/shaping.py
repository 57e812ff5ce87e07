"""What the configuration says of frames: how long, how many records, which layout, live values besides."""

from collections import namedtuple

from farwire_codecs import configuration_keys as keys
from farwire_codecs.schema import Channel
from farwire_node.control.configuration import Configuration
from farwire_node.link import Link
from farwire_node.sending.history import LONGEST_RUN

Shaping = namedtuple("Shaping", ("payload_limit", "records_per_frame", "layout", "lpp_live"))
"""`payload_limit` in bytes; `records_per_frame` 1 to LONGEST_RUN; `layout` one of those below; `lpp_live`
whether the newest values go as Cayenne LPP, too, after each regular report."""

SMALLER, ALL_CHANNELS, ONE_CHANNEL = 0, 1, 2  # a choice's values (farwire_codecs.configuration_keys)

_RANKS = (1, 2, 0)  # by a priority's value: normal, low, high
NOTICE = 2  # the rank of an alarm that does not hurry: ordinary airtime, between other frames

ANY_LENGTH = 65_535  # of a frame: as the link carries it
UNSHAPED = Shaping(ANY_LENGTH, LONGEST_RUN, SMALLER, False)


def of(running: Configuration) -> Shaping:
    """Return what a configuration says."""
    limit = running.whole(keys.PAYLOAD_LIMIT)
    return Shaping(
        ANY_LENGTH if limit == keys.KEYS[keys.PAYLOAD_LIMIT].high else limit,  # the highest bounds no link
        min(running.whole(keys.RECORDS_PER_FRAME), LONGEST_RUN),
        running.whole(keys.HISTORY_LAYOUT),
        bool(running.whole(keys.LPP_LIVE)),
    )


def order_of(running: Configuration, channels: "tuple[Channel, ...]") -> "tuple[int, ...]":
    """Return the indices of the channels in the order of their priorities, high ones first."""
    ranks = ranks_of(running, channels)
    order = range(len(_RANKS))
    return tuple([i for rank in order for i, c in enumerate(channels) if ranks[c.channel] == rank])


def ranks_of(running: Configuration, channels: "tuple[Channel, ...]") -> "dict[int, int]":
    """Return each channel's rank by its priority: 0 high, 1 normal, 2 low."""
    return {c.channel: _RANKS[running.value(keys.PRIORITY, c.channel, 0)] for c in channels}


class Capped(Link):
    """A link as the frames see it that may not be longer than `most` bytes: its sizes and airtimes alone."""

    def __init__(self, link: Link, most: int) -> None:
        self._link = link
        self._most = most

    def capacity(self, now_ms: int) -> int:
        """Return the largest payload that the next frame can and may carry."""
        return min(self._link.capacity(now_ms), self._most)

    def airtime_ms(self, size: int) -> int:
        """Return how long the next frame with `size` bytes is on air."""
        return self._link.airtime_ms(size)

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        """Return the first moment at which `send` would take `size` bytes."""
        return self._link.earliest_ms(size, now_ms, urgent)
