"""EU863-870 (RP002-1.0.4 §2.4; sub-bands of EN 300 220-2 V3.1.1 annex B).

The FSK data rate 7 and the LR-FHSS rates 8 to 11 are left out: the radios here speak LoRa.
Payload sizes are those without a repeater.
"""

from farwire_node.lorawan.cf_list import FREQUENCIES
from farwire_node.lorawan.regions.region import Channel, Region, SubBand

EU868 = Region(
    name="EU868",
    low_hz=863_000_000,
    high_hz=870_000_000,
    data_rates=(
        (12, 125_000),
        (11, 125_000),
        (10, 125_000),
        (9, 125_000),
        (8, 125_000),
        (7, 125_000),
        (7, 250_000),
    ),
    up_drs=(0, 1, 2, 3, 4, 5, 6),
    down_drs=(0, 1, 2, 3, 4, 5, 6),
    channels=(
        Channel(868_100_000, 0, 5),
        Channel(868_300_000, 0, 5),
        Channel(868_500_000, 0, 5),
    ),
    max_channels=16,
    fixed_channels=False,
    join_channels=(0, 1, 2),
    # Faster rates more often, so that joining spends little of the hour yet reaches far now and then
    # (weights as LoRa Basics Modem 4.8 has them).
    join_weights=((0, 1), (1, 2), (2, 3), (3, 4), (4, 4), (5, 6)),
    join_banks=(),
    rx1_drs=(
        (0, 0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0),
        (2, 1, 0, 0, 0, 0),
        (3, 2, 1, 0, 0, 0),
        (4, 3, 2, 1, 0, 0),
        (5, 4, 3, 2, 1, 0),
        (6, 5, 4, 3, 2, 1),
    ),
    rx1_freqs_hz=(),
    rx2_freq_hz=869_525_000,
    rx2_dr=0,
    max_eirp_dbm=16,
    max_tx_power=7,
    max_payload=(51, 51, 51, 115, 242, 242, 242),
    max_payload_down=(51, 51, 51, 115, 242, 242, 242),
    sub_bands=(
        SubBand(863_000_000, 865_000_000, 3_600, 14),  # K, 0.1 %
        SubBand(865_000_000, 868_000_000, 36_000, 14),  # L, 1 %
        SubBand(868_000_000, 868_600_000, 36_000, 14),  # M, 1 %
        SubBand(868_700_000, 869_200_000, 3_600, 14),  # N, 0.1 %
        SubBand(869_400_000, 869_650_000, 360_000, 27),  # P, 10 %
        SubBand(869_700_000, 870_000_000, 36_000, 14),  # R, 1 %
    ),
    dwell_ms=0,
    channel_rest_ms=0,
    cf_list_kind=FREQUENCIES,
)
