"""An append-only log of records in flash: each record is on the medium when `append` returns.

Sectors are written one after the other. A sector is free again once every record in it is released (the
owner's mark says from which number on records count), once a thinned sector covers it, or when it is the
oldest and nothing else is free. Numbers count on from record to record, whatever becomes of the records.
"""

from farwire_codecs.batch_layout import Record
from farwire_codecs.schema import Schema
from farwire_node.flash import entries
from farwire_node.flash.compaction import Compaction
from farwire_node.flash.device import Flash
from farwire_node.flash.entries import Before
from farwire_node.flash.reader import Reader
from farwire_node.flash.sectors import Sector, Sectors
from farwire_node.flash.walk import Walk
from farwire_node.records.number_ranges import NumberRanges
from farwire_node.records.thinning import COARSEST, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

AT_A_TIME = 16  # records thinned for each one that is added: a sector is free long before one is full
SPARE = 3  # sectors that should be free: the next one, one to thin into, and one that a power cut may cost
RUN_FULL = 8 * entries.MARKS


class RecordLog:
    """Records of a schema in `flash`. Read `mark` and `dropped`, set `describe`, call `begin`, then append.

    `describe` returns the integers that are to be kept over restarts; the first one is the number from which
    on records count. Records in `released`, a set of their numbers plus `shift`, need not be kept.
    """

    def __init__(self, flash: Flash, schema: Schema, released: NumberRanges) -> None:
        self.schema = schema
        self.released = released
        self.shift = 0
        self.mark: tuple[int, ...] = ()  # the newest one found
        self.lost = 0  # records of other channels, which nobody can send any more
        self.dropped = 0  # records given up since `begin`
        self.covered = 0  # sequence of the last thinned sector of which `dropped` has the count
        self.describe: Callable[[], list[int]] = list
        self.thins = True  # when full; else the oldest sector goes
        self.crowded = False  # it is time to thin, though there is room
        self.kept = 0  # how many of the newest records stay though they are released, unless space is short
        self._axes = entries.axes_of(schema.channels)
        self._units = units(schema)
        self._sectors = Sectors(flash, schema.channels)
        self._reader = Reader(self._sectors, self._axes)
        self._before = Before(self._axes, 0)
        self._offset = self._end = 0  # where the next entry goes, and where the sector ends
        self._equal = 0  # records in a row that were like the one before
        self._run = (0, 0)  # offset of the marks of the last run, and how many are used; 0: none
        self._heads: list[tuple[int, int]] = []  # offset and head of the last records
        self._marked = False
        self._compaction: Compaction | None = None
        self._gone: list[int] = []  # numbers of records given up that `append` has yet to return
        self._stalled = False  # thinning comes to little: every record is one to be kept
        self._mount()

    @property
    def next(self) -> int:
        """The number that the next record gets."""
        number: int = self._reader.next
        return number

    @property
    def oldest(self) -> int:
        """The first number that is not certainly gone; `next` if all are."""
        live = self._sectors.live
        return live[0].first if live else self.next

    @property
    def newest_time_s(self) -> int | None:
        """The time of the last record, None if it lies in no sector."""
        record = self._reader.before(self.next)
        return None if record is None else record.time_s

    @property
    def records_capacity(self) -> int:
        """About how many records fit, at 8 bytes each."""
        return (self._sectors.count - SPARE) * (self._sectors.flash.sector_size - self._sectors.body) // 8

    @property
    def tolerance(self) -> int:
        """Units within which all that was thinned lies on the lines between what is here."""
        return max([0] + [int(sector.thinned) - 1 for sector in self._sectors.live])

    def count_covers(self, sequence: int) -> None:
        """Have in `dropped` what thinned sectors after this one gave up: no mark came to have it."""
        self.covered = sequence
        for other, cover in self._sectors.covers:
            if other > sequence:
                self.dropped += cover.dropped
                self.covered = max(self.covered, other)

    def begin(self) -> None:
        """Be ready to append."""
        self._free_released()
        if not self._end:
            self._open(0)
        elif not self._marked:
            self.write_mark()

    def get(self, number: int) -> Record | None:
        """Return a record, None if it is gone."""
        return self._reader.get(number)

    def at_or_after(self, number: int) -> int:
        """Return the number of the first record from `number` on; `next` if there is none."""
        return self._reader.at_or_after(number)

    def before(self, number: int) -> Record | None:
        """Return the last record before `number`."""
        return self._reader.before(number)

    def count(self, first: int, last: int) -> int:
        """Return how many records there are from `first` to `last`."""
        return self._reader.count(first, last)

    def append(
        self,
        time_s: int,
        values: "tuple[tuple[int, ...] | None, ...]",
        keep: bool,
    ) -> list[int]:
        """Write the next record; return the numbers of others that are given up for it.

        `time_s` is not before the last record's. `keep`: not to be thinned. Some of those given up to
        thinning can be read until the sector that they lie in is free.
        """
        self._make_room()
        if not keep and self._before.repeats(self.next, time_s, values):
            self._append_equal(time_s, values)
        else:
            self._equal = 0
            self._append_record(time_s, values, keep)
        self._before.follow(self.next, time_s, values)
        self._reader.next += 1
        gone, self._gone = self._gone, []
        return gone

    def keep_last(self, count: int) -> None:
        """See to it that the last records, as far as they are in the newest sector, are not thinned."""
        for offset, head in self._heads[-count:]:
            self._sectors.flash.program(offset, bytes((head & 0x7F,)))
        self._heads = []

    def write_mark(self) -> None:
        """Write what `describe` says, and free the sectors that it releases."""
        entry = entries.mark(self.describe(), self._live_sequence)
        if self._offset + len(entry) > self._end:
            self._open()
        else:
            self._program(entry)
            self._marked = True
        self._free_released()

    def drop_all(self) -> None:
        """Forget every record; `describe` says so already. What was written is erased."""
        self.end_compaction()
        self._open()
        for sector in self._sectors.live[:-1]:
            self._sectors.release(sector)
        self._sectors.live = self._sectors.live[-1:]
        self._sectors.wipe()

    # -- writing --

    @property
    def _live_sequence(self) -> int:
        sequence: int = self._sectors.live[-1].sequence
        return sequence

    def _append_equal(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> None:
        """Write one more record like the one before: 3 bytes at first, then a bit."""
        self._equal += 1
        at, used = self._run
        if used and used < RUN_FULL and self._offset == at + entries.MARKS:
            marks = 0xFF << (used & 7) + 1 & 0xFF
            self._sectors.flash.program(at + (used >> 3), bytes((marks,)))
            self._run = (at, used + 1)
        elif self._equal > 1 and self._offset + entries.RUN_SIZE <= self._end:
            self._run = (self._offset + entries.RUN_SIZE - entries.MARKS, 1)
            self._program(entries.run(self._live_sequence))
        else:
            self._append_record(time_s, values, False)

    def _append_record(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]", keep: bool) -> None:
        entry = entries.record(self._before, self.next, time_s, values, keep, self._live_sequence)
        if self._offset + len(entry) > self._end:
            self._open()
            entry = entries.record(self._before, self.next, time_s, values, keep, self._live_sequence)
        self._heads = self._heads[-7:] + [(self._offset, entry[0])]
        self._program(entry)

    def _program(self, entry: bytes) -> None:
        self._sectors.flash.program(self._offset, entry)
        self._offset += len(entry)

    def _open(self, spare: int = 1) -> None:
        """Begin the next sector, with a mark in it.

        `spare` sectors stay free: the one that a power cut in the middle of an entry costs.
        """
        self._drop_oldest(spare + 1)
        sector = self._sectors.take(self.next, False)
        self._sectors.live.append(sector)
        self._before = Before(self._axes, self.next - 1)
        self._offset, self._end = self._sectors.begin(sector), self._sectors.end(sector)
        self._equal = 0
        self._run = (0, 0)
        self._heads = []
        self._program(entries.mark(self.describe(), sector.sequence))
        self._marked = True

    # -- room --

    def _make_room(self) -> None:
        """Thin for a while if it is time to."""
        if self._compaction is None:
            free = self._sectors.free
            if not self.thins or self._stalled or not (0 < free <= SPARE or (free and self.crowded)):
                return
            stretch = self._stretch()
            if stretch is None:
                return
            first, end, tolerance = stretch
            first = max(first, self.describe()[0])  # what was given up, or released, is not given up again
            if first >= end:
                return
            self._compaction = Compaction(
                self._sectors, self._reader, self._axes, self._units, first, end, tolerance
            )
        self._gone += self._compaction.step(AT_A_TIME, self.released, self.shift)
        if self._compaction.done:
            cover = self._compaction.cover
            if cover is not None:
                self.dropped += cover.dropped
                self.covered = self._compaction.sequence
                self._stalled = cover.tolerance >= COARSEST and 8 * cover.dropped < cover.count
            self._compaction = None
            entry = entries.mark(self.describe(), self._live_sequence)
            if self._offset + len(entry) <= self._end:  # else the next sector's mark says what was given up
                self._program(entry)
                self._marked = True

    def _stretch(self) -> "tuple[int, int, int] | None":
        """Return where to thin in the older half, from which number to before which, and how coarsely.

        That is where the curve was thinned least, the oldest such part of two sectors or more.
        """
        live = self._sectors.live
        half = len(live) // 2
        least = best = -1
        for index in range(half - 1):
            coarse = max(live[index].thinned, live[index + 1].thinned)
            if best < 0 or coarse < least:
                least, best = coarse, index
        if best < 0:
            return None
        end = best + 2
        while end < half and live[end].thinned <= least:
            end += 1
        return live[best].first, live[end].first, max(0, least - 1)

    def _drop_oldest(self, wanted: int) -> None:
        """Give up the oldest sectors until so many are free."""
        if self._sectors.free < wanted:
            self.end_compaction()
        while self._sectors.free < wanted and self._sectors.live:
            number = self.at_or_after(self.oldest)
            while number < self._reader.end_of(0):
                if self.released.last_of(number + self.shift) is None:
                    self._gone.append(number)
                    self.dropped += 1
                number = self.at_or_after(number + 1)
            self._sectors.release(self._sectors.live[0])
            self._sectors.live = self._sectors.live[1:]
            self._stalled = False

    def end_compaction(self) -> None:
        """Give up thinning that is under way; what it told as given up stays."""
        if self._compaction is not None:
            self._compaction.abandon()
            self._compaction = None

    def _free_released(self) -> None:
        """Free the oldest sectors of which no record counts any more."""
        described = self.describe()
        if not described:
            return
        live = self._sectors.live
        at = 0
        first = min(described[0], self.next - self.kept)
        while at + 1 < len(live) and live[at + 1].first <= first:
            at += 1
        if at:
            self.end_compaction()
            for sector in live[:at]:
                self._sectors.release(sector)
            self._sectors.live = live[at:]

    # -- after a restart --

    def _mount(self) -> None:
        foreign = self._sectors.foreign
        newest: Sector | None = None
        for sector in self._sectors.live:
            if not sector.thinned and (newest is None or sector.sequence > newest.sequence):
                newest = sector
        if foreign and (newest is None or foreign[-1][0].sequence > newest.sequence):
            self._count_foreign()
            return
        if newest is None:
            return
        # Nothing lies behind the newest sector that was not thinned.
        walk = self._through(self._reader.walk(newest))
        self._reader.next = walk.before.number + 1
        self._before = walk.before
        self._offset, self._end = walk.offset, self._sectors.end(newest)
        if walk.run_used:
            self._run = (walk.offset - entries.MARKS, walk.run_used)
            self._equal = 1
        if not walk.rest_is_free():
            self._offset = self._end  # an entry that was cut: the next one begins a sector
            if self.next == newest.origin and walk.mark is None:
                self.mark = self._earlier_mark(newest)
                self._sectors.live.remove(newest)
                self._sectors.release(newest)
                self._end = 0
                return
        self._marked = walk.mark is not None
        if walk.mark is not None:
            self.mark = walk.mark
        else:
            self.mark = self._earlier_mark(newest)

    def _earlier_mark(self, newest: Sector) -> tuple[int, ...]:
        """Return the mark of the sector before the newest one, which was cut before it had its own."""
        found = None
        for sector in self._sectors.live:
            if not sector.thinned and sector.sequence < newest.sequence:
                found = sector
        if found is None:
            return ()
        return self._through(self._reader.walk(found)).mark or ()

    def _count_foreign(self) -> None:
        """Go on behind the numbers of records that have other channels."""
        sector, channels = self._sectors.foreign[-1]
        begin, end = self._sectors.begin(sector, len(channels)), self._sectors.end(sector)
        walk = self._through(
            Walk(self._sectors.flash, begin, end, entries.axes_of(channels), sector.origin, sector.sequence)
        )
        self.mark = walk.mark or ()
        self._reader.next = walk.before.number + 1
        oldest = min([each.first for each, _ in self._sectors.foreign])
        self.lost = self.next - max(oldest, self.mark[0] if self.mark else 0)
        for each in self._sectors.live:
            self._sectors.release(each)
        self._sectors.live = []

    def _through(self, walk: Walk) -> Walk:
        while walk.next():
            pass
        return walk
