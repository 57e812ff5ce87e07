"""On what an urgent frame of the application goes: the most robust setting that the law allows.

Slow frames reach furthest and take the most airtime. So one slower than the session's goes only where it may
start at once and leaves later alarms enough (`Ledger.spares`), and not at all under a limit of the network's
(DutyCycleReq), which asks for less airtime.
"""

from farwire_node.lorawan.air import Air
from farwire_node.lorawan.frames import OVERHEAD
from farwire_node.lorawan.session import Session
from farwire_node.lorawan.size_doubt import SizeDoubt


def choose(
    session: Session, air: Air, doubt: SizeDoubt, size: int, now_ms: int
) -> tuple[int, tuple[int, ...], int]:
    """Return (DR, channels, TXPower) for `size` bytes of FOpts and payload.

    The DR is the session's where none below is allowed. Changes nothing: asked again it says the same.
    """
    plan = air.plan
    for dr in air.region.up_drs:
        if dr >= session.dr or session.max_duty_cycle:
            break
        if size <= doubt.limit(session, plan, dr):
            channels = plan.sparing(dr, air.length_ms(OVERHEAD + size, dr), session.nb_trans, now_ms)
            if channels:
                return dr, channels, 0
    return session.dr, plan.channels_at(session.dr), 0
