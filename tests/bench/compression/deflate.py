"""Raw deflate (RFC 1951, zlib level 9) of rows of LPP with their times, and of columns of differences."""

import zlib

from tests.bench.compression.framing import Clock, Row, most_rows, take_varint, unzigzag, varint, zigzag
from tests.bench.compression.lpp_time import LppTime
from tests.bench.compression.series import Series

_BEYOND = 6  # a row more can compress to a byte less


class DeflatedLpp:
    """The rows of LppTime, deflated."""

    def __init__(self, series: Series) -> None:
        self._lpp = LppTime(series)
        self._rows = len(series.times)
        self._guess = 1

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        def content(count: int) -> bytes:
            return _deflated(self._lpp.rows(first, count))

        count = most_rows(lambda count: len(content(count)), limit, self._guess, self._rows - first, _BEYOND)
        self._guess = max(1, count)
        return (content(count), count) if count else (b"", 0)

    def unpack(self, payload: bytes) -> list[Row]:
        return self._lpp.unpack(_inflated(payload))


class DeflatedColumns:
    """The common header, then each channel's first value and differences as zigzag varints, all deflated."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._clock = Clock(series)
        self._width = len(series.columns)
        self._differences = []
        for column in series.columns:
            pairs = zip(column.values, column.values[1:], strict=False)
            self._differences.append([b""] + [varint(zigzag(after - before)) for before, after in pairs])
        self._guess = 1

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        def content(count: int) -> bytes:
            parts = [self._clock.head(first, count)]
            for column, differences in zip(self._series.columns, self._differences, strict=True):
                parts.append(varint(zigzag(column.values[first])))
                parts += differences[first + 1 : first + count]
            return _deflated(b"".join(parts))

        rows = len(self._series.times) - first
        count = most_rows(lambda count: len(content(count)), limit, self._guess, rows, _BEYOND)
        self._guess = max(1, count)
        return (content(count), count) if count else (b"", 0)

    def unpack(self, payload: bytes) -> list[Row]:
        content = _inflated(payload)
        times, at = self._clock.times(content)
        columns = []
        for _ in range(self._width):
            values = []
            value = 0
            for _ in times:
                folded, at = take_varint(content, at)
                value += unzigzag(folded)
                values.append(value)
            columns.append(values)
        return list(zip(times, zip(*columns, strict=True), strict=True))


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def _inflated(content: bytes) -> bytes:
    return zlib.decompress(content, -15)
