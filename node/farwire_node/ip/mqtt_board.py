"""A carrier over MQTT for boards: a client of the shape of micropython-lib's umqtt.simple.

Publishing waits for the broker's PUBACK, so give the client's socket a time-out of some seconds. The board's
main loop turns at least every few seconds: that is when downlinks are looked for, and the broker hears a
ping.
"""

from farwire_node.ip.carrier import Carrier, Carry, Close, Open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from farwire_node.ip.ip_link import IpLink

PING_MS = 30_000  # give the client a keep-alive of at least twice that


class MqttBoard(Carrier):
    """Topics `prefix`/`dev_eui`/up and /down, `dev_eui` 16 lower-case hex digits. `make_client()` returns an
    MQTTClient that is not connected yet, with TLS, user and password as the board has them, and a name that
    stays: the broker keeps downlinks for it while it is away. It may raise OSError."""

    def __init__(self, link: "IpLink", make_client: "Callable[[], Any]", dev_eui: str, prefix: str) -> None:
        self._link = link
        self._make_client = make_client
        self._up = (prefix + "/" + dev_eui + "/up").encode()
        self._down = (prefix + "/" + dev_eui + "/down").encode()
        self._client: Any = None
        self._came: list[bytes] = []
        self._ping_ms = 0

    def do(self, action: "Open | Carry | Close", now_ms: int) -> None:
        """Begin an action, which is over when this returns."""
        try:
            if isinstance(action, Carry):
                if self._client is not None:
                    self._client.publish(self._up, action.data, False, 1)
                    self._link.on_taken(action.token, now_ms)
                    self._ping_ms = now_ms + PING_MS
            elif isinstance(action, Open):
                self.close()
                client = self._make_client()
                client.set_callback(self._on_message)
                client.connect(False)
                self._client = client
                client.subscribe(self._down, 1)
                self._ping_ms = now_ms + PING_MS
                self._link.on_open(now_ms)
            else:
                self.close()
        except Exception:  # OSError, and umqtt.simple's own MQTTException
            self._lost(now_ms)

    def report(self, now_ms: int) -> None:
        """Look for downlinks, and let the broker know that the node is there."""
        try:
            if self._client is not None:
                self._client.check_msg()
                if now_ms >= self._ping_ms:
                    self._ping_ms = now_ms + PING_MS
                    self._client.ping()
        except Exception:
            self._lost(now_ms)
        came, self._came = self._came, []
        for data in came:
            self._link.on_downlink(data, now_ms)

    def close(self) -> None:
        """Give the connection up."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.disconnect()
            except Exception:
                return  # it is gone already

    def _on_message(self, topic: bytes, message: bytes) -> None:
        if topic == self._down:
            self._came.append(bytes(message))

    def _lost(self, now_ms: int) -> None:
        self.close()
        self._link.on_closed(now_ms)
