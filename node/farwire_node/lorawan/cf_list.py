"""The CFList of a join-accept: channels that the network adds or leaves on (TS001 §6.2.3, RP002 §2.x.4).

16 bytes, the last of which is the type: 0 = five frequencies, 1 = channel masks of 16 bits.
"""

from farwire_node.errors import FrameError

FREQUENCIES = 0
MASKS = 1

SIZE = 16
_MASK_COUNT = 7  # bytes 0..13; 14 is reserved


def encode_frequencies(freqs_hz: tuple[int, ...]) -> bytes:
    """Return a CFList of type 0 with up to five frequencies, multiples of 100 Hz; 0 leaves a place empty."""
    out = b""
    for freq_hz in freqs_hz:
        out += (freq_hz // 100).to_bytes(3, "little")
    if len(out) > SIZE - 1:
        raise FrameError(f"CFList of {len(freqs_hz)} frequencies, expected at most 5")
    return out + bytes(SIZE - 1 - len(out)) + bytes((FREQUENCIES,))


def encode_masks(masks: tuple[int, ...]) -> bytes:
    """Return a CFList of type 1; bit c of `masks`[m] leaves channel 16 m + c on."""
    out = b""
    for mask in masks:
        out += mask.to_bytes(2, "little")
    if len(out) > 2 * _MASK_COUNT:
        raise FrameError(f"CFList of {len(masks)} masks, expected at most {_MASK_COUNT}")
    return out + bytes(SIZE - 1 - len(out)) + bytes((MASKS,))


def decode(cf_list: bytes) -> tuple[int, tuple[int, ...]]:
    """Return (FREQUENCIES, five of them in Hz) or (MASKS, seven of them)."""
    if len(cf_list) != SIZE:
        raise FrameError(f"CFList has {len(cf_list)} bytes, expected {SIZE}")
    kind = cf_list[SIZE - 1]
    if kind == FREQUENCIES:
        return kind, tuple([100 * int.from_bytes(cf_list[i : i + 3], "little") for i in range(0, 15, 3)])
    if kind == MASKS:
        return kind, tuple(
            [int.from_bytes(cf_list[i : i + 2], "little") for i in range(0, 2 * _MASK_COUNT, 2)]
        )
    raise FrameError(f"CFList is of type {kind}, expected 0 or 1")
