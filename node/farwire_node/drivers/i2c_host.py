"""Linux's I2C buses (/dev/i2c-N) with the methods of machine.I2C. Host only.

One ioctl, I2C_RDWR, carries a whole transfer, so that a register is read with a repeated start as the chips
expect it (linux/i2c-dev.h, Documentation/i2c/dev-interface of the kernel). Needs nothing installed.
"""

import ctypes
import fcntl
import os
from collections.abc import Callable

from farwire_node.drivers.buses import I2c

_I2C_RDWR = 0x0707
_READ = 0x0001  # I2C_M_RD


class Message(ctypes.Structure):
    """struct i2c_msg."""

    _fields_ = (
        ("addr", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("len", ctypes.c_uint16),
        ("buf", ctypes.POINTER(ctypes.c_uint8)),
    )


class Transfer(ctypes.Structure):
    """struct i2c_rdwr_ioctl_data."""

    _fields_ = (("msgs", ctypes.POINTER(Message)), ("nmsgs", ctypes.c_uint32))


class LinuxI2c(I2c):
    """The bus `number`. `ioctl` and `opened` (a file descriptor) are for a bus that is elsewhere."""

    def __init__(
        self, number: int, ioctl: Callable[..., object] = fcntl.ioctl, opened: int | None = None
    ) -> None:
        self._file = os.open(f"/dev/i2c-{number}", os.O_RDWR) if opened is None else opened
        self._ioctl = ioctl

    def writeto(self, addr: int, buf: bytes) -> None:
        """Write bytes; raises OSError without an acknowledgement."""
        self._transfer(addr, buf, 0)

    def readfrom(self, addr: int, nbytes: int) -> bytes:
        """Read bytes; raises OSError without an acknowledgement."""
        return self._transfer(addr, b"", nbytes)

    def writeto_mem(self, addr: int, memaddr: int, buf: bytes) -> None:
        """Write bytes from a register on; raises OSError without an acknowledgement."""
        self._transfer(addr, bytes((memaddr,)) + bytes(buf), 0)

    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int) -> bytes:
        """Read bytes from a register on; raises OSError without an acknowledgement."""
        return self._transfer(addr, bytes((memaddr,)), nbytes)

    def _transfer(self, addr: int, out: bytes, count: int) -> bytes:
        """Write `out`, then read `count` bytes; either may be nothing."""
        sent = (ctypes.c_uint8 * len(out))(*out)
        got = (ctypes.c_uint8 * count)()
        byte = ctypes.POINTER(ctypes.c_uint8)
        messages = []
        if out:
            messages.append(Message(addr, 0, len(out), ctypes.cast(sent, byte)))
        if count:
            messages.append(Message(addr, _READ, count, ctypes.cast(got, byte)))
        array = (Message * len(messages))(*messages)
        self._ioctl(self._file, _I2C_RDWR, Transfer(array, len(messages)))
        return bytes(got)
