"""Puts tenant, application, device-profile, gateways and devices into a ChirpStack, over its public gRPC API.

Works against the embedded network server and a real ChirpStack alike. What is there already stays as it is,
but for a root key that differs: a tenant, application or profile is found by its name, a gateway or device by
its EUI. Calling it again with more gateways or devices adds those.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from chirpstack_api import api, common

from farwire_twin.errors import TwinError

PAGE = 100  # of listings
CALL_TIMEOUT_S = 30.0


class ProvisioningError(TwinError):
    """What is there contradicts what is asked for."""


@dataclass(frozen=True, slots=True)
class ProfileToProvision:
    """A LoRaWAN 1.0.x OTAA device-profile."""

    name: str
    region: str = "EU868"  # as LoRaWAN names it
    region_config_id: str = ""  # "" for any of the region
    uplink_interval_s: int = 3_600
    device_status_a_day: int = 1  # how often a device is asked for battery and margin
    class_c: bool = False
    class_c_timeout_s: int = 10
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatewayToProvision:
    """A gateway by its 16 hex digits."""

    gateway_id: str
    name: str
    latitude: float = 0.0
    longitude: float = 0.0
    altitude_m: float = 0.0
    stats_interval_s: int = 30  # 0 would make it offline for ever


@dataclass(frozen=True, slots=True)
class DeviceToProvision:
    """A device by its 16 hex digits, with the AppKey of LoRaWAN 1.0.x in 32."""

    dev_eui: str
    name: str
    app_key: str = field(repr=False)
    join_eui: str = "0000000000000000"
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The ids under which things are found."""

    tenant_id: str
    application_id: str
    device_profile_id: str


