"""What US915 and AU915 have in common: 64 channels of 125 kHz, 8 of 500 kHz, answers at 500 kHz (RP002 §2.5).

Channels 0..63 are in eight banks of eight, 64..71 are one for each bank. The LR-FHSS data rates are left out:
the radios here speak LoRa.
"""

from farwire_node.lorawan.cf_list import MASKS
from farwire_node.lorawan.regions.dynamic import DYNAMIC
from farwire_node.lorawan.regions.region import like

_BANKS = 8

# DR8 to DR13, the downlinks' own.
DOWNLINK_RATES = tuple([(sf, 500_000) for sf in (12, 11, 10, 9, 8, 7)])


def join_banks(slow_dr: int, fast_dr: int) -> tuple[tuple[object, ...], ...]:
    """Return the banks to join by, each with its channel of 500 kHz (TR007 p. 12)."""
    return tuple(
        [(tuple(range(8 * bank, 8 * bank + 8)), slow_dr, (64 + bank,), fast_dr) for bank in range(_BANKS)]
    )


FIXED = like(
    DYNAMIC,
    down_drs=(8, 9, 10, 11, 12, 13),
    max_channels=72,
    fixed_channels=True,
    bank_masks=True,
    join_channels=tuple(range(72)),
    join_weights=(),
    rx1_freqs_hz=tuple([923_300_000 + 600_000 * i for i in range(8)]),
    rx2_freq_hz=923_300_000,
    rx2_dr=8,
    max_eirp_dbm=30,
    max_tx_power=14,
    max_payload_down=(0, 0, 0, 0, 0, 0, 0, 0, 53, 129, 242, 242, 242, 242),
    dwell_ms=400,
    dwell_at_boot=True,
    cf_list_kind=MASKS,
)
