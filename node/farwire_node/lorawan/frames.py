"""Data frames of LoRaWAN 1.0.x as bytes and back (TS001-1.0.4 §4.2-4.4).

PHYPayload = MHDR | DevAddr | FCtrl | FCnt | FOpts | [FPort | FRMPayload] | MIC, all little-endian.
"""

from collections import namedtuple

from farwire_node.aes import BLOCK, Crypto, xor
from farwire_node.errors import FrameError, MicError

# dev_addr 32 bits; f_cnt the whole 32-bit counter; f_opts 0..15 bytes in clear; port None where there is
# none; payload in clear. `f_pending` is bit 4 of FCtrl: FPending in a downlink, ClassB in an uplink.
DataFrame = namedtuple(
    "DataFrame",
    (
        "uplink",
        "confirmed",
        "dev_addr",
        "adr",
        "adr_ack_req",
        "ack",
        "f_pending",
        "f_cnt",
        "f_opts",
        "port",
        "payload",
    ),
)

# What can be read without keys; f_cnt16 are the low 16 bits of the counter.
DataHeader = namedtuple(
    "DataHeader",
    ("uplink", "confirmed", "dev_addr", "adr", "adr_ack_req", "ack", "f_pending", "f_cnt16", "f_opts"),
)

# MHDR: the frame type in bits 7..5, the major version in bits 1..0 (TS001 §4.2).
JOIN_REQUEST = 0
JOIN_ACCEPT = 1
UNCONFIRMED_UP = 2
UNCONFIRMED_DOWN = 3
CONFIRMED_UP = 4
CONFIRMED_DOWN = 5

MIC_SIZE = 4
MAX_F_OPTS = 15
MAX_PHY = 255  # the length field of the LoRa header has eight bits
OVERHEAD = 13  # MHDR, the shortest FHDR, FPort and MIC: PHYPayload = OVERHEAD + FOpts + payload

_SHORTEST = 12  # no FPort, no FOpts
_ADR = 0x80
_ADR_ACK_REQ = 0x40
_ACK = 0x20
_F_PENDING = 0x10


def frame_type(phy: bytes) -> int:
    """Return the type in the MHDR (the constants above, or 6 and 7 that are none of ours)."""
    if not phy:
        raise FrameError("frame is empty, expected an MHDR")
    if phy[0] & 0x03:
        raise FrameError(f"major version is {phy[0] & 0x03}, expected 0 (LoRaWAN R1)")
    return phy[0] >> 5


def header(phy: bytes) -> DataHeader:
    """Return what a data frame tells to everyone; FrameError if it is none."""
    kind = frame_type(phy)
    if kind not in (UNCONFIRMED_UP, UNCONFIRMED_DOWN, CONFIRMED_UP, CONFIRMED_DOWN):
        raise FrameError(f"frame type is {kind}, expected 2..5 (data)")
    if not _SHORTEST <= len(phy) <= MAX_PHY:
        raise FrameError(f"data frame has {len(phy)} bytes, expected {_SHORTEST}..{MAX_PHY}")
    control = phy[5]
    f_opts_end = 8 + (control & 0x0F)
    if f_opts_end > len(phy) - MIC_SIZE:
        raise FrameError(f"FOptsLen is {control & 0x0F}, more than the frame holds")
    if f_opts_end > 8 and len(phy) - MIC_SIZE > f_opts_end and phy[f_opts_end] == 0:
        raise FrameError("FPort is 0 beside FOpts; MAC commands go in one of them (TS001 §4.3.1.6)")
    uplink = kind in (UNCONFIRMED_UP, CONFIRMED_UP)
    return DataHeader(
        uplink,
        kind in (CONFIRMED_UP, CONFIRMED_DOWN),
        int.from_bytes(phy[1:5], "little"),
        bool(control & _ADR),
        uplink and bool(control & _ADR_ACK_REQ),
        bool(control & _ACK),
        bool(control & _F_PENDING),
        int.from_bytes(phy[6:8], "little"),
        bytes(phy[8:f_opts_end]),
    )


