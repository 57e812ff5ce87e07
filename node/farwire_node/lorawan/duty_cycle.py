"""The network's own limit on all bands together, DutyCycleReq (TS001-1.0.4 §5.3). Times in ms.

A limit of one part in 2^n is kept as a debt: a frame of t ms is paid off t 2^n ms after its start, or after
the frame before it was. Ordinary frames wait until nothing is owed; an urgent one may be sent on top of a
debt of up to an hour, which the ordinary ones after it then wait off, so the long run keeps the limit.
"""

from farwire_node.lorawan.regions.region import HOUR_MS


class DutyCycle:
    """What is owed at present."""

    def __init__(self) -> None:
        self._paid_off_ms: int | None = None

    def earliest_ms(self, now_ms: int, urgent: bool, exponent: int) -> int:
        """Return when the next frame may start, `now_ms` if at once, under a limit of 1 in 2^`exponent`."""
        if self._paid_off_ms is None or not exponent:
            return now_ms
        return max(now_ms, self._paid_off_ms - HOUR_MS if urgent else self._paid_off_ms)

    def charge(self, airtime_ms: int, start_ms: int, exponent: int) -> None:
        """Note a frame that starts at `start_ms` under a limit of 1 in 2^`exponent` (0: none)."""
        if not exponent:
            self._paid_off_ms = None
            return
        if self._paid_off_ms is None or self._paid_off_ms < start_ms:
            self._paid_off_ms = start_ms
        self._paid_off_ms += airtime_ms << exponent
