"""Second decoders, written from codecs/README.md with no thrift: log piece, LPP's other ports.

They share nothing with farwire_codecs, so that an error in both encoder and decoder of that cannot hide.
"""

from typing import Any

from tests.codecs.second_table import AXES


class _Bits:
    def __init__(self, payload: bytes) -> None:
        self.left = "".join(f"{byte:08b}" for byte in payload)

    def text(self, width: int) -> str:
        taken, self.left = self.left[:width], self.left[width:]
        assert len(taken) == width
        return taken

    def number(self, width: int) -> int:
        return int(self.text(width) or "0", 2)


def log_piece(payload: bytes) -> tuple[int, int, int, bool, bytes]:
    """Return kind, number, offset, whether it is the last one, and the data."""
    octets = iter(payload)
    flags = next(octets)
    number = 256 * next(octets) + next(octets)
    offset = _varint(octets)
    length = next(octets)
    data = bytes(octets)
    assert len(data) == length
    assert flags < 4
    return flags // 2, number, offset, flags % 2 == 1, data


def lpp_history(payload: bytes) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return type, age and integers of each item."""
    bits = _Bits(payload)
    items = []
    while bits.left:
        type_id, age_s = bits.number(8), bits.number(16)
        raw = []
        for width, signed in AXES[type_id]:
            value = bits.number(width)
            raw.append(value - 2**width if signed and value >= 2 ** (width - 1) else value)
        items.append((type_id, age_s, tuple(raw)))
    return items


def lpp_actuators(payload: bytes) -> list[tuple[int, int]]:
    """Return channel and value x 100 of each output."""
    bits = _Bits(payload)
    outputs = []
    while bits.left and (channel := bits.number(8)) != 255:
        value = bits.number(16)
        outputs.append((channel, value - 65536 if value > 32767 else value))
    assert not bits.left
    return outputs


def lpp_device_period(payload: bytes) -> tuple[int | None, int | None]:
    """Return UTC time and transmit period."""
    bits = _Bits(payload)
    mask = bits.number(8)
    utc_s = bits.number(32) if mask in (1, 3) else None
    period_s = bits.number(32) if mask in (2, 3) else None
    assert not bits.left
    return utc_s, period_s


def lpp_sensor_periods(payload: bytes) -> list[tuple[int, int]]:
    """Return sensor and period."""
    bits = _Bits(payload)
    periods, first = [], 0
    while bits.left:
        mask = bits.text(8)[::-1]
        periods += [(first + bit, bits.number(32)) for bit in range(8) if mask[bit] == "1"]
        first += 8
    return periods


def lpp_sensor_enable(payload: bytes) -> dict[int, bool]:
    """Return which sensors are on, and which are off."""
    return {8 * at + bit: octet // 2**bit % 2 == 1 for at, octet in enumerate(payload) for bit in range(8)}


def _varint(octets: Any) -> int:
    value = place = 0
    for octet in octets:
        value += octet % 128 << place
        place += 7
        if octet < 128:
            break
    return value
