"""A gateway's stats: seen now, here, with these properties [chirpstack/src uplink/stats.rs]."""

from chirpstack_api import gw

from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.state import State


def handle(state: State, stats: gw.GatewayStats, now_ms: int) -> None:
    """Take a GatewayStats; RefusedError for an unknown gateway."""
    gateway = state.registry.gateways.get(stats.gateway_id)
    if gateway is None:
        raise RefusedError("stats of unknown gateway", gateway_id=stats.gateway_id)
    state.counters["gateway stats"] += 1
    gateway.last_seen_at_ms = now_ms
    gateway.properties = dict(stats.metadata) | {
        "region_config_id": state.region.settings.id,
        "region_common_name": state.region.settings.common_name,
    }
    at = stats.location
    if at.latitude or at.longitude or at.altitude:
        location = gateway.message.location
        location.latitude, location.longitude, location.altitude = at.latitude, at.longitude, at.altitude
    state.registry.touch("gateway", stats.gateway_id)
