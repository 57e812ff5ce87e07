"""The buses of a node on Linux, from a table of words. Host only.

| word | bus |
|---|---|
| `i2c:1` | /dev/i2c-1 |
| `modbus:/dev/serial/by-id/...@9600E` | Modbus devices on a serial port: baud, and N, E or O for the parity |
"""

from collections.abc import Mapping
from time import sleep

import serial

from farwire_node.drivers.buses import Serial
from farwire_node.drivers.i2c_host import LinuxI2c
from farwire_node.drivers.modbus_port import ModbusPort

_PARITIES = {"N": serial.PARITY_NONE, "E": serial.PARITY_EVEN, "O": serial.PARITY_ODD}


class PluggedSerial(Serial):
    """A serial port that is opened when it is needed, and again after it was gone."""

    def __init__(self, path: str, baud: int, parity: str) -> None:
        self._path = path
        self._baud = baud
        self._parity = parity
        self._port: serial.Serial | None = None

    def write(self, buf: bytes) -> None:
        """Send bytes; raises OSError when the port is not there."""
        try:
            self._opened().write(buf)
        except OSError:
            self._close()
            raise

    def read(self, nbytes: int) -> bytes:
        """Return what has arrived; raises OSError when the port is not there."""
        try:
            return bytes(self._opened().read(nbytes))
        except OSError:
            self._close()
            raise

    def flush(self) -> None:
        """Wait until all that was written has left."""
        self._opened().flush()

    def _opened(self) -> serial.Serial:
        if self._port is None:
            # Two stop bits where there is no parity (Modbus over Serial Line V1.02, 2.5.1)
            stop_bits = 2 if self._parity == "N" else 1
            self._port = serial.Serial(
                self._path, self._baud, parity=_PARITIES[self._parity], stopbits=stop_bits, timeout=0
            )
        return self._port

    def _close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None


def buses_of(table: Mapping[str, str]) -> dict[int, object]:
    """Return the buses by number (0 to 255); raises ValueError for a word that is none."""
    buses: dict[int, object] = {}
    for number, word in table.items():
        if not number.isdigit() or int(number) > 255:
            raise ValueError(f"bus {number} has no number from 0 to 255")
        buses[int(number)] = _bus(word)
    return buses


def _bus(word: str) -> object:
    kind, _, where = word.partition(":")
    if kind == "i2c" and where.isdigit():
        return LinuxI2c(int(where))
    path, _, line = where.rpartition("@")
    if kind == "modbus" and path and line[:-1].isdigit() and line[-1] in _PARITIES:
        port = PluggedSerial(path, int(line[:-1]), line[-1])
        return ModbusPort(port, int(line[:-1]), lambda ms: sleep(ms / 1000))
    raise ValueError(f"bus {word!r} is neither i2c:NUMBER nor modbus:PATH@BAUD and N, E or O")
