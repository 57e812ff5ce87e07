"""The node's own MAC as a modem's firmware uses it: with what a host may set or ask beside sending."""

from farwire_node.lorawan.mac import Mac
from farwire_node.lorawan.session import Session


class ModemMac(Mac):
    """A Mac that a command interpreter drives."""

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

    def set_adr(self, on: bool) -> None:
        """Let the network choose the data rate, or keep the present one: a host sets another by command."""
        self._device.adr = on

    def _begin(
        self,
        session: Session,
        f_opts: bytes,
        port: int | None,
        payload: bytes,
        confirmed: bool,
        urgent: bool,
        now_ms: int,
    ) -> None:
        """Build the next frame; a modem knows none that is urgent, so all go at the session's rate."""
        super()._begin(session, f_opts, port, payload, confirmed, urgent and not port, now_ms)

    def drop_session(self) -> None:
        """Forget the session, as a reset without a saved one does."""
        self._give_up_session()
