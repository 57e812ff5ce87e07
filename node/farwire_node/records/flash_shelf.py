"""Records in flash, each written as it is sampled; the newest ones in a ring in memory, too.

The log in flash has numbers and times of its own, which never go back: a record's number here is the log's
and a shift (another one once the cloud knew higher numbers than ours), its time the log's less the seconds
that the node's clock is behind it (a board without a battery for its clock begins at 0 again).
"""

from farwire_codecs.batch_layout import Record
from farwire_codecs.schema import Schema
from farwire_node.flash.device import Flash
from farwire_node.flash.record_log import RecordLog
from farwire_node.records.number_ranges import NumberRanges
from farwire_node.records.record_ring import RecordRing

_FIXED = 5  # integers of a mark: first, unsent - first, shift, dropped, last cover counted; then the ranges
SLACK = 64  # parts of a bound: after so many records it is looked at again
AT_ONCE = 256  # records given up at most at a time
_MOST_RANGES = 96  # in a mark: others are sent once more after a restart


class FlashShelf:
    """Records in `flash`, the newest `in_memory` in memory too.

    `next`, `first`, `unsent` and `released` are what it knows after a restart; whoever uses it tells it of
    changes with `note`.
    """

    def __init__(self, schema: Schema, in_memory: int, flash: Flash) -> None:
        self.released = NumberRanges()  # of records from `first` on
        self._log = RecordLog(flash, schema, self.released)
        self._ring = RecordRing(schema, in_memory)
        self.behind_s = 0  # so much is the node's clock behind the log's time
        self._bound = 0  # records that may be held, 0: as many as fit
        mark = self._log.mark or (self._log.oldest, 0, 0, 0, 0)
        shift = self._log.shift = mark[2]
        self._dropped = mark[3] + self._log.lost
        self._log.count_covers(mark[4])
        # Of records of other channels none can be sent.
        self._first = (self._log.next if self._log.lost else self._log.at_or_after(mark[0])) + shift
        self._unsent = max(self._first, mark[0] + mark[1] + shift)
        last = mark[0] + shift
        for index in range(_FIXED, len(mark) - 1, 2):
            begin = last + mark[index]
            last = begin + mark[index + 1]
            if last >= self._first:
                self.released.add(max(begin, self._first), last)
        self._log.describe = self._describe
        self._log.kept = in_memory  # a board that slept without its memory finds them there
        self._log.begin()
        self._recalled = self._log.next  # the oldest that counts as in memory; after a deep sleep few are

    @property
    def thins(self) -> bool:
        """Whether a full flash is thinned; else its oldest sector goes."""
        return self._log.thins

    @thins.setter
    def thins(self, thins: bool) -> None:
        self._log.thins = thins

    @property
    def capacity(self) -> int:
        """About how many records fit, or may be held."""
        fit = self._log.records_capacity
        return min(fit, self._bound or fit)

    def set_capacity(self, capacity: "int | None") -> list[int]:
        """Hold at most so many records, None: as many as fit. What is too many goes with the next ones."""
        self._bound = capacity or 0
        return []

    @property
    def tolerance(self) -> int:
        """Units within which all that was thinned lies on the lines between what is here."""
        return self._log.tolerance

    @property
    def slot_size(self) -> int:
        """Bytes that a record's values and time take in memory."""
        return self._ring.slot_size - 4

    @property
    def dropped(self) -> int:
        """Records given up since the first start."""
        return self._dropped + self._log.dropped

    @property
    def next(self) -> int:
        """The number that the next record gets."""
        return self._log.next + self._log.shift

    @property
    def first(self) -> int:
        """The first record that is not certainly released or gone; `next` if there is none."""
        return max(self._first, self._log.oldest + self._log.shift)

    @property
    def unsent(self) -> int:
        """The first record that was never sent, as far as `note` told."""
        return max(self._unsent, self.first)

    def recalls(self, number: int) -> bool:
        """Return whether the record is in memory, or was before a deep sleep, and can be had."""
        return number - self._log.shift >= self._recalled and self.get(number) is not None

    def has(self, number: int) -> bool:
        """Return whether the record is here, released or not."""
        return number < self.next and self.at_or_after(number) == number

    def get(self, number: int) -> Record | None:
        """Return a record, None if it is gone."""
        record = self._ring.lookup(number - self._log.shift)
        if record is None:
            record = self._log.get(number - self._log.shift)
        return None if record is None else self._shown(record)

    def column(self, most: int, at: int) -> "list[int | None]":
        """Return raw integers of an axis of the newest records, as RecordRing.column says.

        Once a record came after a deep sleep, those that were in memory before it are read into it again.
        """
        ring, log = self._ring, self._log
        first = log.at_or_after(self._recalled)
        if first < ring.number_at(0):
            ring.count = 0
            for number in range(first, log.next):
                record = log.get(number)
                if record:
                    ring.add(*record)
        return ring.column(most, at)

    def at_or_after(self, number: int) -> int:
        """Return the number of the first record from `number` on; `next` if there is none."""
        return self._log.at_or_after(number - self._log.shift) + self._log.shift

    def before(self, number: int) -> Record | None:
        """Return the last record before `number`."""
        record = self._log.before(number - self._log.shift)
        return None if record is None else self._shown(record)

    def count(self, first: int, last: int) -> int:
        """Return how many records are here from `first` to `last`, released ones too."""
        return self._log.count(first - self._log.shift, last - self._log.shift)

    def append(self, time_s: int, values: "tuple[tuple[int, ...] | None, ...]", keep: bool) -> list[int]:
        """Write the next record; return the numbers of those given up for it."""
        number = self._log.next
        gone = self._log.append(time_s + self.behind_s, values, keep)
        if self._ring.count >= self._ring.capacity:
            self._ring.remove(0)
        self._ring.add(number, time_s + self.behind_s, values)
        self._recalled = max(self._recalled, number + 1 - self._ring.capacity)
        gone = [each + self._log.shift for each in gone]
        if self._bound and not number % (1 + self._bound // SLACK):
            self._keep_within(gone)
        return gone

    def keep_last(self, count: int) -> None:
        """See to it that the last records are not thinned."""
        self._log.keep_last(count)

    def advance(self, first: int) -> None:
        """Know that no record before `first` is held; it is written down with the next mark."""
        self._first = first

    def note(self, first: int, unsent: int) -> None:
        """Write down what is released: everything before `first`, and `released`."""
        self._first = first
        self._unsent = unsent
        self._log.write_mark()

    def renumber(self, by: int) -> None:
        """Add `by` to the numbers of all records; `released` must be moved before."""
        self._log.shift += by
        self._first += by
        self._unsent = self._first  # all are to be sent again
        self._log.write_mark()

    def drop_all(self, held: int) -> None:
        """Forget every record, and erase what was written; `held` of them are given up by that."""
        self._dropped += held
        self._first = self._unsent = self.next
        self._ring = RecordRing(self._log.schema, self._ring.capacity)
        self._recalled = self._log.next
        self._log.drop_all()

    def save(self, now_ms: int) -> None:
        """Write down what was sent; the records are in flash already."""
        self._log.write_mark()

    def restore(self, now_ms: int) -> None:
        """Take the records' times as if the power had been off for no time, if the clock went back."""
        newest_s = self._log.newest_time_s
        self.behind_s = 0 if newest_s is None else max(0, newest_s - now_ms // 1000)

    def _keep_within(self, gone: list[int]) -> None:
        """Give up the oldest records beyond the bound, and have them thinned when it is near.

        An eighth more than that: counting takes time, and so does thinning.
        """
        held = self.count(self.first, self.next - 1)
        for begin, end in self.released.ranges():
            held -= self.count(begin, end)
        over = held + self._bound // SLACK > self._bound
        surplus = min(AT_ONCE, held - self._bound + self._bound // 8)
        self._log.crowded = surplus > 0 and not over
        if not over:
            return
        self._log.end_compaction()
        before = len(gone)
        number = self.first
        while surplus and number < self.next:
            number = self.at_or_after(number)
            if self.released.last_of(number) is None:
                gone.append(number)
                surplus -= 1
            number += 1
        self._first = number
        self._dropped += len(gone) - before
        self._log.write_mark()

    def _shown(self, record: Record) -> Record:
        return Record(record.number + self._log.shift, record.time_s - self.behind_s, record.values)

    def _describe(self) -> list[int]:
        shift = self._log.shift
        first = self.first
        integers = [first - shift, self.unsent - first, shift, self.dropped, self._log.covered]
        last = first
        for begin, end in self.released.ranges():
            if len(integers) >= _FIXED + 2 * _MOST_RANGES:
                break
            if end >= first:
                begin = max(begin, first)  # noqa: PLW2901
                integers += [begin - last, end - begin]
                last = end
        return integers
