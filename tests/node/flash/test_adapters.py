"""The same log on every kind of flash: in memory, in a file, and behind MicroPython's block devices."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farwire_node.errors import StorageError
from farwire_node.file_storage import BoardFiles, FileStorage
from farwire_node.files_host import HostFiles
from farwire_node.flash.device import Flash, RamFlash
from farwire_node.flash.file_flash import FileFlash
from farwire_node.flash.key_log import KeyLog
from farwire_node.flash.partition_flash import ESP32_PAGE, RP2_PAGE, PartitionFlash
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.records.store import RecordStore
from farwire_node.storage import MemoryStorage
from tests.node.flash.test_record_log import EVERYDAY, Plant
from tests.node.records.test_store import held

SECTORS, SECTOR = 12, 1024


class BlockDevice:
    """What rp2.Flash and esp32.Partition do: NOR rules, whole pages, no transfer over a block's end."""

    def __init__(self, page: int) -> None:
        self.flash = RamFlash(SECTORS, SECTOR)
        self.page = page

    def readblocks(self, block: int, buffer: bytearray, offset: int) -> None:
        assert offset + len(buffer) <= SECTOR
        buffer[:] = self.flash.read(block * SECTOR + offset, len(buffer))

    def writeblocks(self, block: int, buffer: bytearray, offset: int) -> None:
        assert not offset % self.page
        assert not len(buffer) % self.page
        assert offset + len(buffer) <= SECTOR
        begin = block * SECTOR + offset
        there = self.flash.read(begin, len(buffer))
        self.flash.program(begin, bytes(a & b for a, b in zip(there, buffer, strict=True)))

    def ioctl(self, operation: int, argument: int) -> int | None:
        if operation == 6:
            self.flash.erase(argument)
            return 0
        return {4: SECTORS, 5: SECTOR}[operation]


@pytest.fixture(params=["ram", "file", "rp2", "esp32"])
def open_flash(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Flash]]:
    """Return what opens the same flash each time, as a start of the node does."""
    path = tmp_path / "flash"
    path.touch()
    with path.open("r+b") as opened:
        device = BlockDevice(ESP32_PAGE if request.param == "esp32" else RP2_PAGE)
        yield {
            "ram": lambda: device.flash,
            "file": lambda: FileFlash(opened, SECTORS, SECTOR, lambda: os.fsync(opened.fileno())),
            "rp2": lambda: PartitionFlash(device),
            "esp32": lambda: PartitionFlash(device, ESP32_PAGE),
        }[request.param]


def test_records_are_there_after_a_restart_whatever_the_flash(open_flash: Callable[[], Flash]) -> None:
    plant = Plant()
    store = RecordStore(EVERYDAY, 8, MemoryStorage(), FlashShelf(EVERYDAY, 8, open_flash()))
    plant.sample(store, 4_000)
    before = held(store)

    after = RecordStore(EVERYDAY, 8, MemoryStorage(), FlashShelf(EVERYDAY, 8, open_flash()))

    assert held(after) == before
    assert len(before) > 500
    for number in before[::17]:
        record = after.record(number)
        assert (record.time_s, record.values) == plant.truth[number]


def test_values_are_there_after_a_restart_whatever_the_flash(open_flash: Callable[[], Flash]) -> None:
    storage = KeyLog(open_flash())
    for count in range(500):
        storage.save(f"key {count % 5}", bytes((count % 256,)) * (count % 90))

    again = KeyLog(open_flash())
    for count in range(495, 500):
        assert again.load(f"key {count % 5}") == bytes((count % 256,)) * (count % 90)


def test_flash_that_would_have_to_set_a_bit_refuses() -> None:
    flash = RamFlash(1, 256)
    flash.program(3, b"\x0f")

    with pytest.raises(StorageError, match="byte 3 is 0x0f and cannot become 0xf0"):
        flash.program(3, b"\xf0")


def test_a_file_that_is_too_short_is_told(tmp_path: Path) -> None:
    with (tmp_path / "flash").open("w+b") as opened:
        flash = FileFlash(opened, 2, 256)
        opened.truncate(100)

        with pytest.raises(StorageError, match="expected 256"):
            flash.read(0, 256)


@pytest.mark.parametrize("of_a_board", [False, True])
def test_values_in_files_are_replaced_as_a_whole(of_a_board: bool, tmp_path: Path) -> None:
    files = BoardFiles(os, str(tmp_path)) if of_a_board else HostFiles(tmp_path)
    storage = FileStorage(files)
    assert storage.load("session") is None

    storage.save("session", b"one")
    storage.save("session", b"two")

    assert FileStorage(files).load("session") == b"two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["session"]


def test_a_damaged_file_is_no_value(tmp_path: Path) -> None:
    FileStorage(HostFiles(tmp_path)).save("session", b"value")
    (tmp_path / "session").write_bytes(b"vaLue" + (tmp_path / "session").read_bytes()[5:])

    assert FileStorage(HostFiles(tmp_path)).load("session") is None
