"""MAC commands as bytes and back (TS001-1.0.4 §5): one table, read in both directions.

A command is its CID and a little-endian number of fixed length in which each field has its place.
"""

from collections import namedtuple

LinkCheckReq = namedtuple("LinkCheckReq", ())
LinkCheckAns = namedtuple("LinkCheckAns", ("margin", "gw_cnt"))  # dB above the floor, gateways
LinkADRReq = namedtuple("LinkADRReq", ("dr", "tx_power", "ch_mask", "ch_mask_cntl", "nb_trans"))
LinkADRAns = namedtuple("LinkADRAns", ("ch_mask_ack", "dr_ack", "power_ack"))
DutyCycleReq = namedtuple("DutyCycleReq", ("max_duty_cycle",))  # one part in 2^n
DutyCycleAns = namedtuple("DutyCycleAns", ())
RXParamSetupReq = namedtuple("RXParamSetupReq", ("rx1_dr_offset", "rx2_dr", "freq_hz"))
RXParamSetupAns = namedtuple("RXParamSetupAns", ("freq_ack", "rx2_dr_ack", "rx1_dr_offset_ack"))
DevStatusReq = namedtuple("DevStatusReq", ())
DevStatusAns = namedtuple("DevStatusAns", ("battery", "margin"))  # 0 external, 1..254, 255 unknown; dB
NewChannelReq = namedtuple("NewChannelReq", ("ch_index", "freq_hz", "max_dr", "min_dr"))
NewChannelAns = namedtuple("NewChannelAns", ("freq_ok", "dr_ok"))
RXTimingSetupReq = namedtuple("RXTimingSetupReq", ("delay",))  # s, 0 means 1
RXTimingSetupAns = namedtuple("RXTimingSetupAns", ())
TXParamSetupReq = namedtuple("TXParamSetupReq", ("downlink_dwell", "uplink_dwell", "max_eirp_index"))
TXParamSetupAns = namedtuple("TXParamSetupAns", ())
DlChannelReq = namedtuple("DlChannelReq", ("ch_index", "freq_hz"))
DlChannelAns = namedtuple("DlChannelAns", ("freq_ok", "uplink_freq_exists"))
DeviceTimeReq = namedtuple("DeviceTimeReq", ())
DeviceTimeAns = namedtuple("DeviceTimeAns", ("gps_seconds", "frac_256"))  # at the end of the uplink
PingSlotInfoReq = namedtuple("PingSlotInfoReq", ("periodicity",))
PingSlotInfoAns = namedtuple("PingSlotInfoAns", ())
PingSlotChannelReq = namedtuple("PingSlotChannelReq", ("freq_hz", "dr"))
PingSlotChannelAns = namedtuple("PingSlotChannelAns", ("freq_ok", "dr_ok"))
BeaconFreqReq = namedtuple("BeaconFreqReq", ("freq_hz",))
BeaconFreqAns = namedtuple("BeaconFreqAns", ("freq_ok",))

# Fields are (lowest bit, bits, unit); a negative count of bits is a signed field.
_FLAGS_1 = ((0, 1, 1),)
_FLAGS_2 = ((0, 1, 1), (1, 1, 1))
_FLAGS_3 = ((0, 1, 1), (1, 1, 1), (2, 1, 1))

# CID -> (command, bytes after the CID, fields in the order of the command).
_UPLINK = {
    0x02: (LinkCheckReq, 0, ()),
    0x03: (LinkADRAns, 1, _FLAGS_3),
    0x04: (DutyCycleAns, 0, ()),
    0x05: (RXParamSetupAns, 1, _FLAGS_3),
    0x06: (DevStatusAns, 2, ((0, 8, 1), (8, -6, 1))),
    0x07: (NewChannelAns, 1, _FLAGS_2),
    0x08: (RXTimingSetupAns, 0, ()),
    0x09: (TXParamSetupAns, 0, ()),
    0x0A: (DlChannelAns, 1, _FLAGS_2),
    0x0D: (DeviceTimeReq, 0, ()),
    0x10: (PingSlotInfoReq, 1, ((0, 3, 1),)),
    0x11: (PingSlotChannelAns, 1, _FLAGS_2),
    0x13: (BeaconFreqAns, 1, _FLAGS_1),
}
_DOWNLINK = {
    0x02: (LinkCheckAns, 2, ((0, 8, 1), (8, 8, 1))),
    0x03: (LinkADRReq, 4, ((4, 4, 1), (0, 4, 1), (8, 16, 1), (28, 3, 1), (24, 4, 1))),
    0x04: (DutyCycleReq, 1, ((0, 4, 1),)),
    0x05: (RXParamSetupReq, 4, ((4, 3, 1), (0, 4, 1), (8, 24, 100))),
    0x06: (DevStatusReq, 0, ()),
    0x07: (NewChannelReq, 5, ((0, 8, 1), (8, 24, 100), (36, 4, 1), (32, 4, 1))),
    0x08: (RXTimingSetupReq, 1, ((0, 4, 1),)),
    0x09: (TXParamSetupReq, 1, ((5, 1, 1), (4, 1, 1), (0, 4, 1))),
    0x0A: (DlChannelReq, 4, ((0, 8, 1), (8, 24, 100))),
    0x0D: (DeviceTimeAns, 5, ((0, 32, 1), (32, 8, 1))),
    0x10: (PingSlotInfoAns, 0, ()),
    0x11: (PingSlotChannelReq, 4, ((0, 24, 100), (24, 4, 1))),
    0x13: (BeaconFreqReq, 3, ((0, 24, 100),)),
}


def decode(data: bytes, uplink: bool) -> list[tuple[int, ...]]:
    """Return the commands in `data`, in their order.

    What follows an unknown CID or a command cut short cannot be told apart and is dropped (TS001 §5).
    """
    table = _UPLINK if uplink else _DOWNLINK
    commands = []
    at = 0
    while at < len(data) and data[at] in table:
        command, size, fields = table[data[at]]
        at += 1
        if at + size > len(data):
            break
        number = int.from_bytes(data[at : at + size], "little")
        commands.append(command(*[_field(number, field) for field in fields]))
        at += size
    return commands


def encode(command: tuple[int, ...]) -> bytes:
    """Return the command with its CID; values are cut to their fields."""
    for table in (_UPLINK, _DOWNLINK):
        for cid, (kind, size, fields) in table.items():
            if isinstance(command, kind):
                number = 0
                for value, (low, bits, unit) in zip(command, fields):  # noqa: B905
                    number |= (value // unit & (1 << abs(bits)) - 1) << low
                return bytes((cid,)) + number.to_bytes(size, "little")
    raise ValueError(f"{command!r} is no MAC command")


def _field(number: int, field: tuple[int, int, int]) -> int:
    low, bits, unit = field
    value = number >> low & (1 << abs(bits)) - 1
    if bits < 0 and value >> (-bits - 1):
        value -= 1 << -bits
    return value * unit
