"""The checksums of the buses, bit by bit: messages have a dozen bytes, and tables cost a board's memory."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def crc8_sensirion(data: "Iterable[int]") -> int:
    """Return the checksum of an SHT3x word: x^8 + x^5 + x^4 + 1, from 0xFF (SHT3x-DIS data sheet, 4.12)."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def crc8_one_wire(data: "Iterable[int]") -> int:
    """Return the 1-Wire checksum: x^8 + x^5 + x^4 + 1, bits from the lowest, from 0 (Maxim application
    note 27). Over data and their own checksum it is 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


def crc16_modbus(data: "Iterable[int]") -> int:
    """Return the checksum of a Modbus RTU frame, sent low byte first (Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
