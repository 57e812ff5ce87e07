"""A sensor of what is left in the battery, by the ledger of charge: for cells whose voltage tells nothing."""

from farwire_codecs.schema import Channel
from farwire_node.power import Currents, Ledger, left_percent
from farwire_node.sensor import Sensor

_PERCENTAGE = 120  # LPP type, in whole percent (farwire_codecs.lpp_types)


class ChargeLeft(Sensor):
    """Percent of `usable_mah` left; the battery was new when the ledger began."""

    bounds = ((0, 100),)

    def __init__(self, channel: int, ledger: Ledger, currents: Currents, usable_mah: int) -> None:
        self.channels = (Channel(channel, _PERCENTAGE),)
        self._ledger = ledger
        self._currents = currents
        self._usable_mah = usable_mah

    def read(self, now_ms: int) -> "tuple[tuple[int, ...], ...]":
        """Return it."""
        return ((left_percent(self._ledger, self._currents, self._usable_mah),),)
