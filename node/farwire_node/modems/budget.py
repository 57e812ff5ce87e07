"""The airtime of a node whose modem picks the channels: an account of the hour, with a reserve for alarms.

The modem keeps the law; this account keeps ordinary frames from spending the last of what it allows. It is as
strict as if every frame went into the sub-band of the region's own channels. Times in ms.
"""

from farwire_node.errors import StorageError
from farwire_node.lorawan import regions
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions.region import Region
from farwire_node.storage import Storage

KEY = "modem_airtime"


class Budget:
    """Airtime spent in the last hour; no limit in a region without duty cycle."""

    def __init__(self, region: Region, reserve_percent: int, storage: Storage) -> None:
        self._storage = storage
        self._started = False
        self._ledger: Ledger | None = None
        band = regions.sub_band_of(region, region.channels[0].freq_hz) if region.sub_bands else None
        if band is not None:
            self._ledger = Ledger((region.sub_bands[band],), reserve_percent)

    def earliest_ms(self, airtime_ms: int, now_ms: int, urgent: bool) -> int | None:
        """Return when a frame may start, `now_ms` if at once, None if never."""
        self._start(now_ms)
        return now_ms if self._ledger is None else self._ledger.earliest_ms(0, airtime_ms, now_ms, urgent)

    def charge(self, airtime_ms: int, start_ms: int) -> None:
        """Book a frame."""
        self._start(start_ms)
        if self._ledger is not None:
            self._ledger.charge(0, airtime_ms, start_ms)
            if self._ledger.must_save:
                self.save(False)

    def save(self, exact: bool) -> None:
        """Keep the account over a restart."""
        if self._ledger is not None:
            self._storage.save(KEY, self._ledger.saved(not exact))

    def _start(self, now_ms: int) -> None:
        """Take over the account of an earlier life, as soon as there is a clock to date it by."""
        if self._started or self._ledger is None:
            return
        self._started = True
        stored = self._storage.load(KEY)
        if stored is None:
            return
        try:
            self._ledger.restore(stored, now_ms)
        except StorageError:
            self._ledger.exhaust(now_ms)
        self.save(False)
