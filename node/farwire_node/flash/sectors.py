"""The sectors of a log of records: which are free, which are in use, in which order, and how worn.

A sector begins with its header, a place for its cover, and the list of channels that its records have. Its
sequence number grows with each sector taken. A sector of thinned records replaces others; it counts only
from the moment its cover is programmed, which says up to which number it replaces them.
"""

import struct
from array import array
from collections import namedtuple

from farwire_codecs.configuration_document import crc32
from farwire_codecs.schema import Channel
from farwire_node.errors import StorageError
from farwire_node.flash.device import Flash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

Sector = namedtuple("Sector", ("place", "sequence", "origin", "first", "count", "thinned"))
"""`place`: its index in flash; `origin`: the number that it was begun for; `first`: the one from which on its
records count (to the next sector's `first`); `count`: how many do in a thinned one, -1 where nobody counted
them; where none was thinned it is all numbers between; `thinned`: 0, or 1 + its cover's tolerance."""

Cover = namedtuple("Cover", ("last", "count", "dropped", "tolerance"))
"""`last`: number up to which it replaces older sectors; `count` records are in it, `dropped` ones no more;
`tolerance`: units within which all that were ever given up between its records lie on their line."""

_HEADER = ">HBIIIB"  # magic, kind, sequence, first number, erases, channels; then a check of 2 bytes
_COVER = ">IIII"  # then a check of 2 bytes
_MAGIC = 0xF15A
_NORMAL, _THINNED = 1, 2
_RETIRED_AT = struct.calcsize(_HEADER) + 2  # cleared before the sector is erased: an erasure may be cut
_COVER_AT = _RETIRED_AT + 1
_COVER_SIZE = struct.calcsize(_COVER) + 2
_CHANNELS_AT = _COVER_AT + _COVER_SIZE

LEAST = 6  # sectors: one written, one being thinned into, two free, and two to thin
EVEN = 2  # erasures that a sector may be ahead of one that holds old records, before they change places
_CHUNK = 256


