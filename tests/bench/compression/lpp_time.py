"""Dynamic LPP with the unix time of each row as an item of its own (type 133), as LPP has history."""

from farwire_codecs import lpp
from farwire_codecs.lpp_types import TYPES
from tests.bench.compression.framing import Row
from tests.bench.compression.series import Series

_UNIX_TIME = 133
_TIME_CHANNEL = 0


class LppTime:
    """Rows one after the other."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._types = [column.type_id for column in series.columns]
        self._size = sum(2 + TYPES[type_id].size for type_id in [_UNIX_TIME, *self._types])

    def pack(self, first: int, limit: int) -> tuple[bytes, int]:
        count = min(limit // self._size, len(self._series.times) - first)
        return self.rows(first, count), count

    def rows(self, first: int, count: int) -> bytes:
        """Return LPP of that many rows."""
        items = []
        for index in range(first, first + count):
            items.append(lpp.Item(_TIME_CHANNEL, _UNIX_TIME, (self._series.times[index],)))
            for channel, column in enumerate(self._series.columns, 1):
                items.append(lpp.Item(channel, column.type_id, (column.values[index],)))
        return lpp.encode_dynamic(items)

    def unpack(self, payload: bytes) -> list[Row]:
        values = [item.raw[0] for item in lpp.decode_dynamic(payload)]
        width = 1 + len(self._types)
        return [(values[at], tuple(values[at + 1 : at + width])) for at in range(0, len(values), width)]
