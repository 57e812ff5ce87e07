"""The gRPC server on chirpstack-api's servicers. What only ChirpStack can answers UNIMPLEMENTED."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from chirpstack_api import api

from farwire_twin.network_server.api import (
    applications,
    device_profiles,
    devices,
    gateways,
    summaries,
    tenants,
)
from farwire_twin.network_server.api.gate import Gate, Handler, Served
from farwire_twin.network_server.settings import NetworkServerSettings

WORKERS = 8  # calls at a time; each only waits for the world's thread
STOP_GRACE_S = 1.0
# Larger requests are refused by gRPC itself (RESOURCE_EXHAUSTED); nothing of the API comes near.
MAX_REQUEST_BYTES = 4 * 1024 * 1024

SERVICES: Mapping[str, Mapping[str, Handler]] = {
    "TenantService": tenants.METHODS,
    "ApplicationService": applications.METHODS,
    "DeviceProfileService": device_profiles.METHODS,
    "DeviceService": devices.METHODS,
    "GatewayService": gateways.METHODS,
    "InternalService": summaries.METHODS,
    "MulticastGroupService": {},
    "UserService": {},
    "RelayService": {},
    "FuotaService": {},
}


class ApiServer:
    """Listens on `settings.api_bind`."""

    def __init__(
        self, settings: NetworkServerSettings, served: Served, post: Callable[[Callable[[], None]], None]
    ) -> None:
        self.port = 0
        self._bind = settings.api_bind
        self._gate = Gate(served, post, settings.api_token)
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="chirpstack-api")
        options = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", MAX_REQUEST_BYTES))
        self._server = grpc.server(self._executor, options=options)
        for service, methods in SERVICES.items():
            base = getattr(api, f"{service}Servicer")
            add = getattr(api, f"add_{service}Servicer_to_server")
            add(_servicer(base, methods, self._gate), self._server)

    def start(self) -> None:
        """Listen. OSError when the address cannot be had."""
        try:
            self.port = self._server.add_insecure_port(self._bind)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {self._bind}: {error}") from error
        if self.port == 0:
            raise OSError(f"cannot listen on {self._bind}")
        self._server.start()

    def stop(self) -> None:
        """End all calls, and listen no more."""
        self._gate.close()
        self._server.stop(STOP_GRACE_S).wait()
        self._executor.shutdown()


def _servicer(base: Any, methods: Mapping[str, Handler], gate: Gate) -> Any:
    """An object of chirpstack-api's servicer class: `methods` through the gate, all others unimplemented."""
    members: dict[str, Any] = {}
    for name in (each for each in vars(base) if not each.startswith("_")):
        handler = methods.get(name)
        members[name] = _unimplemented(gate, name) if handler is None else _through(gate, handler)
    return type(base.__name__, (base,), members)()


def _through(gate: Gate, handler: Handler) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    return lambda _self, request, context: gate.call(handler, request, context)


def _unimplemented(gate: Gate, name: str) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    return lambda _self, _request, context: gate.not_supported(name, context)
