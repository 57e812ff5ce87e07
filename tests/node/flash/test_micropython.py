"""The logs in flash on a real MicroPython: the same bytes as on CPython, and how much heap they take."""

import zlib

import pytest

from farwire_codecs.schema import Channel, plain
from farwire_node.flash.device import RamFlash
from farwire_node.flash.key_log import KeyLog
from farwire_node.records.flash_shelf import FlashShelf
from tests import micropython

SCRIPT = """
import binascii
from farwire_codecs.schema import Channel, plain
from farwire_node.flash.device import RamFlash
from farwire_node.flash.key_log import KeyLog
from farwire_node.records.flash_shelf import FlashShelf
SCHEMA = plain(0, (Channel(1, 103), Channel(2, 104), Channel(3, 115), Channel(4, 116)), 60)
"""
RUN = """
def run(shelf, storage, start, count):
    for index in range(start, start + count):
        value = (index * 7919) % 23
        pressure = None if value == 3 else (10132 - value % 3,)
        shelf.append(1000 + 60 * index, ((200 + value % 5,), (90,), pressure, (370,)), False)
        if not index % 50:
            shelf.released.add(index // 2, index // 2 + 3)
            shelf.note(shelf.first, shelf.next)
            storage.save("session", bytes((index % 256,)) * 20)
"""


def test_flash_written_by_micropython_is_the_same_as_by_cpython() -> None:
    flash, keys = RamFlash(8, 1024), RamFlash(3, 512)
    schema = plain(0, (Channel(1, 103), Channel(2, 104), Channel(3, 115), Channel(4, 116)), 60)
    here: dict[str, object] = {}
    exec(RUN, here)
    here["run"](FlashShelf(schema, 16, flash), KeyLog(keys), 0, 2500)  # type: ignore[operator]
    again = FlashShelf(schema, 16, flash)
    expected = (zlib.crc32(flash.memory), zlib.crc32(keys.memory), again.next, again.dropped, again.first)

    printed = micropython.run(
        SCRIPT
        + RUN
        + """
flash, keys = RamFlash(8, 1024), RamFlash(3, 512)
run(FlashShelf(SCHEMA, 16, flash), KeyLog(keys), 0, 2500)
again = FlashShelf(SCHEMA, 16, flash)
crc = binascii.crc32
print(repr((crc(flash.memory), crc(keys.memory), again.next, again.dropped, again.first)))
""",
        [micropython.CODECS, micropython.NODE],
    )

    assert printed.strip() == repr(expected)
    assert again.dropped > 100


def test_a_log_of_a_megabyte_fits_a_boards_heap(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = 256
    setup = f"""
def flash_of(sectors):  # as much as a board's, of which this test writes a part
    flash = RamFlash(1, 4096)
    flash.size = sectors * 4096
    held = {{}}
    def read(offset, count):
        if offset // 4096 not in held:
            return b"\\xff" * count
        return bytes(held[offset // 4096][offset % 4096 : offset % 4096 + count])
    def program(offset, data):
        if offset // 4096 not in held:
            held[offset // 4096] = bytearray(b"\\xff" * 4096)
        at = offset % 4096
        held[offset // 4096][at : at + len(data)] = data
    def erase(sector):
        held[sector] = bytearray(b"\\xff" * 4096)
    flash.read, flash.program, flash.erase = read, program, erase
    return flash
flash = flash_of({blocks})
storage = KeyLog(RamFlash(3, 512))
"""
    pieces = [
        "",
        SCRIPT + RUN + setup,
        "spare = [0] * 50",
        "shelf = FlashShelf(SCHEMA, 64, flash)",
        # Other calls and another collection, or a stray word keeps the 4 KB that a sector was read into.
        "spare = [sum(range(at)) for at in range(50)]",
        "run(shelf, storage, 0, 1)",
        "run(shelf, storage, 1, 1)",
        "run(shelf, storage, 2, 1900)",
        "run(shelf, storage, 1902, 1)",
        "records = [shelf.get(n) for n in range(900, 948)]; print(len(records), records[47].number)",
        "records = None",
    ]
    outcomes = micropython.run_pieces(pieces, [micropython.CODECS, micropython.NODE], compiled=True)

    base, _, made, before, added = outcomes[2:7]
    objects = made.live_bytes - base.live_bytes
    one = added.peak_bytes - before.live_bytes
    reading = outcomes[9].peak_bytes - outcomes[8].live_bytes
    with capsys.disabled():
        print(
            f"\nMicroPython heap of records in 1 MB of flash: objects {objects} bytes with 64 in memory, "
            f"one more record {one}, 48 read back {reading}, before any collection"
        )
    assert outcomes[9].stdout.strip() == "48 947"
    assert objects < 10_000
    assert one < 8_000
