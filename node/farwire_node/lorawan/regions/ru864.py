"""RU864-870 (RP002-1.0.4 §2.13)."""

from farwire_node.lorawan.regions.dynamic import DYNAMIC
from farwire_node.lorawan.regions.region import ONE_PERCENT_MS, SubBand, channels_from, table

RU864 = table(
    DYNAMIC,
    name="RU864",
    low_hz=864_000_000,
    high_hz=870_000_000,
    channels=tuple(channels_from(868_900_000, 200_000, 2, 0, 5)),
    join_channels=(0, 1),
    rx2_freq_hz=869_100_000,
    sub_bands=(SubBand(864_000_000, 870_000_000, ONE_PERCENT_MS, 14),),
)
