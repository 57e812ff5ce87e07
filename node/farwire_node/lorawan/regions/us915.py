"""US902-928 (RP002-1.0.4 §2.5; 47 CFR 15.247(a)(1)(i) for the dwell time).

A fixed plan: channels 0..63 of 125 kHz in eight banks of eight, 64..71 of 500 kHz, one for each bank.
The LR-FHSS data rates 5 and 6 are left out: the radios here speak LoRa.
"""

from farwire_node.lorawan.cf_list import MASKS
from farwire_node.lorawan.regions.region import Channel, Region

_BANKS = 8

US915 = Region(
    name="US915",
    low_hz=902_000_000,
    high_hz=928_000_000,
    data_rates=(
        (10, 125_000),
        (9, 125_000),
        (8, 125_000),
        (7, 125_000),
        (8, 500_000),
        None,
        None,
        None,
        (12, 500_000),
        (11, 500_000),
        (10, 500_000),
        (9, 500_000),
        (8, 500_000),
        (7, 500_000),
    ),
    up_drs=(0, 1, 2, 3, 4),
    down_drs=(8, 9, 10, 11, 12, 13),
    channels=tuple(
        [Channel(902_300_000 + 200_000 * i, 0, 3) for i in range(64)]
        + [Channel(903_000_000 + 1_600_000 * i, 4, 4) for i in range(_BANKS)]
    ),
    max_channels=72,
    fixed_channels=True,
    join_channels=tuple(range(72)),
    join_weights=(),
    join_banks=tuple([(tuple(range(8 * b, 8 * b + 8)), 0, (64 + b,), 4) for b in range(_BANKS)]),
    rx1_drs=(
        (10, 9, 8, 8),
        (11, 10, 9, 8),
        (12, 11, 10, 9),
        (13, 12, 11, 10),
        (13, 13, 12, 11),
    ),
    rx1_freqs_hz=tuple([923_300_000 + 600_000 * i for i in range(8)]),
    rx2_freq_hz=923_300_000,
    rx2_dr=8,
    max_eirp_dbm=30,
    max_tx_power=14,
    max_payload=(11, 53, 125, 242, 242, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    max_payload_down=(0, 0, 0, 0, 0, 0, 0, 0, 53, 129, 242, 242, 242, 242),
    sub_bands=(),
    dwell_ms=400,
    # At most 0.4 s on a channel in any 20 s: a channel that was used at all rests for the whole of them.
    channel_rest_ms=20_000,
    cf_list_kind=MASKS,
)
