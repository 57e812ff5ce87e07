"""What a LinkADRReq does to the mask of channels (RP002-1.0.4 §2.x.5); bit n of a mask is channel n."""

from farwire_node.lorawan.regions.region import Region

_GROUP = 16  # channels that one ChMask speaks of


def masked(region: Region, defined: int, mask: int, ch_mask: int, ch_mask_cntl: int) -> int | None:
    """Return `mask` as the request changes it, None if it may not; `defined`: the channels that exist."""
    if region.bank_masks:
        return _bank_masked(mask, ch_mask, ch_mask_cntl)
    if ch_mask_cntl == 6:
        return defined
    groups = region.max_channels // _GROUP
    if ch_mask_cntl >= groups:
        return None
    shift = _GROUP * ch_mask_cntl
    wanted = mask & ~(0xFFFF << shift) | ch_mask << shift
    return None if wanted & ~defined else wanted


def _bank_masked(mask: int, ch_mask: int, ch_mask_cntl: int) -> int:
    """Return the mask of a plan with 64 channels of 125 kHz and 8 of 500 kHz (RP002-1.0.4 §2.5.5)."""
    narrow = (1 << 64) - 1
    if ch_mask_cntl < 4:
        shift = _GROUP * ch_mask_cntl
        return mask & ~(0xFFFF << shift) | ch_mask << shift
    wide = (ch_mask & 0xFF) << 64
    if ch_mask_cntl == 4:
        return mask & narrow | wide
    if ch_mask_cntl == 5:
        # One bit turns on a bank: eight channels of 125 kHz and the one of 500 kHz.
        for bank in range(8):
            if ch_mask >> bank & 1:
                wide |= 0xFF << 8 * bank
        return wide
    if ch_mask_cntl == 6:
        return narrow | wide
    return wide
