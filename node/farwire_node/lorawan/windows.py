"""When the two receive windows of class A open, and for how long (TS001-1.0.4 §3.3).

A downlink begins at its exact delay after the uplink's end and starts with eight preamble symbols. A receiver
locks on to five of them, so six are listened to, placed in the middle of the preamble, and more by as much
as the clocks may differ (the rule of LoRaMac-node's RegionCommonComputeRxWindowParameters). Times in ms on
the node's clock unless they end in _us.
"""

from collections import namedtuple

from farwire_node.lorawan.airtime import symbol_us

# Where and when the answer to an uplink may come: what both sides agreed on.
Reception = namedtuple("Reception", ("rx1_delay_ms", "rx1_dr_offset", "rx2_freq_hz", "rx2_dr"))

# Listen from opens_ms to closes_ms.
Window = namedtuple("Window", ("opens_ms", "closes_ms", "freq_hz", "sf", "bw_hz"))

_MIN_SYMBOLS = 6

# What the moment of the uplink's end and the start of listening are known to: both are whole ms.
_TICK_ERROR_US = 2_000


def window(tx_end_ms: int, delay_ms: int, freq_hz: int, sf: int, bw_hz: int, clock_error_ppm: int) -> Window:
    """Return the window for a downlink that begins `delay_ms` after an uplink's end."""
    symbol = symbol_us(sf, bw_hz)
    error_us = _TICK_ERROR_US + delay_ms * clock_error_ppm // 1_000
    wanted_us = (2 * _MIN_SYMBOLS - 8) * symbol + 2 * error_us
    symbols = max((wanted_us + symbol - 1) // symbol, _MIN_SYMBOLS)
    # Its middle lies on the middle of the preamble, four symbols in.
    opens_us = 4 * symbol - symbols * symbol // 2
    nominal_ms = tx_end_ms + delay_ms
    return Window(
        nominal_ms + opens_us // 1000,
        nominal_ms - (-(opens_us + symbols * symbol) // 1000),
        freq_hz,
        sf,
        bw_hz,
    )
