"""CBOR (RFC 8949): one array of the first time, the gaps, and for each channel an array of differences."""

from itertools import accumulate

import cbor2

from tests.bench.compression.framing import Row, most_rows
from tests.bench.compression.series import Series


class CborDeltas:
    """[time, gaps, [first value, difference, ...], ...]; gaps: row and extra seconds, one after the other."""

    def __init__(self, series: Series) -> None:
        self._series = series
        steps = zip(series.times, series.times[1:], strict=False)
        self._extra = [0] + [after - before - series.interval_s for before, after in steps]
        self._differences = []
        for column in series.columns:
            pairs = zip(column.values, column.values[1:], strict=False)
            self._differences.append([0] + [after - before for before, after in pairs])
        self._guess = 1

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        def content(count: int) -> bytes:
            end = first + count
            gaps = []
            for index in range(first + 1, end):
                if self._extra[index]:
                    gaps += [index - first, self._extra[index]]
            message: list[object] = [self._series.times[first], gaps]
            for column, differences in zip(self._series.columns, self._differences, strict=True):
                message.append([column.values[first], *differences[first + 1 : end]])
            return cbor2.dumps(message)

        rows = len(self._series.times) - first
        count = most_rows(lambda count: len(content(count)), limit, self._guess, rows)
        self._guess = max(1, count)
        return (content(count), count) if count else (b"", 0)

    def unpack(self, payload: bytes) -> list[Row]:
        time_s, gaps, *columns = cbor2.loads(payload)
        extra = dict(zip(gaps[::2], gaps[1::2], strict=True))
        steps = [self._series.interval_s + extra.get(index, 0) for index in range(1, len(columns[0]))]
        times = accumulate(steps, initial=time_s)
        values = zip(*[accumulate(column) for column in columns], strict=True)
        return list(zip(times, values, strict=True))
