"""AU915-928 (RP002-1.0.4 §2.8). Uplinks keep the dwell time until the network switches it off."""

from farwire_node.lorawan.regions.fixed import DOWNLINK_RATES, FIXED, join_banks
from farwire_node.lorawan.regions.region import channels_from, table

AU915 = table(
    FIXED,
    name="AU915",
    low_hz=915_000_000,
    high_hz=928_000_000,
    data_rates=(
        (12, 125_000),
        (11, 125_000),
        (10, 125_000),
        (9, 125_000),
        (8, 125_000),
        (7, 125_000),
        (8, 500_000),
        None,
    )
    + DOWNLINK_RATES,
    up_drs=(0, 1, 2, 3, 4, 5, 6),
    channels=tuple(
        channels_from(915_200_000, 200_000, 64, 0, 5) + channels_from(915_900_000, 1_600_000, 8, 6, 6)
    ),
    join_banks=join_banks(2, 6),
    rx1_drs=(
        (8, 8, 8, 8, 8, 8),
        (9, 8, 8, 8, 8, 8),
        (10, 9, 8, 8, 8, 8),
        (11, 10, 9, 8, 8, 8),
        (12, 11, 10, 9, 8, 8),
        (13, 12, 11, 10, 9, 8),
        (13, 13, 12, 11, 10, 9),
    ),
    max_payload=(51, 51, 51, 115, 242, 242, 242, 0, 0, 0, 0, 0, 0, 0),
    max_payload_dwell=(0, 0, 11, 53, 125, 242, 242, 0, 0, 0, 0, 0, 0, 0),
    tx_param_setup=True,
)
