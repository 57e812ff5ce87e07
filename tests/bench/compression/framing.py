"""What the baselines have in common: strings of bits, one header, and the search for what fills a payload.

The header is lean and fair to all: schema id and flags (1 byte), unix time of the first row (4 bytes), rows
(a varint), and, only where a row does not follow its predecessor by the interval, a list of gaps: their
number, then for each its distance in rows to the gap before and the seconds beyond the interval (varints,
zigzag).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Protocol

from tests.bench.compression.series import Series

Row = tuple[int, tuple[int, ...]]
"""Unix seconds, and the value of each channel."""

SCHEMA_AND_FLAGS = 0x40
_GAPS = 0x01


class Baseline(Protocol):
    """A codec made for one series, from which `unpack` takes only the channels' types and the interval."""

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        """Return a payload of the rows from `first` on, and how many; (b"", 0) if not one fits."""
        ...

    def unpack(self, payload: bytes) -> list[Row]:
        """Return the rows of a payload."""
        ...


class Bits:
    """A growing string of bits, highest first."""

    def __init__(self) -> None:
        self._value = 1  # a 1 in front keeps leading zeros
        self._done = bytearray()

    def put(self, value: int, count: int) -> None:
        self._value = self._value << count | value

    def to_bytes(self) -> bytes:
        """Return the bits, filled up with zeros."""
        size = self._value.bit_length() - 1
        padding = -size % 8
        return ((self._value << padding) - (1 << size + padding)).to_bytes((size + padding) // 8, "big")


class BitSource:
    """Reads what Bits wrote."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "big")
        self._left = 8 * len(content)

    def take(self, count: int) -> int:
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def peek(self, count: int) -> int:
        """Return the next bits without taking them, zeros beyond the end."""
        after = self._left - count
        return (self._value >> after if after >= 0 else self._value << -after) & (1 << count) - 1

    def ones(self, most: int) -> int:
        """Take ones up to and with the zero behind them, but no more than `most`; return how many."""
        window = self.peek(most)
        gap = (1 << most) - 1 - window
        count = most - gap.bit_length()
        self._left -= min(count + 1, most)
        return count


def zigzag(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def unzigzag(value: int) -> int:
    return -(value + 1 >> 1) if value & 1 else value >> 1


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def take_varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a varint and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return value, at


class Clock:
    """The header of a series's payloads."""

    def __init__(self, series: Series) -> None:
        self._interval_s = series.interval_s
        self._times = series.times
        steps = zip(series.times, series.times[1:], strict=False)
        beyond = [after - before - series.interval_s for before, after in steps]
        self._gaps = [(index + 1, extra) for index, extra in enumerate(beyond) if extra]
        self._at = [index for index, _ in self._gaps]

    def head(self, first: int, count: int) -> bytes:
        """Return the header of `count` rows."""
        gaps = self._gaps[bisect_right(self._at, first) : bisect_left(self._at, first + count)]
        out = bytearray((SCHEMA_AND_FLAGS | (_GAPS if gaps else 0),))
        out += self._times[first].to_bytes(4, "big") + varint(count)
        if gaps:
            out += varint(len(gaps))
            last = first
            for index, extra in gaps:
                out += varint(index - last) + varint(zigzag(extra))
                last = index
        return bytes(out)

    def times(self, payload: bytes) -> tuple[list[int], int]:
        """Return the rows' times, and where the header ends."""
        start_s = int.from_bytes(payload[1:5], "big")
        count, at = take_varint(payload, 5)
        extras = [self._interval_s] * count
        if payload[0] & _GAPS:
            gaps, at = take_varint(payload, at)
            index = 0
            for _ in range(gaps):
                distance, at = take_varint(payload, at)
                extra, at = take_varint(payload, at)
                index += distance
                extras[index] += unzigzag(extra)
        times = [start_s]
        for extra in extras[1:]:
            times.append(times[-1] + extra)
        return times, at


def most_rows(size_of: Callable[[int], int], limit: int, guess: int, most: int, beyond: int = 0) -> int:
    """Return the most rows, at most `most`, whose size is within the limit.

    It gallops from `guess`, because payloads of one series hold about as many rows as the one before;
    `beyond`: how many rows more to try where sizes may shrink again.
    """
    low, high = 0, most + 1  # low fits, high does not
    at = max(1, min(guess, most))
    step = 1
    while low + 1 < high:
        if size_of(at) <= limit:
            low = at
            at = at + step if high > most else (low + high) // 2
        else:
            high = at
            at = at - step if not low else (low + high) // 2
        step *= 2
        at = min(max(at, low + 1), high - 1)
    fitting = [count for count in range(low + 1, min(low + beyond, most) + 1) if size_of(count) <= limit]
    return max(fitting, default=low)