class Sectors:
    """The sectors of `flash`; `live` are those in use, in the order of their records."""

    def __init__(self, flash: Flash, channels: "Sequence[Channel]") -> None:
        self.flash = flash
        self.count = flash.size // flash.sector_size
        if self.count < LEAST:
            raise StorageError(f"a log of records has {self.count} sectors, expected {LEAST} or more")
        self.live: list[Sector] = []
        self.foreign: list[tuple[Sector, list[Channel]]] = []  # of other channels, newest last
        self.covers: list[tuple[int, Cover]] = []  # sequence and cover of each thinned sector that counts
        self._columns = bytes([byte for c in channels for byte in (c.channel, c.type_id)])
        self._erases = array("I", [0] * self.count)
        self._used = bytearray(self.count)
        self._sequence = 0
        self._last_place = self.count - 1
        self._mount()

    @property
    def body(self) -> int:
        """Where entries begin in a sector of ours."""
        return _CHANNELS_AT + len(self._columns) + 2

    @property
    def free(self) -> int:
        """How many sectors can be taken."""
        return self.count - sum(self._used)

    def begin(self, sector: Sector, channels: int = -1) -> int:
        """Return the offset of a sector's entries."""
        body = self.body if channels < 0 else _CHANNELS_AT + 2 * channels + 2
        return int(sector.place) * self.flash.sector_size + body

    def end(self, sector: Sector) -> int:
        """Return the offset behind a sector."""
        return (int(sector.place) + 1) * self.flash.sector_size

    def take(self, first: int, thinned: bool) -> Sector:
        """Erase the least worn free sector and write its header; it is not yet in `live`."""
        place = self._least_worn()
        self._level(place)
        place = self._least_worn()
        self._erase(place)
        self._sequence += 1
        self._write_header(place, _THINNED if thinned else _NORMAL, self._sequence, first)
        self._last_place = place
        self._used[place] = 1
        return Sector(place, self._sequence, first, first, 0 if thinned else -1, int(thinned))

    def release(self, sector: Sector) -> None:
        """Give a sector back; its records must be known to be of no use by other means."""
        self._used[sector.place] = 0

    def cover(self, sector: Sector, cover: Cover) -> None:
        """Let a thinned sector count."""
        data = struct.pack(_COVER, *cover)
        at = sector.place * self.flash.sector_size + _COVER_AT
        self.flash.program(at, data + struct.pack(">H", crc32(data, sector.sequence) & 0xFFFF))

    def wipe(self) -> None:
        """Erase every free sector at once, for data that must be gone."""
        for place in range(self.count):
            if not self._used[place]:
                self._erase(place)

    # -- wear --

    def _least_worn(self) -> int:
        found = -1
        for step in range(1, self.count + 1):
            place = (self._last_place + step) % self.count
            if not self._used[place] and (found < 0 or self._erases[place] < self._erases[found]):
                found = place
        if found < 0:
            raise StorageError("no sector is free")
        return found

    def _level(self, target: int) -> None:
        """Move the records in the least worn sector of all to `target`, if that is much more worn."""
        coldest = -1
        for at in range(len(self.live) - 1):  # never the one that is being written
            if coldest < 0 or self._erases[self.live[at].place] < self._erases[self.live[coldest].place]:
                coldest = at
        if coldest < 0:
            return
        sector = self.live[coldest]
        if self._erases[target] - self._erases[sector.place] < EVEN:
            return
        self._erase(target)
        size = self.flash.sector_size
        head = _CHANNELS_AT  # programmed last: until then the copy does not count
        for at in range(head, size, _CHUNK):
            data = self.flash.read(sector.place * size + at, min(_CHUNK, size - at))
            if data.count(b"\xff") != len(data):
                self.flash.program(target * size + at, data)
        self.flash.program(
            target * size + _COVER_AT, self.flash.read(sector.place * size + _COVER_AT, _COVER_SIZE)
        )
        header = struct.unpack(_HEADER, self.flash.read(sector.place * size, struct.calcsize(_HEADER)))
        self._program_header(target, header[1], header[2], header[3])
        self._used[target] = 1
        self._used[sector.place] = 0
        self.live[coldest] = Sector(target, *sector[1:])

    def _erase(self, place: int) -> None:
        at = place * self.flash.sector_size
        if self.flash.read(at, 2) == struct.pack(">H", _MAGIC):
            self.flash.program(at + _RETIRED_AT, b"\0")
        self.flash.erase(place)
        self._erases[place] += 1

    # -- headers --

    def _write_header(self, place: int, kind: int, sequence: int, first: int) -> None:
        at = place * self.flash.sector_size + _CHANNELS_AT
        check = crc32(self._columns, sequence) & 0xFFFF
        self.flash.program(at, self._columns + struct.pack(">H", check))
        self._program_header(place, kind, sequence, first)

    def _program_header(self, place: int, kind: int, sequence: int, first: int) -> None:
        header = struct.pack(
            _HEADER, _MAGIC, kind, sequence, first, self._erases[place], len(self._columns) // 2
        )
        check = crc32(header) & 0xFFFF
        self.flash.program(place * self.flash.sector_size, header + struct.pack(">H", check))

    def _mount(self) -> None:
        """Find what is in flash: one read of a header a sector."""
        found: list[tuple[Sector, Cover | None, bytes]] = []
        known = bytearray(self.count)
        for place in range(self.count):
            one = self._read_header(place)
            if one is not None:
                known[place] = 1
                self._sequence = max(self._sequence, one[0].sequence)
                if not one[0].thinned or one[1] is not None:
                    found.append(one)
        most = max(self._erases)
        for place in range(self.count):
            if not known[place]:
                self._erases[place] = most  # of a sector whose header an interrupted erasure took
        self._choose(found)

    def _read_header(self, place: int) -> "tuple[Sector, Cover | None, bytes] | None":
        start = place * self.flash.sector_size
        data = self.flash.read(start, _CHANNELS_AT)
        size = struct.calcsize(_HEADER)
        magic, kind, sequence, first, erases, channels = struct.unpack_from(_HEADER, data, 0)
        if magic != _MAGIC or struct.unpack_from(">H", data, size)[0] != crc32(data[:size]) & 0xFFFF:
            return None
        self._erases[place] = max(self._erases[place], erases)
        if data[_RETIRED_AT] != 0xFF:
            return Sector(place, sequence, first, first, 0, 1), None, b""
        columns = self.flash.read(start + _CHANNELS_AT, 2 * channels + 2)
        if struct.unpack_from(">H", columns, 2 * channels)[0] != crc32(columns[:-2], sequence) & 0xFFFF:
            return None
        cover = None
        raw = data[_COVER_AT : _COVER_AT + _COVER_SIZE]
        if struct.unpack_from(">H", raw, _COVER_SIZE - 2)[0] == crc32(raw[:-2], sequence) & 0xFFFF:
            cover = Cover(*struct.unpack_from(_COVER, raw, 0))
        thinned = 0 if kind != _THINNED else 1 if cover is None else 1 + cover.tolerance
        count = cover.count if cover is not None and thinned else -1
        return Sector(place, sequence, first, first, count, thinned), cover if thinned else None, columns[:-2]

    def _choose(self, found: "list[tuple[Sector, Cover | None, bytes]]") -> None:
        """Find which sectors count, and from which number on: a newer cover comes before what it covers."""
        found.sort(key=lambda one: one[0].sequence)
        for index in range(len(found)):
            sector, cover, columns = found[index]
            if index and found[index - 1][0].sequence == sector.sequence:
                continue  # two copies: the power was cut when it was moved
            first = sector.first
            moved = True
            while moved:
                moved = False
                for other, newer, _ in found[index + 1 :]:
                    if newer is not None and other.first <= first <= newer.last:
                        first = newer.last + 1
                        moved = True
            if cover is not None and first > cover.last:
                continue
            count = sector.count if first == sector.first else -1
            chosen = Sector(sector.place, sector.sequence, sector.first, first, count, sector.thinned)
            if columns != self._columns:
                channels = [Channel(columns[at], columns[at + 1]) for at in range(0, len(columns), 2)]
                self.foreign.append((chosen, channels))
                continue
            if cover is not None:
                self.covers.append((sector.sequence, cover))
            self._used[sector.place] = 1
            self.live.append(chosen)
        self.live.sort(key=lambda each: (each.first, each.sequence))
        for index in range(len(self.live) - 2, -1, -1):
            # A sector whose every record is covered begins where the next one begins.
            if self.live[index].first == self.live[index + 1].first:
                self._used[self.live[index].place] = 0
                self.live.pop(index)
