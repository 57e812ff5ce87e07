"""What the network server is told at its start. Defaults are ChirpStack 4's (region_*.toml, config.rs)."""

from dataclasses import dataclass, field
from pathlib import Path


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
