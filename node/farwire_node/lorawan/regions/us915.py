"""US902-928 (RP002-1.0.4 §2.5; 47 CFR 15.247(a)(1)(i) for the dwell time)."""

from farwire_node.lorawan.regions.fixed import DOWNLINK_RATES, FIXED, join_banks
from farwire_node.lorawan.regions.region import channels_from, table

US915 = table(
    FIXED,
    name="US915",
    low_hz=902_000_000,
    high_hz=928_000_000,
    data_rates=((10, 125_000), (9, 125_000), (8, 125_000), (7, 125_000), (8, 500_000), None, None, None)
    + DOWNLINK_RATES,
    up_drs=(0, 1, 2, 3, 4),
    channels=tuple(
        channels_from(902_300_000, 200_000, 64, 0, 3) + channels_from(903_000_000, 1_600_000, 8, 4, 4)
    ),
    join_banks=join_banks(0, 4),
    rx1_drs=(
        (10, 9, 8, 8),
        (11, 10, 9, 8),
        (12, 11, 10, 9),
        (13, 12, 11, 10),
        (13, 13, 12, 11),
    ),
    max_payload=(11, 53, 125, 242, 242, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    # At most 0.4 s on a channel in any 20 s: a channel that was used at all rests for the whole of them.
    channel_rest_ms=20_000,
)
