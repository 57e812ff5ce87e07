"""A sensor of what is left in the battery, by the ledger of charge: for cells whose voltage tells nothing.

What was taken is kept in storage, over restarts and power cuts; a cut costs SAVE_EVERY_MS of it at most, a
ten-thousandth of a battery that lasts seven years. For a new battery take the value of KEY out of storage.
"""

import struct

from farwire_codecs.schema import Channel
from farwire_node.power.power import Currents, Ledger, charges, left_percent
from farwire_node.sensors.sensor import Sensor
from farwire_node.storage import Storage

KEY = "charge_used"  # >QQ: nC taken out of the battery; what the ledger had booked then
SAVE_EVERY_MS = 6 * 3_600_000  # 4 writings of 16 bytes a day
_PERCENTAGE = 120  # LPP type, in whole percent (farwire_codecs.lpp_types)


class ChargeLeft(Sensor):
    """Percent of `usable_mah` left; the battery was new when `storage` was."""

    bounds = ((0, 100),)

    def __init__(
        self, channel: int, ledger: Ledger, currents: Currents, usable_mah: int, storage: Storage
    ) -> None:
        self.channels = (Channel(channel, _PERCENTAGE),)
        self._ledger = ledger
        self._currents = currents
        self._usable_mah = usable_mah
        self._storage = storage
        saved = storage.load(KEY)
        self._used_nc, self._booked_nc = struct.unpack(">QQ", saved) if saved else (0, 0)
        self._saved_ms: int | None = None

    def read(self, now_ms: int) -> "tuple[tuple[int, ...], ...]":
        """Return it."""
        booked_nc = sum(charges(self._ledger, self._currents))
        if booked_nc < self._booked_nc:  # another ledger, of a later start
            self._booked_nc = 0
        self._used_nc += booked_nc - self._booked_nc
        self._booked_nc = booked_nc
        if self._saved_ms is None or now_ms - self._saved_ms >= SAVE_EVERY_MS:
            self._save(now_ms)
        return ((left_percent(self._used_nc, self._usable_mah),),)

    def suspend(self, now_ms: int) -> None:
        """Write what was taken."""
        self.read(now_ms)
        self._save(now_ms)

    def _save(self, now_ms: int) -> None:
        self._saved_ms = now_ms
        self._storage.save(KEY, struct.pack(">QQ", self._used_nc, self._booked_nc))
