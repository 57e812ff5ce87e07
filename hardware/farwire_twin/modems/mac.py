"""The node's own MAC as a modem's firmware uses it: with class C, and with what a host may set or ask."""

from farwire_node.lorawan import cycle, downlinks
from farwire_node.lorawan.mac import Mac
from farwire_node.link import Received

# (frequency in Hz, spreading factor, bandwidth in Hz)
Tuning = tuple[int, int, int]


class ModemMac(Mac):
    """A Mac that a command interpreter drives. `class_c` may be changed at any time."""

    class_c = False

    @property
    def open_window(self) -> Tuning | None:
        """Where class C listens between the windows of class A; None in class A, unjoined, or at work."""
        session = self._session
        if not self.class_c or session is None or self._cycle.phase != cycle.IDLE:
            return None
        sf, bw_hz = self._region.data_rates[session.rx2_dr]
        return session.rx2_freq_hz, sf, bw_hz

    def on_open_window(self, phy: bytes, now_ms: int) -> None:
        """Take a frame that came in the open window (TS001-1.0.4 §10: no MAC commands, no ADR)."""
        session = self._session
        if session is None:
            return
        frame, why_not = downlinks.opened(session, phy, self._crypto)
        if frame is None:
            self.counters[why_not] += 1
            return
        session.f_cnt_down = frame.f_cnt + 1
        self._persistence.save_session(session, False)
        if frame.confirmed:
            self._ack_due = True
            self._own_ms = now_ms + 1_000
            self._sleep = None
        if frame.port:
            self._events.append(Received(frame.port, frame.payload))

    @property
    def dev_addr(self) -> int:
        """DevAddr of the session, 0 while there is none."""
        return 0 if self._session is None else int(self._session.dev_addr)

    @property
    def f_cnt_up(self) -> int:
        """Counter of the next uplink."""
        return 0 if self._session is None else int(self._session.f_cnt_up)

    def set_f_cnt_up(self, counter: int) -> None:
        """Go on with this counter."""
        if self._session is not None:
            self._session.f_cnt_up = counter
            self._persistence.save_session(self._session, False)

    def set_data_rate(self, dr: int) -> bool:
        """Send at `dr` from now on; False if no channel carries it."""
        if self._session is None or not self._plan.channels_at(dr):
            return False
        self._session.dr = dr
        return True

    def drop_session(self) -> None:
        """Forget the session, as a reset without a saved one does."""
        self._give_up_session()
