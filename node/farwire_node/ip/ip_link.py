"""A Link over IP: a frame is a message that a carrier (carrier.py, actions.py) hands to a broker or a server.

A session is a connection. A frame that was not acknowledged before its connection was lost is sent again on
the next one, under the same counter, until it is too old; then it is given up as a lost frame on the radio
is, and the node says anew what the cloud lacks. No duty cycle, no airtime; one ordinary frame at a time, and
an urgent one beside it. Times in ms on the node's clock.
"""

import struct

from farwire_codecs import ip_frame
from farwire_codecs.errors import CodecError
from farwire_codecs.ip_frame import LONGEST_PAYLOAD, NOTHING, UpFrame
from farwire_node.errors import ConfigurationError
from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.link import (
    BUSY,
    NOT_JOINED,
    TOO_LONG,
    Delivered,
    Joined,
    JoinFailed,
    Received,
    Refusal,
    Sending,
)
from farwire_node.modems.no_radio import NoRadio
from farwire_node.sending.backoff import Backoff
from farwire_node.steps import Sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.storage import Storage

OPEN_MS = 30_000  # for a connection: DNS, TCP, TLS and logging in over a slow LTE
TAKE_MS = 20_000  # for an acknowledgement, ANSWER_S in it; after it the connection counts as dead
GIVE_UP_MS = 5 * 60_000  # a frame that did not get through by then is said anew
RETRY_MS = (2_000, 5 * 60_000)  # first and longest pause before the next connection
ANSWER_S = 2  # how long an HTTP server may wait for the cloud's acknowledgement, to send it along
CLASS_C_POLL_MS = 5_000  # over HTTP, between two askings that a server answers at once
TAGS_KEY = "ip_tags"  # the last downlinks' tags, >I each, the newest last
_LOOK_AGAIN_MS = 1_000
_IDLE_MS = 3_600_000
_TAGS_KEPT = 8  # more than a server has under way


class _Frame:
    """One frame that the node gave, until it is delivered or given up."""

    def __init__(self, counter: int, port: int, payload: bytes, urgent: bool, now_ms: int) -> None:
        self.wait_s = 0  # how long its answer may be kept back
        self.counter = counter
        self.port = port
        self.payload = payload
        self.confirmed = False
        self.urgent = urgent
        self.made_ms = now_ms
        self.handed_ms: int | None = None  # on this connection


