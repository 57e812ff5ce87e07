"""Airtime spent in each sub-band during the last hour, so that no rolling hour ever exceeds the law.

Spending is kept in buckets of a minute, each counted whole until its last millisecond is an hour old: that
errs by at most a minute, and only on the strict side. Ordinary frames may use all but the reserve, urgent
frames all of it. Times and airtimes in ms.
"""

import struct

from farwire_node.errors import StorageError
from farwire_node.lorawan.regions.region import HOUR_MS, SubBand

BUCKET_MS = 60_000

# A radio that is told to send may need this long to begin; the bucket is chosen as if it did.
_START_SLACK_MS = 1_000

# Between two writes to storage a band may spend this share of its hour; after a power cut that left no time
# to save, all of it counts as spent.
_UNSAVED_SHARE = 16


class Ledger:
    """One account per sub-band, by the sub-band's index in the region; one without a limit stays empty."""

    def __init__(self, sub_bands: tuple[SubBand, ...], reserve_percent: int) -> None:
        self._limits_ms = [band.per_hour_ms for band in sub_bands]
        self._ordinary_ms = [ms - ms * reserve_percent // 100 for ms in self._limits_ms]
        # Parallel lists, oldest first: numbers of buckets and what was spent in them.
        self._buckets: list[list[int]] = [[] for _ in sub_bands]
        self._spent: list[list[int]] = [[] for _ in sub_bands]
        self._unsaved_ms = [0 for _ in sub_bands]

    def earliest_ms(self, band: int, airtime_ms: int, now_ms: int, urgent: bool) -> int | None:
        """Return when a frame of `airtime_ms` may start, `now_ms` if at once, None if it never may."""
        if not self._limits_ms[band]:
            return now_ms
        limit_ms = self._limits_ms[band] if urgent else self._ordinary_ms[band]
        free_ms = limit_ms - airtime_ms
        if free_ms < 0:
            return None
        spent_ms = sum(self._spent[band])
        if spent_ms <= free_ms:
            return now_ms
        # The hour that counts ends with the frame: wait until enough of the oldest buckets lie before it.
        start_ms = now_ms
        for bucket, ms in zip(self._buckets[band], self._spent[band]):  # noqa: B905
            start_ms = (bucket + 1) * BUCKET_MS + HOUR_MS - airtime_ms
            spent_ms -= ms
            if spent_ms <= free_ms:
                break
        return max(now_ms, start_ms)

    def spares(self, band: int, airtime_ms: int, now_ms: int) -> bool:
        """Tell whether an urgent frame of `airtime_ms` leaves later ones enough.

        That is: takes at most a quarter of what they have left, and leaves at least half the reserve.
        """
        reserve_ms = self._limits_ms[band] - self._ordinary_ms[band]
        wanted_ms = max(4 * airtime_ms, airtime_ms + reserve_ms // 2)
        return self.earliest_ms(band, wanted_ms, now_ms, True) == now_ms

    def charge(self, band: int, airtime_ms: int, start_ms: int) -> None:
        """Book a frame that starts at `start_ms`; starts never go back."""
        if not self._limits_ms[band]:
            return
        end_ms = start_ms + airtime_ms
        buckets, spent = self._buckets[band], self._spent[band]
        while buckets and (buckets[0] + 1) * BUCKET_MS <= end_ms - HOUR_MS:
            buckets.pop(0)
            spent.pop(0)
        bucket = (end_ms + _START_SLACK_MS) // BUCKET_MS
        if buckets and buckets[-1] == bucket:
            spent[-1] += airtime_ms
        else:
            buckets.append(bucket)
            spent.append(airtime_ms)
        self._unsaved_ms[band] -= airtime_ms

    def spent_ms(self, band: int, now_ms: int) -> int:
        """Return what counts against the hour that ends at `now_ms`."""
        total = 0
        for bucket, ms in zip(self._buckets[band], self._spent[band]):  # noqa: B905
            if (bucket + 1) * BUCKET_MS > now_ms - HOUR_MS:
                total += ms
        return total

    def exhaust(self, now_ms: int) -> None:
        """Count every band as spent at `now_ms`: what was sent before is not known."""
        for band, limit_ms in enumerate(self._limits_ms):
            self.charge(band, limit_ms, now_ms - limit_ms)

    @property
    def must_save(self) -> bool:
        """Whether some band has spent more than what is in storage allows for. Ask before transmitting."""
        return any(ms < 0 for ms in self._unsaved_ms)

    def saved(self, allowance: bool) -> bytes:
        """Return the accounts for storage.

        `allowance`: more will be spent before the next save. Without it (going to sleep) they are exact.
        """
        if allowance:
            self._unsaved_ms = [ms // _UNSAVED_SHARE for ms in self._limits_ms]
        else:
            self._unsaved_ms = [0 for _ in self._limits_ms]
        out = bytearray((len(self._limits_ms), 1 if allowance else 0))
        for buckets, spent in zip(self._buckets, self._spent):  # noqa: B905
            out.append(len(buckets))
            for bucket, ms in zip(buckets, spent):  # noqa: B905
                out.extend(struct.pack("<qI", bucket, ms))
        return bytes(out)

    def restore(self, stored: bytes, now_ms: int) -> None:
        """Take over what `saved` gave before a restart; StorageError if these are no such bytes.

        What cannot be dated counts as spent now: the allowance, and everything if the clock went back.
        """
        buckets, spent = _parsed(stored, len(self._limits_ms))
        now_bucket = (now_ms + _START_SLACK_MS) // BUCKET_MS
        for band, limit_ms in enumerate(self._limits_ms):
            undated_ms = limit_ms // _UNSAVED_SHARE if stored[1] else 0
            if buckets[band] and buckets[band][-1] > now_bucket:
                undated_ms += sum(spent[band])
                buckets[band], spent[band] = [], []
            if undated_ms:
                buckets[band].append(now_bucket)
                spent[band].append(undated_ms)
        self._buckets, self._spent = buckets, spent


def _parsed(stored: bytes, bands: int) -> tuple[list[list[int]], list[list[int]]]:
    if len(stored) < 2 or stored[0] != bands:
        raise StorageError(f"stored airtime has {len(stored)} bytes, expected {bands} bands")
    all_buckets: list[list[int]] = []
    all_spent: list[list[int]] = []
    at = 2
    for _ in range(bands):
        count = stored[at] if at < len(stored) else 256
        at += 1
        if at + 12 * count > len(stored):
            raise StorageError("stored airtime is cut short")
        entries = [struct.unpack("<qI", stored[at + 12 * i : at + 12 * i + 12]) for i in range(count)]
        all_buckets.append([entry[0] for entry in entries])
        all_spent.append([entry[1] for entry in entries])
        at += 12 * count
    if at != len(stored):
        raise StorageError("stored airtime is too long")
    return all_buckets, all_spent
