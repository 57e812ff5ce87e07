"""The contract's two services over gRPC with mutual TLS; a shell around `Ingest` and `Book`."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc

from farwire_cloud.counters import Counters
from farwire_cloud.errors import CloudError, InvalidError, StartError, StoreUnavailableError
from farwire_cloud.ingest import bounds
from farwire_cloud.ingest.ingest import Ingest
from farwire_cloud.model import orders as model
from farwire_cloud.orders.book import Book
from farwire_contract.v1 import orders_pb2, orders_pb2_grpc, telemetry_pb2, telemetry_pb2_grpc

log = logging.getLogger("farwire.cloud.grpc")

CALL_THREADS = 16  # besides the streams: how many deliveries are under way at once
MOST_APPLICATIONS = 1000
STREAM_WAIT_S = 1.0  # how soon a stream notices that its bridge is gone
# A message over this is refused before it is read; up to it, by the contract's limit and with a reason.
LARGEST_MESSAGE = bounds.MOST_BYTES + 64 * 1024
OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),  # a taken port is an error, not a second server beside the first
    # Bridges ping through an idle stream to notice a dead connection (gRFC A8).
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


class Telemetry(telemetry_pb2_grpc.TelemetryServicer):
    """See telemetry.proto."""

    def __init__(self, ingest: Ingest, clock: Callable[[], int], counters: Counters) -> None:
        self._ingest = ingest
        self._clock = clock
        self._counters = counters

    def Deliver(self, request: telemetry_pb2.DeliverRequest, context: Any) -> telemetry_pb2.DeliverResponse:  # noqa: N802
        """Store a batch."""
        try:
            return self._ingest.deliver(request, self._clock())
        except InvalidError as error:
            self._counters.add("requests_refused")
            log.warning("request_refused", extra={"reason": str(error), "peer": context.peer()})
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except StoreUnavailableError as error:
            self._counters.add("deliveries_unavailable")
            log.warning("store_unavailable", extra={"reason": str(error)})
            _abort(context, grpc.StatusCode.UNAVAILABLE, "the store does not answer; deliver again")
        except CloudError as error:
            self._counters.add("deliveries_failed")
            log.exception("delivery_failed")
            _abort(context, grpc.StatusCode.INTERNAL, str(error))


class Orders(orders_pb2_grpc.OrdersServicer):
    """See orders.proto."""

    def __init__(self, book: Book, streams: int, counters: Counters) -> None:
        self._book = book
        self._streams = threading.BoundedSemaphore(streams)
        self._counters = counters

    def Follow(self, request: orders_pb2.FollowRequest, context: Any) -> Iterator[orders_pb2.Order]:  # noqa: N802
        """Hand out open orders."""
        try:
            bounds.matching("bridge_id", request.bridge_id, bounds.BRIDGE_ID, "1 to 64 of A-Z a-z 0-9 . _ -")
            bounds.at_most(
                "application_ids", len(request.application_ids), MOST_APPLICATIONS, "application ids"
            )
        except InvalidError as error:
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        if not self._streams.acquire(blocking=False):
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many bridges follow this copy's orders")
        log.info("bridge_follows", extra={"bridge_id": request.bridge_id, "peer": context.peer()})
        try:
            applications = frozenset(request.application_ids)
            for order in self._book.follow(applications, context.is_active, STREAM_WAIT_S):
                self._counters.add("orders_handed_out")
                yield order_message(order)
        except StoreUnavailableError:
            _abort(context, grpc.StatusCode.UNAVAILABLE, "the store does not answer; follow again")
        finally:
            self._streams.release()
            log.info("bridge_left", extra={"bridge_id": request.bridge_id})


def order_message(order: model.Order) -> orders_pb2.Order:
    """Return an order as the contract writes it."""
    message = orders_pb2.Order(
        order_id=order.order_id,
        dev_eui=order.dev_eui,
        created_ms=order.created_ms,
        expires_ms=order.expires_ms,
        confirmed=order.confirmed,
        attempts=order.attempts,
    )
    match order.body:
        case model.Configuration(document, hash_, base):
            message.configuration.document = document
            message.configuration.hash = hash_
            message.configuration.base = base
        case model.Command(number, action):
            message.command.number = number
            match action:
                case model.SetOutput(channel, value_x100):
                    message.command.set_output.channel = channel
                    message.command.set_output.value_x100 = value_x100
                case model.ReportState():
                    message.command.report_state.SetInParent()
                case model.Reboot():
                    message.command.reboot.SetInParent()
                case model.SendLog(kind, offset):
                    message.command.send_log.kind = kind
                    message.command.send_log.offset = offset
                case model.Erase(what):
                    message.command.erase.what = what
    return message


class GrpcServer:
    """The server of both services on one port."""

    def __init__(
        self,
        telemetry: Telemetry,
        orders: Orders,
        host: str,
        port: int,
        credentials: grpc.ServerCredentials,
        streams: int,
    ) -> None:
        pool = ThreadPoolExecutor(streams + CALL_THREADS, thread_name_prefix="grpc")
        self._server = grpc.server(pool, options=OPTIONS)
        telemetry_pb2_grpc.add_TelemetryServicer_to_server(telemetry, self._server)
        orders_pb2_grpc.add_OrdersServicer_to_server(orders, self._server)
        try:
            self.port: int = self._server.add_secure_port(f"{host}:{port}", credentials)
        except RuntimeError as error:
            raise StartError(f"grpc_port: {host}:{port} cannot be listened on: {error}") from error

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def stop(self, grace_s: float) -> None:
        """End: nothing new is taken, calls under way get `grace_s` to finish."""
        self._server.stop(grace_s).wait()


def credentials(authority_pem: bytes, certificate_pem: bytes, key_pem: bytes) -> grpc.ServerCredentials:
    """Return credentials that demand a client certificate which `authority_pem` signed."""
    return grpc.ssl_server_credentials(
        [(key_pem, certificate_pem)], root_certificates=authority_pem, require_client_auth=True
    )


def _abort(context: Any, code: grpc.StatusCode, detail: str) -> NoReturn:
    context.abort(code, detail)
    raise AssertionError("abort raises")
