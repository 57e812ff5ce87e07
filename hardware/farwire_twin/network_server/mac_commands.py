"""MAC commands as the network sends and reads them (LoRaWAN 1.0.4 §5). A block: the commands of one CID."""

from collections.abc import Iterable
from dataclasses import dataclass

LINK_CHECK = 0x02
LINK_ADR = 0x03
DUTY_CYCLE = 0x04
RX_PARAM_SETUP = 0x05
DEV_STATUS = 0x06
NEW_CHANNEL = 0x07
RX_TIMING_SETUP = 0x08
TX_PARAM_SETUP = 0x09
DL_CHANNEL = 0x0A
DEVICE_TIME = 0x0D

# Bytes that follow the CID of what devices send (LoRaWAN 1.0.4 Table 11).
UPLINK_BYTES = {
    LINK_CHECK: 0,
    LINK_ADR: 1,
    DUTY_CYCLE: 0,
    RX_PARAM_SETUP: 1,
    DEV_STATUS: 2,
    NEW_CHANNEL: 1,
    RX_TIMING_SETUP: 0,
    TX_PARAM_SETUP: 0,
    DL_CHANNEL: 1,
    DEVICE_TIME: 0,
}


@dataclass(frozen=True, slots=True)
class Block:
    """One or more commands of one CID, as on air."""

    cid: int
    octets: bytes


def encode_blocks(blocks: Iterable[Block]) -> bytes:
    """The blocks one after the other."""
    return b"".join(block.octets for block in blocks)


def read_uplink(commands: bytes) -> dict[int, list[bytes]]:
    """CID -> payloads, in the order of first appearance; reading ends at the first unknown or cut command."""
    found: dict[int, list[bytes]] = {}
    at = 0
    while at < len(commands):
        size = UPLINK_BYTES.get(commands[at])
        if size is None or at + 1 + size > len(commands):
            break
        found.setdefault(commands[at], []).append(commands[at + 1 : at + 1 + size])
        at += 1 + size
    return found


def link_check_ans(margin_db: int, gateways: int) -> Block:
    """Margin above the demodulation floor, and how many gateways heard it (§5.2)."""
    return Block(LINK_CHECK, bytes((LINK_CHECK, min(margin_db, 254), min(gateways, 255))))


@dataclass(frozen=True, slots=True)
class LinkAdrReq:
    """Data rate, power, and 16 channels on or off (§5.3)."""

    dr: int
    tx_power: int
    mask: int
    mask_control: int
    nb_trans: int

    def encode(self) -> bytes:
        """The command, CID first."""
        mask = self.mask.to_bytes(2, "little")
        return (
            bytes((LINK_ADR, self.dr << 4 | self.tx_power))
            + mask
            + bytes((self.mask_control << 4 | self.nb_trans,))
        )

    @classmethod
    def read(cls, octets: bytes) -> "list[LinkAdrReq]":
        """The requests of a block."""
        commands = [octets[at : at + 5] for at in range(0, len(octets), 5)]
        return [
            cls(each[1] >> 4, each[1] & 15, int.from_bytes(each[2:4], "little"), each[4] >> 4, each[4] & 15)
            for each in commands
        ]


def rx_param_setup_req(rx1_dr_offset: int, rx2_dr: int, rx2_frequency_hz: int) -> Block:
    """Where RX1 and RX2 listen (§5.5)."""
    octets = bytes((RX_PARAM_SETUP, rx1_dr_offset << 4 | rx2_dr)) + _frequency(rx2_frequency_hz)
    return Block(RX_PARAM_SETUP, octets)


def dev_status_req() -> Block:
    """Ask for battery and margin (§5.6)."""
    return Block(DEV_STATUS, bytes((DEV_STATUS,)))


def new_channel_req(index: int, frequency_hz: int, min_dr: int, max_dr: int) -> bytes:
    """Add or change one channel; 6 bytes (§5.7)."""
    return bytes((NEW_CHANNEL, index)) + _frequency(frequency_hz) + bytes((max_dr << 4 | min_dr,))


def rx_timing_setup_req(delay_s: int) -> Block:
    """When RX1 opens (§5.8)."""
    return Block(RX_TIMING_SETUP, bytes((RX_TIMING_SETUP, delay_s & 15)))


def device_time_ans(gps_ms: int) -> Block:
    """GPS time at the end of the uplink, to 1/256 s (§5.11)."""
    second, fraction = (gps_ms // 1000) & 0xFFFF_FFFF, gps_ms % 1000 * 256 // 1000
    return Block(DEVICE_TIME, bytes((DEVICE_TIME,)) + second.to_bytes(4, "little") + bytes((fraction,)))


def frequency_hz(octets: bytes) -> int:
    """Hz of the three bytes of a frequency."""
    return int.from_bytes(octets, "little") * 100


def _frequency(hertz: int) -> bytes:
    return (hertz // 100).to_bytes(3, "little")