class Provisioner:
    """One ChirpStack, reached through `channel` with an API token."""

    def __init__(self, channel: grpc.Channel, token: str) -> None:
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._tenants = api.TenantServiceStub(channel)
        self._applications = api.ApplicationServiceStub(channel)
        self._profiles = api.DeviceProfileServiceStub(channel)
        self._gateways = api.GatewayServiceStub(channel)
        self._devices = api.DeviceServiceStub(channel)

    def provision(
        self,
        *,
        tenant: str,
        application: str,
        profile: ProfileToProvision,
        gateways: Sequence[GatewayToProvision] = (),
        devices: Sequence[DeviceToProvision] = (),
    ) -> Provisioned:
        """See that all of these exist. ProvisioningError on a contradiction; grpc.RpcError from the API."""
        tenant_id = self.tenant(tenant)
        application_id = self.application(tenant_id, application)
        profile_id = self.profile(tenant_id, profile)
        for gateway in gateways:
            self.gateway(tenant_id, gateway)
        for device in devices:
            self.device(application_id, profile_id, device)
        return Provisioned(tenant_id, application_id, profile_id)

    def tenant(self, name: str) -> str:
        """The id of the tenant with this name, which may have gateways."""
        found = self._find(self._tenants.List, api.ListTenantsRequest(search=name), name)
        if found is not None:
            return str(found.id)
        message = api.Tenant(name=name, can_have_gateways=True)
        return str(self._call(self._tenants.Create, api.CreateTenantRequest(tenant=message)).id)

    def application(self, tenant_id: str, name: str) -> str:
        """The id of the tenant's application with this name."""
        request = api.ListApplicationsRequest(tenant_id=tenant_id, search=name)
        found = self._find(self._applications.List, request, name)
        if found is not None:
            return str(found.id)
        message = api.Application(name=name, tenant_id=tenant_id)
        created = self._call(self._applications.Create, api.CreateApplicationRequest(application=message))
        return str(created.id)

    def profile(self, tenant_id: str, wanted: ProfileToProvision) -> str:
        """The id of the tenant's device-profile with this name."""
        request = api.ListDeviceProfilesRequest(tenant_id=tenant_id, search=wanted.name)
        found = self._find(self._profiles.List, request, wanted.name)
        if found is not None:
            if found.region != common.Region.Value(wanted.region):
                raise ProvisioningError(f"device-profile {wanted.name!r} is not of region {wanted.region}")
            return str(found.id)
        message = api.DeviceProfile(
            name=wanted.name,
            tenant_id=tenant_id,
            region=common.Region.Value(wanted.region),
            region_config_id=wanted.region_config_id,
            mac_version=common.LORAWAN_1_0_4,
            reg_params_revision=common.RP002_1_0_4,
            adr_algorithm_id="default",
            payload_codec_runtime=api.NONE,
            uplink_interval=wanted.uplink_interval_s,
            device_status_req_interval=wanted.device_status_a_day,
            supports_otaa=True,
            supports_class_c=wanted.class_c,
            class_c_timeout=wanted.class_c_timeout_s if wanted.class_c else 0,
            # What is queued for a device must outlive its join: configuration would be lost silently.
            flush_queue_on_activate=False,
            tags=wanted.tags,
        )
        created = self._call(self._profiles.Create, api.CreateDeviceProfileRequest(device_profile=message))
        return str(created.id)

    def gateway(self, tenant_id: str, wanted: GatewayToProvision) -> None:
        """See that a gateway exists."""
        request = api.GetGatewayRequest(gateway_id=wanted.gateway_id)
        found = self._existing(self._gateways.Get, request)
        if found is not None:
            if found.gateway.tenant_id != tenant_id:
                raise ProvisioningError(f"gateway {wanted.gateway_id} belongs to another tenant")
            return
        location = common.Location(
            latitude=wanted.latitude, longitude=wanted.longitude, altitude=wanted.altitude_m
        )
        message = api.Gateway(
            gateway_id=wanted.gateway_id,
            name=wanted.name,
            tenant_id=tenant_id,
            location=location,
            stats_interval=wanted.stats_interval_s,
        )
        self._call(self._gateways.Create, api.CreateGatewayRequest(gateway=message))

    def device(self, application_id: str, profile_id: str, wanted: DeviceToProvision) -> None:
        """See that a device and its root key exist. The AppKey of LoRaWAN 1.0.x is ChirpStack's nwk_key."""
        found = self._existing(self._devices.Get, api.GetDeviceRequest(dev_eui=wanted.dev_eui))
        if found is None:
            message = api.Device(
                dev_eui=wanted.dev_eui,
                name=wanted.name,
                application_id=application_id,
                device_profile_id=profile_id,
                join_eui=wanted.join_eui,
                tags=wanted.tags,
            )
            self._call(self._devices.Create, api.CreateDeviceRequest(device=message))
        elif found.device.application_id != application_id:
            raise ProvisioningError(f"device {wanted.dev_eui} belongs to another application")
        keys = api.DeviceKeys(dev_eui=wanted.dev_eui, nwk_key=wanted.app_key)
        stored = self._existing(self._devices.GetKeys, api.GetDeviceKeysRequest(dev_eui=wanted.dev_eui))
        if stored is None:
            self._call(self._devices.CreateKeys, api.CreateDeviceKeysRequest(device_keys=keys))
        elif stored.device_keys.nwk_key != wanted.app_key.lower():
            self._call(self._devices.UpdateKeys, api.UpdateDeviceKeysRequest(device_keys=keys))

    def _find(self, method: Callable[..., Any], request: Any, name: str) -> Any:
        """The listed item with exactly this name, or None."""
        request.limit, request.offset = PAGE, 0
        while True:
            answer = self._call(method, request)
            for item in answer.result:
                if item.name == name:
                    return item
            request.offset += PAGE
            if request.offset >= answer.total_count:
                return None

    def _existing(self, method: Callable[..., Any], request: Any) -> Any:
        """The answer, or None for what does not exist."""
        try:
            return self._call(method, request)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        return method(request, metadata=self._metadata, timeout=CALL_TIMEOUT_S)
