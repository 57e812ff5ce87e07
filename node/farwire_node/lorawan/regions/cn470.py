"""CN470-510 with 96 channels, answers 30 MHz above (Regional Parameters v1.0.3revA §2.7).

RP002 has since given the band plans of 32 and 64 channels with other sizes and RX2 at DR1; ChirpStack still
serves the channels of this one.
"""

from farwire_node.lorawan.cf_list import MASKS
from farwire_node.lorawan.regions.dynamic import SIX_RATES
from farwire_node.lorawan.regions.region import channels_from, table

_CHANNELS = 96

CN470 = table(
    SIX_RATES,
    name="CN470",
    low_hz=470_000_000,
    high_hz=510_000_000,
    channels=tuple(channels_from(470_300_000, 200_000, _CHANNELS, 0, 5)),
    max_channels=_CHANNELS,
    fixed_channels=True,
    join_channels=tuple(range(_CHANNELS)),
    join_weights=(),
    # A network of one gateway hears one of twelve banks: each is tried in turn, with reach and without.
    join_banks=tuple(
        [(tuple(range(b, b + 8)), 0, tuple(range(b, b + 8)), 4) for b in range(0, _CHANNELS, 8)]
    ),
    rx1_freqs_hz=tuple([500_300_000 + 200_000 * i for i in range(48)]),
    rx2_freq_hz=505_300_000,
    max_eirp_dbm=19,  # 19.15
    cf_list_kind=MASKS,
)
