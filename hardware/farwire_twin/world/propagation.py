"""What is left of a radio signal at the other end, and whether a LoRa receiver can use it.

Path loss: log-distance with log-normal shadowing, as measured by Petäjäjärvi et al., "On the Coverage of
LPWANs: Range Evaluation and Channel Attenuation Model for LoRa Technology", ITST 2015 (868 MHz, on ground).
Receiver: Semtech SX1276/77/78/79 data sheet rev. 7, table 13 (SNR needed by spreading factor).
"""

import math
from collections import namedtuple
from functools import cache

# Metres east and north of the plant's middle.
Place = namedtuple("Place", ("x_m", "y_m"))

# Petäjäjärvi et al., table II: B, n and sigma for the car-mounted (on ground) end device; d0 = 1 km.
LOSS_AT_1_KM_DB = 128.95
LOSS_EXPONENT = 2.32
SHADOWING_SIGMA_DB = 7.8
# Nearer than this the fit says nothing; two antennas are never at the same point.
NEAREST_M = 10.0

# Thermal noise -174 dBm/Hz and a receiver's noise figure of 6 dB (Semtech AN1200.22, section 5).
NOISE_DENSITY_DBM = -174
NOISE_FIGURE_DB = 6

SNR_NEEDED_DB = {5: -2.5, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
# A demodulator's estimate of the SNR does not go on growing with the signal.
HIGHEST_SNR_DB = 14.0

# How much stronger a frame must be than another on its frequency to survive it. Same spreading factor:
# 6 dB (Goursaud & Gorce, "Dedicated networks for IoT", 2015). Different ones are nearly orthogonal: about
# -16 dB (Croce et al., "Impact of LoRa Imperfect Orthogonality", IEEE Communications Letters, 2018).
CAPTURE_DB = 6.0
CAPTURE_OTHER_SF_DB = -16.0


def path_loss_db(here: Place, there: Place, shadowing_db: float) -> float:
    """Loss between two places in dB, with the link's own shadowing."""
    distance_m = max(NEAREST_M, math.dist(here, there))
    return LOSS_AT_1_KM_DB + 10 * LOSS_EXPONENT * math.log10(distance_m / 1000) + shadowing_db


@cache
def noise_dbm(bw_hz: int) -> float:
    """Noise power of a receiver `bw_hz` wide."""
    return NOISE_DENSITY_DBM + NOISE_FIGURE_DB + 10 * math.log10(bw_hz)


def capture_db(sf: int, other_sf: int) -> float:
    """How much stronger a frame of `sf` must be than one of `other_sf` on the same frequency."""
    return CAPTURE_DB if sf == other_sf else CAPTURE_OTHER_SF_DB


def symbol_ms(sf: int, bw_hz: int) -> float:
    """Length of a LoRa symbol: 2^SF / BW."""
    return float((1 << sf) * 1000 / bw_hz)
