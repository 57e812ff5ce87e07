"""Checks that joins and data uplinks share [chirpstack/src uplink/mod.rs]."""

from chirpstack_api import common

from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.records import UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State


def add_locations(state: State, uplink: UplinkSet) -> None:
    """Fill in where the gateways are that did not say so themselves."""
    for each in uplink.rx_info:
        gateway = state.registry.gateways.get(each.gateway_id)
        if gateway is not None and not each.HasField("location"):
            at = gateway.message.location
            each.location.CopyFrom(
                common.Location(latitude=at.latitude, longitude=at.longitude, altitude=at.altitude)
            )


def check_region(state: State, owners: Owners) -> None:
    """RefusedError unless the device's profile is of this region."""
    if owners.profile.message.region != common.Region.Value(state.region.settings.common_name):
        raise RefusedError("device profile of another region", dev_eui=owners.device.dev_eui)


def keep_gateways_of(state: State, owners: Owners, uplink: UplinkSet) -> None:
    """Drop what gateways heard that are unknown or private to others; RefusedError if none is left."""
    uplink.rx_info = [each for each in uplink.rx_info if _may_hear(state, owners, each.gateway_id)]
    if not uplink.rx_info:
        raise RefusedError("no usable gateway", dev_eui=owners.device.dev_eui)


def _may_hear(state: State, owners: Owners, gateway_id: str) -> bool:
    gateway = state.registry.gateways.get(gateway_id)
    if gateway is None:
        return False
    tenant_id = gateway.message.tenant_id
    return (
        tenant_id == owners.tenant.message.id
        or not state.registry.tenant(tenant_id).message.private_gateways_up
    )
