"""TenantService [chirpstack api/tenant.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server.api.listing import matches, page
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError, NotSupportedError
from farwire_twin.network_server.identifiers import parse_uuid
from farwire_twin.network_server.records import Tenant
from farwire_twin.network_server.timestamps import to_timestamp


def create(core: NetworkCore, request: api.CreateTenantRequest, now_ms: int) -> api.CreateTenantResponse:
    """A new tenant."""
    message = _checked(request)
    message.id = core.state.new_uuid()
    core.state.registry.add_tenant(Tenant(message, now_ms, now_ms))
    return api.CreateTenantResponse(id=message.id)


def get(core: NetworkCore, request: api.GetTenantRequest, _now_ms: int) -> api.GetTenantResponse:
    """The tenant with this id."""
    tenant = core.state.registry.tenant(parse_uuid(request.id))
    return api.GetTenantResponse(
        tenant=tenant.message,
        created_at=to_timestamp(tenant.created_at_ms),
        updated_at=to_timestamp(tenant.updated_at_ms),
    )


def update(core: NetworkCore, request: api.UpdateTenantRequest, now_ms: int) -> Empty:
    """Replace what a tenant says."""
    message = _checked(request)
    message.id = parse_uuid(message.id)
    tenant = core.state.registry.tenant(message.id)
    tenant.message, tenant.updated_at_ms = message, now_ms
    core.state.registry.touch("tenant", message.id)
    return Empty()


def delete(core: NetworkCore, request: api.DeleteTenantRequest, _now_ms: int) -> Empty:
    """Delete a tenant with all that belongs to it."""
    core.state.registry.remove_tenant(parse_uuid(request.id))
    return Empty()


def list_tenants(core: NetworkCore, request: api.ListTenantsRequest, _now_ms: int) -> api.ListTenantsResponse:
    """Tenants by name."""
    if request.user_id:
        raise NotSupportedError("users")
    found = [
        each for each in core.state.registry.tenants.values() if matches(each.message.name, request.search)
    ]
    found.sort(key=lambda each: str(each.message.name))
    response = api.ListTenantsResponse(total_count=len(found))
    for tenant in page(found, request.limit, request.offset):
        message = tenant.message
        response.result.add(
            id=message.id,
            created_at=to_timestamp(tenant.created_at_ms),
            updated_at=to_timestamp(tenant.updated_at_ms),
            name=message.name,
            can_have_gateways=message.can_have_gateways,
            private_gateways_up=message.private_gateways_up,
            private_gateways_down=message.private_gateways_down,
            max_gateway_count=message.max_gateway_count,
            max_device_count=message.max_device_count,
        )
    return response


def _checked(request: Any) -> api.Tenant:
    if not request.HasField("tenant"):
        raise InvalidArgumentError("tenant is missing")
    if not request.tenant.name:
        raise InvalidArgumentError.validation("name is not set")
    if request.tenant.dev_addr_prefixes:
        raise NotSupportedError("DevAddr prefixes of tenants")
    message = api.Tenant()
    message.CopyFrom(request.tenant)
    return message


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Create": create,
    "Get": get,
    "Update": update,
    "Delete": delete,
    "List": list_tenants,
}
