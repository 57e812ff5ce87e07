"""EU433 (RP002-1.0.4 §2.7): 433.05 to 434.79 MHz at 10 dBm ERP."""

from farwire_node.lorawan.regions.dynamic import DYNAMIC
from farwire_node.lorawan.regions.region import ONE_PERCENT_MS, SubBand, channels_from, table

EU433 = table(
    DYNAMIC,
    name="EU433",
    low_hz=433_050_000,
    high_hz=434_790_000,
    channels=tuple(channels_from(433_175_000, 200_000, 3, 0, 5)),
    rx2_freq_hz=434_665_000,
    max_eirp_dbm=12,  # 12.15
    max_tx_power=5,
    sub_bands=(SubBand(433_050_000, 434_790_000, ONE_PERCENT_MS, 10),),
)
