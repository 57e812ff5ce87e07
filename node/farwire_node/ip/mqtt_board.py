"""A carrier over MQTT for boards: a client of the shape of micropython-lib's umqtt.simple.

Publishing waits for the broker's PUBACK. That client takes every time-out off its socket once it has looked
for a message, and does not tell whether a ping was answered: on a connection that is half open it would wait
for ever, or hear nothing and not know. So nothing is read here before `select` says that there is something.
The board's main loop turns at least every few seconds: that is when downlinks are looked for, and the broker
hears a ping.
"""

from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.carrier import Carrier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from farwire_node.ip.ip_link import IpLink

PING_MS = 30_000  # give the client a keep-alive of at least twice that
TIMEOUT_MS = 5_000  # for connecting, and for an answer to begin


class MqttBoard(Carrier):
    """Topics `prefix`/`dev_eui`/up and /down, `dev_eui` 16 lower-case hex digits. `make_client()` returns an
    MQTTClient that is not connected yet, with TLS, user and password as the board has them, and a name that
    stays: the broker keeps downlinks for it while it is away. It may raise OSError. `select`: the board's
    module."""

    def __init__(
        self,
        link: "IpLink",
        make_client: "Callable[[], Any]",
        dev_eui: str,
        prefix: str,
        select: "Any",
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        self._link = link
        self._make_client = make_client
        self._up = (prefix + "/" + dev_eui + "/up").encode()
        self._down = (prefix + "/" + dev_eui + "/down").encode()
        self._select = select
        self._timeout_ms = timeout_ms
        self._client: Any = None
        self._poller: Any = None
        self._came: list[bytes] = []
        self._ping_ms = 0
        self._heard = False  # anything since the last ping

    def do(self, action: "Open | Carry | Close", now_ms: int) -> None:
        """Begin an action, which is over when this returns."""
        if not isinstance(action, Carry):
            self.close()
        if isinstance(action, Close) or (isinstance(action, Carry) and self._client is None):
            return
        try:
            if isinstance(action, Carry):
                self._client.publish(self._up, action.data, False, 1)
            else:
                self._open()
        except Exception:  # OSError, and umqtt.simple's own MQTTException
            self._lost(now_ms)
            return
        if isinstance(action, Carry):  # a fault of the link's own is none of the network's
            self._link.on_taken(action.token, now_ms)
        else:
            self._ping_ms = now_ms + PING_MS
            self._link.on_open(now_ms)

    def report(self, now_ms: int) -> None:
        """Look for downlinks, and let the broker know that the node is there."""
        try:
            while self._client is not None and self._poller.poll(0):
                self._client.wait_msg()
            if self._client is not None and now_ms >= self._ping_ms:
                self._ping(now_ms)
        except Exception:
            self._lost(now_ms)
        came, self._came = self._came, []
        for data in came:
            self._link.on_downlink(data, now_ms)

    def renew(self, link: "IpLink") -> None:
        """Report to another link, for which nothing is open."""
        self.close()
        self._came = []
        self._link = link

    def close(self) -> None:
        """Give the connection up."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.disconnect()
            except Exception:  # it is gone already, but its socket is not, and a board has few
                try:
                    client.sock.close()
                except Exception:
                    return

    def _open(self) -> None:
        self._client = client = self._make_client()
        client.set_callback(self._on_message)
        client.connect(False, (self._timeout_ms + 999) // 1000)
        self._poller = self._select.poll()
        self._poller.register(client.sock, self._select.POLLIN)
        self._heard = True
        read = client.wait_msg

        def wait_msg() -> "Any":
            if not self._poller.poll(self._timeout_ms):
                raise OSError("nothing came")
            self._heard = True
            return read()

        client.wait_msg = wait_msg  # which the client itself calls, too
        client.subscribe(self._down, 1)

    def _ping(self, now_ms: int) -> None:
        if not self._heard:
            raise OSError("the last ping was not answered")
        self._heard = False
        self._ping_ms = now_ms + PING_MS
        self._client.ping()

    def _on_message(self, topic: bytes, message: bytes) -> None:
        if topic == self._down:
            self._came.append(bytes(message))

    def _lost(self, now_ms: int) -> None:
        self.close()
        self._link.on_closed(now_ms)
