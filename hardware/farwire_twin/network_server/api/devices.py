"""DeviceService: devices and their root keys [chirpstack api/device.rs, storage/device.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server.api import activation, queue
from farwire_twin.network_server.api.listing import has_tags, matches, page
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import ConstraintError, InvalidArgumentError, NotSupportedError
from farwire_twin.network_server.identifiers import parse_eui64, parse_key, parse_uuid
from farwire_twin.network_server.records import Device, DeviceKeys
from farwire_twin.network_server.registry import Registry
from farwire_twin.network_server.timestamps import to_timestamp


def create(core: NetworkCore, request: api.CreateDeviceRequest, now_ms: int) -> Empty:
    """A new device of an application."""
    message = _message(request)
    registry = core.state.registry
    if message.application_id not in registry.applications:
        raise ConstraintError("Record not found")
    tenant = registry.tenant(registry.application(message.application_id).message.tenant_id).message
    if tenant.max_device_count and _devices_of(registry, tenant.id) >= tenant.max_device_count:
        raise InvalidArgumentError("Not allowed (Max number of devices exceeded for tenant)")
    registry.add_device(Device(message, now_ms, now_ms))
    return Empty()


def get(core: NetworkCore, request: api.GetDeviceRequest, _now_ms: int) -> api.GetDeviceResponse:
    """The device with this EUI."""
    device = core.state.registry.device(parse_eui64(request.dev_eui))
    response = api.GetDeviceResponse(
        device=device.message,
        created_at=to_timestamp(device.created_at_ms),
        updated_at=to_timestamp(device.updated_at_ms),
        device_status=_status(device),
        class_enabled=device.enabled_class,
    )
    if device.last_seen_at_ms is not None:
        response.last_seen_at.CopyFrom(to_timestamp(device.last_seen_at_ms))
    return response


def update(core: NetworkCore, request: api.UpdateDeviceRequest, now_ms: int) -> Empty:
    """Replace what a device says, its application and profile included."""
    message = _message(request)
    if not message.name:
        raise InvalidArgumentError.validation("name is not set")
    registry = core.state.registry
    device = registry.device(message.dev_eui)
    registry.check_device_references(message.application_id, message.device_profile_id)
    device.message, device.updated_at_ms = message, now_ms
    registry.touch("device", message.dev_eui)
    return Empty()


def delete(core: NetworkCore, request: api.DeleteDeviceRequest, _now_ms: int) -> Empty:
    """Delete a device with keys and queue."""
    core.state.registry.remove_device(parse_eui64(request.dev_eui))
    return Empty()


def list_devices(core: NetworkCore, request: api.ListDevicesRequest, _now_ms: int) -> api.ListDevicesResponse:
    """An application's devices, in the order asked for."""
    application_id = parse_uuid(request.application_id)
    profile_id = parse_uuid(request.device_profile_id) if request.device_profile_id else None
    if request.multicast_group_id:
        raise NotSupportedError("multicast groups")
    registry = core.state.registry
    found = [
        device
        for device in registry.devices.values()
        if device.message.application_id == application_id
        and profile_id in (None, device.message.device_profile_id)
        and matches(device.message.name, request.search)
        and has_tags(device.message.tags.items(), request.tags.items())
    ]
    found.sort(key=lambda each: _order(registry, each, request.order_by), reverse=request.order_by_desc)
    response = api.ListDevicesResponse(total_count=len(found))
    for device in page(found, request.limit, request.offset):
        message = device.message
        item = response.result.add(
            dev_eui=message.dev_eui,
            created_at=to_timestamp(device.created_at_ms),
            updated_at=to_timestamp(device.updated_at_ms),
            name=message.name,
            description=message.description,
            device_profile_id=message.device_profile_id,
            device_profile_name=_profile_name(registry, device),
            device_status=_status(device),
            tags=message.tags,
        )
        if device.last_seen_at_ms is not None:
            item.last_seen_at.CopyFrom(to_timestamp(device.last_seen_at_ms))
    return response


def create_keys(core: NetworkCore, request: api.CreateDeviceKeysRequest, now_ms: int) -> Empty:
    """The root keys of a device that has none."""
    core.state.registry.add_keys(_keys(request, now_ms))
    return Empty()


