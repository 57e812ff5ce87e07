"""IN865-867 (RP002-1.0.4 §2.12).

What an RX1 offset of 6 or 7 means is answered differently: these rows are LoRaMac-node's and Basics Modem's;
ChirpStack has DR5 for DR5 at offset 7, TTS reaches DR6. Networks use offset 0 unless told otherwise.
"""

from farwire_node.lorawan.regions.dynamic import DATA_RATES, DYNAMIC
from farwire_node.lorawan.regions.region import Channel, table

_SIZES = (51, 51, 51, 115, 242, 242, 0, 0)

IN865 = table(
    DYNAMIC,
    name="IN865",
    low_hz=865_000_000,
    high_hz=867_000_000,
    data_rates=DATA_RATES[:6] + (None, None),  # DR6 is not defined, DR7 is FSK
    up_drs=(0, 1, 2, 3, 4, 5),
    down_drs=(0, 1, 2, 3, 4, 5),
    channels=(
        Channel(865_062_500, 0, 5),
        Channel(865_402_500, 0, 5),
        Channel(865_985_000, 0, 5),
    ),
    rx1_drs=(
        (0, 0, 0, 0, 0, 0, 1, 2),
        (1, 0, 0, 0, 0, 0, 2, 3),
        (2, 1, 0, 0, 0, 0, 3, 4),
        (3, 2, 1, 0, 0, 0, 4, 5),
        (4, 3, 2, 1, 0, 0, 5, 5),
        (5, 4, 3, 2, 1, 0, 5, 7),
    ),
    rx2_freq_hz=866_550_000,
    rx2_dr=2,
    max_eirp_dbm=30,
    max_tx_power=10,
    max_payload=_SIZES,
    max_payload_down=_SIZES,
)
