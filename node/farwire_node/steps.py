"""What a link asks its radio to do next. Frequencies in Hz, times in ms on the node's clock.

The driver runs a step and reports back: `on_tx_done` after a Transmit, `on_frame` or `on_listen_end` after a
Listen. It polls again after each report, and when the time of a Sleep is over.
"""

from collections import namedtuple

# Send `frame` now, LoRa with 8 preamble symbols, sync word 0x34, coding rate 4/5, explicit header, payload
# CRC on, IQ not inverted. `power_dbm` is EIRP; a radio that cannot reach it sends at its own maximum. Where
# the law asks for a carrier sense, the radio's driver does it first; a frame that found the channel busy is
# reported as sent, and lost like one that met another on the air.
Transmit = namedtuple("Transmit", ("frame", "freq_hz", "sf", "bw_hz", "power_dbm", "airtime_ms"))

# Receive from now until `until_ms` (IQ inverted, no payload CRC), and past it only while a frame that has
# begun is still coming in. Exactly one frame or none comes of it. `until_ms` None: stay open (class C). Such
# a Listen ends with a frame, with `on_listen_end` (something came that could not be read), or when the next
# Transmit or Listen is asked for, which cuts off even a frame that is coming in; of that end nothing is
# reported. A Listen whose `until_ms` is now switches the receiver off.
Listen = namedtuple("Listen", ("freq_hz", "sf", "bw_hz", "until_ms"))

# Nothing to start before `until_ms`; a radio that is at work goes on with it.
Sleep = namedtuple("Sleep", ("until_ms",))
