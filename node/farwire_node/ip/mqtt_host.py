"""A carrier over MQTT on Linux (paho): a session that the broker keeps, QoS 1 both ways, TLS.

The link decides when to connect, so each connection is a client of its own, and paho never reconnects by
itself. A downlink is acknowledged once the link has it: one that came as the node failed comes again.
"""

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.carrier import Carrier
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.servers import Server, Turns

KEEP_ALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
GOODBYE_S = 2.0  # at the end, for a broker to hear that the node goes


class MqttHost(Carrier):
    """Carries for the node `dev_eui` (16 lower-case hex digits) to one of the servers whose turn it is.

    `ca`: the authority of the broker's certificate (None: the system's), `certificate` and `key`: the node's
    own. `wake` is called from paho's thread when there is something to report.
    """

    def __init__(
        self,
        link: IpLink,
        turns: Turns,
        dev_eui: str,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._turns = turns
        self._dev_eui = dev_eui
        self._tls = (ca, certificate, key)
        self._wake = wake
        self._client: paho.Client | None = None
        self._topics = ("", "")
        self._tokens: dict[int, int] = {}  # by mid
        self._ending: list[threading.Thread] = []
        self._happened: queue.SimpleQueue[tuple[paho.Client, str, Any]] = queue.SimpleQueue()

    def do(self, action: Open | Carry | Close, now_ms: int) -> None:
        """Begin an action."""
        if isinstance(action, Open):
            self._give_up()
            self._open(self._turns.next(), now_ms)
        elif isinstance(action, Carry):
            if self._client is not None:
                info = self._client.publish(self._topics[0], action.data, qos=1)
                if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                    self._tokens[info.mid] = action.token
        else:
            self._give_up()

    def report(self, now_ms: int) -> None:
        """Tell the link what paho's thread told."""
        while True:
            try:
                client, what, fact = self._happened.get_nowait()
            except queue.Empty:
                return
            if client is not self._client:
                continue  # of a connection that was given up
            if what == "open":
                self._turns.held()
                self._link.on_open(now_ms)
            elif what == "taken" and fact in self._tokens:
                self._link.on_taken(self._tokens.pop(fact), now_ms)
            elif what == "downlink":
                payload, mid, qos = fact
                self._link.on_downlink(payload, now_ms)
                client.ack(mid, qos)
            elif what == "closed":
                self._give_up()
                self._link.on_closed(now_ms)

    def renew(self, link: IpLink) -> None:
        """Report to another link, for which nothing is open."""
        self._give_up()
        self._link = link

    def close(self) -> None:
        """Give the connection up; the broker keeps the session."""
        self._give_up()
        for thread in self._ending:
            thread.join(GOODBYE_S)

    def _give_up(self) -> None:
        client, self._client = self._client, None
        self._tokens.clear()
        self._ending = [thread for thread in self._ending if thread.is_alive()]
        if client is not None:
            thread = threading.Thread(target=_end, args=(client,), name="farwire-node-goodbye", daemon=True)
            self._ending.append(thread)
            thread.start()

    def _open(self, server: Server, now_ms: int) -> None:
        try:
            client = self._made(server)
        except (OSError, ValueError):  # a certificate that cannot be read, a name that is none
            self._link.on_closed(now_ms)
            return
        self._client = client
        self._topics = tuple(f"{server.path}/{self._dev_eui}/{way}" for way in ("up", "down"))  # type: ignore[assignment]
        client.connect_async(server.host, server.port, KEEP_ALIVE_S)
        client.loop_start()

    def _made(self, server: Server) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"farwire-node-{self._dev_eui}",
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if server.user:
            client.username_pw_set(server.user, server.password or None)
        if server.protocol == "mqtts":
            ca, certificate, key = (str(path) if path else None for path in self._tls)
            client.tls_set(ca, certificate, key)
        client.on_connect = self._on_connect
        client.on_connect_fail = lambda client, _: self._tell(client, "closed")
        client.on_disconnect = lambda client, *_: self._tell(client, "closed")
        client.on_subscribe = self._on_subscribe
        client.on_publish = lambda client, _u, mid, *_: self._tell(client, "taken", mid)
        client.on_message = lambda client, _, message: self._tell(
            client, "downlink", (bytes(message.payload), message.mid, message.qos)
        )
        return client

    def _on_connect(self, client: paho.Client, _u: Any, _flags: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            self._tell(client, "closed")
        else:
            client.subscribe(self._topics[1], qos=1)

    def _on_subscribe(self, client: paho.Client, _u: Any, _mid: int, reasons: list[Any], _p: Any) -> None:
        refused = any(reason.is_failure for reason in reasons)
        self._tell(client, "closed" if refused else "open")

    def _tell(self, client: paho.Client, what: str, fact: Any = None) -> None:
        self._happened.put((client, what, fact))
        self._wake()


def _end(client: paho.Client) -> None:
    """Disconnect. In a thread of its own: it waits for paho's, which may be connecting to what is silent."""
    client.disconnect()
    client.loop_stop()
    client.disconnect()  # where paho's thread connected meanwhile
