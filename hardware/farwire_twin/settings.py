"""What the twin is told at its start; in a TOML file the table [twin], in the environment FARWIRE_TWIN_..."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from farwire_twin.network_server.settings import REGION_IDS


@dataclass(frozen=True, slots=True)
class TwinSettings:
    """A plant, its radio, its gateways, and the network server that they speak to. Raises ValueError."""

    # The plant
    nodes: int = 12
    gateways: int = 2
    seed: int = 1  # of everything random: places, noise, losses, keys
    replay: Path | None = None  # folder of CSV series to replay as sensors; none: physical models
    sampling_interval_s: int = 60
    reporting_interval_s: int = 300
    region: Literal[
        "EU868",
        "US915",
        "AU915",
        "AS923-1",
        "AS923-2",
        "AS923-3",
        "AS923-4",
        "IN865",
        "KR920",
        "RU864",
        "EU433",
        "CN470",
    ] = "EU868"
    device_class: Literal["A", "C"] = "A"  # C: nodes hear downlinks at any time
    loss: float = 0.0  # share of the frames that the air drops, in each direction
    radius_m: float = 600.0  # nodes stand within this of the middle

    # Time
    speed: float = 1.0  # virtual seconds a real second; 0: as fast as the machine can
    minutes: float = 0.0  # of virtual time to sample, then a quiet tail; 0: until stopped

    # The broker of gateways, network server and application
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str = ""
    mqtt_password: str = field(default="", repr=False)
    mqtt_protocol: Literal["3.1.1", "5"] = "3.1.1"  # of the embedded network server; amqtt knows only 3.1.1
    topic_prefix: str | None = None  # before gateway/...; none: the region's id, as ChirpStack has it
    marshaler: Literal["json", "protobuf"] = "json"  # of the embedded network server's events

    # The network server: the embedded one, or a ChirpStack that reads the same broker (then speed must be 1)
    network_server: Literal["embedded", "external"] = "embedded"
    api_bind: str = "127.0.0.1:8080"  # where the embedded one serves ChirpStack's gRPC API
    api_address: str = ""  # of an external one's API, where the plant is to be registered; "": it is already
    api_token: str = field(default="", repr=False)  # its API key; the embedded one accepts this and no other
    tenant_name: str = "Farwire"
    application_name: str = "Plant"

    # What stays: nodes' memories, network server, time, and truth.jsonl
    data: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        for name, low, high in (
            ("nodes", 1, 100_000),
            ("gateways", 1, 1000),
            ("sampling_interval_s", 1, 86_400),
            ("reporting_interval_s", 1, 604_800),
            ("loss", 0, 0.95),
            ("radius_m", 1, 100_000),
            ("speed", 0, 1e9),
            ("minutes", 0, 1e9),
            ("mqtt_port", 1, 65_535),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}, expected {low} to {high}")
        if self.network_server == "external" and self.speed != 1:
            raise ValueError(f"speed is {self.speed}, expected 1: an external network server is real")
        if self.network_server == "embedded" and not self.api_token:
            raise ValueError("api_token is empty, expected the token that the embedded API shall accept")

    @property
    def region_id(self) -> str:
        """ChirpStack's id of the region, which is also its usual topic prefix."""
        return REGION_IDS[self.region]

    @property
    def gateway_prefix(self) -> str:
        """The topic prefix in use."""
        return self.region_id if self.topic_prefix is None else self.topic_prefix
