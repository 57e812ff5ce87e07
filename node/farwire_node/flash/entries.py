"""The entries of a log of records in flash: what each one takes there, byte by byte.

    record   head, [numbers left out], [deviation of the time], [which channels changed], what changed, check
    run      head, check, 4 bytes: each bit cleared in them, lowest first, is one more record that is equal
             to the one before and came on schedule
    mark     head, integers, check: what the log's owner wants to know after a restart; the newest one counts

Numbers are varints. Of a channel that changed: 0 for no value, else zigzag(its difference from the last value
that the channel had) + 1, and zigzag(difference) for further axes. The check is 16 bits of a CRC-32 that
begins with the sector's sequence number: no entry counts in another sector. Bit 7 of a record's head is not
in the check; cleared, now or later, it says that the record is to be kept.
"""

import struct
from collections import namedtuple

from farwire_codecs.configuration_document import crc32
from farwire_codecs.fields import unzigzag, zigzag
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FREE = 0xFF
NORMAL = 0x80  # not one to be kept
KIND, RECORD, RUN, MARK = 0x60, 0x00, 0x20, 0x40
_LEFT_OUT, _LATE, _SOME, _ALL = 0x01, 0x02, 0x04, 0x08

CHECK = 2
MARKS = 4  # bytes of a run
RUN_SIZE = 1 + CHECK + MARKS
LONGEST = 700  # bytes: a mark with 128 ranges of two varints each, or 32 channels of three axes

Entry = namedtuple("Entry", ("kind", "head", "end", "content"))
"""`end`: offset behind it; `content`: integers of a mark, records of a run (0 to 32), else None."""


