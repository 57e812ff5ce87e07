"""EU863-870 (RP002-1.0.4 §2.4; sub-bands of EN 300 220-2 V3.1.1 annex B)."""

from farwire_node.lorawan.regions.dynamic import DYNAMIC
from farwire_node.lorawan.regions.region import SubBand, channels_from, table

EU868 = table(
    DYNAMIC,
    name="EU868",
    low_hz=863_000_000,
    high_hz=870_000_000,
    channels=tuple(channels_from(868_100_000, 200_000, 3, 0, 5)),
    rx2_freq_hz=869_525_000,
    # ChirpStack takes DR4 to carry 222 bytes from RP002-1.0.2 on; LoRaMac-node, Basics Modem and TTS 242.
    doubtful_payload=(4, 222),
    sub_bands=(
        SubBand(863_000_000, 865_000_000, 3_600, 14),  # K, 0.1 %
        SubBand(865_000_000, 868_000_000, 36_000, 14),  # L, 1 %
        SubBand(868_000_000, 868_600_000, 36_000, 14),  # M, 1 %
        SubBand(868_700_000, 869_200_000, 3_600, 14),  # N, 0.1 %
        SubBand(869_400_000, 869_650_000, 360_000, 27),  # P, 10 %
        SubBand(869_700_000, 870_000_000, 36_000, 14),  # R, 1 %
    ),
)
