"""Which channels a device uses against which it should [chirpstack lrwn/src/region/mod.rs, us915.rs]."""

from collections.abc import Iterable

from farwire_node.lorawan.mac_commands import LinkADRReq
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.region import MASK_BITS, ServerRegion

FIRST_500_KHZ = 64  # US915 and AU915: channels 64 to 71
# Their ChMaskCntl: all 125 kHz channels on, or off; the mask is of the 500 kHz ones (RP002-1.0.4 §2.5.5).
ALL_125_KHZ_ON, ALL_125_KHZ_OFF = 6, 7

Mask = tuple[int, int]  # ChMaskCntl, ChMask


def masks(region: ServerRegion, device_channels: list[int]) -> list[Mask]:
    """The channel masks that bring the device's channels to the region's; none when it has them."""
    plain = _plain_masks(region, set(device_channels))
    if not region.table.bank_masks:
        return plain
    short = _masks_from_nothing(region)
    return plain if len(plain) < len(short) else short


def after(region: ServerRegion, device_channels: list[int], taken: Iterable[LinkADRReq]) -> list[int]:
    """The channels of a device that took these requests; RefusedError for a channel that does not exist."""
    on = {index for index in device_channels if index < len(region.channels)}
    for request in taken:
        control, mask = request.ch_mask_cntl, request.ch_mask
        if region.table.bank_masks and control in (ALL_125_KHZ_ON, ALL_125_KHZ_OFF):
            low = set(range(FIRST_500_KHZ)) if control == ALL_125_KHZ_ON else set()
            on = low | {FIRST_500_KHZ + bit for bit in range(8) if mask >> bit & 1}
            continue
        for bit in range(MASK_BITS):
            if mask >> bit & 1:
                on.add(control * MASK_BITS + bit)
            else:
                on.discard(control * MASK_BITS + bit)
    if any(index >= len(region.channels) for index in on):
        raise RefusedError("channel does not exist")
    return sorted(on)


def _plain_masks(region: ServerRegion, device: set[int]) -> list[Mask]:
    enabled = region.enabled_channels
    difference = sorted(device ^ set(enabled))
    # An extra channel that the device was never told of is no reason to send masks.
    if not any(index in device or index in region.default_channels for index in difference):
        return []
    usable = {index for index in enabled if index in device or not region.channels[index].extra}
    return [(block, _mask(block, usable)) for block in _blocks(difference)]


def _masks_from_nothing(region: ServerRegion) -> list[Mask]:
    enabled = set(region.enabled_channels)
    high = sum(1 << index % MASK_BITS for index in enabled if index >= FIRST_500_KHZ)
    blocks = _blocks(sorted(index for index in enabled if index < FIRST_500_KHZ))
    return [(ALL_125_KHZ_OFF, high), *((block, _mask(block, enabled)) for block in blocks)]


def _blocks(channels: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(index // MASK_BITS for index in channels))


def _mask(block: int, usable: set[int]) -> int:
    return sum(1 << bit for bit in range(MASK_BITS) if block * MASK_BITS + bit in usable)
