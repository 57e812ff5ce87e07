"""What a device does when the network falls silent (TS001-1.0.4 §4.3.1.1 and table 9).

`silent` counts uplinks (by FCnt, not by copies) since the last downlink.
"""

from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.regions.region import ADR_ACK_DELAY, ADR_ACK_LIMIT, Region
from farwire_node.lorawan.session import Session

NOTHING = 0
FULL_POWER = 1
LOWER_DATA_RATE = 2  # or, where there is none: one copy a frame, and all default channels on

# By then the slowest data rate and all default channels have been tried: the session is given up.
REJOIN_AFTER = ADR_ACK_LIMIT + 10 * ADR_ACK_DELAY


def choose(session: Session, plan: ChannelPlan, region: Region, dr: int | None) -> None:
    """Set a session to what a device keeps that the network does not adapt: this data rate, or its own."""
    session.choose_rate(region, plan, (dr, session.dr))
    session.tx_power = 0


def wants_answer(silent: int) -> bool:
    """Tell whether the next uplink asks for a downlink (ADRACKReq)."""
    return silent >= ADR_ACK_LIMIT


def next_measure(silent: int) -> int:
    """Return the measure that is due now that `silent` uplinks went unanswered."""
    overdue = silent - ADR_ACK_LIMIT
    if overdue < ADR_ACK_DELAY or overdue % ADR_ACK_DELAY:
        return NOTHING
    return FULL_POWER if overdue == ADR_ACK_DELAY else LOWER_DATA_RATE


def relax(session: Session, plan: ChannelPlan, region: Region) -> None:
    """Take the measure that is due on a session."""
    measure = next_measure(session.silent_uplinks)
    if measure == FULL_POWER:
        session.tx_power = 0
    elif measure == LOWER_DATA_RATE:
        slower = [dr for dr in region.up_drs if dr < session.dr and plan.channels_at(dr)]
        if slower:
            session.dr = slower[-1]
        else:
            session.nb_trans = 1
            plan.enable_defaults()
