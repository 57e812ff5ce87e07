"""Cayenne LPP device period (FPort 11), sensor period (13) and sensor enable (14), both ways, strict.

All three are masks. Device period: a mask byte (bit 0: UTC time, bit 1: transmit period), then the fields
that it announces, 32 bits each, as RAK's and Paxcounter's firmware have them. Sensor enable: bit n of the
mask is sensor n, 1 is on; RAK's firmware takes one byte. For 14 with more than 8 sensors, and for 13, which
LPP 2.0 names and nobody defined, the forms are ours, in the same style (codecs/README.md): bit b of mask
byte k is sensor 8k + b; on 13 the periods of the byte's sensors follow it, 32 bits each.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import CodecError, MalformedError, TruncatedError, UnknownTypeError, stopped

DevicePeriod = namedtuple("DevicePeriod", ("utc_s", "transmit_period_s"))
"""Seconds since 1970, and seconds between two transmissions, 0 to 2^32 - 1; None: the frame does not say.
RAK's firmware takes a frame with the period alone, and at most 65,535 s."""

SensorPeriod = namedtuple("SensorPeriod", ("sensor", "period_s"))
"""`sensor` 0 to 31 samples every `period_s` seconds, 0 to 2^32 - 1."""

SensorEnable = namedtuple("SensorEnable", ("mask", "size"))
"""Bit n of `mask`: sensor n is on; of `size` bytes (1 to 4): sensors from 8 x size on are not spoken of."""

MASK_BYTES = 4
SENSORS = 8 * MASK_BYTES
_UTC = 1
_PERIOD = 2


def encode_device_period(message: DevicePeriod) -> bytes:
    """Return the frame, 5 or 9 bytes; raises CodecError, also when it would say nothing."""
    mask = (0 if message.utc_s is None else _UTC) | (0 if message.transmit_period_s is None else _PERIOD)
    if not mask:
        raise MalformedError("LPP device period: neither utc_s nor transmit_period_s is given")
    out = bytearray((mask,))
    if mask & _UTC:
        fields.put_unsigned(out, "utc_s", message.utc_s, 4)
    if mask & _PERIOD:
        fields.put_unsigned(out, "transmit_period_s", message.transmit_period_s, 4)
    return bytes(out)


def decode_device_period(payload: bytes) -> DevicePeriod:
    """Return the message; raises CodecError: UnknownTypeError for a mask that announces unknown fields."""
    cursor = fields.Cursor("LPP device period", payload)
    try:
        mask = cursor.unsigned("mask", 1)
        if mask & ~(_UTC | _PERIOD):
            raise UnknownTypeError(f"LPP device period: mask is 0x{mask:02x}, only 0x03 is defined")
        if not mask:
            raise MalformedError("LPP device period: mask is 0, expected 1 to 3")
        utc_s = cursor.unsigned("utc_s", 4) if mask & _UTC else None
        period_s = cursor.unsigned("transmit_period_s", 4) if mask & _PERIOD else None
        cursor.end()
    except CodecError as error:
        raise stopped(error, cursor.position, ())
    return DevicePeriod(utc_s, period_s)


def encode_sensor_periods(periods: "list[SensorPeriod] | tuple[SensorPeriod, ...]") -> bytes:
    """Return the frame; the periods, one or more, are in the order of their sensors; raises CodecError."""
    if not periods:
        raise MalformedError("LPP sensor period: there are no periods, expected 1 or more")
    out = bytearray((0,))
    mask_at = group = 0
    previous = -1
    for sensor, period_s in periods:
        fields.checked("LPP sensor period's sensor", sensor, 0, SENSORS - 1)
        if sensor <= previous:
            raise MalformedError(f"LPP sensor period: sensor {sensor} stands twice or out of order")
        previous = sensor
        while group < sensor >> 3:
            mask_at = len(out)
            out.append(0)
            group += 1
        out[mask_at] |= 1 << (sensor & 7)
        fields.put_unsigned(out, "LPP sensor period's period_s", period_s, 4)
    return bytes(out)


def decode_sensor_periods(payload: bytes) -> list[SensorPeriod]:
    """Return the periods in the order of their sensors; raises CodecError with `offset` and `items`."""
    cursor = fields.Cursor("LPP sensor period", payload)
    periods: list[SensorPeriod] = []
    mask = group = 0
    while not group or cursor.position < len(payload):
        start = cursor.position
        try:
            if group == MASK_BYTES:
                cursor.end()
            mask = cursor.unsigned("mask", 1)
            for bit in range(8):
                if mask >> bit & 1:
                    start = cursor.position
                    periods.append(SensorPeriod(8 * group + bit, cursor.unsigned("period_s", 4)))
        except CodecError as error:
            raise stopped(error, start, periods)
        group += 1
    if not mask:
        text = "LPP sensor period: the last mask is 0, expected 1 to 255"
        raise stopped(MalformedError(text), len(payload) - 1, periods)
    return periods


def encode_sensor_enable(message: SensorEnable) -> bytes:
    """Return the frame, `size` bytes; raises RangeError."""
    size = fields.checked("LPP sensor enable's size", message.size, 1, MASK_BYTES)
    mask = fields.checked("LPP sensor enable's mask", message.mask, 0, (1 << 8 * size) - 1)
    return bytes([mask >> 8 * at & 0xFF for at in range(size)])


def decode_sensor_enable(payload: bytes) -> SensorEnable:
    """Return the message; raises CodecError unless it has 1 to 4 bytes."""
    if not payload:
        raise TruncatedError("LPP sensor enable: there is no mask")
    if len(payload) > MASK_BYTES:
        raise MalformedError(f"LPP sensor enable has {len(payload)} bytes, expected 1 to {MASK_BYTES}")
    mask = 0
    for at in range(len(payload)):
        mask |= payload[at] << 8 * at
    return SensorEnable(mask, len(payload))
