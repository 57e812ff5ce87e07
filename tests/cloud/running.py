"""The whole service, running: real gRPC with mutual TLS, real HTTP, over a real engine or the fake store."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx

from farwire_cloud import certificates
from farwire_cloud.service import Service, utc_ms
from farwire_cloud.settings import CloudSettings
from farwire_cloud.store.table import Table
from farwire_contract.v1 import orders_pb2, orders_pb2_grpc, telemetry_pb2, telemetry_pb2_grpc
from tests.cloud.examples import request

ADMIN_KEY = "test-admin-key-0123456789"
API = "/api/v1"


@dataclass
class Running:
    """A running copy and its two kinds of clients."""

    service: Service
    folder: Path
    api: httpx.Client  # with the admin's key

    def channel(self, **changes: Any) -> grpc.Channel:
        """A gRPC channel as a bridge opens it; `changes` replace its three PEMs."""
        pems: dict[str, Any] = {
            "root_certificates": (self.folder / certificates.AUTHORITY).read_bytes(),
            "private_key": (self.folder / certificates.CLIENT_KEY).read_bytes(),
            "certificate_chain": (self.folder / certificates.CLIENT).read_bytes(),
            **changes,
        }
        address = f"127.0.0.1:{self.service.grpc_port}"
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(**pems))

    def deliver(self, *entries: telemetry_pb2.Entry) -> telemetry_pb2.DeliverResponse:
        """One Deliver on a channel of its own."""
        with self.channel() as channel:
            stub = telemetry_pb2_grpc.TelemetryStub(channel)
            answer: telemetry_pb2.DeliverResponse = stub.Deliver(request(*entries), timeout=20)
            return answer

    @contextlib.contextmanager
    def follow(self, *application_ids: str) -> Iterator[Any]:
        """An order stream; iterate it, it ends with the context."""
        with self.channel() as channel:
            stub = orders_pb2_grpc.OrdersStub(channel)
            wanted = orders_pb2.FollowRequest(bridge_id="bridge-1", application_ids=application_ids)
            stream = stub.Follow(wanted, timeout=60)
            try:
                yield stream
            finally:
                stream.cancel()

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.api.get(API + path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def running(
    table: Table, folder: Path, clock: Callable[[], int] = utc_ms, **changes: Any
) -> Iterator[Running]:
    """The service over `table`, with certificates in `folder`, on free ports."""
    certificates.make_certificates(folder)
    settings = CloudSettings(
        **{
            "tls_folder": folder,
            "grpc_port": 0,
            "http_port": 0,
            "bootstrap_key": ADMIN_KEY,
            "view_interval_s": 0.05,
            "orders_interval_s": 0.1,
            **changes,
        }
    )
    service = Service(settings, table, clock)
    service.start()
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{service.http_port}", headers=headers, timeout=20
        ) as api:
            yield Running(service, folder, api)
    finally:
        service.stop()


def eventually(true: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until `true()` is; AssertionError when it never is."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
