"""What drivers ask of a bus: the shapes that MicroPython's own objects have. For type checkers, and bases on
Linux.

On Linux (i2c_host.py, linux_host.py), and in tests, an object with the same methods is passed in. A bus
raises OSError when a device does not acknowledge.
"""


class Pin:
    """machine.Pin."""

    def value(self, level: int | None = None) -> int:
        """Return the level; with an argument, set it."""
        raise NotImplementedError


class Adc:
    """machine.ADC."""

    def read_u16(self) -> int:
        """Return the conversion over the whole of 0 to 65535."""
        raise NotImplementedError


class I2c:
    """machine.I2C."""

    def writeto(self, addr: int, buf: bytes) -> object:
        """Write bytes."""
        raise NotImplementedError

    def readfrom(self, addr: int, nbytes: int) -> bytes:
        """Read bytes."""
        raise NotImplementedError

    def writeto_mem(self, addr: int, memaddr: int, buf: bytes) -> object:
        """Write bytes from a register on."""
        raise NotImplementedError

    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int) -> bytes:
        """Read bytes from a register on."""
        raise NotImplementedError


class OneWire:
    """onewire.OneWire."""

    def reset(self) -> bool:
        """Return whether any device answered the reset pulse."""
        raise NotImplementedError

    def select_rom(self, rom: bytes) -> None:
        """Reset, and address one device by its 8 bytes."""
        raise NotImplementedError

    def writebyte(self, value: int) -> None:
        """Write a byte, lowest bit first."""
        raise NotImplementedError

    def write(self, buf: bytes) -> None:
        """Write bytes."""
        raise NotImplementedError

    def readinto(self, buf: bytearray) -> None:
        """Fill the buffer."""
        raise NotImplementedError


class Serial:
    """machine.UART, or a pyserial port with timeout=0."""

    def write(self, buf: bytes) -> object:
        """Send bytes."""
        raise NotImplementedError

    def read(self, nbytes: int) -> bytes | None:
        """Return what has arrived, at most so much; None or nothing when nothing has."""
        raise NotImplementedError

    def flush(self) -> None:
        """Wait until all that was written has left."""
        raise NotImplementedError


class Counter:
    """machine.Counter, or pulse_counter.IrqCounter."""

    def value(self) -> int:
        """Return the pulses so far; may wrap at a power of two of at least 2^16."""
        raise NotImplementedError