class Before:
    """The record that the next entry is told against; at the beginning of a sector none."""

    def __init__(self, axes: "Sequence[int]", number: int) -> None:
        self.number = number  # of the record before
        self.time_s = 0
        self.step_s = 0  # from number to number: the schedule
        self.values: tuple[tuple[int, ...] | None, ...] = (None,) * len(axes)
        self.latest: list[tuple[int, ...]] = [(0,) * count for count in axes]  # values, where there was one

    def follow(self, number: int, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> None:
        """Take over the next record."""
        self.step_s = (time_s - self.time_s) // (number - self.number) if self.time_s else 0
        self.number = number
        self.time_s = time_s
        self.values = values
        for at, raw in enumerate(values):
            if raw is not None:
                self.latest[at] = raw

    def repeat(self) -> None:
        """Take over one more record of a run."""
        self.number += 1
        self.time_s += self.step_s

    def repeats(self, number: int, time_s: int, values: "tuple[tuple[int, ...] | None, ...]") -> bool:
        """Return whether that record would be one of a run."""
        on_time = number == self.number + 1 and time_s == self.time_s + self.step_s
        return on_time and values == self.values

    def state(self) -> "tuple[object, ...]":
        """Return all of it, for `set_state`."""
        return self.number, self.time_s, self.step_s, self.values, tuple(self.latest)

    def set_state(self, state: "tuple[object, ...]") -> None:
        """Take over what `state` gave."""
        self.number, self.time_s, self.step_s, self.values, latest = state  # type: ignore[assignment]
        self.latest = list(latest)  # type: ignore[call-overload]


def axes_of(channels: "Sequence[Channel]") -> list[int]:
    """Return how many axes each channel has; raises UnknownTypeError."""
    return [len(type_of(channel.type_id).axes) for channel in channels]


def record(
    before: Before,
    number: int,
    time_s: int,
    values: "tuple[tuple[int, ...] | None, ...]",
    keep: bool,
    sequence: int,
) -> bytes:
    """Return the entry of a record: 3 bytes for one that is like the last one, some 7 of four channels."""
    body = bytearray(1)
    head = 0 if keep else NORMAL
    left_out = number - before.number - 1
    if left_out:
        head |= _LEFT_OUT
        _put(body, left_out)
    late_s = time_s - before.time_s - before.step_s * (left_out + 1)
    if late_s:
        head |= _LATE
        _put(body, zigzag(late_s))
    changed = [at for at in range(len(values)) if values[at] != before.values[at]]
    if changed:
        head |= _ALL if len(changed) == len(values) else _SOME
        if head & _SOME:
            mask = bytearray((len(values) + 7) // 8)
            for at in changed:
                mask[at >> 3] |= 1 << (at & 7)
            body.extend(mask)
        for at in changed:
            _put_value(body, values[at], before.latest[at])
    body[0] = head
    return _checked(body, sequence)


def run(sequence: int) -> bytes:
    """Return the entry of a run with its first record in it."""
    return _checked(bytearray((NORMAL | RUN,)), sequence) + b"\xfe\xff\xff\xff"


def mark(integers: "Sequence[int]", sequence: int) -> bytes:
    """Return the entry of a mark; the integers are not negative."""
    body = bytearray((NORMAL | MARK,))
    _put(body, len(integers))
    for each in integers:
        _put(body, each)
    return _checked(body, sequence)


def read(data: bytes, at: int, before: Before, sequence: int) -> "Entry | None":
    """Return the entry at `at`, None if there is none that was written completely; `before` follows a record.

    Raises IndexError when it may go on behind the end of `data`.
    """
    head = data[at]
    kind = head & KIND
    content: object = None
    if kind == MARK:
        content, end = _take_mark(data, at + 1)
    elif kind == RUN:
        end = at + 1
    else:
        number, time_s, values, end = _take_record(data, at, before)
    if data[end + 1] | data[end] << 8 != _check(bytes((head | NORMAL,)) + data[at + 1 : end], sequence):
        return None
    end += CHECK
    if kind == RUN:
        content = cleared(data[end : end + MARKS])
        end += MARKS
    elif kind == RECORD:
        before.follow(number, time_s, values)
    elif kind != MARK:
        return None
    return Entry(kind, head, end, content)


def cleared(marks: bytes) -> int:
    """Return how many records a run has; raises IndexError for fewer bytes than a run's."""
    count = 0
    for at in range(MARKS):
        for bit in range(8):
            count += not marks[at] >> bit & 1
    return count


def _take_mark(data: bytes, at: int) -> "tuple[tuple[int, ...], int]":
    count, at = _take(data, at)
    integers = []
    for _ in range(min(count, LONGEST)):
        value, at = _take(data, at)
        integers.append(value)
    return tuple(integers), at


def _take_record(
    data: bytes, at: int, before: Before
) -> "tuple[int, int, tuple[tuple[int, ...] | None, ...], int]":
    head = data[at]
    at += 1
    left_out = late_s = 0
    if head & _LEFT_OUT:
        left_out, at = _take(data, at)
    if head & _LATE:
        late, at = _take(data, at)
        late_s = unzigzag(late)
    values = before.values
    if head & (_SOME | _ALL):
        changed = list(values)
        masked = at
        if head & _SOME:
            at += (len(changed) + 7) // 8
        for index in range(len(changed)):
            if head & _ALL or data[masked + (index >> 3)] >> (index & 7) & 1:
                changed[index], at = _take_value(data, at, before.latest[index])
        values = tuple(changed)
    time_s = before.time_s + before.step_s * (left_out + 1) + late_s
    return before.number + 1 + left_out, time_s, values, at


def _put_value(out: bytearray, raw: "tuple[int, ...] | None", latest: "tuple[int, ...]") -> None:
    if raw is None:
        out.append(0)
        return
    for axis in range(len(raw)):
        _put(out, zigzag(raw[axis] - latest[axis]) + (0 if axis else 1))


def _take_value(data: bytes, at: int, latest: "tuple[int, ...]") -> "tuple[tuple[int, ...] | None, int]":
    first, at = _take(data, at)
    if not first:
        return None, at
    raw = [latest[0] + unzigzag(first - 1)]
    for axis in range(1, len(latest)):
        value, at = _take(data, at)
        raw.append(latest[axis] + unzigzag(value))
    return tuple(raw), at


def _put(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _take(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 or shift > 70:
            return value, at


def _checked(body: bytearray, sequence: int) -> bytes:
    head = body[0]
    body[0] |= NORMAL
    check = _check(bytes(body), sequence)
    body[0] = head
    return bytes(body) + struct.pack(">H", check)


def _check(data: bytes, sequence: int) -> int:
    return crc32(data, sequence) & 0xFFFF
