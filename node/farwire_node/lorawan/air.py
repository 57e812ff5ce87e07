"""Putting a frame on the air: legal first, booked before it leaves, with the windows that belong to it.

Times in ms, frequencies in Hz. A limit of the network's is the exponent n of DutyCycleReq (0: none).
"""

from farwire_node.lorawan import airtime
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.cycle import Cycle
from farwire_node.lorawan.duty_cycle import DutyCycle
from farwire_node.lorawan.persistence import Persistence
from farwire_node.lorawan.regions.region import RECEIVE_DELAY2_AFTER_1_MS, Region
from farwire_node.lorawan.windows import Reception
from farwire_node.steps import Transmit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Air:
    """The one way from a frame to a turn of the radio."""

    def __init__(
        self,
        region: Region,
        plan: ChannelPlan,
        cycle: Cycle,
        persistence: Persistence,
        random_below: "Callable[[int], int]",
        max_eirp_dbm: int | None,
    ) -> None:
        self._region = region
        self._plan = plan
        self._cycle = cycle
        self._persistence = persistence
        self._random_below = random_below
        self._max_eirp_dbm = region.max_eirp_dbm if max_eirp_dbm is None else max_eirp_dbm
        self._duty_cycle = DutyCycle()

    def length_ms(self, phy_size: int, dr: int) -> int:
        """Return how long a PHYPayload of this size is on air."""
        sf, bw_hz = self._region.data_rates[dr]
        return airtime.airtime_ms(phy_size, sf, bw_hz)

    def legal_ms(
        self, indexes: tuple[int, ...], length_ms: int, now_ms: int, urgent: bool, exponent: int
    ) -> int | None:
        """Return when a frame may start on one of these channels, `now_ms` if at once, None if never."""
        start_ms = self._duty_cycle.earliest_ms(now_ms, urgent, exponent)
        return self._plan.earliest_ms(indexes, length_ms, start_ms, urgent)

    def transmit(
        self,
        phy: bytes,
        indexes: tuple[int, ...],
        dr: int,
        tx_power: int,
        urgent: bool,
        reception: Reception,
        exponent: int,
        class_c: bool,
        now_ms: int,
    ) -> None:
        """Start a turn now on one of these channels; `legal_ms` allowed it.

        `class_c`: the receiver stays on RX2 wherever the turn leaves it free.
        """
        region, plan = self._region, self._plan
        length_ms = self.length_ms(len(phy), dr)
        index = plan.choose(indexes, length_ms, now_ms, urgent, self._random_below)
        assert index is not None, "legal_ms was not asked"
        plan.charge(index, length_ms, now_ms)
        self._duty_cycle.charge(length_ms, now_ms, exponent)
        self._persistence.airtime_booked()
        eirp_dbm = min(plan.eirp_dbm - 2 * tx_power, plan.max_eirp_dbm(index), self._max_eirp_dbm)
        sf, bw_hz = region.data_rates[dr]
        rx1_freq_hz, rx1_dr = plan.rx1(index, dr, reception.rx1_dr_offset)
        rx2_delay_ms = reception.rx1_delay_ms + RECEIVE_DELAY2_AFTER_1_MS
        receptions = [(rx2_delay_ms, reception.rx2_freq_hz) + region.data_rates[reception.rx2_dr]]
        if region.data_rates[rx1_dr] is not None:  # else the answer would come in FSK
            receptions.insert(0, (reception.rx1_delay_ms, rx1_freq_hz) + region.data_rates[rx1_dr])
        transmit = Transmit(phy, plan.freq_hz(index), sf, bw_hz, eirp_dbm, length_ms)
        self._cycle.start(transmit, tuple(receptions), class_c, now_ms)
