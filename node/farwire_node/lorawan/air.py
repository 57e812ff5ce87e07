"""Putting a frame on the air: legal first, booked before it leaves, with the windows that belong to it.

Times in ms, frequencies in Hz. A limit of the network's is the exponent n of DutyCycleReq (0: none).
"""

from farwire_node.lorawan import airtime
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.cycle import Cycle
from farwire_node.lorawan.duty_cycle import DutyCycle
from farwire_node.lorawan.persistence import Persistence
from farwire_node.lorawan.regions.region import RECEIVE_DELAY2_AFTER_1_MS, Region
from farwire_node.lorawan.session import Session
from farwire_node.lorawan.uplink import Uplink
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
        self.region = region
        self.plan = plan
        self._cycle = cycle
        self._persistence = persistence
        self._random_below = random_below
        self._max_eirp_dbm = region.max_eirp_dbm if max_eirp_dbm is None else max_eirp_dbm
        self._duty_cycle = DutyCycle()

    def length_ms(self, phy_size: int, dr: int) -> int:
        """Return how long a PHYPayload of this size is on air."""
        sf, bw_hz = self.region.data_rates[dr]
        return airtime.airtime_ms(phy_size, sf, bw_hz)

    def legal_ms(
        self, session: Session, indexes: tuple[int, ...], length_ms: int, now_ms: int, urgent: bool
    ) -> int | None:
        """Return when a frame may start on one of these channels, `now_ms` if at once, None if never."""
        start_ms = self._duty_cycle.earliest_ms(now_ms, urgent, session.max_duty_cycle)
        return self.plan.earliest_ms(indexes, length_ms, start_ms, urgent)

    def transmit(
        self, uplink: Uplink, reception: Reception, exponent: int, class_c: bool, now_ms: int
    ) -> None:
        """Start a turn now with one copy of a frame; `legal_ms` allowed it.

        `class_c`: the receiver stays on RX2 wherever the turn leaves it free.
        """
        region, plan = self.region, self.plan
        dr, length_ms = uplink.dr, uplink.airtime_ms
        index = plan.choose(uplink.channels, length_ms, now_ms, uplink.urgent, self._random_below)
        assert index is not None, "legal_ms was not asked"
        plan.charge(index, length_ms, now_ms)
        self._duty_cycle.charge(length_ms, now_ms, exponent)
        self._persistence.airtime_booked()
        eirp_dbm = min(plan.eirp_dbm - 2 * uplink.tx_power, plan.max_eirp_dbm(index), self._max_eirp_dbm)
        sf, bw_hz = region.data_rates[dr]
        rx1_freq_hz, rx1_dr = plan.rx1(index, dr, reception.rx1_dr_offset)
        rx2_delay_ms = reception.rx1_delay_ms + RECEIVE_DELAY2_AFTER_1_MS
        receptions = [(rx2_delay_ms, reception.rx2_freq_hz) + region.data_rates[reception.rx2_dr]]
        if region.data_rates[rx1_dr] is not None:  # else the answer would come in FSK
            receptions.insert(0, (reception.rx1_delay_ms, rx1_freq_hz) + region.data_rates[rx1_dr])
        transmit = Transmit(uplink.phy, plan.freq_hz(index), sf, bw_hz, eirp_dbm, length_ms)
        self._cycle.start(transmit, tuple(receptions), class_c, now_ms)
