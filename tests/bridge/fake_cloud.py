"""A cloud in memory that serves the contract over mutual TLS, and keeps every entry."""

import queue
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc

from farwire_contract.v1 import orders_pb2, orders_pb2_grpc, telemetry_pb2, telemetry_pb2_grpc
from farwire_contract.v1.telemetry_pb2 import Entry, Fate
from tests.bridge.certificates import Pair

ENDS = (Fate.FATE_FAILED, Fate.EXPIRED)


class Store:
    """What outlives a restart of the cloud: everything that it has answered as stored."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: list[Entry] = []
        self.records: dict[str, dict[int, telemetry_pb2.Record]] = defaultdict(dict)
        self.record_times: Counter[tuple[str, int, int]] = Counter()  # (dev_eui, number, time_ms)
        self.alarms: dict[str, dict[int, telemetry_pb2.Alarm]] = defaultdict(dict)
        self.bridges: set[str] = set()
        self.open_orders: dict[str, orders_pb2.Order] = {}

    def keep(self, entry: Entry) -> None:
        dev_eui = entry.device.dev_eui
        self.entries.append(entry)
        for record in entry.records.records:
            self.records[dev_eui].setdefault(record.number, record)
            self.record_times[dev_eui, record.number, record.time_ms] += 1
        for alarm in entry.alarms.alarms:
            self.alarms[dev_eui].setdefault(alarm.number, alarm)
        if entry.fate.fate in ENDS:
            self.open_orders.pop(entry.fate.order_id, None)

    def of(self, body: str) -> list[Entry]:
        """Return all entries with a body of this name, as often as they were delivered."""
        with self.lock:
            return [entry for entry in self.entries if entry.WhichOneof("body") == body]

    def fates(self, order_id: str) -> list[int]:
        """Return the fates of an order in the order in which they came."""
        return [entry.fate.fate for entry in self.of("fate") if entry.fate.order_id == order_id]


class FakeCloud(telemetry_pb2_grpc.TelemetryServicer, orders_pb2_grpc.OrdersServicer):
    """Serves a Store on 127.0.0.1; `before` may refuse or change what Deliver answers."""

    def __init__(self, store: Store, ca: bytes, pair: Pair, port: int = 0) -> None:
        self.store = store
        self.before: Callable[[Any, Any], Any] | None = None
        self.follows = 0
        self._streams: set[queue.SimpleQueue[orders_pb2.Order | None]] = set()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        telemetry_pb2_grpc.add_TelemetryServicer_to_server(self, self._server)
        orders_pb2_grpc.add_OrdersServicer_to_server(self, self._server)
        credentials = grpc.ssl_server_credentials(
            [(pair.key.read_bytes(), pair.cert.read_bytes())], ca, require_client_auth=True
        )
        self.port = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        for stream in list(self._streams):
            stream.put(None)
        self._server.stop(grace=None).wait()

    def order(self, order: orders_pb2.Order) -> None:
        """Open an order and hand it out."""
        with self.store.lock:
            self.store.open_orders[order.order_id] = order
        for stream in list(self._streams):
            stream.put(order)

    def Deliver(self, request: Any, context: Any) -> telemetry_pb2.DeliverResponse:
        if self.before is not None:
            answer = self.before(request, context)
            if answer is not None:
                return answer
        response = telemetry_pb2.DeliverResponse()
        wanted: dict[str, bool] = {}
        with self.store.lock:
            self.store.bridges.add(request.bridge_id)
            for entry in request.entries:
                self.store.keep(entry)
                response.results.add(id=entry.id, status=telemetry_pb2.STORED)
                if entry.HasField("records") or entry.HasField("alarms"):
                    asked = entry.records.acknowledgement_wanted or entry.HasField("alarms")
                    wanted[entry.device.dev_eui] = wanted.get(entry.device.dev_eui, False) or asked
            for dev_eui, asked in wanted.items():
                response.acknowledgements.append(self._acknowledgement(dev_eui, asked))
        return response

    def Follow(self, request: Any, context: Any) -> Iterator[orders_pb2.Order]:
        stream: queue.SimpleQueue[orders_pb2.Order | None] = queue.SimpleQueue()
        self.follows += 1
        context.add_callback(lambda: stream.put(None))
        with self.store.lock:
            for order in self.store.open_orders.values():
                stream.put(order)
            self._streams.add(stream)
        try:
            while (order := stream.get()) is not None:
                yield order
        finally:
            self._streams.discard(stream)

    def _acknowledgement(self, dev_eui: str, wanted: bool) -> telemetry_pb2.Acknowledgement:
        numbers = set(self.store.records[dev_eui])
        through = _run(numbers)
        above = bytearray((max(numbers, default=0) - through + 6) // 8 if numbers else 0)
        for number in numbers:
            if number > through + 1:
                bit = number - through - 2
                above[bit // 8] |= 1 << bit % 8
        return telemetry_pb2.Acknowledgement(
            dev_eui=dev_eui,
            through=through,
            stored_above=bytes(above),
            alarms_through=_run(set(self.store.alarms[dev_eui])),
            wanted=wanted or len(numbers) > through,
        )


def _run(numbers: set[int]) -> int:
    """Return the last number of the run that begins with 1."""
    last = 0
    while last + 1 in numbers:
        last += 1
    return last
