"""How many application bytes a downlink may have: the smaller of the RX1 and the RX2 limit.

ChirpStack deletes an item that is larger than its first window allows, and lets one that fits RX1 alone miss
the RX2 copy (chirpstack src/downlink/data.rs), so nothing larger than both is enqueued. The limits are N of
RP002's "maximum payload size" tables, those for repeater compatibility, which are the smaller ones (as in
ChirpStack's lrwn/src/region/{eu868,us915}.rs), by the RX1 data rate at RX1DROffset 0. A larger offset makes
RX1 slower, but never slower than the region's default RX2 data rate, which the smaller limit covers.
"""

from dataclasses import dataclass

IP_REGION = "ip"
"""Stands for a region where there is no radio."""
IP_LIMIT = 242
"""There as much as LoRaWAN ever carries (N of RP002's tables): what the frames that go down are made for."""

SMALLEST = 11
"""N of the slowest data rate that any region allows for a downlink (AS923 DR2 with dwell time)."""


@dataclass(frozen=True, slots=True)
class RegionLimits:
    """Largest downlink of a region."""

    rx1: tuple[int, ...]  # by the uplink's data rate
    rx2: int  # at the region's default RX2 data rate


REGIONS = {
    "eu868": RegionLimits(rx1=(51, 51, 51, 115, 222, 222, 222, 222), rx2=51),
    "us915": RegionLimits(rx1=(222, 222, 222, 222, 222), rx2=33),
    "au915": RegionLimits(rx1=(33, 109, 222, 222, 222, 222, 222), rx2=33),
    "as923": RegionLimits(rx1=(51, 51, 51, 115, 222, 222, 222, 222), rx2=51),
    "in865": RegionLimits(rx1=(51, 51, 51, 115, 222, 222), rx2=51),
    "kr920": RegionLimits(rx1=(51, 51, 51, 115, 222, 222), rx2=51),
    "ru864": RegionLimits(rx1=(51, 51, 51, 115, 222, 222, 222, 222), rx2=51),
    "eu433": RegionLimits(rx1=(51, 51, 51, 115, 222, 222, 222, 222), rx2=51),
    "cn470": RegionLimits(rx1=(51, 51, 51, 115, 222, 222), rx2=51),
}
"""By the first part of ChirpStack's region id ("us915_0" is us915)."""


def payload_limit(region_id: str, data_rate: int, reserve: int) -> int:
    """Return the bytes that fit after an uplink, with `reserve` of them left to MAC commands."""
    if region_id == IP_REGION:
        return IP_LIMIT
    region = REGIONS.get(region_id.lower().partition("_")[0])
    if region is None or data_rate >= len(region.rx1):
        return SMALLEST
    return max(SMALLEST, min(region.rx1[data_rate], region.rx2) - reserve)
