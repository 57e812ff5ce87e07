"""Regional parameters as tables, and the few rules that read them. The tables' shape is in region.py."""

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.lorawan.regions.region import Channel, Region, SubBand
from farwire_node.lorawan.regions.us915 import US915

__all__ = (
    "EU868",
    "REGIONS",
    "US915",
    "Channel",
    "Region",
    "SubBand",
    "by_name",
    "channel_at",
    "data_rate_of",
    "rx1",
    "sub_band_of",
)

REGIONS = (EU868, US915)


def by_name(name: str) -> Region:
    """Return the region called `name`, in any case."""
    for region in REGIONS:
        if region.name == name.upper():
            return region
    names = ", ".join([region.name for region in REGIONS])
    raise ConfigurationError(f"region is {name!r}, expected one of {names}")


def data_rate_of(region: Region, sf: int, bw_hz: int, uplink: bool) -> int | None:
    """Return the DR of a modulation in one direction, None if the region has none."""
    for dr in region.up_drs if uplink else region.down_drs:
        if region.data_rates[dr] == (sf, bw_hz):
            return int(dr)
    return None


def channel_at(region: Region, freq_hz: int) -> int | None:
    """Return the index of the region's own channel on `freq_hz`, None if there is none."""
    for index, channel in enumerate(region.channels):
        if channel.freq_hz == freq_hz:
            return index
    return None


def sub_band_of(region: Region, freq_hz: int, bw_hz: int = 125_000) -> int | None:
    """Return the index of the sub-band that holds the whole signal, None if no sub-band does."""
    half_hz = bw_hz // 2
    for index, band in enumerate(region.sub_bands):
        if band.low_hz <= freq_hz - half_hz and freq_hz + half_hz <= band.high_hz:
            return index
    return None


def rx1(region: Region, uplink_freq_hz: int, uplink_dr: int, offset: int) -> tuple[int, int]:
    """Return (frequency in Hz, DR) of the first window after an uplink (RP002-1.0.4 §2.x.7)."""
    drs = region.rx1_drs[uplink_dr] if 0 <= uplink_dr < len(region.rx1_drs) else None
    if drs is None or not 0 <= offset < len(drs):
        raise ConfigurationError(
            f"RX1 of uplink DR {uplink_dr} at offset {offset} is not defined in {region.name}"
        )
    if not region.rx1_freqs_hz:
        return uplink_freq_hz, drs[offset]
    channel = channel_at(region, uplink_freq_hz)
    if channel is None:
        raise ConfigurationError(f"{uplink_freq_hz} Hz is no channel of {region.name}")
    return region.rx1_freqs_hz[channel % len(region.rx1_freqs_hz)], drs[offset]