class IpLink(NoRadio):
    """One connection as a Link. `utc_ms(now_ms)` tells UTC in ms, or None while it is not known.

    `poll_ms` None: downlinks come by themselves (MQTT). Else (HTTP) the node asks for them so often when it
    has nothing to say, every CLASS_C_POLL_MS as class C; and there is a connection once the first asking is
    answered, so that the carrier reports no `on_open`. `wait_s` above 0, for a carrier that does not block:
    as class C there is always an asking that the server may answer so late. `storage` keeps which downlinks
    came, so that none counts twice over a restart; None: the server's repeats after one count.
    """

    def __init__(
        self,
        random_below: "Callable[[int], int]",
        utc_ms: "Callable[[int], int | None] | None" = None,
        poll_ms: int | None = None,
        device_class: str = "A",
        wait_s: int = 0,
        storage: "Storage | None" = None,
    ) -> None:
        if poll_ms is not None and poll_ms < 1:
            raise ConfigurationError(f"poll_ms is {poll_ms}, expected 1 or more")
        if not 0 <= wait_s <= 600:
            raise ConfigurationError(f"wait_s is {wait_s}, expected 0..600")
        self.session = random_below(1 << 16) << 16 | random_below(1 << 16)
        self.counters = {"opened": 0, "lost": 0, "repeated": 0, "given_up": 0, "refused": 0, "doubled": 0}
        self._utc_ms = utc_ms
        self._asks = poll_ms is not None
        self._usual_poll_ms = poll_ms or _IDLE_MS
        self._longest_wait_s = wait_s
        self.set_class(device_class)
        self._counter = 0
        self._wanted = False
        self._open = False
        self._opening_until_ms: int | None = None
        self._retry_ms = 0
        self._pauses = Backoff(*RETRY_MS, random_below)
        self._frames: list[_Frame] = []
        self._poll: _Frame | None = None  # under way
        self._asked_ms = 0  # when the last asking ended, or began where the answer may be kept back
        self._more = False  # ask at once: a downlink came, and there may be another
        self._storage = storage
        saved = storage.load(TAGS_KEY) if storage is not None else None
        count = len(saved or b"") // 4
        # Of the last downlinks, the newest last.
        self._tags: list[int] = list(struct.unpack(">" + str(count) + "I", saved)) if saved else []
        self._tags_saved = list(self._tags)
        self._actions: list[Open | Carry | Close] = []
        self._events: list[tuple[object, ...]] = []

    # -- the carrier's side --

    def actions(self) -> "list[Open | Carry | Close]":
        """Return what to do now, in this order, and forget it. To be asked after every poll."""
        actions, self._actions = self._actions, []
        return actions

    def on_open(self, now_ms: int) -> None:
        """Take that there is a connection."""
        if self._opening_until_ms is None:
            return
        self._opening_until_ms = None
        self._open = True
        self._more = self._wait_s > ANSWER_S
        self.counters["opened"] += 1
        self._events.append(Joined(self.session))

    def on_closed(self, now_ms: int) -> None:
        """Take that there is no connection: none could be made, or it was lost."""
        if not self._open and self._opening_until_ms is None:
            return
        self.counters["lost"] += self._open
        self._open = False
        self._opening_until_ms = None
        self._poll = None
        for frame in self._frames:
            frame.handed_ms = None
        self._retry_ms = now_ms + self._pauses.next_ms()
        self._events.append(JoinFailed(self._retry_ms))

    def on_taken(self, token: int, now_ms: int) -> None:
        """Take that the other side has a frame."""
        self._pauses.reset()
        if self._wait_s <= ANSWER_S:
            self._asked_ms = now_ms
        elif self._poll is not None and self._poll.counter == token:
            self._asked_ms = self._poll.made_ms  # one that was kept back is followed by the next at once
        if self._over(token, True) and self._asks:
            self.on_open(now_ms)

    def on_refused(self, token: int, now_ms: int) -> None:
        """Take that the other side will never have a frame."""
        if self._over(token, False):
            self.counters["refused"] += 1
            if self._opening_until_ms is not None:
                self.on_closed(now_ms)

    def on_downlink(self, data: bytes, now_ms: int) -> None:
        """Take the bytes of a downlink; what is none is dropped."""
        try:
            frame = ip_frame.decode_down(data)
        except CodecError:
            self.counters["refused"] += 1
            return
        if frame.tag in self._tags:
            self.counters["doubled"] += 1
            self._tags.remove(frame.tag)  # and named as the newest, so that the server sees it has arrived
            self._tags.append(frame.tag)
            return
        self._more = True
        self._tags = self._tags[1 - _TAGS_KEPT :] + [frame.tag]
        self._events.append(Received(frame.port, frame.payload))

    def move(self, now_ms: int) -> None:
        """Connect anew, at once: the server is another one."""
        if self._open or self._opening_until_ms is not None:
            self._actions.append(Close())
            self.on_closed(now_ms)
        self._pauses.reset()
        self._retry_ms = now_ms

    # -- the node's side --

    def join(self, now_ms: int) -> None:
        """Want a connection from now on; it is made and made again until it stands."""
        self._wanted = True

    @property
    def joined(self) -> bool:
        """Whether there is a connection."""
        return self._open

    @property
    def busy(self) -> bool:
        """Whether a frame is on its way."""
        return bool(self._frames)

    def set_class(self, device_class: str) -> None:
        """Ask for downlinks more often as class "C", where they have to be asked for."""
        self._poll_ms = self._usual_poll_ms
        self._wait_s = ANSWER_S
        if device_class == "C":
            self._poll_ms = min(self._usual_poll_ms, CLASS_C_POLL_MS)
            self._wait_s = max(ANSWER_S, self._longest_wait_s)

    def capacity(self, now_ms: int) -> int:
        """Return the longest payload."""
        return LONGEST_PAYLOAD if self._open else 0

    def airtime_ms(self, size: int) -> int:
        """Return 0: a frame costs no airtime, and when it was made goes with it."""
        return 0

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        """Return when `size` bytes may go."""
        if not self._open or size > LONGEST_PAYLOAD:
            return None
        return now_ms if self._is_free(urgent) else now_ms + _LOOK_AGAIN_MS

    def send(
        self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int
    ) -> Sending | Refusal:
        """Take a frame for `port` 1..223, or refuse it and change nothing."""
        if not 1 <= port <= 223:
            raise ConfigurationError(f"port is {port}, expected 1..223")
        if not self._open:
            return Refusal(NOT_JOINED, None)
        if len(payload) > LONGEST_PAYLOAD:
            return Refusal(TOO_LONG, None)
        if not self._is_free(urgent):
            return Refusal(BUSY, now_ms + _LOOK_AGAIN_MS)
        frame = self._frame(port, payload, urgent, now_ms)
        frame.confirmed = confirmed
        self._frames.append(frame)
        return Sending(now_ms)

    def poll(self, now_ms: int) -> Sleep:
        """Make actions of what is due, and return when to be polled again at the latest."""
        self._give_up_old(now_ms)
        if self._is_overdue(now_ms):
            self._actions.append(Close())
            self.on_closed(now_ms)
        if self._wanted and not self._open and self._opening_until_ms is None and now_ms >= self._retry_ms:
            self._opening_until_ms = now_ms + OPEN_MS
            self._actions.append(Open())
            if self._asks:
                self._ask(0, now_ms)
        if self._open:
            self._hand_over(now_ms)
        return Sleep(min(self._deadlines(now_ms)))

    def events(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call, oldest first, and forget it."""
        events, self._events = self._events, []
        return events

    def suspend(self, now_ms: int) -> None:
        """Save which downlinks came."""
        if self._storage is not None and self._tags != self._tags_saved:
            self._tags_saved = list(self._tags)
            self._storage.save(TAGS_KEY, struct.pack(">" + str(len(self._tags)) + "I", *self._tags))

    # -- inside --

    def _frame(self, port: int, payload: bytes, urgent: bool, now_ms: int) -> _Frame:
        self._counter = self._counter + 1 & 0xFFFFFFFF
        return _Frame(self._counter, port, payload, urgent, now_ms)

    def _is_free(self, urgent: bool) -> bool:
        return not (any(frame.urgent for frame in self._frames) if urgent else self._frames)

    def _give_up_old(self, now_ms: int) -> None:
        for frame in list(self._frames):
            if now_ms - frame.made_ms >= GIVE_UP_MS:
                self.counters["given_up"] += 1
                self._over(frame.counter, False)

    def _over(self, token: int, taken: bool) -> bool:
        """Forget a frame and tell the node; return whether there was one."""
        if self._poll is not None and self._poll.counter == token:
            self._poll = None
            return True
        for frame in self._frames:
            if frame.counter == token:
                self._frames.remove(frame)
                self._events.append(Delivered(taken if frame.confirmed or not taken else None))
                return True
        return False

    def _under_way(self) -> "list[_Frame]":
        frames = [frame for frame in self._frames if frame.handed_ms is not None]
        return frames if self._poll is None else frames + [self._poll]

    def _is_overdue(self, now_ms: int) -> bool:
        """Return whether the other side is silent for too long."""
        if self._opening_until_ms is not None and now_ms >= self._opening_until_ms:
            return True
        return any(now_ms >= _overdue_ms(frame) for frame in self._under_way())

    def _hand_over(self, now_ms: int) -> None:
        if self._may_ask and now_ms >= self._poll_due_ms:
            self._more = False
            self._ask(self._wait_s, now_ms)
        for frame in self._frames:
            if frame.handed_ms is None:
                self.counters["repeated"] += now_ms > frame.made_ms
                # Where an asking waits, downlinks go with its answer, and this one need not.
                self._carry(frame, now_ms, 0 if self._poll is not None else ANSWER_S)

    @property
    def _may_ask(self) -> bool:
        """Whether an asking makes sense: a frame under way brings downlinks too, but does not wait long."""
        return self._asks and self._poll is None and (not self._frames or self._wait_s > ANSWER_S)

    @property
    def _poll_due_ms(self) -> int:
        return self._asked_ms + (0 if self._more else self._poll_ms)

    def _ask(self, wait_s: int, now_ms: int) -> None:
        self._poll = self._frame(NOTHING, b"", False, now_ms)
        self._carry(self._poll, now_ms, wait_s)

    def _carry(self, frame: _Frame, now_ms: int, wait_s: int) -> None:
        frame.handed_ms = now_ms
        frame.wait_s = wait_s
        age_ms = now_ms - frame.made_ms
        utc_ms = self._utc_ms(now_ms) if self._utc_ms is not None else None
        heard = self._tags[-1] if self._tags else 0
        made = (max(0, utc_ms - age_ms), 0) if utc_ms is not None else (None, age_ms)
        data = ip_frame.encode_up(
            UpFrame(self.session, frame.counter, heard, frame.port, frame.payload, made[0], made[1])
        )
        self._actions.append(Carry(frame.counter, data, wait_s))

    def _deadlines(self, now_ms: int) -> "list[int]":
        deadlines = [now_ms + _IDLE_MS]
        deadlines += [frame.made_ms + GIVE_UP_MS for frame in self._frames]
        deadlines += [_overdue_ms(frame) for frame in self._under_way()]
        if self._opening_until_ms is not None:
            deadlines.append(self._opening_until_ms)
        elif not self._open and self._wanted:
            deadlines.append(self._retry_ms)
        elif self._may_ask:
            deadlines.append(self._poll_due_ms)
        return deadlines


def _overdue_ms(frame: _Frame) -> int:
    """Return when a frame under way should have been answered."""
    return (frame.handed_ms or 0) + TAKE_MS + 1000 * max(0, frame.wait_s - ANSWER_S)
