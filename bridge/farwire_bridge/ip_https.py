"""The edge to nodes that come over HTTPS: `POST /{prefix}/{dev_eui}` with a frame, answered with downlinks.

A request is answered once its frame is on the disk: with 200 and what the mailbox has, else with 204. For
what is to come the answer waits as long as the node asks for (`Prefer: wait`, RFC 7240 §4.3), at most
LONGEST_WAIT_S; of several requests of a device that wait the newest one is answered. Statuses: 400 no
frame's length, 401 not this device's token, 404 no such path, 413 too long, 503 not stored in time: come
again.

One thread serves all connections: a node that waits costs a socket and no thread.
"""

import asyncio
import itertools
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from farwire_bridge import ip_http, ip_topics
from farwire_bridge.counters import Counters
from farwire_bridge.ip_http import BadHeadError, Head
from farwire_bridge.ip_items import Item
from farwire_bridge.ip_mailbox import Mailbox
from farwire_bridge.ip_tokens import Tokens
from farwire_bridge.messages import HTTPS, MqttMessage
from farwire_bridge.settings import Settings
from farwire_codecs import ip_frame
from farwire_codecs.errors import CodecError

LOG = logging.getLogger("farwire.bridge")

STORED_S = 10.0  # how long a request waits for the disk
LONGEST_WAIT_S = 30.0
SILENT_S = 75.0  # until a connection without a request is closed: more than a node's usual pause
STEP_S = 15.0  # for the TLS handshake, a first request, a body, an answer to be taken
MOST_CONNECTIONS = 800  # paho waits with select(2), which takes descriptors below 1024 only
MOST_WAITING = 4  # requests of a device
WARN_AGAIN_S = 10.0  # between two log lines of wrong tokens: strangers must not fill the disk
ACCEPT_AGAIN_S = 0.2  # after an error: descriptors may be used up

