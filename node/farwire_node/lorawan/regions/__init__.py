"""Regional parameters as tables, and the few rules that read them. The tables' shape is in region.py.

A table is loaded when it is first asked for, so that a board holds its own region and no other.
"""

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.regions.region import Channel, Region, SubBand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.lorawan.regions.eu868 import EU868
    from farwire_node.lorawan.regions.us915 import US915

    REGIONS: tuple[Region, ...]

__all__ = (
    "EU868",
    "NAMES",
    "REGIONS",
    "US915",
    "Channel",
    "Region",
    "SubBand",
    "by_name",
    "channel_at",
    "data_rate_of",
    "max_payload",
    "rx1",
    "sub_band_of",
)

# The module of "AS923-1" is as923_1, the table in it AS923_1.
NAMES = (
    "EU868",
    "US915",
    "AU915",
    "AS923-1",
    "AS923-2",
    "AS923-3",
    "AS923-4",
    "IN865",
    "KR920",
    "RU864",
    "EU433",
    "CN470",
)


def by_name(name: str) -> Region:
    """Return the region called `name`, in any case; "AS923" is AS923-1, and "_" may stand for "-"."""
    wanted = name.upper().replace("_", "-")
    if wanted == "AS923":
        wanted = "AS923-1"
    if wanted not in NAMES:
        raise ConfigurationError(f"region is {name!r}, expected one of {', '.join(NAMES)}")
    table = wanted.replace("-", "_")
    module = __import__("farwire_node.lorawan.regions." + table.lower(), None, None, (table,))
    region: Region = getattr(module, table)
    return region


def __getattr__(name: str) -> object:
    """Return a table by its name, or all of them as REGIONS: for hosts and tests."""
    if name == "REGIONS":
        return tuple([by_name(each) for each in NAMES])
    if name.replace("_", "-") in NAMES:
        return by_name(name)
    raise AttributeError(name)


def data_rate_of(region: Region, sf: int, bw_hz: int, uplink: bool) -> int | None:
    """Return the DR of a modulation in one direction, None if the region has none."""
    for dr in region.up_drs if uplink else region.down_drs:
        if region.data_rates[dr] == (sf, bw_hz):
            return int(dr)
    return None


def max_payload(region: Region, dr: int, dwell: bool) -> int:
    """Return the largest application payload of an uplink, 0 for none; `dwell`: it keeps the dwell time."""
    sizes = region.max_payload_dwell if dwell and region.max_payload_dwell else region.max_payload
    return int(sizes[dr])


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


def rx1(
    region: Region, uplink_freq_hz: int, uplink_dr: int, offset: int, dwell: bool = False
) -> tuple[int, int]:
    """Return (frequency in Hz, DR) of the first window after an uplink (RP002-1.0.4 §2.x.7).

    `dwell`: downlinks keep the dwell time.
    """
    rows = region.rx1_drs_dwell if dwell and region.rx1_drs_dwell else region.rx1_drs
    drs = rows[uplink_dr] if 0 <= uplink_dr < len(rows) else None
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
