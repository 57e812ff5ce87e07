"""Ids of orders: UUIDs of version 7 (RFC 9562 §5.7), which sort by the time of their making."""

import secrets
import uuid


def order_id(now_ms: int) -> str:
    """Return a new id; `now_ms` is UTC."""
    value = (now_ms & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))
