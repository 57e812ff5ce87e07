"""A serial port on Linux, through pyserial."""

import select
import termios

import serial

from farwire_node.modems.loop import Port

_WRITE_TIMEOUT_S = 1.0  # a modem that takes nothing for so long is gone


class SerialPort(Port):
    """An open port, 8N1, for this process alone; OSError if it cannot be had or is gone."""

    def __init__(self, path: str, baud: int) -> None:
        try:
            self._serial = serial.Serial(
                path, baud, timeout=0, write_timeout=_WRITE_TIMEOUT_S, exclusive=True
            )
        except termios.error as error:
            raise OSError(f"{path} is no serial port: {error}") from error

    def read(self) -> bytes:
        """Return what came since the last call, without waiting."""
        waiting = self._serial.in_waiting
        return bytes(self._serial.read(waiting)) if waiting else b""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        self._serial.write(data)

    def close(self) -> None:
        """Give the port up."""
        try:
            self._serial.close()
        except (OSError, termios.error):
            return

    def wait(self, at_most_s: float) -> None:
        """Return when bytes are there, or the port is gone, or the time is over."""
        select.select([self._serial.fileno()], [], [], at_most_s)
