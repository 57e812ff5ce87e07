"""The edge to the cloud: one gRPC channel with mutual TLS for deliveries and orders."""

from typing import Any

import grpc

from farwire_bridge.settings import Settings
from farwire_contract.v1.orders_pb2_grpc import OrdersStub
from farwire_contract.v1.telemetry_pb2_grpc import TelemetryStub

LONGEST_RECONNECT_MS = 10_000
"""gRPC's own pause before it connects again; ours (`retry_most_s`) decides how often we try."""


class Cloud:
    """The cloud's two services. Raises OSError when a certificate file cannot be read."""

    def __init__(self, settings: Settings) -> None:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=settings.cloud_ca.read_bytes(),
            private_key=settings.cloud_key.read_bytes(),
            certificate_chain=settings.cloud_cert.read_bytes(),
        )
        options = [("grpc.max_reconnect_backoff_ms", LONGEST_RECONNECT_MS)]
        self._channel = grpc.secure_channel(settings.cloud_address, credentials, options)
        self.telemetry: Any = TelemetryStub(self._channel)
        self.orders: Any = OrdersStub(self._channel)

    def close(self) -> None:
        """End all calls."""
        self._channel.close()
