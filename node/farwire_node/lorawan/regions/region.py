"""The shape of a region's table, and what all regions have in common (RP002-1.0.4 §2 and p. 28).

Frequencies in Hz, powers in dBm, times in ms; index of every per-data-rate tuple = data rate (DR).
"""

from collections import namedtuple

Region = namedtuple(
    "Region",
    (
        "name",  # "EU868"
        "low_hz",  # carriers lie from here
        "high_hz",  # to here
        "data_rates",  # DR -> (spreading factor, bandwidth Hz); None: not defined, or not LoRa
        "up_drs",  # DRs of uplinks, slowest first
        "down_drs",  # DRs of downlinks, slowest first
        "channels",  # channels that every device starts with, at their index
        "max_channels",
        "fixed_channels",  # True: masks choose from a fixed plan; False: the network adds channels
        "bank_masks",  # ChMaskCntl 4 to 7 speak of 500 kHz channels and of banks, as with 64 + 8 channels
        "join_channels",  # indexes of the channels for join-requests
        "join_weights",  # (DR, weight) pairs to draw a join-request's DR from; () where join_banks rule
        "join_banks",  # (channels at the slow DR, its DR, channels at the fast DR, its DR) tuples, or ()
        "rx1_drs",  # uplink DR -> DR of RX1 at each offset from 0 on; a DR without a modulation: no window
        "rx1_drs_dwell",  # the same while downlinks keep the dwell time; () = the same rows
        "rx1_freqs_hz",  # () = RX1 on the uplink's frequency; else RX1 on [uplink channel % length]
        "rx2_freq_hz",
        "rx2_dr",
        "max_eirp_dbm",  # TXPower 0, rounded down; each step is 2 dB less
        "max_tx_power",  # the highest TXPower index
        "max_payload",  # DR -> largest application payload up (N of RP002, no FOpts); 0 = not for uplinks
        "max_payload_dwell",  # the same while uplinks keep the dwell time; () = the same sizes
        "max_payload_down",  # the same for downlinks
        "doubtful_payload",  # (DR, size above which some networks refuse what others take), or None
        "sub_bands",  # () = no limits but the region's
        "dwell_ms",  # longest uplink while the dwell time is kept; 0 = no such limit
        "dwell_at_boot",  # whether uplinks keep the dwell time until the network says otherwise
        "tx_param_setup",  # whether TxParamSetupReq exists: dwell times and power are the network's to set
        "channel_rest_ms",  # how long a 125 kHz channel rests after an uplink; 0 = no such limit
        "cf_list_kind",  # type of CFList that a join-accept may carry
        "listen_before_talk",  # the law asks for a carrier sense before every uplink
    ),
)

Channel = namedtuple("Channel", ("freq_hz", "min_dr", "max_dr"))

# A part of the band with its own limits: transmissions inside it may last `per_hour_ms` in any hour (0: as
# long as they like).
SubBand = namedtuple("SubBand", ("low_hz", "high_hz", "per_hour_ms", "max_erp_dbm"))


def like(base: dict[str, object], **differences: object) -> dict[str, object]:
    """Return the fields of `base` with these changed: a table says only what is its own."""
    fields = dict(base)
    fields.update(differences)
    return fields


def table(base: dict[str, object], **differences: object) -> Region:
    """Return the region that is like `base` but for these fields."""
    return Region(**like(base, **differences))


def channels_from(first_hz: int, step_hz: int, count: int, min_dr: int, max_dr: int) -> list[Channel]:
    """Return `count` channels, `step_hz` apart from `first_hz` on."""
    return [Channel(first_hz + step_hz * i, min_dr, max_dr) for i in range(count)]


HOUR_MS = 3_600_000
ONE_PERCENT_MS = HOUR_MS // 100

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

# A confirmed class C downlink is answered within this time (RP002-1.0.4 p. 28: CLASS_C_RESP_TIMEOUT).
CLASS_C_RESP_TIMEOUT_MS = 8_000

EIRP_OVER_ERP_DB = 2  # 2.15 dB of a dipole, rounded to the strict side (EN 300 220-1)

# MaxEIRP of a TxParamSetupReq, by its index (TS001-1.0.4 §5.8).
MAX_EIRPS_DBM = (8, 10, 12, 13, 14, 16, 18, 20, 21, 24, 26, 27, 29, 30, 33, 36)
