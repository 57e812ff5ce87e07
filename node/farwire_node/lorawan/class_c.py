"""Hearing at any time: a class C receiver is on RX2 whenever nothing else is done (TS001-1.0.4 §8.1)."""

from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.cycle import IDLE, WAITING, Cycle
from farwire_node.lorawan.regions.region import Region
from farwire_node.lorawan.session import Session
from farwire_node.steps import Listen

# How far a downlink's start, told from its end, may lie beside the moment that was agreed on.
_ANSWER_TOLERANCE_MS = 50


class Standby:
    """`wanted`: the device is of class C now. Knows which open Listen the radio is doing, if any."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.wanted = False
        self._open: Listen | None = None

    @property
    def is_open(self) -> bool:
        """Whether the radio is listening without an end."""
        return self._open is not None

    def ended(self) -> None:
        """Note that the open Listen is over: a frame came, or the radio does something else."""
        self._open = None

    def step(self, turn: Cycle, session: Session | None, now_ms: int) -> Listen | None:
        """Return the Listen that the radio should do now instead of what it does, None if all is well."""
        if turn.phase not in (IDLE, WAITING):
            return None
        if session is None or not self.wanted:
            if self._open is None:
                return None
            closed = Listen(self._open.freq_hz, self._open.sf, self._open.bw_hz, now_ms)
            self._open = None
            return closed
        sf, bw_hz = self._region.data_rates[session.rx2_dr]
        listen = Listen(session.rx2_freq_hz, sf, bw_hz, None)
        if listen == self._open:
            return None
        self._open = listen
        return listen

    def is_answer(self, turn: Cycle, session: Session, phy: bytes, end_ms: int) -> bool:
        """Tell whether a downlink that ended in a window of `turn` is of class A.

        In RX2 of a class C device it is if it began at the moment agreed on; else it is a class C downlink.
        """
        if not turn.in_rx2 or not turn.class_c:
            return True
        sf, bw_hz = self._region.data_rates[session.rx2_dr]
        start_ms = end_ms - airtime_ms(len(phy), sf, bw_hz, False)
        return abs(start_ms - turn.rx2_nominal_ms) <= _ANSWER_TOLERANCE_MS
