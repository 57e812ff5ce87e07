"""Which records the next history batch carries, and its bytes.

A batch is a run of consecutive numbers. Records that were never sent come first: a run of them, and before
it as many earlier unacknowledged ones as the frame has room for, so that a lost frame costs nothing. When
all was sent, the oldest run that the cloud reported missing goes again; when nothing is missing, the newest
records go again, which makes everything missing below them visible to the cloud.
"""

from collections import namedtuple

from farwire_codecs import batch_encoder
from farwire_codecs.batch_layout import Record
from farwire_node.link import Link
from farwire_node.store import RecordStore

Run = namedtuple("Run", ("first", "count", "must"))
"""`count` held records from `first` on; the last `must` of them are why the frame is sent."""

Frame = namedtuple("Frame", ("payload", "first", "count"))
"""A batch as it goes on air now, with the records in it."""

LONGEST_RUN = 48  # records taken out of the ring for a frame: some 10 KB of a board's heap while it is built
HEAD = 8  # bytes of a batch before its values, about: header, schema id, number, count, age, interval
ENCODINGS = 4  # attempts to find the run that fills the frame; a board needs some 10 ms for each


def choose(store: RecordStore) -> Run | None:
    """Return the longest run that the next batch should carry; None when nothing is held."""
    first = store.first_unsent()
    if first is not None:
        count = _length(store, first)
        return _with_earlier(store, first, count)
    first = store.first_missing()
    if first is not None:
        count = _length(store, first)
        while not store.is_missing(first + count - 1):
            count -= 1
        return _with_earlier(store, first, count)
    if not store.held:
        return None
    newest = store.next - 1
    while not store.holds(newest):
        newest -= 1
    return _with_earlier(store, newest, 1)


def build(
    store: RecordStore, run: Run, link: Link, wanted: bool, inline_schema: bool, likely: int, now_ms: int
) -> Frame | None:
    """Return the batch with as much of the run as the link's next frame can carry; None if no record fits.

    All `must` records that fit are in it; `likely` is how many records the last frame took. Ages are as of
    the end of the frame's own transmission, when that starts at `now_ms`.
    """
    limit = link.capacity(now_ms)
    latest_ms = now_ms + link.airtime_ms(limit)
    end = run.first + run.count
    head = HEAD + (1 + 2 * len(store.schema.channels) if inline_schema else 0)
    take = min(run.count, max(run.must, likely))
    records: list[Record] = []  # the newest of the run, each taken out of the ring once
    best: list[Record] = []
    size = 0
    for attempt in range(ENCODINGS):
        if take > len(records):
            start = end - len(records)
            records = [store.record(number) for number in range(end - take, start)] + records
        tried = records[len(records) - take :]
        payload, count = batch_encoder.encode(store.schema, tried, latest_ms, limit, wanted, inline_schema)
        if count == take:
            best, size = tried, len(payload)
            more = (limit - len(payload)) * take // max(take, len(payload) - head)
            if take == run.count or not more:
                break
            take = min(run.count, take + more)
        elif best:
            break
        elif take == run.must:
            best, size = tried[:count], len(payload)
            break
        elif attempt < ENCODINGS - 2:
            take = max(run.must, min(count, take - 1))
        else:
            take = run.must  # the last attempt must give something
    if not best:
        return None
    while True:  # a frame that ends earlier has smaller ages, which never makes it longer: so this ends
        end_ms = now_ms + link.airtime_ms(size)
        payload, _ = batch_encoder.encode(store.schema, best, end_ms, limit, wanted, inline_schema)
        if now_ms + link.airtime_ms(len(payload)) == end_ms:
            return Frame(payload, best[0].number, len(best))
        size = len(payload)


def _length(store: RecordStore, first: int) -> int:
    """Return how many consecutive records are held from `first` on, at most LONGEST_RUN."""
    count = 1
    while count < LONGEST_RUN and store.holds(first + count):
        count += 1
    return count


def _with_earlier(store: RecordStore, first: int, must: int) -> Run:
    count = must
    while count < LONGEST_RUN and store.holds(first - 1):
        first -= 1
        count += 1
    return Run(first, count, must)
