"""What a link asks its radio to do next. Frequencies in Hz, times in ms on the node's clock.

The driver runs a step and reports back: `on_tx_done` after a Transmit, `on_frame` or `on_listen_end` after a
Listen. It polls again after each report, and when the time of a Sleep is over.
"""

from collections import namedtuple

# Send `frame` now, LoRa with 8 preamble symbols, sync word 0x34, coding rate 4/5, explicit header, payload
# CRC on, IQ not inverted. `power_dbm` is EIRP; a radio that cannot reach it sends at its own maximum.
Transmit = namedtuple("Transmit", ("frame", "freq_hz", "sf", "bw_hz", "power_dbm", "airtime_ms"))

# Receive from now until `until_ms` (IQ inverted, no payload CRC), and past it only while a frame that has
# begun is still coming in. Exactly one frame or none comes of it.
Listen = namedtuple("Listen", ("freq_hz", "sf", "bw_hz", "until_ms"))

# Nothing to start before `until_ms`; a radio that is at work goes on with it.
Sleep = namedtuple("Sleep", ("until_ms",))
