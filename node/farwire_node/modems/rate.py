"""How much a frame can carry and how long it takes, at the data rate that the modem told. Sizes in bytes."""

from farwire_node.link import USUAL_WINDOWS_MS
from farwire_node.lorawan import regions
from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.frames import OVERHEAD
from farwire_node.lorawan.regions.region import Region
from farwire_node.modems.dialect import Dialect, number

_SHORTER = (
    15  # MAC commands may take so much of a frame (FOpts), and most modems do not tell how much they do
)
_ANSWER_MS = 1_500  # the second window comes 1 s after the first, where the last answer may have come
_HANDOVER_MS = 20  # from the last character of a command to the start of the frame
_WORDS = 20  # characters of a command beside the payload


class Rate:
    """The present data rate; the slowest one until the modem told."""

    def __init__(self, region: Region, dialect: Dialect) -> None:
        self._region = region
        self._dialect = dialect
        self._dr = region.up_drs[0]
        self._told: int | None = None
        self._shorter = 0
        self.windows_ms = USUAL_WINDOWS_MS  # after a frame; modems do not tell RX1's delay

    @property
    def capacity(self) -> int:
        """The largest payload of the next frame."""
        # Modems do not tell whether the network lifted the dwell time: what is safe either way.
        limit = (
            regions.max_payload(self._region, self._dr, self._region.dwell_at_boot)
            if self._told is None
            else self._told
        )
        return max(0, min(limit, self._dialect.longest) - self._shorter)

    def learn(self, values: "dict[str, str]") -> None:
        """Take what the modem answered."""
        dr = number(values.get("dr", ""))
        if dr is not None and dr in self._region.up_drs:
            self._dr = dr
        self._told = self._dialect.capacity(values)

    def took(self, cycle_ms: int) -> None:
        """A frame's cycle was over so long after it: the next one's may last a second more."""
        self.windows_ms = max(USUAL_WINDOWS_MS, cycle_ms + _ANSWER_MS)

    def too_long(self) -> None:
        """The modem had no room for a payload of this capacity: leave room for MAC commands."""
        self._shorter = 0 if self._shorter else _SHORTER

    def fitted(self) -> None:
        """A frame was taken: what waited went with it."""
        self._shorter = 0

    def on_air_ms(self, size: int) -> int:
        """Return how long a frame with a payload of `size` is on air."""
        return airtime_ms(OVERHEAD + size, *self._region.data_rates[self._dr])

    def handover_ms(self, size: int) -> int:
        """Return how long its command is on its way: two digits a byte, ten bits a digit."""
        return _HANDOVER_MS + (2 * size + _WORDS) * 10_000 // self._dialect.baud