def encode_data(frame: DataFrame, nwk_s_key: bytes, app_s_key: bytes, crypto: Crypto) -> bytes:
    """Return the PHYPayload, enciphered and signed; FrameError for what has no encoding."""
    if len(frame.f_opts) > MAX_F_OPTS:
        raise FrameError(f"f_opts has {len(frame.f_opts)} bytes, expected at most {MAX_F_OPTS}")
    if frame.port is None and frame.payload:
        raise FrameError("payload without a port")
    if frame.port == 0 and frame.f_opts:
        raise FrameError("f_opts beside port 0")
    kind = (
        (CONFIRMED_UP if frame.uplink else CONFIRMED_DOWN)
        if frame.confirmed
        else (UNCONFIRMED_UP if frame.uplink else UNCONFIRMED_DOWN)
    )
    control = len(frame.f_opts)
    for flag, bit in (
        (frame.adr, _ADR),
        (frame.uplink and frame.adr_ack_req, _ADR_ACK_REQ),
        (frame.ack, _ACK),
        (frame.f_pending, _F_PENDING),
    ):
        if flag:
            control |= bit
    phy = bytearray((kind << 5,))
    phy.extend(frame.dev_addr.to_bytes(4, "little"))
    phy.append(control)
    phy.extend((frame.f_cnt & 0xFFFF).to_bytes(2, "little"))
    phy.extend(frame.f_opts)
    if frame.port is not None:
        phy.append(frame.port)
        key = app_s_key if frame.port else nwk_s_key
        phy.extend(_ciphered(frame.payload, key, frame.uplink, frame.dev_addr, frame.f_cnt, crypto))
    if len(phy) + MIC_SIZE > MAX_PHY:
        raise FrameError(f"frame has {len(phy) + MIC_SIZE} bytes, expected at most {MAX_PHY}")
    return bytes(phy) + _mic(phy, nwk_s_key, frame.uplink, frame.dev_addr, frame.f_cnt, crypto)


def decode_data(phy: bytes, nwk_s_key: bytes, app_s_key: bytes, f_cnt32: int, crypto: Crypto) -> DataFrame:
    """Return the frame in clear, taking its counter to be `f_cnt32`; MicError unless it was signed so."""
    head = header(phy)
    if not mic_matches(phy, nwk_s_key, f_cnt32, crypto):
        raise MicError(f"MIC is wrong for DevAddr {head.dev_addr:08x} and FCnt {f_cnt32}")
    body = phy[8 + len(head.f_opts) : -MIC_SIZE]
    port = body[0] if body else None
    key = app_s_key if port else nwk_s_key
    payload = _ciphered(body[1:], key, head.uplink, head.dev_addr, f_cnt32, crypto)
    return DataFrame(
        head.uplink,
        head.confirmed,
        head.dev_addr,
        head.adr,
        head.adr_ack_req,
        head.ack,
        head.f_pending,
        f_cnt32,
        head.f_opts,
        port,
        payload,
    )


def mic_matches(phy: bytes, nwk_s_key: bytes, f_cnt32: int, crypto: Crypto) -> bool:
    """Tell whether a data frame was signed with this key and counter."""
    head = header(phy)
    if f_cnt32 & 0xFFFF != head.f_cnt16:
        return False
    mic = _mic(phy[:-MIC_SIZE], nwk_s_key, head.uplink, head.dev_addr, f_cnt32, crypto)
    return mic == bytes(phy[-MIC_SIZE:])


def whole_counter(f_cnt16: int, expected: int) -> int | None:
    """Return the smallest 32-bit counter from `expected` on that ends in `f_cnt16`, None past the end.

    `expected` is one more than the last counter accepted, so a replayed frame gets a counter that its MIC
    does not match (TS001 §4.3.1.5).
    """
    counter = expected + ((f_cnt16 - expected) & 0xFFFF)
    return counter if counter <= 0xFFFFFFFF else None


def _block(first: int, uplink: bool, dev_addr: int, f_cnt: int, last: int) -> bytearray:
    """Return the block that B0 of the MIC and A_i of the cipher have in common (TS001 §4.3.3, §4.4)."""
    block = bytearray(BLOCK)
    block[0] = first
    block[5] = 0 if uplink else 1
    block[6:10] = dev_addr.to_bytes(4, "little")
    block[10:14] = f_cnt.to_bytes(4, "little")
    block[15] = last
    return block


def _ciphered(payload: bytes, key: bytes, uplink: bool, dev_addr: int, f_cnt: int, crypto: Crypto) -> bytes:
    """Return `payload` enciphered or deciphered: AES in counter mode with blocks counted from 1."""
    out = bytearray()
    block = _block(0x01, uplink, dev_addr, f_cnt, 0)
    for start in range(0, len(payload), BLOCK):
        block[15] += 1
        out.extend(xor(payload[start : start + BLOCK], crypto.encrypt_block(key, bytes(block))))
    return bytes(out)


def _mic(
    message: bytes | bytearray, key: bytes, uplink: bool, dev_addr: int, f_cnt: int, crypto: Crypto
) -> bytes:
    block = _block(0x49, uplink, dev_addr, f_cnt, len(message))
    return crypto.cmac(key, bytes(block) + bytes(message))[:MIC_SIZE]
