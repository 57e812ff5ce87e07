"""GatewayService [chirpstack api/gateway.rs, storage/gateway.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server.api.listing import matches, page
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError, NotSupportedError
from farwire_twin.network_server.identifiers import parse_eui64, parse_uuid
from farwire_twin.network_server.records import Gateway
from farwire_twin.network_server.timestamps import to_timestamp

DEFAULT_PRIORITY = 10


def create(core: NetworkCore, request: api.CreateGatewayRequest, now_ms: int) -> Empty:
    """A new gateway of a tenant that may have some."""
    message = _message(request)
    message.tenant_id = parse_uuid(message.tenant_id)
    message.gateway_id = parse_eui64(message.gateway_id)
    message.downlink_priority = message.downlink_priority or DEFAULT_PRIORITY
    if not message.name:
        raise InvalidArgumentError.validation("name is not set")
    registry = core.state.registry
    tenant = registry.tenant(message.tenant_id).message
    if not tenant.can_have_gateways:
        raise InvalidArgumentError("Not allowed (Tenant can not have gateways)")
    own = sum(1 for each in registry.gateways.values() if each.message.tenant_id == tenant.id)
    if tenant.max_gateway_count and own >= tenant.max_gateway_count:
        raise InvalidArgumentError("Not allowed (Max number of gateways exceeded for tenant)")
    registry.add_gateway(Gateway(message, now_ms, now_ms))
    return Empty()


def get(core: NetworkCore, request: api.GetGatewayRequest, _now_ms: int) -> api.GetGatewayResponse:
    """The gateway with this id."""
    gateway = core.state.registry.gateway(parse_eui64(request.gateway_id))
    response = api.GetGatewayResponse(
        gateway=gateway.message,
        created_at=to_timestamp(gateway.created_at_ms),
        updated_at=to_timestamp(gateway.updated_at_ms),
    )
    response.gateway.location.SetInParent()
    response.gateway.metadata.clear()
    response.gateway.metadata.update(gateway.properties)
    if gateway.last_seen_at_ms is not None:
        response.last_seen_at.CopyFrom(to_timestamp(gateway.last_seen_at_ms))
    return response


def update(core: NetworkCore, request: api.UpdateGatewayRequest, now_ms: int) -> Empty:
    """Replace what a gateway says; the tenant stays."""
    message = _message(request)
    message.gateway_id = parse_eui64(message.gateway_id)
    if not message.name:
        raise InvalidArgumentError.validation("name is not set")
    if not message.downlink_priority:
        raise InvalidArgumentError.validation("downlink_priority must be > 0")
    gateway = core.state.registry.gateway(message.gateway_id)
    message.tenant_id = gateway.message.tenant_id
    gateway.message, gateway.updated_at_ms = message, now_ms
    core.state.registry.touch("gateway", message.gateway_id)
    return Empty()


def delete(core: NetworkCore, request: api.DeleteGatewayRequest, _now_ms: int) -> Empty:
    """Delete a gateway."""
    core.state.registry.remove_gateway(parse_eui64(request.gateway_id))
    return Empty()


def list_gateways(
    core: NetworkCore, request: api.ListGatewaysRequest, now_ms: int
) -> api.ListGatewaysResponse:
    """Gateways, of one tenant or all, in the order asked for."""
    if request.multicast_group_id:
        raise NotSupportedError("multicast groups")
    tenant_id = parse_uuid(request.tenant_id) if request.tenant_id else None
    found = [
        each
        for each in core.state.registry.gateways.values()
        if tenant_id in (None, each.message.tenant_id) and matches(each.message.name, request.search)
    ]
    found.sort(key=lambda each: _order(each, request.order_by), reverse=request.order_by_desc)
    response = api.ListGatewaysResponse(total_count=len(found))
    for gateway in page(found, request.limit, request.offset):
        message = gateway.message
        item = response.result.add(
            tenant_id=message.tenant_id,
            gateway_id=message.gateway_id,
            name=message.name,
            description=message.description,
            location=message.location,
            properties=gateway.properties,
            created_at=to_timestamp(gateway.created_at_ms),
            updated_at=to_timestamp(gateway.updated_at_ms),
            state=state_of(gateway, now_ms),
            downlink_priority=message.downlink_priority,
        )
        if gateway.last_seen_at_ms is not None:
            item.last_seen_at.CopyFrom(to_timestamp(gateway.last_seen_at_ms))
    return response


def state_of(gateway: Gateway, now_ms: int) -> int:
    """Offline when silent for more than two stats intervals."""
    if gateway.last_seen_at_ms is None:
        return int(api.NEVER_SEEN)
    silent_ms = now_ms - gateway.last_seen_at_ms
    return int(api.OFFLINE if silent_ms > gateway.message.stats_interval * 2_000 else api.ONLINE)


def _message(request: Any) -> api.Gateway:
    if not request.HasField("gateway"):
        raise InvalidArgumentError("gateway is missing")
    message = api.Gateway()
    message.CopyFrom(request.gateway)
    return message


def _order(gateway: Gateway, order_by: int) -> tuple[int | str, str]:
    message = gateway.message
    if order_by == api.ListGatewaysRequest.GATEWAY_ID:
        return message.gateway_id, ""
    if order_by == api.ListGatewaysRequest.LAST_SEEN_AT:
        return gateway.last_seen_at_ms or 0, message.name
    return message.name, ""


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Create": create,
    "Get": get,
    "Update": update,
    "Delete": delete,
    "List": list_gateways,
}
