"""Storage in a few sectors of flash: values are appended, the last one of a key counts.

The sectors are filled in a circle, so all wear alike. When one is full the next one is begun, and what still
counts in the one after it, the oldest, is copied; so one sector is always of no use and can be erased.
An entry counts with its check, and a sector with its header, so that a power cut at any byte leaves the value
before or the new one.
"""

import struct

from farwire_codecs.configuration_document import crc32
from farwire_node.errors import StorageError
from farwire_node.flash.device import ERASED, Flash
from farwire_node.storage import Storage

_HEADER = ">HI"  # magic, sequence; then a check of 4 bytes, and a byte that is cleared before an erasure
_MAGIC = 0xF1CE
_RETIRED_AT = struct.calcsize(_HEADER) + 4
_BODY = _RETIRED_AT + 1
_ENTRY = ">BBH"  # 0, bytes of the key, bytes of the value; then both and a check of 4 bytes
_HEAD = struct.calcsize(_ENTRY)
_OVERHEAD = _HEAD + 4
_BEGIN = 0  # first byte of an entry; free flash is 0xFF

LEAST = 3  # sectors


class KeyLog(Storage):
    """Key-value storage in `flash`. All values together may take what is in all sectors but two."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._sectors = flash.size // flash.sector_size
        if self._sectors < LEAST:
            raise StorageError(f"a key-value log has {self._sectors} sectors, expected {LEAST} or more")
        self._where: dict[str, tuple[int, int]] = {}  # key -> offset and size of its value
        self._head = -1  # the sector that is written
        self._sequence = 0
        self._offset = 0
        self._mount()

    def load(self, key: str) -> bytes | None:
        """Return the value last saved under `key`, None if there was none."""
        found = self._where.get(key)
        return None if found is None else self._flash.read(found[0], found[1])

    def save(self, key: str, value: bytes) -> None:
        """Keep `value` under `key`; raises StorageError, and keeps the old one, where there is no room.

        A value that is there already is not written again.
        """
        if self.load(key) == value:
            return
        size = _OVERHEAD + len(key.encode()) + len(value)
        self._check_room(key, size)
        for _ in range(self._sectors):
            if self._offset + size <= self._end(self._head):
                self._append(key, value)
                return
            self._advance()
        raise StorageError(f"value of {key} is {len(value)} bytes, and no sector has room for it")

    def _check_room(self, key: str, size: int) -> None:
        """Raise StorageError for more than can be moved from sector to sector for ever."""
        body = self._flash.sector_size - _BODY
        taken = size
        largest = size
        for other, (_, length) in self._where.items():
            if other != key:
                one = _OVERHEAD + len(other.encode()) + length
                taken += one
                largest = max(largest, one)
        # A sector may be left with a hole as large as the largest entry.
        if size > body or taken > (self._sectors - 2) * max(body - largest, body // 2):
            raise StorageError(f"value of {key} makes {taken} bytes in {self._sectors} sectors of {body}")

    def _append(self, key: str, value: bytes) -> None:
        name = key.encode()
        data = struct.pack(_ENTRY, _BEGIN, len(name), len(value)) + name + bytes(value)
        self._flash.program(self._offset, data + struct.pack(">I", crc32(data, self._sequence)))
        self._where[key] = (self._offset + _HEAD + len(name), len(value))
        self._offset += len(data) + 4

    def _advance(self) -> None:
        """Begin the next sector, which holds nothing that counts, and make the one after it such a one."""
        self._begin((self._head + 1) % self._sectors)
        self._empty((self._head + 1) % self._sectors)

    def _begin(self, sector: int) -> None:
        at = sector * self._flash.sector_size
        if self._read_header(sector):
            self._flash.program(at + _RETIRED_AT, b"\0")
        self._flash.erase(sector)
        self._sequence += 1
        header = struct.pack(_HEADER, _MAGIC, self._sequence)
        self._flash.program(at, header + struct.pack(">I", crc32(header)))
        self._head = sector
        self._offset = at + _BODY

    def _empty(self, sector: int) -> None:
        """Copy what counts in a sector into the one that was just begun, which has room for all of it."""
        begin, end = sector * self._flash.sector_size, self._end(sector)
        for key in sorted([key for key, (offset, _) in self._where.items() if begin <= offset < end]):
            value = self.load(key)
            if value is not None:
                self._append(key, value)

    def _end(self, sector: int) -> int:
        return (sector + 1) * self._flash.sector_size

    def _read_header(self, sector: int) -> int:
        """Return a sector's sequence number, 0 if it has none."""
        data = self._flash.read(sector * self._flash.sector_size, _BODY)
        magic, sequence = struct.unpack_from(_HEADER, data, 0)
        size = struct.calcsize(_HEADER)
        if magic != _MAGIC or struct.unpack_from(">I", data, size)[0] != crc32(data[:size]):
            return 0
        return int(sequence) if data[_RETIRED_AT] == ERASED else 0

    def _mount(self) -> None:
        found = sorted([(self._read_header(sector), sector) for sector in range(self._sectors)])
        for sequence, sector in found:
            if sequence:
                self._sequence, self._head = sequence, sector
                self._offset = self._scan(sector)
        if self._head < 0:
            self._begin(0)
            return
        end = self._end(self._head)
        oldest = (self._head + 1) % self._sectors
        if self._flash.read(self._offset, end - self._offset).count(b"\xff") != end - self._offset:
            self._offset = end  # an entry that was cut: the next one begins a sector
            if self._counts(oldest):
                # Cut while it was copied: all that is here is still there, and the copy is begun afresh.
                self._flash.program(self._head * self._flash.sector_size + _RETIRED_AT, b"\0")
                self._where = {}
                self._head = -1
                self._mount()
                return
        self._empty(oldest)

    def _counts(self, sector: int) -> bool:
        begin, end = sector * self._flash.sector_size, self._end(sector)
        return any(begin <= offset < end for offset, _ in self._where.values())

    def _scan(self, sector: int) -> int:
        """Take the entries of a sector; return the offset behind the last one."""
        at = sector * self._flash.sector_size + _BODY
        end = self._end(sector)
        while at + _OVERHEAD <= end:
            data = self._flash.read(at, _HEAD)
            begin, key_size, size = struct.unpack(_ENTRY, data)
            length = _HEAD + key_size + size
            if begin != _BEGIN or at + length + 4 > end:
                break
            data = self._flash.read(at, length + 4)
            if struct.unpack_from(">I", data, length)[0] != crc32(data[:length], self._sequence):
                break
            self._where[data[_HEAD : _HEAD + key_size].decode()] = (at + _HEAD + key_size, size)
            at += length + 4
        return at
