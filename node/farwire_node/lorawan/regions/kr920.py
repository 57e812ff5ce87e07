"""KR920-923 (RP002-1.0.4 §2.11). The law asks for a carrier sense before every uplink."""

from farwire_node.lorawan.regions.dynamic import SIX_RATES
from farwire_node.lorawan.regions.region import SubBand, channels_from, table

KR920 = table(
    SIX_RATES,
    name="KR920",
    low_hz=920_900_000,
    high_hz=923_300_000,
    channels=tuple(channels_from(922_100_000, 200_000, 3, 0, 5)),
    rx2_freq_hz=921_900_000,
    max_eirp_dbm=14,
    # Below 922 MHz an end-device may send 10 dBm EIRP, above it 14.
    sub_bands=(
        SubBand(920_800_000, 922_000_000, 0, 8),
        SubBand(922_000_000, 923_400_000, 0, 12),
    ),
    listen_before_talk=True,
)
