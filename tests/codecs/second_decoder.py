"""Second decoders, written from codecs/README.md with no thrift: history batch, log piece, LPP's other ports.

They share nothing with farwire_codecs, so that an error in both encoder and decoder of that cannot hide.
"""

from typing import Any

# type id -> axes as (bits, signed); codecs/README.md, "Types"
_AXES = {
    **dict.fromkeys((0, 1, 102, 104, 120, 142), ((8, False),)),
    **dict.fromkeys((2, 3, 103, 121), ((16, True),)),
    **dict.fromkeys((101, 115, 116, 117, 125, 128, 132), ((16, False),)),
    **dict.fromkeys((100, 118, 130, 131, 133), ((32, False),)),
    **dict.fromkeys((113, 134), ((16, True),) * 3),
    135: ((8, False),) * 3,
    136: ((24, True),) * 3,
}


class _Rice:
    def __init__(self, bits: "_Bits", width: int, started: bool) -> None:
        self.width = width
        self.k = bits.number({8: 3, 16: 4}.get(width, 5)) if started else 0
        self.step = 1
        if started and bits.number(1):
            length = bits.number(5)
            self.step = int("1" + bits.text(length), 2)
        self.total, self.count = 2**self.k, 1

    def next(self, bits: "_Bits") -> int:
        ones = 0
        while ones < 16 and bits.number(1):
            ones += 1
        n = bits.number(self.width) if ones == 16 else ones * 2**self.k + bits.number(self.k)
        self.total += min(n, 16 * 2**self.k)
        self.count += 1
        if self.count > 16:
            self.total, self.count = self.total // 2, self.count // 2
        self.k = next(
            (k for k in range(self.width) if 3 * self.count * 2**k >= 2 * self.total), self.width - 1
        )
        return self.step * (-(n + 1) // 2 if n % 2 else n // 2)


class _Bits:
    def __init__(self, payload: bytes) -> None:
        self.left = "".join(f"{byte:08b}" for byte in payload)

    def text(self, width: int) -> str:
        taken, self.left = self.left[:width], self.left[width:]
        assert len(taken) == width
        return taken

    def number(self, width: int) -> int:
        return int(self.text(width) or "0", 2)


def decode(payload: bytes, channels: list[tuple[int, int]] | None) -> dict[str, Any]:
    """Return the batch as plain values; `channels` are the receiver's own when the batch carries none."""
    octets = iter(payload)
    flags = next(octets)
    schema_id = next(octets)
    if flags & 2:
        channels = [(next(octets), next(octets)) for _ in range(next(octets))]
    assert channels is not None
    number, count, age = _varint(octets), _varint(octets), _varint(octets)
    interval = _varint(octets) if count > 1 else 0
    bits = _Bits(bytes(octets))
    times = _Rice(bits, 32, count > 1) if flags & 4 else None
    columns = [
        [(_Rice(bits, width, count > 1), signed) for width, signed in _AXES[type_id]]
        for _, type_id in channels
    ]
    last: dict[tuple[int, int], int] = {}
    present = "1" * len(channels)
    seconds, rows = 0, []
    for row in range(count):
        if row:
            seconds += interval + (times.next(bits) if times else 0)
        if flags & 8 and (row == 0 or bits.number(1)):
            present = bits.text(len(channels))
        values: list[list[int] | None] = []
        for channel, axes in enumerate(columns):
            values.append(None if present[channel] == "0" else [])
            for axis, (rice, signed) in enumerate(axes if present[channel] == "1" else []):
                at = (channel, axis)
                value = bits.number(rice.width) if at not in last else last[at] + rice.next(bits)
                last[at] = value % 2**rice.width
                negative = signed and last[at] >= 2 ** (rice.width - 1)
                values[-1].append(last[at] - 2**rice.width * negative)  # type: ignore[union-attr]
        rows.append((seconds, values))
    assert len(bits.left) < 8
    assert "1" not in bits.left
    return {
        "schema": (schema_id, channels),
        "wanted": bool(flags & 1),
        "records": [
            (number + row, 125 * age + 1000 * (seconds - then), values)
            for row, (then, values) in enumerate(rows)
        ],
    }


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
        for width, signed in _AXES[type_id]:
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
