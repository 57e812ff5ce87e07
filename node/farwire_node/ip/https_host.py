"""A carrier over HTTPS on Linux: a POST for each frame, whose answer brings downlinks. TLS is verified.

Requests run in threads, each with a connection that is kept: neither a frame nor an alarm waits for an answer
that the server keeps back.
"""

import contextlib
import http.client
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from farwire_node.ip.actions import Carry, Close, Open
from farwire_node.ip.carrier import Carrier
from farwire_node.ip.https_board import EMPTY, OK, TIMEOUT_S, answered
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.servers import Server, Turns

LONGEST_ANSWER = 65_536  # bytes; a server has a frame or two
AT_ONCE = 3  # an asking, a frame, an alarm
GOODBYE_S = 2.0  # for a thread to end


class HttpsHost(Carrier):
    """Posts to `path`/`dev_eui` of the server whose turn it is; its password is the node's bearer token.

    `ca`: the authority of the server's certificate (None: the system's), `certificate` and `key`: the node's
    own. `wake` is called from a thread when there is something to report.
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
        self._context = ssl.create_default_context(cafile=str(ca) if ca else None)
        if certificate is not None:
            self._context.load_cert_chain(certificate, key)
        self._wake = wake
        self._epoch = 0
        self._server: Server | None = None
        self._work: queue.SimpleQueue[tuple[int, Server, Carry] | None] = queue.SimpleQueue()
        self._workers: list[_Worker] = []  # from the first request on
        self._happened: queue.SimpleQueue[tuple[int, int, int, bytes]] = queue.SimpleQueue()

    def do(self, action: Open | Carry | Close, now_ms: int) -> None:
        """Begin an action."""
        if isinstance(action, Carry):
            if self._server is not None:
                if not self._workers:
                    self._workers = [_Worker(self) for _ in range(AT_ONCE)]
                self._work.put((self._epoch, self._server, action))
            return
        self._give_up()
        if isinstance(action, Open):
            self._server = self._turns.next()

    def report(self, now_ms: int) -> None:
        """Tell the link what came of requests."""
        while True:
            try:
                epoch, token, status, body = self._happened.get_nowait()
            except queue.Empty:
                return
            if epoch != self._epoch:
                continue  # of before the connection was given up
            if status in (OK, EMPTY):
                self._turns.held()
            answered(self._link, token, status, body, now_ms)

    def renew(self, link: IpLink) -> None:
        """Report to another link, for which nothing is open."""
        self._give_up()
        self._link = link

    def close(self) -> None:
        """Let the threads end, and tell no more."""
        self._give_up()
        for _ in self._workers:
            self._work.put(None)
        for worker in self._workers:
            worker.join(GOODBYE_S)  # longer where it connects to what is silent; then it ends by itself

    def _give_up(self) -> None:
        """End the requests under way: their answers count no more."""
        self._epoch += 1
        self._server = None
        for worker in self._workers:
            worker.interrupt()


class _Worker(threading.Thread):
    """Makes requests, one at a time, over a connection that is kept until `owner` begins another epoch."""

    def __init__(self, owner: HttpsHost) -> None:
        super().__init__(name="farwire-node-https", daemon=True)
        self._owner = owner
        self._kept: tuple[int, http.client.HTTPConnection] | None = None
        self.start()

    def run(self) -> None:
        """Make what requests there are until there is None."""
        while (work := self._owner._work.get()) is not None:
            self._post(*work)
        self._drop()

    def interrupt(self) -> None:
        """Have a request under way fail at once."""
        kept = self._kept
        sock = None if kept is None else kept[1].sock
        if sock is not None:
            with contextlib.suppress(OSError):  # it is gone already
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _post(self, epoch: int, server: Server, action: Carry) -> None:
        owner = self._owner
        status, body = 0, b""
        for fresh in (False, True):  # a connection that was kept may have been closed at the other end
            if epoch != owner._epoch:
                return
            try:
                status, body = self._answer(epoch, server, action, fresh)
                break
            except TimeoutError:
                break
            except (OSError, http.client.HTTPException, ValueError):  # ValueError: a name that is none
                continue
        owner._happened.put((epoch, action.token, status, body))
        owner._wake()

    def _answer(self, epoch: int, server: Server, action: Carry, fresh: bool) -> tuple[int, bytes]:
        connection = self._connection(epoch, server, fresh)
        headers = {
            "Authorization": f"Bearer {server.password}",
            "Content-Type": "application/octet-stream",
            "Prefer": f"wait={action.wait_s}",
        }
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(TIMEOUT_S + action.wait_s)
        path = f"/{server.path.strip('/')}/{self._owner._dev_eui}"
        connection.request("POST", path, action.data, headers)
        with connection.getresponse() as response:
            return response.status, response.read(LONGEST_ANSWER)

    def _connection(self, epoch: int, server: Server, fresh: bool) -> http.client.HTTPConnection:
        if self._kept is not None and self._kept[0] == epoch and not fresh:
            return self._kept[1]
        self._drop()
        connection: http.client.HTTPConnection
        if server.protocol == "https":
            context = self._owner._context
            connection = http.client.HTTPSConnection(
                server.host, server.port, timeout=TIMEOUT_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT_S)
        self._kept = (epoch, connection)
        return connection

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None
