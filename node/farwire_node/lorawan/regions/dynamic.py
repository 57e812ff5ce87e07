"""What the regions have in common whose networks add channels of their own (RP002-1.0.4 §2.4-2.13).

The FSK data rate 7 and the LR-FHSS rates are left out: the radios here speak LoRa. Payload sizes are those
without a repeater. Frequencies, and whatever a region does its own way, are in its own file.
"""

from farwire_node.lorawan.cf_list import FREQUENCIES
from farwire_node.lorawan.regions.region import like

_DRS = (0, 1, 2, 3, 4, 5, 6)
DATA_RATES = (
    (12, 125_000),
    (11, 125_000),
    (10, 125_000),
    (9, 125_000),
    (8, 125_000),
    (7, 125_000),
    (7, 250_000),
)
SIZES = (51, 51, 51, 115, 242, 242, 242)
RX1_DRS = tuple([tuple([max(dr - offset, 0) for offset in range(6)]) for dr in _DRS])

DYNAMIC = like(
    {},
    name="",
    low_hz=0,
    high_hz=0,
    data_rates=DATA_RATES,
    up_drs=_DRS,
    down_drs=_DRS,
    channels=(),
    max_channels=16,
    fixed_channels=False,
    bank_masks=False,
    join_channels=(0, 1, 2),
    # Faster rates more often, so that joining spends little of the hour yet reaches far now and then
    # (weights as LoRa Basics Modem 4.8 has them).
    join_weights=((0, 1), (1, 2), (2, 3), (3, 4), (4, 4), (5, 6)),
    join_banks=(),
    rx1_drs=RX1_DRS,
    rx1_drs_dwell=(),
    rx1_freqs_hz=(),
    rx2_freq_hz=0,
    rx2_dr=0,
    max_eirp_dbm=16,
    max_tx_power=7,
    max_payload=SIZES,
    max_payload_dwell=(),
    max_payload_down=SIZES,
    doubtful_payload=None,
    sub_bands=(),
    dwell_ms=0,
    dwell_at_boot=False,
    tx_param_setup=False,
    channel_rest_ms=0,
    cf_list_kind=FREQUENCIES,
    listen_before_talk=False,
)

# The regions where only DR0 to DR5 exist.
SIX_RATES = like(
    DYNAMIC,
    data_rates=DATA_RATES[:6],
    up_drs=_DRS[:6],
    down_drs=_DRS[:6],
    rx1_drs=RX1_DRS[:6],
    max_payload=SIZES[:6],
    max_payload_down=SIZES[:6],
)
