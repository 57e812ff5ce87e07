"""What the network server is told at its start. Defaults are ChirpStack 4's (region_*.toml, config.rs)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farwire_node.lorawan import regions


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """One `[[regions]]` entry of ChirpStack's configuration. Frequencies in Hz, delays in seconds."""

    id: str = "eu868"  # regionConfigId of the events
    common_name: str = "EU868"
    topic_prefix: str = "eu868"  # before gateway/...; "" for none
    rx1_delay_s: int = 1
    rx1_dr_offset: int = 0
    rx2_dr: int = 0
    rx2_frequency_hz: int = 869_525_000
    # What TxParamSetupReq sets where the region has it (AU915, AS923). ChirpStack's defaults are those of a
    # new session, so that it asks nothing, and devices keep the dwell time that they boot with.
    uplink_dwell_time_400ms: bool = False
    downlink_dwell_time_400ms: bool = False
    uplink_max_eirp_dbm: float = 0.0
    downlink_power_dbm: int | None = None  # EIRP; None: what the region allows
    gateway_prefer_min_margin_db: float = 10.0
    # Channels beside the region's own, DR0 to DR5: what the join-accept's CFList carries.
    extra_channels_hz: tuple[int, ...] = (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)
    # Indexes of the channels in use where channels are fixed (US915); empty: all.
    enabled_channels: tuple[int, ...] = ()


EU868 = RegionSettings()
US915_0 = RegionSettings(
    id="us915_0",
    common_name="US915",
    topic_prefix="us915_0",
    rx2_dr=8,
    rx2_frequency_hz=923_300_000,
    extra_channels_hz=(),
    enabled_channels=(0, 1, 2, 3, 4, 5, 6, 7, 64),
)

# ChirpStack's id of a region (region_*.toml), by the name in the node's tables; where channels are fixed, the
# id says which of them are in use.
REGION_IDS = {
    "EU868": "eu868",
    "US915": "us915_0",
    "AU915": "au915_0",
    "AS923-1": "as923",
    "AS923-2": "as923_2",
    "AS923-3": "as923_3",
    "AS923-4": "as923_4",
    "IN865": "in865",
    "KR920": "kr920",
    "RU864": "ru864",
    "EU433": "eu433",
    "CN470": "cn470_10",
}
_IN_USE = {"AU915": US915_0.enabled_channels, "CN470": tuple(range(80, 88))}


def region_settings(name: str) -> RegionSettings:
    """The usual settings of a region by its name in the node's tables; ConfigurationError for no region."""
    if name in ("EU868", "US915"):
        return EU868 if name == "EU868" else US915_0
    table: Any = regions.by_name(name)
    return RegionSettings(
        id=REGION_IDS[name],
        common_name="AS923" if name == "AS923-1" else name.replace("-", "_"),  # as ChirpStack's API has it
        topic_prefix=REGION_IDS[name],
        rx2_dr=table.rx2_dr,
        rx2_frequency_hz=table.rx2_freq_hz,
        extra_channels_hz=(),
        enabled_channels=_IN_USE.get(name, ()),
    )


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker of gateways and integration. Loopback and anonymous unless told otherwise."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    # ChirpStack speaks MQTT 5; amqtt, the embedded broker, speaks 3.1.1 only.
    protocol: str = "5"  # "5" or "3.1.1"
    share_name: str = "chirpstack"  # of the shared subscriptions, with MQTT 5
    gateway_qos: int = 0
    integration_qos: int = 0
    marshaler: str = "json"  # of events and commands: "json" or "protobuf"
    keep_alive_s: int = 30
    client_id: str = ""  # the integration's; "" for a random one


@dataclass(frozen=True, slots=True)
class NetworkServerSettings:
    """Everything that the network server needs; times in milliseconds."""

    api_token: str = field(repr=False)  # what `authorization: Bearer ...` must carry
    region: RegionSettings = EU868
    mqtt: MqttSettings | None = field(
        default_factory=MqttSettings
    )  # None: gateways and application are in process
    api_bind: str = "127.0.0.1:8080"  # "" for no gRPC API
    database: Path | None = None  # SQLite file; None: nothing outlives the process
    net_id: int = 0
    deduplication_delay_ms: int = 200
    get_downlink_data_delay_ms: int = 100
    seed: int | None = None  # of DevAddrs and gateway choice; None: from the system
