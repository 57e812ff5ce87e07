"""The objects of the network server by key, with the references and cascades of ChirpStack's schema.

Every change is noted in `touched`, for the storage to write.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from farwire_twin.network_server.errors import ConstraintError, NotFoundError
from farwire_twin.network_server.records import (
    Application,
    Device,
    DeviceKeys,
    DeviceProfile,
    Gateway,
    QueueItem,
    Record,
    Tenant,
)

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Owners:
    """A device with all that it belongs to."""

    tenant: Tenant
    application: Application
    profile: DeviceProfile
    device: Device


class Registry:
    """All objects. Getters raise NotFoundError, adders ConstraintError."""

    def __init__(self) -> None:
        self.tenants: dict[str, Tenant] = {}
        self.applications: dict[str, Application] = {}
        self.device_profiles: dict[str, DeviceProfile] = {}
        self.gateways: dict[str, Gateway] = {}
        self.devices: dict[str, Device] = {}
        self.device_keys: dict[str, DeviceKeys] = {}
        self.queue_items: dict[str, QueueItem] = {}
        self.touched: set[tuple[str, str]] = set()
        self._queues: defaultdict[str, list[QueueItem]] = defaultdict(list)
        self._by_dev_addr: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._dev_addr_of: dict[str, int] = {}
        self._order = 0

    # --- reading

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant with this id."""
        return _found(self.tenants, tenant_id)

    def application(self, application_id: str) -> Application:
        """The application with this id."""
        return _found(self.applications, application_id)

    def device_profile(self, profile_id: str) -> DeviceProfile:
        """The device-profile with this id."""
        return _found(self.device_profiles, profile_id)

    def gateway(self, gateway_id: str) -> Gateway:
        """The gateway with this id."""
        return _found(self.gateways, gateway_id)

    def device(self, dev_eui: str) -> Device:
        """The device with this EUI."""
        return _found(self.devices, dev_eui)

    def keys(self, dev_eui: str) -> DeviceKeys:
        """The root keys of the device with this EUI."""
        return _found(self.device_keys, dev_eui)

    def queue_item(self, item_id: str) -> QueueItem:
        """The queue item with this id."""
        return _found(self.queue_items, item_id)

    def owners(self, dev_eui: str) -> Owners:
        """The device with tenant, application and profile."""
        device = self.device(dev_eui)
        application = self.application(device.message.application_id)
        return Owners(
            tenant=self.tenant(application.message.tenant_id),
            application=application,
            profile=self.device_profile(device.message.device_profile_id),
            device=device,
        )

    def queue(self, dev_eui: str) -> list[QueueItem]:
        """The device's queue, oldest first (empty for an unknown device)."""
        return list(self._queues.get(dev_eui, ()))

    def queued(self) -> list[str]:
        """EUIs of the devices with a queue that is not empty."""
        return list(self._queues)

    def devices_at(self, dev_addr: int) -> list[Device]:
        """The devices whose session has this DevAddr."""
        return [self.devices[dev_eui] for dev_eui in self._by_dev_addr.get(dev_addr, ())]

    # --- adding and changing

    def add_tenant(self, tenant: Tenant) -> None:
        """Keep a new tenant."""
        self.tenants[tenant.message.id] = tenant
        self.touch("tenant", tenant.message.id)

    def add_application(self, application: Application) -> None:
        """Keep a new application of a known tenant."""
        _refers(self.tenants, application.message.tenant_id)
        self.applications[application.message.id] = application
        self.touch("application", application.message.id)

    def add_device_profile(self, profile: DeviceProfile) -> None:
        """Keep a new device-profile of a known tenant."""
        _refers(self.tenants, profile.message.tenant_id)
        self.device_profiles[profile.message.id] = profile
        self.touch("device_profile", profile.message.id)

    def add_gateway(self, gateway: Gateway) -> None:
        """Keep a new gateway of a known tenant."""
        _free(self.gateways, gateway.message.gateway_id, "gateway.gateway_id")
        _refers(self.tenants, gateway.message.tenant_id)
        self.gateways[gateway.message.gateway_id] = gateway
        self.touch("gateway", gateway.message.gateway_id)

    def add_device(self, device: Device) -> None:
        """Keep a new device of a known application and profile."""
        _free(self.devices, device.dev_eui, "device.dev_eui")
        self.check_device_references(device.message.application_id, device.message.device_profile_id)
        self.devices[device.dev_eui] = device
        self._index_dev_addr(device)
        self.touch("device", device.dev_eui)

    def check_device_references(self, application_id: str, profile_id: str) -> None:
        """ConstraintError unless both exist."""
        _refers(self.applications, application_id)
        _refers(self.device_profiles, profile_id)

    def add_keys(self, keys: DeviceKeys) -> None:
        """Keep the root keys of a known device."""
        _free(self.device_keys, keys.dev_eui, "device_keys.dev_eui")
        _refers(self.devices, keys.dev_eui)
        self.device_keys[keys.dev_eui] = keys
        self.touch("device_keys", keys.dev_eui)

    def add_queue_item(self, item: QueueItem) -> None:
        """Append to a known device's queue; an id that is in use is refused."""
        _free(self.queue_items, item.id, "device_queue_item.id")
        _refers(self.devices, item.dev_eui)
        self._order += 1
        item.order = self._order
        self.queue_items[item.id] = item
        self._queues[item.dev_eui].append(item)
        self.touch("queue_item", item.id)

    def set_session(self, device: Device) -> None:
        """Take note of a device whose session was set, replaced or removed."""
        before = self._dev_addr_of.pop(device.dev_eui, None)
        if before is not None:
            del self._by_dev_addr[before][device.dev_eui]
            if not self._by_dev_addr[before]:
                del self._by_dev_addr[before]
        self._index_dev_addr(device)
        self.touch("device", device.dev_eui)

    def touch(self, kind: str, key: str) -> None:
        """Note that this object is new, changed or gone."""
        self.touched.add((kind, key))

    # --- removing

    def remove_tenant(self, tenant_id: str) -> None:
        """Delete a tenant with all that belongs to it."""
        del self.tenants[self.tenant(tenant_id).message.id]
        self.touch("tenant", tenant_id)
        for key, application in list(self.applications.items()):
            if application.message.tenant_id == tenant_id:
                self.remove_application(key)
        for key, profile in list(self.device_profiles.items()):
            if profile.message.tenant_id == tenant_id:
                self.remove_device_profile(key)
        for key, gateway in list(self.gateways.items()):
            if gateway.message.tenant_id == tenant_id:
                self.remove_gateway(key)

    def remove_application(self, application_id: str) -> None:
        """Delete an application with its devices."""
        del self.applications[self.application(application_id).message.id]
        self.touch("application", application_id)
        self._remove_devices(application_id=application_id)

    def remove_device_profile(self, profile_id: str) -> None:
        """Delete a device-profile with its devices."""
        del self.device_profiles[self.device_profile(profile_id).message.id]
        self.touch("device_profile", profile_id)
        self._remove_devices(profile_id=profile_id)

    def remove_gateway(self, gateway_id: str) -> None:
        """Delete a gateway."""
        del self.gateways[self.gateway(gateway_id).message.gateway_id]
        self.touch("gateway", gateway_id)

    def remove_device(self, dev_eui: str) -> None:
        """Delete a device with keys and queue."""
        device = self.device(dev_eui)
        device.session = None
        self.set_session(device)
        del self.devices[dev_eui]
        if dev_eui in self.device_keys:
            self.remove_keys(dev_eui)
        for item in self.queue(dev_eui):
            self.remove_queue_item(item.id)

    def remove_keys(self, dev_eui: str) -> None:
        """Delete a device's root keys."""
        del self.device_keys[self.keys(dev_eui).dev_eui]
        self.touch("device_keys", dev_eui)

    def remove_queue_item(self, item_id: str) -> QueueItem:
        """Delete one item, and return it."""
        item = self.queue_item(item_id)
        del self.queue_items[item_id]
        self._queues[item.dev_eui].remove(item)
        if not self._queues[item.dev_eui]:
            del self._queues[item.dev_eui]
        self.touch("queue_item", item_id)
        return item

    def _index_dev_addr(self, device: Device) -> None:
        if device.session is not None:
            self._by_dev_addr[device.session.dev_addr][device.dev_eui] = None
            self._dev_addr_of[device.dev_eui] = device.session.dev_addr

    def _remove_devices(self, application_id: str | None = None, profile_id: str | None = None) -> None:
        for dev_eui, device in list(self.devices.items()):
            if (
                application_id == device.message.application_id
                or profile_id == device.message.device_profile_id
            ):
                self.remove_device(dev_eui)

    # --- restoring

    def restore(self, records: list[Record]) -> None:
        """Take over what was stored, in any order."""
        for record in records:
            match record:
                case Tenant(message=message):
                    self.tenants[message.id] = record
                case Application(message=message):
                    self.applications[message.id] = record
                case DeviceProfile(message=message):
                    self.device_profiles[message.id] = record
                case Gateway(message=message):
                    self.gateways[message.gateway_id] = record
                case Device():
                    self.devices[record.dev_eui] = record
                    self._index_dev_addr(record)
                case DeviceKeys():
                    self.device_keys[record.dev_eui] = record
                case QueueItem():
                    self.queue_items[record.id] = record
        for item in sorted(self.queue_items.values(), key=lambda each: each.order):
            self._queues[item.dev_eui].append(item)
            self._order = max(self._order, item.order)


def _found(objects: Mapping[str, Kept], key: str) -> Kept:
    if key not in objects:
        raise NotFoundError(key)
    return objects[key]


def _free(objects: Mapping[str, object], key: str, column: str) -> None:
    if key in objects:
        raise ConstraintError.taken(column)


def _refers(objects: Mapping[str, object], key: str) -> None:
    if key not in objects:
        raise ConstraintError.dangling()
