"""A serial port on a board: what MicroPython's machine.UART has, as a Port.

Give it `machine.UART(1, dialect.baud, rxbuf=1024)`: a downlink's line is up to 600 bytes, and comes at once.
"""

from farwire_node.modems.loop import Port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Uart(Protocol):
        """What of machine.UART is used."""

        def any(self) -> int:
            """How many bytes are there."""

        def read(self, count: int) -> bytes | None:
            """Take up to so many bytes."""

        def write(self, data: bytes) -> int | None:
            """Send bytes; how many were taken."""


class UartPort(Port):
    """An open UART; it cannot be gone, only silent."""

    def __init__(self, uart: "Uart") -> None:
        self._uart = uart

    def read(self) -> bytes:
        """Return what came since the last call, without waiting."""
        waiting = self._uart.any()
        return (self._uart.read(waiting) or b"") if waiting else b""

    def write(self, data: bytes) -> None:
        """Send all of `data`; OSError where the UART takes none of it."""
        while data:
            taken = self._uart.write(data)
            if not taken:
                raise OSError("the UART takes nothing")
            data = data[taken:]

    def close(self) -> None:
        """Leave the UART as it is: the next Port goes on with it."""
