"""A carrier in memory for an IP link: a server that remembers, behind a network that fails on command."""

from farwire_codecs import ip_frame
from farwire_codecs.ip_frame import DownFrame, UpFrame
from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.ip_link import IpLink


class Wire:
    """Does a link's actions. `reachable`: a connection can be made; `acknowledges`: answers come through."""

    def __init__(self, link: IpLink, by_itself: bool = True) -> None:
        self.link = link
        self.reachable = True
        self.acknowledges = True
        self.open = False
        self.came: list[tuple[int, UpFrame]] = []  # when, and what, repeats included
        self.opened = 0
        self.waits: list[int] = []  # s that each frame's answer may be kept back
        self._by_itself = by_itself  # the server speaks unasked (MQTT)
        self._tag = 0
        self._waiting: list[bytes] = []

    def turn(self, now_ms: int) -> int:
        """Poll the link and do what it wants; return when it wants to be polled again."""
        self._hand_down(now_ms)
        while True:
            until_ms = self.link.poll(now_ms).until_ms
            actions = self.link.actions()
            if not actions:
                return int(until_ms)
            for action in actions:
                self._do(action, now_ms)
            self._hand_down(now_ms)

    def cut(self, now_ms: int) -> None:
        """Lose the connection."""
        if self.open:
            self.open = False
            self.link.on_closed(now_ms)

    def down(self, port: int, payload: bytes, copies: int = 1) -> bytes:
        """Give the server a downlink, and return its bytes."""
        self._tag += 1
        data = ip_frame.encode_down(DownFrame(self._tag, port, payload))
        self._waiting += [data] * copies
        return data

    @property
    def distinct(self) -> list[UpFrame]:
        """The frames that came, each once, as they came first, without those that only ask."""
        seen: dict[tuple[int, int], UpFrame] = {}
        for _, frame in self.came:
            if frame.port != ip_frame.NOTHING:
                seen.setdefault((frame.session, frame.counter), frame)
        return list(seen.values())

    def _do(self, action: Open | Carry | Close, now_ms: int) -> None:
        if isinstance(action, Open):
            self.open = self.reachable
            self.opened += self.open
            if not self.open:
                self.link.on_closed(now_ms)
            elif self._by_itself:
                self.link.on_open(now_ms)
        elif isinstance(action, Close):
            self.open = False
        elif self.open:
            self.came.append((now_ms, ip_frame.decode_up(action.data)))
            self.waits.append(action.wait_s)
            if self.acknowledges:
                self.link.on_taken(action.token, now_ms)
                self._hand_down(now_ms, asked=True)

    def _hand_down(self, now_ms: int, asked: bool = False) -> None:
        while self.open and self.acknowledges and self._waiting and (asked or self._by_itself):
            self.link.on_downlink(self._waiting.pop(0), now_ms)