def get_keys(core: NetworkCore, request: api.GetDeviceKeysRequest, _now_ms: int) -> api.GetDeviceKeysResponse:
    """The root keys of a device."""
    keys = core.state.registry.keys(parse_eui64(request.dev_eui))
    return api.GetDeviceKeysResponse(
        device_keys=api.DeviceKeys(
            dev_eui=keys.dev_eui,
            nwk_key=keys.nwk_key.hex(),
            app_key=keys.app_key.hex(),
            gen_app_key=keys.gen_app_key.hex(),
        ),
        created_at=to_timestamp(keys.created_at_ms),
        updated_at=to_timestamp(keys.updated_at_ms),
    )


def update_keys(core: NetworkCore, request: api.UpdateDeviceKeysRequest, now_ms: int) -> Empty:
    """Replace root keys; the nonces stay."""
    new = _keys(request, now_ms)
    keys = core.state.registry.keys(new.dev_eui)
    keys.nwk_key, keys.app_key, keys.gen_app_key = new.nwk_key, new.app_key, new.gen_app_key
    keys.updated_at_ms = now_ms
    core.state.registry.touch("device_keys", keys.dev_eui)
    return Empty()


def delete_keys(core: NetworkCore, request: api.DeleteDeviceKeysRequest, _now_ms: int) -> Empty:
    """Delete root keys with their nonces."""
    core.state.registry.remove_keys(parse_eui64(request.dev_eui))
    return Empty()


def flush_dev_nonces(core: NetworkCore, request: api.FlushDevNoncesRequest, _now_ms: int) -> Empty:
    """Forget which DevNonces were used."""
    keys = core.state.registry.keys(parse_eui64(request.dev_eui))
    keys.dev_nonces.clear()
    core.state.registry.touch("device_keys", keys.dev_eui)
    return Empty()


def _message(request: Any) -> api.Device:
    if not request.HasField("device"):
        raise InvalidArgumentError("device is missing")
    message = api.Device()
    message.CopyFrom(request.device)
    message.dev_eui = parse_eui64(message.dev_eui)
    message.application_id = parse_uuid(message.application_id)
    message.device_profile_id = parse_uuid(message.device_profile_id)
    message.join_eui = parse_eui64(message.join_eui)
    return message


def _keys(request: Any, now_ms: int) -> DeviceKeys:
    if not request.HasField("device_keys"):
        raise InvalidArgumentError("device_keys is missing")
    message = request.device_keys
    return DeviceKeys(
        dev_eui=parse_eui64(message.dev_eui),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        nwk_key=parse_key(message.nwk_key),
        app_key=parse_key(message.app_key),
        gen_app_key=parse_key(message.gen_app_key),
    )


def _status(device: Device) -> api.DeviceStatus | None:
    if device.margin_db is None:
        return None
    return api.DeviceStatus(
        margin=device.margin_db,
        external_power_source=device.external_power,
        battery_level=-1.0 if device.battery_percent is None else device.battery_percent,
    )


def _devices_of(registry: Registry, tenant_id: str) -> int:
    return sum(
        1
        for device in registry.devices.values()
        if registry.application(device.message.application_id).message.tenant_id == tenant_id
    )


def _profile_name(registry: Registry, device: Device) -> str:
    return str(registry.device_profile(device.message.device_profile_id).message.name)


def _order(registry: Registry, device: Device, order_by: int) -> tuple[int | str, str]:
    if order_by == api.ListDevicesRequest.DEV_EUI:
        return device.dev_eui, ""
    if order_by == api.ListDevicesRequest.LAST_SEEN_AT:
        return device.last_seen_at_ms or 0, device.message.name
    if order_by == api.ListDevicesRequest.DEVICE_PROFILE_NAME:
        return _profile_name(registry, device), ""
    return device.message.name, ""


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Create": create,
    "Get": get,
    "Update": update,
    "Delete": delete,
    "List": list_devices,
    "CreateKeys": create_keys,
    "GetKeys": get_keys,
    "UpdateKeys": update_keys,
    "DeleteKeys": delete_keys,
    "FlushDevNonces": flush_dev_nonces,
    **activation.METHODS,
    **queue.METHODS,
}
