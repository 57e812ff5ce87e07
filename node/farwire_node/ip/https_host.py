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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from farwire_node.ip.carrier import Carrier, Carry, Close, Open
from farwire_node.ip.https_board import EMPTY, OK, TIMEOUT_S, answered
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.servers import Server, Turns

LONGEST_ANSWER = 65_536  # bytes; a server has a frame or two
AT_ONCE = 3  # an asking, a frame, an alarm


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
        self._connections = threading.local()
        self._all: list[http.client.HTTPConnection] = []  # of all threads, for the end
        self._threads = ThreadPoolExecutor(AT_ONCE, "farwire-node-https")
        self._happened: queue.SimpleQueue[tuple[int, int, int, bytes]] = queue.SimpleQueue()

    def do(self, action: Open | Carry | Close, now_ms: int) -> None:
        """Begin an action."""
        if isinstance(action, Carry):
            if self._server is not None:
                self._threads.submit(self._post, self._epoch, self._server, action)
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
        self._threads.shutdown(wait=True, cancel_futures=True)
        for connection in self._all:
            connection.close()

    def _give_up(self) -> None:
        """End the requests under way: their answers count no more."""
        self._epoch += 1
        self._server = None
        for connection in list(self._all):
            sock = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):  # it is gone already
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _post(self, epoch: int, server: Server, action: Carry) -> None:
        status, body = 0, b""
        for fresh in (False, True):  # a connection that was kept may have been closed at the other end
            try:
                if epoch != self._epoch:
                    return
                status, body = self._answer(epoch, server, action, fresh)
                break
            except TimeoutError:
                break
            except (OSError, http.client.HTTPException):
                continue
        self._happened.put((epoch, action.token, status, body))
        self._wake()

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
        connection.request("POST", f"/{server.path.strip('/')}/{self._dev_eui}", action.data, headers)
        with connection.getresponse() as response:
            return response.status, response.read(LONGEST_ANSWER)

    def _connection(self, epoch: int, server: Server, fresh: bool) -> http.client.HTTPConnection:
        kept: tuple[int, http.client.HTTPConnection] | None = getattr(self._connections, "kept", None)
        if kept is not None and kept[0] == epoch and not fresh:
            return kept[1]
        if kept is not None:
            kept[1].close()
            self._all.remove(kept[1])
        connection: http.client.HTTPConnection
        if server.protocol == "https":
            connection = http.client.HTTPSConnection(
                server.host, server.port, timeout=TIMEOUT_S, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT_S)
        self._connections.kept = (epoch, connection)
        self._all.append(connection)
        return connection
