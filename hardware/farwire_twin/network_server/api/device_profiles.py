"""DeviceProfileService [chirpstack api/device_profile.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api, common
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server.api.listing import matches, page
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError, NotSupportedError
from farwire_twin.network_server.identifiers import parse_uuid
from farwire_twin.network_server.records import DeviceProfile
from farwire_twin.network_server.timestamps import to_timestamp

MAX_RX1_DELAY_S = 15


def create(
    core: NetworkCore, request: api.CreateDeviceProfileRequest, now_ms: int
) -> api.CreateDeviceProfileResponse:
    """A new device-profile of a tenant."""
    message = _checked(request)
    message.id, message.tenant_id = core.state.new_uuid(), parse_uuid(message.tenant_id)
    core.state.registry.add_device_profile(DeviceProfile(message, now_ms, now_ms))
    return api.CreateDeviceProfileResponse(id=message.id)


def get(
    core: NetworkCore, request: api.GetDeviceProfileRequest, _now_ms: int
) -> api.GetDeviceProfileResponse:
    """The device-profile with this id."""
    profile = core.state.registry.device_profile(parse_uuid(request.id))
    return api.GetDeviceProfileResponse(
        device_profile=profile.message,
        created_at=to_timestamp(profile.created_at_ms),
        updated_at=to_timestamp(profile.updated_at_ms),
    )


def update(core: NetworkCore, request: api.UpdateDeviceProfileRequest, now_ms: int) -> Empty:
    """Replace a device-profile; the tenant stays."""
    message = _checked(request)
    profile = core.state.registry.device_profile(parse_uuid(message.id))
    message.id, message.tenant_id = profile.message.id, profile.message.tenant_id
    profile.message, profile.updated_at_ms = message, now_ms
    core.state.registry.touch("device_profile", message.id)
    return Empty()


def delete(core: NetworkCore, request: api.DeleteDeviceProfileRequest, _now_ms: int) -> Empty:
    """Delete a device-profile with its devices."""
    core.state.registry.remove_device_profile(parse_uuid(request.id))
    return Empty()


def list_profiles(
    core: NetworkCore, request: api.ListDeviceProfilesRequest, _now_ms: int
) -> api.ListDeviceProfilesResponse:
    """Device-profiles by name; there are no global ones here."""
    tenant_id = parse_uuid(request.tenant_id) if request.tenant_id else None
    found = [
        each
        for each in core.state.registry.device_profiles.values()
        if not request.global_only
        and tenant_id in (None, each.message.tenant_id)
        and matches(each.message.name, request.search)
    ]
    found.sort(key=lambda each: str(each.message.name))
    response = api.ListDeviceProfilesResponse(total_count=len(found))
    for profile in page(found, request.limit, request.offset):
        message = profile.message
        response.result.add(
            id=message.id,
            created_at=to_timestamp(profile.created_at_ms),
            updated_at=to_timestamp(profile.updated_at_ms),
            name=message.name,
            region=message.region,
            mac_version=message.mac_version,
            reg_params_revision=message.reg_params_revision,
            supports_otaa=message.supports_otaa,
            supports_class_b=message.supports_class_b,
            supports_class_c=message.supports_class_c,
        )
    return response


def _checked(request: Any) -> api.DeviceProfile:
    if not request.HasField("device_profile"):
        raise InvalidArgumentError("device_profile is missing")
    message = api.DeviceProfile()
    message.CopyFrom(request.device_profile)
    if not message.name:
        raise InvalidArgumentError.validation("name is not set")
    if message.rx1_delay > MAX_RX1_DELAY_S:
        raise InvalidArgumentError.validation("RX1 Delay must be between 0 - 15")
    for asked, what in (
        (message.mac_version == common.LORAWAN_1_1_0, "LoRaWAN 1.1"),
        (message.supports_class_b, "class B"),
        (message.is_relay or message.is_relay_ed, "relays"),
        (message.payload_codec_runtime == api.JS, "JavaScript codecs"),
    ):
        if asked:
            raise NotSupportedError(what)
    return message


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Create": create,
    "Get": get,
    "Update": update,
    "Delete": delete,
    "List": list_profiles,
}
