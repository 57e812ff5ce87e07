"""Names and keys of a simulated plant: made from its seed alone, so that every run has the same ones.

These keys protect nothing: whoever knows the seed knows them.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

APP_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Identity:
    """What a node is known by: EUIs as 16 lower-case hex digits."""

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)


def node_identity(seed: int, number: int) -> Identity:
    """Identity of the plant's node `number`."""
    dev_eui = _eui(seed, f"node {number}")
    app_key = hmac.digest(f"farwire twin {seed}".encode(), dev_eui.encode(), "sha256")[:APP_KEY_BYTES]
    return Identity(dev_eui, _eui(seed, "join server"), app_key)


def gateway_id(seed: int, number: int) -> str:
    """EUI of the plant's gateway `number`."""
    return _eui(seed, f"gateway {number}")


def _eui(seed: int, name: str) -> str:
    raw = bytearray(hashlib.sha256(f"farwire twin {seed} {name}".encode()).digest()[:8])
    raw[0] = raw[0] & 0xFC | 0x02  # locally administered, individual (IEEE 802-2014 §8.2.2)
    return raw.hex()
