"""The seam between the node and whatever carries its bytes: a LoRaWAN MAC, a modem, an IP connection.

A link holds no clock and no radio. Every call brings `now_ms`, a growing integer on the node's clock; `poll`
says what the radio does next (steps.py) and `events` says what came of it. Moments are absolute ms on that
same clock, sizes are bytes of application payload.
"""

from collections import namedtuple

from farwire_node.steps import Listen, Sleep, Transmit

# -- answers of `send` --

# The frame starts with the next `poll` and is on air until `tx_end_ms`.
Sending = namedtuple("Sending", ("tx_end_ms",))

# Nothing was taken. `reason` is one of the constants below; `retry_ms` is the first moment at which trying
# again makes sense, None where time alone will not help.
Refusal = namedtuple("Refusal", ("reason", "retry_ms"))

NOT_JOINED = "not joined"
BUSY = "busy"  # an uplink cycle is under way
AIRTIME = "airtime"  # the law, or the network's own limit, does not allow it yet
TOO_LONG = "too long"  # the payload does not fit the present data rate

# -- events --

Joined = namedtuple("Joined", ("dev_addr",))
# A join attempt went unanswered; the link tries again by itself, at `retry_ms`.
JoinFailed = namedtuple("JoinFailed", ("retry_ms",))
# The cycle of a frame that `send` took is over; `acknowledged`: True or False if confirmed, else None. A link
# that gives a frame up which may have arrived says False of any frame.
Delivered = namedtuple("Delivered", ("acknowledged",))
# In its place: the frame never left, as the link learned late (a modem refused it).
NotSent = namedtuple("NotSent", ())
Received = namedtuple("Received", ("port", "payload"))
# Answer to a link check: `margin_db` above the demodulation floor at the best of `gateways` gateways.
LinkChecked = namedtuple("LinkChecked", ("margin_db", "gateways"))
# The network's clock: `gps_ms` ms since the GPS epoch was the time at `at_ms` on the node's clock; `utc_ms`
# turns it into UTC.
TimeReceived = namedtuple("TimeReceived", ("gps_ms", "at_ms"))

# RX2 opens 2 s after a frame where RX1 does after 1 s (RP002-1.0.4 §2.1); an answer takes less than 2 s.
USUAL_WINDOWS_MS = 4_000

_GPS_EPOCH_MS = 315_964_800_000  # 1980-01-06, on the clock that counts from 1970-01-01
_LEAP_MS = 18_000  # GPS time is ahead of UTC by so much since 2017-01-01 (IERS Bulletin C 52)


def utc_ms(gps_ms: int) -> int:
    """Return ms since 1970-01-01 UTC for ms since the GPS epoch, from 2017 to the next leap second."""
    return gps_ms + _GPS_EPOCH_MS - _LEAP_MS


class Link:
    """Contract of a link; each method here raises NotImplementedError unless it says otherwise.

    One uplink cycle runs at a time, from `send` to `Delivered`. An urgent frame may cut short what is left of
    an ordinary cycle wherever the radio is free: ask `earliest_ms(size, now_ms, True)` even while `busy`.
    """

    drives_radio = True  # False: what it sends does not go through steps (a modem, an IP connection)

    def join(self, now_ms: int) -> None:
        """Start joining unless that is under way; goes on by itself until `Joined`."""
        raise NotImplementedError

    @property
    def joined(self) -> bool:
        """Whether there is a session, also one that a restart brought back."""
        raise NotImplementedError

    @property
    def busy(self) -> bool:
        """Whether an uplink cycle is under way, the link's own (joining, empty answers) included."""
        raise NotImplementedError

    def capacity(self, now_ms: int) -> int:
        """Return the largest application payload that the next frame can carry."""
        raise NotImplementedError

    def airtime_ms(self, size: int) -> int:
        """Return how long the next frame with `size` bytes is on air, rounded up.

        Where it starts later than at `send` by a time that is known (a modem is told first), that is in it.
        """
        raise NotImplementedError

    def urgent_airtime_ms(self, size: int, _now_ms: int) -> int:
        """Return how long an urgent frame with `size` bytes is on air if it is sent now.

        To be asked while joined. A link may send it at another data rate, no later than `earliest_ms` says.
        """
        return self.airtime_ms(size)

    @property
    def windows_ms(self) -> int:
        """How long from the end of a frame to the end of an answer in the last receive window, as a rule."""
        return USUAL_WINDOWS_MS

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        """Return the first moment at which `send` would take `size` bytes, as far as known now.

        `now_ms` itself if at once, None if never at the present settings. `urgent` may use the airtime that
        is kept in reserve.
        """
        raise NotImplementedError

    def send(
        self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int
    ) -> Sending | Refusal:
        """Take one frame and start it with the next `poll`, or refuse it and change nothing."""
        raise NotImplementedError

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Return the next step. A Transmit or a Listen is returned once; after it comes Sleep.

        After a Listen that stays open a Transmit or another Listen may come while it is open (steps.py).
        """
        raise NotImplementedError

    def on_tx_done(self, now_ms: int) -> None:
        """Take the moment at which the last Transmit left the air."""
        raise NotImplementedError

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Take what the last Listen received, at the end of its reception. This ends the Listen."""
        raise NotImplementedError

    def on_listen_end(self, now_ms: int) -> None:
        """Learn that the last Listen ended without a frame."""
        raise NotImplementedError

    def events(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call, oldest first, and forget it."""
        raise NotImplementedError

    def set_class(self, device_class: str) -> None:
        """Hear downlinks after uplinks only ("A"), or whenever nothing is sent ("C"), from now on.

        A link whose class is fixed when it is made does nothing.
        """

    def set_adr(self, on: bool) -> None:
        """Let the network choose the data rate (True), or keep to the one of the board's, from now on.

        A link whose network chooses nothing does nothing.
        """

    def request_time(self) -> bool:
        """Ask with the next frame for the network's time; TimeReceived answers. False: the link cannot."""
        return False

    def suspend(self, now_ms: int) -> None:
        """Save what must survive power off. A link that has nothing to save does nothing."""
