"""AS923, four groups of countries that differ by an offset (RP002-1.0.4 §2.10).

Japan is a part of AS923-1 with a carrier sense and channel limits of its own (ARIB STD-T108); this table does
not hold them.
"""

from farwire_node.lorawan.regions.dynamic import DATA_RATES, DYNAMIC
from farwire_node.lorawan.regions.region import ONE_PERCENT_MS, Region, SubBand, channels_from, table

_DR7 = 7  # FSK, which a radio here cannot hear: that first window stays shut
_SIZES = (51, 51, 115, 115, 242, 242, 242, 0)


def _rx1_drs(slowest: int) -> tuple[tuple[int, ...], ...]:
    """Return the rows of RX1: offsets 6 and 7 make the answer one and two rates faster."""
    rises = (0, -1, -2, -3, -4, -5, 1, 2)
    return tuple([tuple([min(max(dr + rise, slowest), _DR7) for rise in rises]) for dr in range(7)])


def group(name: str, offset_hz: int, low_hz: int, high_hz: int) -> Region:
    """Return the table of a group; its carriers lie from `low_hz` to `high_hz`."""
    return table(
        DYNAMIC,
        name=name,
        low_hz=low_hz,
        high_hz=high_hz,
        data_rates=DATA_RATES + (None,),
        channels=tuple(channels_from(923_200_000 + offset_hz, 200_000, 2, 0, 5)),
        join_channels=(0, 1),
        join_weights=((2, 3), (3, 4), (4, 4), (5, 6)),  # what the dwell time allows
        rx1_drs=_rx1_drs(0),
        rx1_drs_dwell=_rx1_drs(2),
        rx2_freq_hz=923_200_000 + offset_hz,
        rx2_dr=2,
        max_payload=_SIZES,
        max_payload_dwell=(0, 0, 11, 53, 125, 242, 242, 0),
        max_payload_down=_SIZES,  # a device takes these sizes always
        sub_bands=(SubBand(low_hz, high_hz, ONE_PERCENT_MS, 14),),
        dwell_ms=400,
        dwell_at_boot=True,
        tx_param_setup=True,
    )
