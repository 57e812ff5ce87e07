"""Modbus RTU frames (Modbus Application Protocol V1.1b3; Modbus over Serial Line V1.02): a master's side."""

from collections import namedtuple

from farwire_node.drivers.checksums import crc16_modbus
from farwire_node.sensors import faults

READ_COILS, READ_HOLDING, READ_INPUT = 1, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS = 5, 6, 16
MOST_REGISTERS = 125  # in one read (6.3)
MOST_COILS = 2000  # (6.1)
MOST_WRITTEN = 123  # (6.12)
COIL_ON, COIL_OFF = 0xFF00, 0x0000
_EXCEPTION = 0x80
EXCEPTIONS = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure",
    5: "acknowledge", 6: "device busy", 8: "memory parity error", 10: "gateway path unavailable",
    11: "gateway target failed to respond",
}  # fmt: skip

Request = namedtuple("Request", ("unit", "frame", "size"))
"""`frame` is what goes out, checksum included; the answer to it has `size` bytes, 5 if it is an exception."""


def read(unit: int, function: int, first: int, count: int) -> Request:
    """Return a request for coils or registers: READ_COILS, READ_HOLDING or READ_INPUT."""
    size = (count + 7) // 8 if function == READ_COILS else 2 * count
    return _request(unit, bytes((function,)) + _words(first, count), 5 + size)


def write(unit: int, function: int, address: int, value: int) -> Request:
    """Return a request to write one coil (COIL_ON, COIL_OFF) or register."""
    return _request(unit, bytes((function,)) + _words(address, value), 8)


def write_registers(unit: int, first: int, values: "list[int]") -> Request:
    """Return a request to write up to MOST_WRITTEN registers."""
    head = bytes((WRITE_REGISTERS,)) + _words(first, len(values)) + bytes((2 * len(values),))
    return _request(unit, head + _words(*values), 8)


def data_of(request: Request, answer: bytes) -> bytes:
    """Return what an answer carries: the bytes of coils or registers, or the echo of what was written.

    Raises FaultError: NO_ANSWER for nothing, BAD_CHECKSUM for anything damaged or cut short, REFUSED for an
    exception, WRONG_DEVICE for a frame of another device or to another request.
    """
    if not answer:
        raise faults.FaultError(faults.NO_ANSWER, f"Modbus unit {request.unit} is silent")
    function = request.frame[1]
    size = 5 if len(answer) > 1 and answer[1] == function | _EXCEPTION else request.size
    if len(answer) < size or crc16_modbus(answer[:size]):  # over a frame and its own checksum it is 0
        raise faults.FaultError(
            faults.BAD_CHECKSUM, f"Modbus unit {request.unit}: {len(answer)} of {size} bytes"
        )
    if answer[0] != request.unit or answer[1] & ~_EXCEPTION != function:
        raise faults.FaultError(faults.WRONG_DEVICE, f"unit {answer[0]} answers with function {answer[1]}")
    if answer[1] & _EXCEPTION:
        reason = EXCEPTIONS.get(answer[2], "unknown exception")
        raise faults.FaultError(faults.REFUSED, f"Modbus unit {request.unit}: {reason} ({answer[2]})")
    if function > READ_INPUT:
        if answer[2:6] != request.frame[2:6]:
            raise faults.FaultError(faults.WRONG_DEVICE, f"unit {request.unit} wrote something else")
        return answer[2:6]
    if answer[2] != size - 5:
        raise faults.FaultError(faults.WRONG_DEVICE, f"{answer[2]} bytes of data, expected {size - 5}")
    return answer[3 : size - 2]


def _request(unit: int, pdu: bytes, size: int) -> Request:
    frame = bytes((unit,)) + pdu
    crc = crc16_modbus(frame)
    return Request(unit, frame + bytes((crc & 0xFF, crc >> 8)), size)


def _words(*words: int) -> bytes:
    return b"".join([bytes((word >> 8 & 0xFF, word & 0xFF)) for word in words])
