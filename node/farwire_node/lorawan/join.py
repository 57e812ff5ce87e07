"""Joining over the air: join-request, join-accept and the session keys that come of them (TS001-1.0.4 §6.2).

EUIs, nonces, NetID and DevAddr are integers here and little-endian on air.
"""

from collections import namedtuple

from farwire_node.aes import BLOCK, Crypto
from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan.frames import JOIN_ACCEPT, JOIN_REQUEST, MIC_SIZE, frame_type

# EUIs of 64 bits, dev_nonce of 16.
JoinRequest = namedtuple("JoinRequest", ("join_eui", "dev_eui", "dev_nonce"))

# join_nonce and net_id of 24 bits, dev_addr of 32; rx_delay_s 0..15 as on air, where 0 means 1 s too;
# cf_list the 16 bytes of a CFList (cf_list.py) or b"".
JoinAccept = namedtuple(
    "JoinAccept",
    ("join_nonce", "net_id", "dev_addr", "rx1_dr_offset", "rx2_dr", "rx_delay_s", "cf_list"),
)

REQUEST_SIZE = 23
ACCEPT_SIZES = (17, 33)  # without and with a CFList


def encode_join_request(request: JoinRequest, app_key: bytes, crypto: Crypto) -> bytes:
    """Return the PHYPayload: MHDR | JoinEUI | DevEUI | DevNonce | MIC."""
    body: bytes = (
        bytes((JOIN_REQUEST << 5,))
        + request.join_eui.to_bytes(8, "little")
        + request.dev_eui.to_bytes(8, "little")
        + request.dev_nonce.to_bytes(2, "little")
    )
    return body + crypto.cmac(app_key, body)[:MIC_SIZE]


def read_join_request(phy: bytes) -> JoinRequest:
    """Return what a join-request says, its MIC unchecked: whose key to check it with stands in it."""
    if frame_type(phy) != JOIN_REQUEST or len(phy) != REQUEST_SIZE:
        raise FrameError(
            f"type {frame_type(phy)} with {len(phy)} bytes, expected a join-request of {REQUEST_SIZE}"
        )
    return JoinRequest(
        int.from_bytes(phy[1:9], "little"),
        int.from_bytes(phy[9:17], "little"),
        int.from_bytes(phy[17:19], "little"),
    )


def decode_join_request(phy: bytes, app_key: bytes, crypto: Crypto) -> JoinRequest:
    """Return the join-request; MicError unless `app_key` signed it."""
    request = read_join_request(phy)
    if crypto.cmac(app_key, bytes(phy[:-MIC_SIZE]))[:MIC_SIZE] != bytes(phy[-MIC_SIZE:]):
        raise MicError(f"MIC of the join-request is wrong for DevEUI {request.dev_eui:016x}")
    return request


def encode_join_accept(accept: JoinAccept, app_key: bytes, crypto: Crypto) -> bytes:
    """Return the PHYPayload. The network deciphers, so that a device needs only to encipher."""
    if len(accept.cf_list) not in (0, BLOCK):
        raise FrameError(f"cf_list has {len(accept.cf_list)} bytes, expected 0 or 16")
    body = (
        accept.join_nonce.to_bytes(3, "little")
        + accept.net_id.to_bytes(3, "little")
        + accept.dev_addr.to_bytes(4, "little")
        + bytes(((accept.rx1_dr_offset & 0x07) << 4 | accept.rx2_dr & 0x0F, accept.rx_delay_s & 0x0F))
        + accept.cf_list
    )
    mhdr = bytes((JOIN_ACCEPT << 5,))
    clear = body + crypto.cmac(app_key, mhdr + body)[:MIC_SIZE]
    phy = mhdr
    for start in range(0, len(clear), BLOCK):
        phy += crypto.decrypt_block(app_key, clear[start : start + BLOCK])
    return phy


def decode_join_accept(phy: bytes, app_key: bytes, crypto: Crypto) -> JoinAccept:
    """Return the join-accept; MicError unless it was made with `app_key`."""
    if frame_type(phy) != JOIN_ACCEPT or len(phy) not in ACCEPT_SIZES:
        raise FrameError(f"type {frame_type(phy)} with {len(phy)} bytes, expected a join-accept of 17 or 33")
    mhdr = bytes(phy[:1])
    clear = b""
    for start in range(1, len(phy), BLOCK):
        clear += crypto.encrypt_block(app_key, bytes(phy[start : start + BLOCK]))
    body = clear[:-MIC_SIZE]
    if crypto.cmac(app_key, mhdr + body)[:MIC_SIZE] != clear[-MIC_SIZE:]:
        raise MicError("MIC of the join-accept is wrong")
    return JoinAccept(
        int.from_bytes(body[0:3], "little"),
        int.from_bytes(body[3:6], "little"),
        int.from_bytes(body[6:10], "little"),
        body[10] >> 4 & 0x07,
        body[10] & 0x0F,
        body[11] & 0x0F,
        body[12:],
    )


def session_keys(
    app_key: bytes, join_nonce: int, net_id: int, dev_nonce: int, crypto: Crypto
) -> tuple[bytes, bytes]:
    """Return (NwkSKey, AppSKey) of the session that these four make (TS001 §6.2.5)."""
    tail = (
        join_nonce.to_bytes(3, "little")
        + net_id.to_bytes(3, "little")
        + dev_nonce.to_bytes(2, "little")
        + bytes(7)
    )
    return crypto.encrypt_block(app_key, b"\x01" + tail), crypto.encrypt_block(app_key, b"\x02" + tail)