_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?=$|[,;\s])")


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
        self._prefix = settings.ip_topic_prefix
        self._mailbox = mailbox
        self._deliver = deliver
        self._counters = counters
        self._clock_ms = clock_ms
        self._tokens = Tokens(settings.ip_https_tokens)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(settings.ip_https_cert, settings.ip_https_key)
        self._numbers = itertools.count(1)
        self._storing: dict[int, asyncio.Future[None]] = {}
        self._waiting: dict[str, list[asyncio.Future[bool]]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._warned_s = float("-inf")
        family = socket.AF_INET6 if ":" in settings.ip_https_host else socket.AF_INET
        address = settings.ip_https_host, settings.ip_https_port
        self._listener = socket.create_server(address, family=family, backlog=512)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="farwire-bridge-https", daemon=True)
        mailbox.changed = lambda dev_eui: self._soon(self._changed, dev_eui)

    def start(self) -> None:
        """Serve from now on."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def acknowledge(self, messages: Iterable[MqttMessage]) -> None:
        """Take that messages are on the disk."""
        self._soon(self._stored, [message.mid for message in messages])

    def close(self) -> None:
        """Serve no more; nodes whose requests are under way come again."""
        self._soon(self._ending.set)
        if self._thread.is_alive():
            self._thread.join(STEP_S)
        self._listener.close()

    # -- from other threads to the server's own --

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(call, *arguments)
            except RuntimeError:
                return  # the server has ended

    def _stored(self, numbers: list[int]) -> None:
        for number in numbers:
            future = self._storing.get(number)
            if future is not None and not future.done():
                future.set_result(None)

    def _changed(self, dev_eui: str) -> None:
        """Have the newest request that waits look into the mailbox."""
        for waiter in reversed(self._waiting.get(dev_eui, [])):
            if not waiter.done():
                waiter.set_result(True)
                return

    # -- the server's thread --

    def _run(self) -> None:
        assert self._loop is not None
        try:
            self._loop.run_until_complete(self._serve())
        except Exception:
            LOG.exception("the server of IP nodes ended")
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        accepting = asyncio.ensure_future(self._accept())
        await self._ending.wait()
        tasks = [accepting, *self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            if len(self._connections) >= MOST_CONNECTIONS:
                connection.close()
                continue
            task = loop.create_task(self._converse(connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _converse(self, connection: socket.socket) -> None:
        """Serve the requests of a connection, until it ends."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=ip_http.LONGEST_HEAD, loop=loop)
        protocol = _Protocol(reader, loop=loop)
        transport: asyncio.Transport | None = None
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self._tls, ssl_handshake_timeout=STEP_S
            )
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            patience_s = STEP_S
            while await self._request(reader, writer, protocol.gone, patience_s):
                patience_s = SILENT_S
            writer.close()
            await asyncio.wait({protocol.gone}, timeout=1.0)  # for the last answer to be taken
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            LOG.debug("connection of an IP node ended", exc_info=True)  # the client's doing
        except Exception:
            LOG.exception("connection of an IP node failed")
        finally:
            if transport is not None:
                transport.abort()
            else:
                connection.close()

    async def _request(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        gone: "asyncio.Future[None]",
        patience_s: float,
    ) -> bool:
        """Serve one request; return whether another one may follow."""
        data = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience_s)
        try:
            head = ip_http.parse(data)
        except BadHeadError:
            return await self._answer(writer, 400, b"", False)
        status, dev_eui = self._judged(head)
        if status:  # what the body says is not read
            return await self._answer(writer, status, b"", False)
        if head.fields.get("expect", "").lower() == "100-continue":
            writer.write(ip_http.CONTINUE)
        frame = await asyncio.wait_for(reader.readexactly(head.length or 0), STEP_S)
        self._note_heard(dev_eui, frame)
        if not await self._store(dev_eui, frame):
            return await self._answer(writer, 503, b"", head.keeps)
        items = await self._downlinks(dev_eui, _wait_s(head), gone)
        if writer.is_closing():
            self._mailbox.put_back(items)
            return False
        body = ip_frame.encode_several([item.data for item in items])
        self._write(writer, 200 if items else 204, body, head.keeps)
        self._mailbox.sent(items)
        await asyncio.wait_for(writer.drain(), STEP_S)
        return head.keeps

    def _judged(self, head: Head) -> tuple[int, str]:
        """Return (status, dev_eui); a status of 0: good so far."""
        if head.method != "POST":
            return 501, ""
        match = re.fullmatch(f"/{re.escape(self._prefix)}/([0-9a-f]{{16}})", head.target)
        if match is None:
            return 404, ""
        dev_eui = match.group(1)
        scheme, _, token = head.fields.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.allow(dev_eui, token.strip()):
            if time.monotonic() >= self._warned_s + WARN_AGAIN_S:
                self._warned_s = time.monotonic()
                LOG.warning("an IP node's token is wrong", extra={"dev_eui": dev_eui})
            return 401, ""
        if not head.length:
            return 400, ""
        return (413, "") if head.length > ip_frame.LONGEST_UP else (0, dev_eui)

    def _note_heard(self, dev_eui: str, frame: bytes) -> None:
        try:
            self._mailbox.heard(dev_eui, ip_frame.decode_up(frame).heard)
        except CodecError:
            return  # it is stored all the same, as what it is

    async def _store(self, dev_eui: str, frame: bytes) -> bool:
        """Return whether a frame is on the disk, STORED_S later at the latest."""
        number = next(self._numbers)
        done = self._storing[number] = asyncio.get_running_loop().create_future()
        self._deliver(MqttMessage(ip_topics.up(self._prefix, dev_eui), frame, number, 0, HTTPS))
        try:
            await asyncio.wait({done}, timeout=STORED_S)
        finally:
            del self._storing[number]
        return done.done()

    async def _downlinks(self, dev_eui: str, wait_s: float, gone: "asyncio.Future[None]") -> list[Item]:
        """Return a device's next downlinks as soon as there are some, none after `wait_s`."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + wait_s
        while True:
            items = self._mailbox.take(dev_eui, self._clock_ms())
            if items or loop.time() >= end_s:
                return items
            waiter: asyncio.Future[bool] = loop.create_future()
            either: tuple[asyncio.Future[Any], ...] = (waiter, gone)
            of_device = self._waiting.setdefault(dev_eui, [])
            of_device.append(waiter)
            if len(of_device) > MOST_WAITING and not of_device[0].done():
                of_device[0].set_result(False)
            try:
                await asyncio.wait(either, timeout=end_s - loop.time(), return_when=asyncio.FIRST_COMPLETED)
            finally:
                of_device.remove(waiter)
                if not of_device:
                    self._waiting.pop(dev_eui, None)
            if gone.done():
                if waiter.done():
                    self._changed(dev_eui)  # for another one
                raise ConnectionResetError("the node went while it waited")
            if waiter.done() and not waiter.result():
                return []

    async def _answer(self, writer: asyncio.StreamWriter, status: int, body: bytes, keeps: bool) -> bool:
        """Write an answer; return whether another request may follow."""
        self._write(writer, status, body, keeps)
        await asyncio.wait_for(writer.drain(), STEP_S)
        return keeps

    def _write(self, writer: asyncio.StreamWriter, status: int, body: bytes, keeps: bool) -> None:
        self._counters.add("ip_requests" if status in (200, 204) else "ip_requests_refused")
        writer.write(ip_http.answer(status, body, keeps))


class _Protocol(asyncio.StreamReaderProtocol):
    """A stream; `gone` is done when the connection is lost."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reader, loop=loop)
        self.gone: asyncio.Future[None] = loop.create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that the connection is lost."""
        super().connection_lost(exc)
        if not self.gone.done():
            self.gone.set_result(None)


def _wait_s(head: Head) -> float:
    match = _WAIT.search(head.fields.get("prefer", ""))
    return min(float(match.group(1)), LONGEST_WAIT_S) if match else 0.0
