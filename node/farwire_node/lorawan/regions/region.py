"""The shape of a region's table, and what all regions have in common (RP002-1.0.4 §2 and p. 28).

Frequencies in Hz, powers in dBm, times in ms; index of every per-data-rate tuple = data rate (DR).
"""

from collections import namedtuple

Region = namedtuple(
    "Region",
    (
        "name",  # as networks spell it, "EU868"
        "low_hz",  # carriers lie from here
        "high_hz",  # to here
        "data_rates",  # DR -> (spreading factor, bandwidth Hz); None: not defined, or not LoRa
        "up_drs",  # DRs of uplinks, slowest first
        "down_drs",  # DRs of downlinks, slowest first
        "channels",  # channels that every device starts with, at their index
        "max_channels",
        "fixed_channels",  # True: masks choose from a fixed plan; False: the network adds channels
        "join_channels",  # indexes of the channels for join-requests
        "join_weights",  # (DR, weight) pairs to draw a join-request's DR from; () where join_banks rule
        "join_banks",  # (channels at the slow DR, its DR, channels at the fast DR, its DR) tuples, or ()
        "rx1_drs",  # uplink DR -> DR of RX1 at each offset from 0 on; None where there is no such uplink
        "rx1_freqs_hz",  # () = RX1 on the uplink's frequency; else RX1 on [uplink channel % length]
        "rx2_freq_hz",
        "rx2_dr",
        "max_eirp_dbm",  # TXPower 0; each step is 2 dB less
        "max_tx_power",  # the highest TXPower index
        "max_payload",  # DR -> largest application payload up (N of RP002, no FOpts); 0 = not for uplinks
        "max_payload_down",  # the same for downlinks
        "sub_bands",  # () = no duty cycle
        "dwell_ms",  # longest uplink on a 125 kHz channel; 0 = no such limit
        "channel_rest_ms",  # how long a 125 kHz channel rests after an uplink; 0 = no such limit
        "cf_list_kind",  # type of CFList that a join-accept may carry
    ),
)

Channel = namedtuple("Channel", ("freq_hz", "min_dr", "max_dr"))

# A part of the band with its own limit: transmissions inside it may last `per_hour_ms` in any hour.
SubBand = namedtuple("SubBand", ("low_hz", "high_hz", "per_hour_ms", "max_erp_dbm"))

HOUR_MS = 3_600_000

# Class A timing (TS001 §3.3; defaults of RP002-1.0.4 p. 28).
RECEIVE_DELAY1_MS = 1_000
RECEIVE_DELAY2_AFTER_1_MS = 1_000
JOIN_ACCEPT_DELAY1_MS = 5_000

# ADR back-off (TS001 §4.3.1.1).
ADR_ACK_LIMIT = 64
ADR_ACK_DELAY = 32

# A confirmed uplink without an answer: the next waits this long, at random (TS001 §7, was ACK_TIMEOUT).
RETRANSMIT_TIMEOUT_MIN_MS = 1_000
RETRANSMIT_TIMEOUT_MAX_MS = 3_000

EIRP_OVER_ERP_DB = 2  # 2.15 dB of a dipole, rounded to the strict side (EN 300 220-1)
