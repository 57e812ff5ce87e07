"""Around every request: the size of its body is bounded, and its outcome is counted. Plain ASGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from farwire_cloud.counters import Counters
from farwire_cloud.rest.errors import answer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 64 * 1024  # a configuration of 128 settings is a tenth of it


class Limits:
    """Refuses larger bodies before anything reads them, declared or not, and counts answers by status."""

    def __init__(self, app: App, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counters.add(f"http_{message['status'] // 100}xx")
            await send(message)

        body = await _body(scope, receive)
        if body is None:
            refusal = answer(413, f"the body is over {LARGEST_BODY} bytes", headers={"Connection": "close"})
            await refusal(scope, receive, counted)
            return
        await self._app(scope, _replay(body, receive), counted)


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the whole body, None if it is too large."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > LARGEST_BODY:
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body  # the client is gone
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives `body` once, then whatever comes (the disconnect)."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
