"""The frame of the baselines that code each channel by itself: header, then the bits of one after another."""

from typing import Protocol

from tests.bench.compression.framing import Bits, BitSource, Clock, Row, most_rows
from tests.bench.compression.series import Column, Series


class ColumnCodec(Protocol):
    """Codes stretches of one channel's values."""

    def __init__(self, column: Column) -> None: ...

    def size(self, first: int, end: int) -> int:
        """Return the bits of the values from `first` to before `end`."""
        ...

    def put(self, bits: Bits, first: int, end: int) -> None: ...

    def take(self, bits: BitSource, count: int) -> list[int]: ...


class Columns:
    """A baseline of one ColumnCodec a channel."""

    def __init__(self, codec: type[ColumnCodec], series: Series) -> None:
        self._clock = Clock(series)
        self._rows = len(series.times)
        self._codecs = [codec(column) for column in series.columns]
        self._guess = 1

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        def size_of(count: int) -> int:
            bits = 0
            for codec in self._codecs:
                bits += codec.size(first, first + count)
            return len(self._clock.head(first, count)) + (bits + 7) // 8

        count = most_rows(size_of, limit, self._guess, self._rows - first)
        if not count:
            return b"", 0
        self._guess = count
        bits = Bits()
        for codec in self._codecs:
            codec.put(bits, first, first + count)
        return self._clock.head(first, count) + bits.to_bytes(), count

    def unpack(self, payload: bytes) -> list[Row]:
        times, at = self._clock.times(payload)
        bits = BitSource(payload[at:])
        columns = [codec.take(bits, len(times)) for codec in self._codecs]
        return list(zip(times, zip(*columns, strict=True), strict=True))


def first_value(column: Column) -> tuple[int, int]:
    """Return how many bits a value takes as it is, and what to add to it so that it is no less than 0."""
    bits = 8 * column.size
    return bits, (1 << bits - 1 if column.signed else 0)
