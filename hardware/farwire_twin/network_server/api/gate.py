"""From a gRPC thread into the world's and back, with ChirpStack's errors [api/error.rs, api/auth]."""

import hmac
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NoReturn, Protocol

import grpc

from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import (
    InvalidArgumentError,
    NetworkServerError,
    NotFoundError,
    NotSupportedError,
)

BEARER = "Bearer "
POLL_S = 0.2  # how soon a waiting call notices that the server ends

Handler = Callable[[NetworkCore, Any, int], Any]


class Served(Protocol):
    """The network server, as the API sees it; to be touched in the world's thread only."""

    core: NetworkCore

    def now_ms(self) -> int:
        """UTC ms of now."""
        ...

    def settle(self) -> None:
        """Do what a change asks for."""
        ...


class Gate:
    """Lets calls with the right token through, one after the other."""

    def __init__(self, served: Served, post: Callable[[Callable[[], None]], None], token: str) -> None:
        self._served = served
        self._post = post
        self._token = token.encode()
        self._closed = threading.Event()

    def close(self) -> None:
        """Let nobody wait any more: the world has ended."""
        self._closed.set()

    def call(self, handler: Handler, request: Any, context: grpc.ServicerContext) -> Any:
        """The handler's answer, or the status that its error stands for."""
        self.check(context)
        future: Future[Any] = Future()

        def ask() -> None:
            core, now_ms = self._served.core, self._served.now_ms()
            try:
                answer = handler(core, request, now_ms)
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                future.set_exception(error)
                return
            core.queue_changed(now_ms)
            self._served.settle()
            future.set_result(answer)

        self._post(ask)
        while True:
            try:
                return future.result(POLL_S)
            except TimeoutError:
                if self._closed.is_set():
                    _abort(context, grpc.StatusCode.UNAVAILABLE, "the network server has ended")
            except NetworkServerError as error:
                _abort(context, _status_of(error), str(error))

    def check(self, context: grpc.ServicerContext) -> None:
        """Abort a call without the right token."""
        given = dict(context.invocation_metadata()).get("authorization")
        if given is None:
            _abort(context, grpc.StatusCode.UNAUTHENTICATED, "no authorization provided")
        if not given.startswith(BEARER):
            message = "authorization metadata must be in format 'Bearer <TOKEN>"
            _abort(context, grpc.StatusCode.UNAUTHENTICATED, message)
        if not hmac.compare_digest(given.removeprefix(BEARER).encode(), self._token):
            _abort(context, grpc.StatusCode.UNAUTHENTICATED, "InvalidToken")

    def not_supported(self, method: str, context: grpc.ServicerContext) -> NoReturn:
        """Say so."""
        self.check(context)
        _abort(context, grpc.StatusCode.UNIMPLEMENTED, f"{method} is not part of the embedded network server")


def _status_of(error: NetworkServerError) -> grpc.StatusCode:
    if isinstance(error, NotFoundError):
        return grpc.StatusCode.NOT_FOUND
    if isinstance(error, InvalidArgumentError):
        return grpc.StatusCode.INVALID_ARGUMENT
    if isinstance(error, NotSupportedError):
        return grpc.StatusCode.UNIMPLEMENTED
    return grpc.StatusCode.INTERNAL


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, details: str) -> NoReturn:
    context.abort(code, details)
    raise AssertionError("abort returned")
