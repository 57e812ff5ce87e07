"""Which records the next history batch carries, and its bytes.

A batch is a run of consecutive numbers; for a few that were given up between others it carries records
without values. Records that were never sent come first: a run of them, and before it as many earlier
unacknowledged ones as the channel's losses call for (repeats.py) and the frame has room for. When all was
sent, the oldest run that the cloud reported missing goes again; when nothing is missing, the newest records
go again, which makes everything missing below them visible to the cloud, and once the cloud has those, what
is still held goes again in turn. Where not even one record fits, its channels go one after the other, a frame
each.
"""

from collections import namedtuple

from farwire_codecs import batch_encoder
from farwire_codecs.batch_layout import Record
from farwire_codecs.model import ALL_CHANNELS
from farwire_node.link import Link
from farwire_node.records.store import RecordStore

Run = namedtuple("Run", ("first", "count", "must"))
"""`count` records from `first` on that the store carries; the last `must` are why the frame is sent."""

Terms = namedtuple("Terms", ("schema", "inline_schema", "wanted", "base"))
"""How to encode: with which schema, whether it goes along, whether an acknowledgement is wanted, and the Base
that the batch builds on, None for a self-contained one."""

Frame = namedtuple("Frame", ("payload", "first", "count"))
"""A batch as it goes on air now, with the records in it."""

LONGEST_RUN = 48  # records in a frame: a board needs some 10 ms for each
HEAD = 7  # bytes of a batch before its values, about: header, schema id, number, age
ENCODINGS = 4  # attempts to find the run that fills the frame; a board needs some 100 ms for each
WORTH = 8  # another attempt is worth it for an eighth more records


def choose(
    store: RecordStore, most: int = LONGEST_RUN, depth: int = LONGEST_RUN, after: int = 0
) -> Run | None:
    """Return the longest run of at most `most` records for the next batch; None when nothing is held.

    Beside records that were never sent, `depth` times as many earlier ones at most. `after` is where the last
    batch ended.
    """
    first = store.first_unsent()
    if first is not None:
        must = _length(store, first, most)
        return _with_earlier(store, first, must, min(most, must * (1 + depth)))
    first = store.first_missing()
    if first is not None:
        count = _length(store, first, most)
        while not store.is_missing(first + count - 1):
            count -= 1
        return _with_earlier(store, first, count, most)
    if not store.held:
        return None
    newest = store.next - 1
    if store.holds(newest):
        return _with_earlier(store, newest, 1, most)
    number = max(after, store.first)
    while number < newest and not store.holds(number):
        number += 1
    if not store.holds(number):
        number = store.first
    count = _length(store, number, most)
    return Run(number, count, count)


def build(store: RecordStore, run: Run, link: Link, terms: Terms, likely: int, now_ms: int) -> Frame | None:
    """Return the batch with as much of the run as the link's next frame can carry; None if no record fits.

    All `must` records that fit are in it; `likely` is how many records a full frame holds, about. Ages
    are as of the end of the frame's own transmission, when that starts at `now_ms`.
    """
    limit = link.capacity(now_ms)
    end = run.first + run.count
    take = min(run.count, max(run.must, likely))
    best: Frame | None = None
    for attempt in range(ENCODINGS):
        frame = _framed(Rows(store, end - take, take), link, terms, ALL_CHANNELS, now_ms)
        if frame is None or frame.first + frame.count < end:  # too many
            if best is not None or frame is None or take == run.must:
                return frame if best is None else best
            take = run.must if attempt == ENCODINGS - 2 else max(run.must, min(frame.count, take - 1))
            continue
        best = frame
        more = (limit - len(frame.payload)) * take // max(take, len(frame.payload) - HEAD)
        if take == run.count or more <= take // WORTH:
            break
        take = min(run.count, take + more)
    return best


def build_part(
    store: RecordStore, run: Run, link: Link, terms: Terms, channel: int, most: int, now_ms: int
) -> Frame | None:
    """Return the batch of one channel (its index) of at most `most` of the run's first `must` records.

    For links that cannot carry a whole record; None if not even one value fits.
    """
    rows = Rows(store, run.first + run.count - run.must, min(run.must, most))
    terms = Terms(terms.schema, False, terms.wanted, None)
    return _framed(rows, link, terms, channel, now_ms)


class Rows:
    """`count` records from number `first` on, each taken out of the store when it is asked for."""

    def __init__(self, store: RecordStore, first: int, count: int) -> None:
        self._store = store
        self.first = first
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Record:
        return self._store.record(self.first + index)


def _framed(rows: Rows, link: Link, terms: Terms, channel: int, now_ms: int) -> Frame | None:
    """Return the frame of the first records that fit, with ages as of the end of its own transmission."""
    payload, count = batch_encoder.encode(
        terms.schema,
        rows,
        now_ms,
        link.capacity(now_ms),
        terms.wanted,
        terms.inline_schema,
        terms.base,
        channel,
        False,
        link.airtime_ms,
    )
    return Frame(payload, rows.first, count) if count else None


def _length(store: RecordStore, first: int, most: int) -> int:
    """Return how many consecutive records are held from `first` on, gaps bridged, at most `most`."""
    count = 1
    while count < most and store.carries(first + count):
        count += 1
    while not store.holds(first + count - 1):
        count -= 1
    return count


def _with_earlier(store: RecordStore, first: int, must: int, most: int) -> Run:
    count = must
    while count < most and store.carries(first - 1):
        first -= 1
        count += 1
    while not store.holds(first):
        first += 1
        count -= 1
    return Run(first, count, must)
