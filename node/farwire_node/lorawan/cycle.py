"""One turn of the radio: send, wait, listen, wait, listen (TS001-1.0.4 §3.3).

In class C the second window begins where the first ends, so that the receiver is never retuned within it, and
the waiting before the first is not asleep (class_c.py).

Knows times and settings but neither keys nor contents: whoever gets a frame judges it, and ends the turn with
`finish` if it was the answer. Times in ms on the node's clock.
"""

from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.frames import MAX_PHY
from farwire_node.lorawan.windows import Window, window
from farwire_node.steps import Listen, Sleep, Transmit

IDLE = 0
READY = 1  # the Transmit goes out with the next poll
SENDING = 2
WAITING = 3  # for a window to open
LISTENING = 4
OVER = 5  # both windows went by

# A radio that has not reported this long after it should have is taken to have hung, and the turn goes on.
_GRACE_MS = 2_000


class Cycle:
    """The turn under way; `missed_windows` and `radio_timeouts` count what a healthy driver never causes."""

    def __init__(self, clock_error_ppm: int) -> None:
        self.phase = IDLE
        self.tx_end_ms = 0
        self.in_rx2 = False  # LISTENING in the second window
        self.rx2_nominal_ms = 0  # when an answer in the second window begins
        self.missed_windows = 0
        self.radio_timeouts = 0
        self._clock_error_ppm = clock_error_ppm
        self._transmit: Transmit | None = None
        self._receptions: tuple[tuple[int, int, int, int], ...] = ()
        self._windows: list[Window] = []
        self._open: Window | None = None
        self._deadline_ms = 0
        self.class_c = False  # of the turn under way

    def start(
        self,
        transmit: Transmit,
        receptions: "tuple[tuple[int, int, int, int], ...]",
        class_c: bool,
        now_ms: int,
    ) -> None:
        """Begin a turn. `receptions`: (delay after the end of the frame, Hz, SF, bandwidth Hz), RX2 last."""
        self.class_c = class_c
        self._transmit = transmit
        self._receptions = receptions
        self._windows = []
        self.tx_end_ms = now_ms + transmit.airtime_ms
        self.phase = READY

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep | None:
        """Return the next step of the turn, None when there is none (IDLE or OVER)."""
        while True:
            if self.phase == READY:
                assert self._transmit is not None
                self.phase = SENDING
                self.tx_end_ms = now_ms + self._transmit.airtime_ms
                self._deadline_ms = self.tx_end_ms + _GRACE_MS
                return self._transmit
            if self.phase == WAITING:
                listen = self._open_window(now_ms)
                if listen is not None:
                    return listen
            elif self.phase not in (SENDING, LISTENING):
                return None
            elif now_ms < self._deadline_ms:
                return Sleep(self._deadline_ms)
            else:
                self.radio_timeouts += 1
                if self.phase == SENDING:
                    self.on_tx_done(self.tx_end_ms)
                else:
                    self.next_window()

    def on_tx_done(self, now_ms: int) -> None:
        """Place the windows after the true end of the frame."""
        if self.phase != SENDING:
            return
        self.tx_end_ms = now_ms
        self._windows = [
            window(now_ms, delay_ms, freq_hz, sf, bw_hz, self._clock_error_ppm)
            for delay_ms, freq_hz, sf, bw_hz in self._receptions
        ]
        self._transmit = None
        self.phase = WAITING
        if self._receptions:
            self.rx2_nominal_ms = now_ms + self._receptions[-1][0]
        if self.class_c and self._windows:
            opens_ms = self._windows[0].closes_ms if len(self._windows) > 1 else now_ms
            closes_ms, freq_hz, sf, bw_hz = self._windows[-1][1:]
            self._windows[-1] = Window(opens_ms, closes_ms, freq_hz, sf, bw_hz)

    def next_window(self) -> None:
        """Leave the open window: nothing came, or nothing that was meant for us."""
        if self.phase == LISTENING:
            self.phase = WAITING

    def resume(self, now_ms: int) -> None:
        """Go on with the open window after a frame that was not the answer."""
        if self.phase == LISTENING:
            if self._open is not None and now_ms < self._open.closes_ms:
                self._windows.insert(0, self._open)
            self.phase = WAITING

    def finish(self) -> None:
        """End the turn: it is over, or the answer came."""
        self._windows = []
        self.phase = IDLE

    def ends_ms(self, now_ms: int) -> int:
        """Return when the turn will be over, as far as known; later than `now_ms`."""
        if self.phase in (READY, SENDING):
            ends_ms = self.tx_end_ms
            if self._receptions:
                last = self._receptions[-1]
                ends_ms = window(ends_ms, *last, self._clock_error_ppm).closes_ms
        elif self._windows:
            ends_ms = self._windows[-1].closes_ms
        else:
            ends_ms = self._deadline_ms
        return max(ends_ms, now_ms + 1)

    def _open_window(self, now_ms: int) -> Sleep | Listen | None:
        """Return what to do in WAITING; None if the phase moved on."""
        if not self._windows:
            self.phase = OVER
            return None
        first = self._windows[0]
        if now_ms < first.opens_ms:
            return Sleep(first.opens_ms)
        self._windows.pop(0)
        if now_ms >= first.closes_ms:
            self.missed_windows += 1
            return None
        self.phase = LISTENING
        self._open = first
        self.in_rx2 = not self._windows
        # A frame that began in the window may be as long as frames get.
        longest_ms = airtime_ms(MAX_PHY, first.sf, first.bw_hz, False)
        self._deadline_ms = first.closes_ms + longest_ms + _GRACE_MS
        return Listen(first.freq_hz, first.sf, first.bw_hz, first.closes_ms)
