"""Flash behind MicroPython's extended block device protocol: rp2.Flash, esp32.Partition and their like.

MicroPython's documentation, os.AbstractBlockDev: `readblocks(n, buffer, offset)`; `writeblocks(n, buffer,
offset)` does not erase; `ioctl(4, 0)` counts blocks, `ioctl(5, 0)` gives their size, `ioctl(6, n)` erases.
"""

from farwire_node.flash.device import Flash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class BlockDevice(Protocol):
        """What MicroPython's block devices have."""

        def readblocks(self, block: int, buffer: bytearray, offset: int) -> None:
            """Fill the buffer."""

        def writeblocks(self, block: int, buffer: bytearray, offset: int) -> None:
            """Program the buffer's bytes."""

        def ioctl(self, operation: int, argument: int) -> int | None:
            """Count, measure or erase blocks."""


_COUNT, _SIZE, _ERASE = 4, 5, 6
RP2_PAGE = 256  # pico-sdk, flash_range_program: whole pages only
ESP32_PAGE = 1


class PartitionFlash(Flash):
    """`device` whole. Only whole pages of `page` bytes are programmed; the bytes around stay as they are,
    because ones change nothing."""

    def __init__(self, device: "BlockDevice", page: int = RP2_PAGE) -> None:
        sectors, size = device.ioctl(_COUNT, 0) or 0, device.ioctl(_SIZE, 0) or 0
        super().__init__(sectors * size, size)
        self._device = device
        self._page = page

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes."""
        data = bytearray(count)
        view = memoryview(data)
        done = 0
        while done < count:
            block, at = divmod(offset + done, self.sector_size)
            some = min(count - done, self.sector_size - at)
            self._device.readblocks(block, view[done : done + some], at)  # type: ignore[arg-type]
            done += some
        return bytes(data)

    def program(self, offset: int, data: bytes) -> None:
        """Clear bits, page by page."""
        done = 0
        while done < len(data):
            begin = (offset + done) // self._page * self._page
            before = offset + done - begin
            some = min(len(data) - done, self._page - before)
            if self._page == 1:  # no padding: all that lies in this block at once
                some = min(len(data) - done, self.sector_size - begin % self.sector_size)
                page = bytearray(data[done : done + some])
            else:
                page = bytearray(b"\xff" * self._page)
                page[before : before + some] = data[done : done + some]
            self._device.writeblocks(begin // self.sector_size, page, begin % self.sector_size)
            done += some

    def erase(self, sector: int) -> None:
        """Set all bits of a sector."""
        self._device.ioctl(_ERASE, sector)
