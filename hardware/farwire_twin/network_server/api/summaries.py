"""InternalService: how many are well [chirpstack api/internal.rs, storage/device.rs]."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api

from farwire_twin.network_server.api import gateways
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import NotSupportedError
from farwire_twin.network_server.identifiers import parse_uuid
from farwire_twin.network_server.records import Device
from farwire_twin.network_server.registry import Registry

# A device counts as active for one and a half of its uplink intervals.
ACTIVE_INTERVALS = 1.5


def devices_summary(
    core: NetworkCore, request: api.GetDevicesSummaryRequest, now_ms: int
) -> api.GetDevicesSummaryResponse:
    """A tenant's devices by liveness and data rate."""
    registry, tenant_id = core.state.registry, _tenant_id(request)
    devices = [
        device
        for device in registry.devices.values()
        if registry.application(device.message.application_id).message.tenant_id == tenant_id
    ]
    seen = [device for device in devices if device.last_seen_at_ms is not None]
    active = sum(1 for device in seen if _is_active(registry, device, now_ms))
    return api.GetDevicesSummaryResponse(
        active_count=active,
        inactive_count=len(seen) - active,
        never_seen_count=len(devices) - len(seen),
        dr_count=Counter(device.dr for device in devices if device.dr is not None),
    )


def gateways_summary(
    core: NetworkCore, request: api.GetGatewaysSummaryRequest, now_ms: int
) -> api.GetGatewaysSummaryResponse:
    """A tenant's gateways by liveness."""
    tenant_id = _tenant_id(request)
    count = Counter(
        gateways.state_of(gateway, now_ms)
        for gateway in core.state.registry.gateways.values()
        if gateway.message.tenant_id == tenant_id
    )
    return api.GetGatewaysSummaryResponse(
        online_count=count[api.ONLINE],
        offline_count=count[api.OFFLINE],
        never_seen_count=count[api.NEVER_SEEN],
    )


def _tenant_id(request: Any) -> str:
    if not request.tenant_id:
        raise NotSupportedError("summaries of all tenants")
    return parse_uuid(request.tenant_id)


def _is_active(registry: Registry, device: Device, now_ms: int) -> bool:
    interval_s = registry.device_profile(device.message.device_profile_id).message.uplink_interval
    return bool(now_ms - (device.last_seen_at_ms or 0) < interval_s * 1000 * ACTIVE_INTERVALS)


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "GetDevicesSummary": devices_summary,
    "GetGatewaysSummary": gateways_summary,
}
