"""What a device and its network agreed on, from the join on, and how it survives a restart.

FCntUp is reserved in storage in blocks: the counter stored is above every one ever used, so a power cut skips
some numbers and repeats none (TS001-1.0.4 §4.3.1.5).
"""

import struct

from farwire_node.aes import Crypto
from farwire_node.errors import StorageError
from farwire_node.lorawan import frames
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.join import JoinAccept
from farwire_node.lorawan.regions.region import Region
from farwire_node.lorawan.windows import Reception

F_CNT_BLOCK = 32  # frames a write; small beside the gap of 16384 that networks bridge

_VERSION = 2
# version, DevAddr, NwkSKey, AppSKey, FCntUp, next FCntDown, RX1 delay s, RX1 offset, RX2 DR, RX2 Hz, DR,
# TXPower, NbTrans, duty cycle exponent, uplinks in silence, whether sizes are capped
_STORED = "<BI16s16sIQBBBIBBBBIB"


class Session:
    """The state of one session; plain attributes, changed by the MAC and by the network's commands."""

    def __init__(
        self, region: Region, accept: JoinAccept, nwk_s_key: bytes, app_s_key: bytes, dr: int
    ) -> None:
        self.dev_addr = accept.dev_addr
        self.nwk_s_key = nwk_s_key
        self.app_s_key = app_s_key
        self.f_cnt_up = 0  # of the next new frame
        self.f_cnt_up_reserved = 0  # first one that storage does not cover
        self.f_cnt_down = 0  # the lowest that is still accepted
        self.rx1_delay_s = accept.rx_delay_s or 1
        # What the region does not define cannot be meant: its own values stand then.
        offset_ok = accept.rx1_dr_offset < len(region.rx1_drs[region.up_drs[0]])
        self.rx1_dr_offset = accept.rx1_dr_offset if offset_ok else 0
        self.rx2_dr = accept.rx2_dr if accept.rx2_dr in region.down_drs else region.rx2_dr
        self.rx2_freq_hz = region.rx2_freq_hz
        self.dr = dr
        self.tx_power = 0
        self.nb_trans = 1
        self.max_duty_cycle = 0
        self.silent_uplinks = 0  # ADRACKCnt
        self.capped = False  # the network seems to refuse the largest size (size_doubt.py)

    @property
    def reception(self) -> Reception:
        """Where the network answers this session's frames."""
        return Reception(1000 * self.rx1_delay_s, self.rx1_dr_offset, self.rx2_freq_hz, self.rx2_dr)

    def saved(self, exact: bool) -> bytes:
        """Return the session for storage and reserve a block of FCntUp, or none where it is `exact`."""
        self.f_cnt_up_reserved = self.f_cnt_up if exact else self.f_cnt_up + F_CNT_BLOCK
        return struct.pack(
            _STORED,
            _VERSION,
            self.dev_addr,
            self.nwk_s_key,
            self.app_s_key,
            self.f_cnt_up_reserved,
            self.f_cnt_down,
            self.rx1_delay_s,
            self.rx1_dr_offset,
            self.rx2_dr,
            self.rx2_freq_hz,
            self.dr,
            self.tx_power,
            self.nb_trans,
            self.max_duty_cycle,
            self.silent_uplinks,
            int(self.capped),
        )

    def has(self, dev_addr: int, nwk_s_key: bytes, app_s_key: bytes) -> bool:
        """Tell whether the session is the one of this address and these keys."""
        return (self.dev_addr, self.nwk_s_key, self.app_s_key) == (dev_addr, nwk_s_key, app_s_key)

    def sealed(
        self,
        crypto: Crypto,
        confirmed: bool,
        adr: bool,
        adr_ack_req: bool,
        ack: bool,
        f_opts: bytes,
        port: int | None,
        payload: bytes,
    ) -> bytes:
        """Return the next uplink's PHYPayload; its counter is used up."""
        f_cnt = self.f_cnt_up
        self.f_cnt_up += 1
        frame = frames.DataFrame(
            True, confirmed, self.dev_addr, adr, adr_ack_req, ack, False, f_cnt, f_opts, port, payload
        )
        return frames.encode_data(frame, self.nwk_s_key, self.app_s_key, crypto)

    def choose_rate(self, region: Region, plan: ChannelPlan, wanted: tuple[int | None, ...]) -> None:
        """Take the first of the wanted data rates that a channel carries, else the slowest that one does."""
        for dr in wanted + region.up_drs:
            if dr is not None and plan.channels_at(dr):
                self.dr = dr
                return


STORED_SIZE = struct.calcsize(_STORED)


def personalized(
    region: Region,
    plan: ChannelPlan,
    dev_addr: int,
    nwk_s_key: bytes,
    app_s_key: bytes,
    initial_dr: int | None,
) -> Session:
    """Return the first session of a device that never joins: the region's own windows, its slowest rate."""
    accept = JoinAccept(0, 0, dev_addr, 0, region.rx2_dr, 0, b"")
    session = Session(region, accept, nwk_s_key, app_s_key, region.up_drs[0])
    session.choose_rate(region, plan, (initial_dr,))
    return session


def restored(region: Region, stored: bytes) -> Session:
    """Return the session that `saved` gave; StorageError if these are no such bytes for this region."""
    if len(stored) != STORED_SIZE or stored[0] != _VERSION:
        raise StorageError(
            f"stored session has {len(stored)} bytes, expected {STORED_SIZE} of version {_VERSION}"
        )
    fields = struct.unpack(_STORED, stored)
    rx1_delay_s, rx1_dr_offset, rx2_dr, rx2_freq_hz, dr = fields[6:11]
    if not (
        dr in region.up_drs
        and rx2_dr in region.down_drs
        and region.low_hz <= rx2_freq_hz <= region.high_hz
        and rx1_dr_offset < len(region.rx1_drs[dr])
    ):
        raise StorageError(f"stored session is of another region than {region.name}")
    if not (1 <= rx1_delay_s <= 15 and 1 <= fields[12] <= 15):
        raise StorageError("stored session has values that no network can ask for")
    accept = JoinAccept(0, 0, fields[1], rx1_dr_offset, rx2_dr, rx1_delay_s, b"")
    session = Session(region, accept, fields[2], fields[3], dr)
    session.f_cnt_up = session.f_cnt_up_reserved = fields[4]
    session.f_cnt_down = fields[5]
    session.rx2_freq_hz = rx2_freq_hz
    session.tx_power = fields[11]
    session.nb_trans = fields[12]
    session.max_duty_cycle = fields[13]
    session.silent_uplinks = fields[14]
    session.capped = bool(fields[15])
    return session
