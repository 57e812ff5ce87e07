"""ApplicationService [chirpstack api/application.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server.api.listing import matches, page
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError
from farwire_twin.network_server.identifiers import parse_uuid
from farwire_twin.network_server.records import Application
from farwire_twin.network_server.timestamps import to_timestamp


def create(
    core: NetworkCore, request: api.CreateApplicationRequest, now_ms: int
) -> api.CreateApplicationResponse:
    """A new application of a tenant."""
    message = _checked(request)
    message.id, message.tenant_id = core.state.new_uuid(), parse_uuid(message.tenant_id)
    core.state.registry.add_application(Application(message, now_ms, now_ms))
    return api.CreateApplicationResponse(id=message.id)


def get(core: NetworkCore, request: api.GetApplicationRequest, _now_ms: int) -> api.GetApplicationResponse:
    """The application with this id."""
    application = core.state.registry.application(parse_uuid(request.id))
    return api.GetApplicationResponse(
        application=application.message,
        created_at=to_timestamp(application.created_at_ms),
        updated_at=to_timestamp(application.updated_at_ms),
    )


def update(core: NetworkCore, request: api.UpdateApplicationRequest, now_ms: int) -> Empty:
    """Replace name, description and tags; the tenant stays."""
    message = _checked(request)
    application = core.state.registry.application(parse_uuid(message.id))
    message.id, message.tenant_id = application.message.id, application.message.tenant_id
    application.message, application.updated_at_ms = message, now_ms
    core.state.registry.touch("application", message.id)
    return Empty()


def delete(core: NetworkCore, request: api.DeleteApplicationRequest, _now_ms: int) -> Empty:
    """Delete an application with its devices."""
    core.state.registry.remove_application(parse_uuid(request.id))
    return Empty()


def list_applications(
    core: NetworkCore, request: api.ListApplicationsRequest, _now_ms: int
) -> api.ListApplicationsResponse:
    """A tenant's applications by name."""
    tenant_id = parse_uuid(request.tenant_id)
    found = [
        each
        for each in core.state.registry.applications.values()
        if each.message.tenant_id == tenant_id and matches(each.message.name, request.search)
    ]
    found.sort(key=lambda each: str(each.message.name))
    response = api.ListApplicationsResponse(total_count=len(found))
    for application in page(found, request.limit, request.offset):
        response.result.add(
            id=application.message.id,
            created_at=to_timestamp(application.created_at_ms),
            updated_at=to_timestamp(application.updated_at_ms),
            name=application.message.name,
            description=application.message.description,
        )
    return response


def list_integrations(
    _core: NetworkCore, request: api.ListIntegrationsRequest, _now_ms: int
) -> api.ListIntegrationsResponse:
    """The global MQTT integration, the only one here."""
    parse_uuid(request.application_id)
    return api.ListIntegrationsResponse(
        total_count=1, result=[api.IntegrationListItem(kind=api.IntegrationKind.MQTT_GLOBAL)]
    )


def _checked(request: Any) -> api.Application:
    if not request.HasField("application"):
        raise InvalidArgumentError("application is missing")
    if not request.application.name:
        raise InvalidArgumentError.validation("name is not set")
    message = api.Application()
    message.CopyFrom(request.application)
    return message


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Create": create,
    "Get": get,
    "Update": update,
    "Delete": delete,
    "List": list_applications,
    "ListIntegrations": list_integrations,
}
