"""The radio links of a plant: what each loses, and what of a signal arrives at its end."""

import random

from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import (
    HIGHEST_SNR_DB,
    SHADOWING_SIGMA_DB,
    SNR_NEEDED_DB,
    Place,
    noise_dbm,
    path_loss_db,
)


class Links:
    """Loss between any two places: the same in both directions and in every world of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._loss_db: dict[tuple[Place, Place], float] = {}

    def loss_db(self, here: Place, there: Place) -> float:
        """Path loss with the link's shadowing."""
        key = (here, there) if here < there else (there, here)
        loss_db = self._loss_db.get(key)
        if loss_db is None:
            shadowing_db = random.Random(f"link {self._seed} {key}").gauss(0, SHADOWING_SIGMA_DB)
            loss_db = self._loss_db[key] = path_loss_db(here, there, shadowing_db)
        return loss_db

    def margin_db(self, here: Place, there: Place, power_dbm: float, sf: int, bw_hz: int) -> float:
        """How far the SNR at the other end lies above what `sf` needs."""
        return power_dbm - self.loss_db(here, there) - noise_dbm(bw_hz) - SNR_NEEDED_DB[sf]

    def copy(self, signal: Signal, place: Place) -> Copy:
        """What arrives of `signal` at `place`."""
        rssi_dbm = signal.power_dbm - self.loss_db(signal.place, place)
        return Copy(signal, rssi_dbm, min(HIGHEST_SNR_DB, rssi_dbm - noise_dbm(signal.bw_hz)))


def readable(copy: Copy) -> bool:
    """Whether a receiver can read the copy: strong enough, and nothing spoiled it."""
    return not copy.spoiled and copy.snr_db >= SNR_NEEDED_DB[copy.signal.sf]
