"""An embedded network server that speaks ChirpStack 4's topics, events and gRPC API."""

from farwire_twin.network_server.backend import DirectBackend
from farwire_twin.network_server.server import NetworkServer
from farwire_twin.network_server.settings import (
    EU868,
    US915_0,
    MqttSettings,
    NetworkServerSettings,
    RegionSettings,
    region_settings,
)

__all__ = (
    "EU868",
    "US915_0",
    "DirectBackend",
    "MqttSettings",
    "NetworkServer",
    "NetworkServerSettings",
    "RegionSettings",
    "region_settings",
)
