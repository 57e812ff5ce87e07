"""Downlinks on the air. A node hears one frequency and spreading factor from the opening of its window, and
stays on to the end of a frame that it has locked onto."""

from typing import Protocol

from farwire_twin.world.clock import Clock
from farwire_twin.world.links import Links, readable
from farwire_twin.world.on_air import COLLIDED, AirCounts, Copy, Signal, overlap
from farwire_twin.world.propagation import Place, capture_db, symbol_ms

# Symbols of a LoRaWAN preamble, and how many of them a receiver must hear inside its window to lock on
# (Arduino LMIC, doc "Timing": at least four of the eight).
PREAMBLE_SYMBOLS = 8
LOCK_SYMBOLS = 4


class DownlinkReceiver(Protocol):
    """A node's radio, as the air sees it."""

    place: Place

    def on_downlink(self, copy: Copy) -> None:
        """A frame was received whole; it ended now, and the window with it."""

    def on_window_end(self) -> None:
        """The window closed with nothing received."""


class DownlinkAir:
    """What gateways send and what nodes hear of it."""

    def __init__(self, clock: Clock, links: Links) -> None:
        self.counts = AirCounts()
        self._clock = clock
        self._links = links
        self._on_air: list[_Downlink] = []
        self._windows: dict[DownlinkReceiver, _Window] = {}

    def send(self, signal: Signal) -> None:
        """Put `signal`, which starts now, on the air."""
        self.counts.sent += 1
        downlink = _Downlink(signal)
        for other in self._on_air:
            if overlap(signal, other.signal):
                other.rivals.append(signal)
                downlink.rivals.append(other.signal)
        self._on_air.append(downlink)
        for window in list(self._windows.values()):
            self._try_lock(window, downlink)
        self._clock.at(signal.end_ms, lambda: self._end(downlink))

    def open(
        self, receiver: DownlinkReceiver, freq_hz: int, sf: int, bw_hz: int, until_ms: int | None
    ) -> None:
        """Open a window of `receiver` now, in the place of one that is; None: until further notice."""
        window = _Window(receiver, freq_hz, sf, bw_hz, self._clock.now_ms, until_ms)
        self._windows[receiver] = window
        for downlink in self._on_air:
            self._try_lock(window, downlink)
        if not window.locked and until_ms is not None:
            self._clock.at(until_ms, lambda: self._close(window))

    def shut(self, receiver: DownlinkReceiver) -> None:
        """Listen no longer, whatever is coming in; nothing is told of it."""
        self._windows.pop(receiver, None)

    def _try_lock(self, window: "_Window", downlink: "_Downlink") -> None:
        signal = downlink.signal
        if window.locked or signal.dropped or not window.catches(signal):
            return
        copy = self._links.copy(signal, window.receiver.place)
        if readable(copy):
            window.locked = True
            downlink.listeners.append((window, copy))

    def _close(self, window: "_Window") -> None:
        if not window.locked and self._windows.get(window.receiver) is window:
            del self._windows[window.receiver]
            window.receiver.on_window_end()

    def _end(self, downlink: "_Downlink") -> None:
        self._on_air.remove(downlink)
        downlink.listeners = [
            (window, copy)
            for window, copy in downlink.listeners
            if self._windows.get(window.receiver) is window  # else its radio went on to something else
        ]
        for window, copy in downlink.listeners:
            del self._windows[window.receiver]
            for rival in downlink.rivals:
                lead_db = copy.rssi_dbm - self._links.copy(rival, window.receiver.place).rssi_dbm
                if lead_db < capture_db(copy.signal.sf, rival.sf):
                    copy.spoiled = COLLIDED
        self._count(downlink)
        for window, copy in downlink.listeners:
            if copy.spoiled:
                window.receiver.on_window_end()
            else:
                window.receiver.on_downlink(copy)

    def _count(self, downlink: "_Downlink") -> None:
        counts = self.counts
        if downlink.signal.dropped:
            counts.dropped += 1
        elif not downlink.listeners:
            counts.unheard += 1
        elif all(copy.spoiled for _, copy in downlink.listeners):
            counts.collided += 1
        else:
            counts.heard += 1


class _Downlink:
    """A signal on the air, those who are receiving it, and those that overlap with it."""

    __slots__ = ("listeners", "rivals", "signal")

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.listeners: list[tuple[_Window, Copy]] = []
        self.rivals: list[Signal] = []


class _Window:
    """One receive window of one node."""

    __slots__ = ("bw_hz", "freq_hz", "locked", "open_ms", "receiver", "sf", "until_ms")

    def __init__(
        self,
        receiver: DownlinkReceiver,
        freq_hz: int,
        sf: int,
        bw_hz: int,
        open_ms: int,
        until_ms: int | None,
    ) -> None:
        self.receiver = receiver
        self.freq_hz = freq_hz
        self.sf = sf
        self.bw_hz = bw_hz
        self.open_ms = open_ms
        self.until_ms = until_ms
        self.locked = False

    def catches(self, signal: Signal) -> bool:
        """Whether enough of the signal's preamble falls into the window, as it is tuned."""
        if (signal.freq_hz, signal.sf, signal.bw_hz) != (self.freq_hz, self.sf, self.bw_hz):
            return False
        symbol = symbol_ms(signal.sf, signal.bw_hz)
        heard_from_ms = max(self.open_ms, signal.start_ms)
        preamble_end_ms = signal.start_ms + PREAMBLE_SYMBOLS * symbol
        ends_ms = preamble_end_ms if self.until_ms is None else min(self.until_ms, preamble_end_ms)
        return heard_from_ms + LOCK_SYMBOLS * symbol <= ends_ms
