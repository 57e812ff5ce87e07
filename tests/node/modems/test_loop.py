"""Ports of both kinds, and the loop that keeps them."""

import os
import pty
import tty
from collections.abc import Iterator

import pytest

from farwire_node.modems.loop import REOPEN_MS
from farwire_node.modems.serial_port_host import SerialPort
from farwire_node.modems.uart_board import UartPort
from tests.node.modems.bench import Bench


class Uart:
    """What machine.UART does: takes and gives a few bytes at a time."""

    def __init__(self, most: int = 7) -> None:
        self.written = b""
        self.waiting = b""
        self._most = most

    def any(self) -> int:
        return len(self.waiting)

    def read(self, count: int) -> bytes | None:
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken or None

    def write(self, data: bytes) -> int | None:
        self.written += data[: self._most]
        return len(data[: self._most]) or None


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    near, far = pty.openpty()
    tty.setraw(far)
    yield near, os.ttyname(far)
    for handle in (near, far):
        try:
            os.close(handle)
        except OSError:
            continue


def test_a_uart_that_takes_few_bytes_at_a_time_gets_all_of_them() -> None:
    uart = Uart()
    port = UartPort(uart)

    port.write(b"AT+JOIN=1:0:8:0\r\n")
    uart.waiting = b"OK\r\n"

    assert uart.written == b"AT+JOIN=1:0:8:0\r\n"
    assert port.read() == b"OK\r\n"
    assert port.read() == b""


def test_a_uart_that_takes_nothing_is_reported() -> None:
    with pytest.raises(OSError, match="takes nothing"):
        UartPort(Uart(most=0)).write(b"AT\r\n")


def test_a_serial_port_carries_bytes_both_ways(terminal: tuple[int, str]) -> None:
    near, path = terminal
    port = SerialPort(path, 57_600)

    port.write(b"sys get ver\r\n")
    os.write(near, b"RN2483\r\n")
    port.wait(5)

    assert os.read(near, 100) == b"sys get ver\r\n"
    assert port.read() == b"RN2483\r\n"
    assert port.read() == b""
    port.close()
    port.close()


def test_a_serial_port_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="nowhere"):
        SerialPort("/dev/nowhere", 9_600)


def test_a_file_that_is_no_serial_port_is_an_os_error() -> None:
    with pytest.raises(OSError, match="ioctl"):
        SerialPort("/dev/null", 9_600)


def test_a_port_that_goes_away_is_opened_again_once_a_second() -> None:
    bench = Bench("RAK3172")
    bench.join()

    bench.faults.plugged = False
    bench.run(10)
    gone = bench.loop.port
    bench.faults.plugged = True
    bench.run(REOPEN_MS / 1000 + 0.1)

    assert gone is None
    assert bench.loop.opened == 2


def test_closing_saves_what_must_survive() -> None:
    bench = Bench("RAK3172")
    bench.join()
    bench.run(100)
    held = bench.node.pending()

    bench.loop.close(bench.now_ms)
    bench.start_host()
    bench.node.poll(bench.now_ms)

    assert bench.node.pending() >= held > 0
    assert bench.loop.port is None
