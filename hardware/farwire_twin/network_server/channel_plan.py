"""Which channels a device uses against which it should [chirpstack lrwn/src/region/mod.rs, us915.rs]."""

from dataclasses import replace

from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.mac_commands import LinkAdrReq
from farwire_twin.network_server.region import MASK_BITS, ServerRegion

FIRST_500_KHZ = 64  # US915: channels 64 to 71
# ChMaskCntl of US915: all 125 kHz channels on, or off; the mask is of the 500 kHz ones (RP002-1.0.4 §2.5.5).
ALL_125_KHZ_ON, ALL_125_KHZ_OFF = 6, 7


def requests(region: ServerRegion, device_channels: list[int]) -> list[LinkAdrReq]:
    """The LinkADRReqs (with dr, tx_power and nb_trans 0) that bring the device's channels to the region's."""
    plain = _plain_requests(region, set(device_channels))
    if not region.table.fixed_channels:
        return plain
    short = _from_nothing(region)
    return plain if len(plain) < len(short) else short


def after(region: ServerRegion, device_channels: list[int], taken: list[LinkAdrReq]) -> list[int]:
    """The channels of a device that took these requests; RefusedError for a channel that does not exist."""
    on = {index for index in device_channels if index < len(region.channels)}
    for request in taken:
        first = request.mask_control * MASK_BITS
        if region.table.fixed_channels and request.mask_control in (ALL_125_KHZ_ON, ALL_125_KHZ_OFF):
            low = set(range(FIRST_500_KHZ)) if request.mask_control == ALL_125_KHZ_ON else set()
            on = low | {FIRST_500_KHZ + bit for bit in range(8) if request.mask >> bit & 1}
            continue
        for bit in range(MASK_BITS):
            if request.mask >> bit & 1:
                on.add(first + bit)
            else:
                on.discard(first + bit)
    if any(index >= len(region.channels) for index in on):
        raise RefusedError("channel does not exist")
    return sorted(on)


def _plain_requests(region: ServerRegion, device: set[int]) -> list[LinkAdrReq]:
    enabled = region.enabled_channels
    difference = sorted(device ^ set(enabled))
    # An extra channel that the device was never told of is no reason to send masks.
    if not any(
        index in device or (index < len(region.channels) and not region.channels[index].extra)
        for index in difference
    ):
        return []
    usable = {index for index in enabled if index in device or not region.channels[index].extra}
    blocks = list(dict.fromkeys(index // MASK_BITS for index in difference))
    return [_mask_request(block, usable) for block in blocks]


def _from_nothing(region: ServerRegion) -> list[LinkAdrReq]:
    enabled = region.enabled_channels
    high = sum(1 << index % MASK_BITS for index in enabled if index >= FIRST_500_KHZ)
    blocks = list(dict.fromkeys(index // MASK_BITS for index in enabled if index < FIRST_500_KHZ))
    first = replace(_mask_request(0, set()), mask=high, mask_control=ALL_125_KHZ_OFF)
    return [first, *(_mask_request(block, set(enabled)) for block in blocks)]


def _mask_request(block: int, usable: set[int]) -> LinkAdrReq:
    mask = sum(1 << bit for bit in range(MASK_BITS) if block * MASK_BITS + bit in usable)
    return LinkAdrReq(0, 0, mask, block, 0)
