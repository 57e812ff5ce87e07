"""The edge to nodes that come over HTTPS: `POST /{prefix}/{dev_eui}` with a frame, answered with downlinks.

A request is answered with 200 once its frame is on the disk; what is in the mailbox goes along, and for what
is about to come (the cloud's acknowledgement) the answer waits as long as the node asks for (`Prefer: wait`,
RFC 7240 §4.3), at most LONGEST_WAIT_S. Statuses: 400 no frame's length, 401 not this device's token, 404 no
such path, 413 too long, 503 not stored in time: come again.
"""

import http.server
import itertools
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

from farwire_bridge import ip_topics
from farwire_bridge.counters import Counters
from farwire_bridge.ip_mailbox import Mailbox
from farwire_bridge.ip_tokens import Tokens
from farwire_bridge.messages import HTTPS, MqttMessage
from farwire_bridge.settings import Settings
from farwire_codecs import ip_frame

LOG = logging.getLogger("farwire.bridge")

STORED_S = 10.0  # how long a request waits for the disk
LONGEST_WAIT_S = 30.0
SILENT_S = (
    75.0  # until a connection without a request is closed: longer than a node's usual pause between two
)
MOST_CONNECTIONS = 500  # each has a thread

_WAIT = re.compile(r"wait=(\d{1,4})")
_CLIENT_GONE = (ConnectionError, TimeoutError, ssl.SSLError)


class IpHttps:
    """The server; `deliver` gets frames as messages, and `acknowledge` is told when they are on the disk."""

    def __init__(
        self,
        settings: Settings,
        mailbox: Mailbox,
        deliver: Callable[[MqttMessage], None],
        counters: Counters,
        clock_ms: Callable[[], int],
    ) -> None:
        assert settings.ip_https_host is not None
        assert settings.ip_https_tokens is not None
        assert settings.ip_https_cert is not None
        self.settings = settings
        self.mailbox = mailbox
        self.counters = counters
        self.clock_ms = clock_ms
        self.tokens = Tokens(settings.ip_https_tokens)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.ip_https_cert, settings.ip_https_key)
        self._deliver = deliver
        self._numbers = itertools.count(1)
        self._waiting: dict[int, threading.Event] = {}
        self._server = _Server((settings.ip_https_host, settings.ip_https_port), context, self)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="farwire-bridge-https", daemon=True
        )

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def store(self, dev_eui: str, frame: bytes) -> bool:
        """Return whether a frame is on the disk, STORED_S later at the latest."""
        number = next(self._numbers)
        done = self._waiting[number] = threading.Event()
        topic = ip_topics.up(self.settings.ip_topic_prefix, dev_eui)
        self._deliver(MqttMessage(topic, frame, number, 0, HTTPS))
        stored = done.wait(STORED_S)
        self._waiting.pop(number, None)
        return stored

    def acknowledge(self, messages: Iterable[MqttMessage]) -> None:
        """Take that messages are on the disk."""
        for message in messages:
            done = self._waiting.get(message.mid)
            if done is not None:
                done.set()

    def close(self) -> None:
        """Serve no more; requests under way end by themselves."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, owner: IpHttps) -> None:
        self.owner = owner
        self._context = context
        self._room = threading.Semaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the handshake is made in the connection's own thread: no stranger holds up others."""
        connection, address = super().get_request()
        connection.settimeout(SILENT_S)
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or close it where there are too many."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what ended a connection, unless it is the client's doing."""
        LOG.debug("connection of an IP node ended", exc_info=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "farwire"
    sys_version = ""

    def do_POST(self) -> None:
        owner = self.server.owner
        status, dev_eui, length = self._judged()
        if status:
            self._answer(status, b"", close=True)
            return
        frame = self.rfile.read(length)
        if len(frame) < length:
            self.close_connection = True
            return
        if not owner.store(dev_eui, frame):
            self._answer(503, b"")
            return
        items = owner.mailbox.look(dev_eui, self._wait_s(), owner.clock_ms)
        self._answer(200, ip_frame.encode_several([item.data for item in items]))
        owner.mailbox.sent(items)

    def handle(self) -> None:
        """Serve the requests of a connection, until it ends."""
        try:
            super().handle()
        except _CLIENT_GONE:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing of each request: counters and the desk's own lines do."""

    def _judged(self) -> tuple[int, str, int]:
        """Return (status, dev_eui, length); a status of 0: good so far."""
        owner = self.server.owner
        match = re.fullmatch(f"/{re.escape(owner.settings.ip_topic_prefix)}/([0-9a-f]{{16}})", self.path)
        if match is None:
            return 404, "", 0
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not owner.tokens.allow(match.group(1), token.strip()):
            LOG.warning("an IP node's token is wrong", extra={"dev_eui": match.group(1)})
            return 401, "", 0
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or not int(length):
            return 400, "", 0
        if int(length) > ip_frame.LONGEST_UP:
            return 413, "", 0
        return 0, match.group(1), int(length)

    def _wait_s(self) -> float:
        match = _WAIT.search(self.headers.get("Prefer", ""))
        return min(float(match.group(1)), LONGEST_WAIT_S) if match else 0.0

    def _answer(self, status: int, body: bytes, close: bool = False) -> None:
        self.server.owner.counters.add("ip_requests" if status == 200 else "ip_requests_refused")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", "application/octet-stream")
        if close:  # what the body says is not read
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
