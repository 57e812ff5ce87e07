"""Settings of the bridge. Every one has a default except the certificates and the spool's file."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from farwire_codecs.lpp_profiles import PROFILES


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the neighbours are, and the bounds of what the bridge keeps and waits for."""

    spool_path: Path
    """SQLite file with everything that must survive a restart, on a local disk; its folder must exist."""
    cloud_ca: Path
    """PEM file: the authority that signed the cloud's certificate."""
    cloud_cert: Path
    """PEM file: this bridge's certificate, shown to the cloud."""
    cloud_key: Path
    """PEM file: the key of `cloud_cert`."""
    cloud_address: str = "127.0.0.1:7443"
    """host:port of the cloud's gRPC service."""

    bridge_id: str = "bridge-1"
    """This bridge's name at the cloud and at the broker; 1 to 64 of A-Z a-z 0-9 . _ - and never two alike."""

    mqtt_host: str = "127.0.0.1"
    """The broker that ChirpStack publishes its events to."""
    mqtt_port: int = 1883
    """The broker's port."""
    mqtt_protocol: Literal["5", "3.1.1"] = "5"
    """MQTT version. With 3.1.1 the broker alone decides how long it keeps the session."""
    mqtt_username: str | None = None
    """User at the broker, if it asks for one."""
    mqtt_password: str | None = field(default=None, repr=False)
    """Password at the broker."""
    mqtt_ca: Path | None = None
    """PEM file: the authority that signed the broker's certificate. Set: TLS is used."""
    mqtt_cert: Path | None = None
    """PEM file: client certificate for the broker, with `mqtt_key`."""
    mqtt_key: Path | None = None
    """PEM file: the key of `mqtt_cert`."""
    mqtt_keep_alive_s: int = 30
    """How soon a dead connection to the broker is noticed."""
    mqtt_session_expiry_s: int = 7 * 86_400
    """How long the broker keeps events for a bridge that is away."""
    mqtt_receive_maximum: int = 500
    """How many unacknowledged messages the broker may send at once; a transaction holds no more."""
    mqtt_shared_group: str = ""
    """Set: the subscription is shared with the other bridges of this group."""
    applications: tuple[str, ...] = ()
    """ChirpStack's application ids to serve; empty: all that the broker lets us read."""

    chirpstack_address: str = "127.0.0.1:8080"
    """host:port of ChirpStack's gRPC API."""
    chirpstack_token: str = field(default="", repr=False)
    """API key of ChirpStack."""
    chirpstack_tls: bool = False
    """Whether the API speaks TLS."""
    chirpstack_ca: Path | None = None
    """PEM file: the authority of the API's certificate, if it is not a public one."""
    chirpstack_timeout_s: float = 5.0
    """After this long a call to the API counts as lost, and the queue is looked at."""
    publish_schemas: bool = True
    """Whether devices' channel tables are put into their variable `farwire_schema`, so that ChirpStack's UI
    shows history batches as values. The API key must be allowed to update devices."""

    spool_limit: int = 1_000_000
    """Entries (about 400 bytes each) in the spool above which MQTT messages are left with the broker."""
    batch_entries: int = 500
    """Entries in one request to the cloud, at most; the contract allows 500."""
    delivery_lanes: int = 2
    """Requests to the cloud under way at once; a device's entries always go the same lane, in order."""
    delivery_timeout_s: float = 20.0
    """After this long a request to the cloud counts as failed and is repeated."""
    retry_least_s: float = 0.2
    """First pause after a failure of a neighbour; doubles with each further one, with jitter."""
    retry_most_s: float = 30.0
    """Longest pause after a failure."""
    orders_refresh_s: float = 300.0
    """How often the stream of orders is opened anew: a dead connection cannot stay unnoticed longer."""

    codecs: dict[str, Path] = field(default_factory=dict)
    """Vendors' codec files (TS013) by ChirpStack device profile name, or by the value of a device's tag
    `farwire_codec`, which comes first. Such a device's frames are read by that file, whatever their FPort."""
    lpp_profiles: dict[str, str] = field(default_factory=dict)
    """Vendors' Cayenne LPP types (`farwire_codecs.lpp_profiles.PROFILES`) by device profile name; a device's
    tag `farwire_lpp_profile` comes first."""
    lpp_padded: tuple[str, ...] = ()
    """Names of device profiles whose LPP frames end with zero bytes that mean nothing; a device's tag
    `farwire_lpp_padded` (`true` or `false`) comes first."""

    ip_mqtt_host: str | None = None
    """The broker of nodes that speak MQTT themselves; None: there are none. It may be the one above."""
    ip_mqtt_port: int = 8883
    """That broker's port."""
    ip_mqtt_username: str | None = None
    """User at that broker: may read every node's `up` and write every node's `down`."""
    ip_mqtt_password: str | None = field(default=None, repr=False)
    """Password at that broker."""
    ip_mqtt_ca: Path | None = None
    """PEM file: the authority that signed that broker's certificate. Set: TLS is used."""
    ip_mqtt_cert: Path | None = None
    """PEM file: client certificate for that broker, with `ip_mqtt_key`."""
    ip_mqtt_key: Path | None = None
    """PEM file: the key of `ip_mqtt_cert`."""
    ip_topic_prefix: str = "farwire"
    """First part of these nodes' topics, `farwire/<DevEUI>/up` and `/down`, and of their URLs,
    `/farwire/<DevEUI>`."""
    ip_https_host: str | None = None
    """Address to serve nodes over HTTPS on; None: there are none."""
    ip_https_port: int = 8443
    """Port to serve them on."""
    ip_https_cert: Path | None = None
    """PEM file: the certificate shown to them."""
    ip_https_key: Path | None = None
    """PEM file: the key of `ip_https_cert`."""
    ip_https_tokens: Path | None = None
    """File with a line for each of these nodes: its DevEUI and the SHA-256 of its token."""
    ip_application: str = "ip"
    """Application id that nodes over MQTT and HTTPS have at the cloud."""

    answer_uplinks: int = 3
    """Uplinks of a node without its answer after which a sent order counts as lost on the radio."""
    mac_reserve_bytes: int = 15
    """Kept free of each downlink for MAC commands (FOpts, LoRaWAN 1.0.3 §4.3.1.6: at most 15 bytes)."""
    time_late_limit_s: int = 86_400
    """How long before the network server heard a frame a gateway may claim to have heard it."""
    time_early_limit_s: int = 5
    """How long after the network server heard a frame a gateway may claim to have heard it."""
    log_every_s: float = 60.0
    """How often the counters are logged as one line."""

    def __post_init__(self) -> None:
        """Raise ValueError for values that could not work."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", self.bridge_id):
            raise ValueError(f"bridge_id is {self.bridge_id!r}, expected 1 to 64 of A-Z a-z 0-9 . _ -")
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} is {value}, expected {least} to {most}")
        for name in ("cloud_address", "chirpstack_address"):
            if not re.fullmatch(r".+:\d{1,5}", getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected host:port")
        for cert, key in (("mqtt_cert", "mqtt_key"), ("ip_mqtt_cert", "ip_mqtt_key")):
            if (getattr(self, cert) is None) != (getattr(self, key) is None):
                raise ValueError(f"{cert} and {key} belong together; one of them is not set")
        for name in ("ip_https_cert", "ip_https_key", "ip_https_tokens"):
            if self.ip_https_host is not None and getattr(self, name) is None:
                raise ValueError(f"{name} is not set, expected a file because ip_https_host is set")
        for name, profile in self.lpp_profiles.items():
            if profile not in PROFILES:
                raise ValueError(
                    f"lpp_profiles: {name!r} has {profile!r}, expected one of {', '.join(PROFILES)}"
                )
        for text in (*self.applications, self.mqtt_shared_group, self.ip_topic_prefix):
            if re.search(r"[/+#]", text):
                raise ValueError(f"{text!r} holds a character that MQTT topics reserve: / + #")


_RANGES = (
    ("mqtt_port", 1, 65_535),
    ("ip_mqtt_port", 1, 65_535),
    ("ip_https_port", 0, 65_535),
    ("mqtt_keep_alive_s", 5, 65_535),
    ("mqtt_session_expiry_s", 60, 0xFFFF_FFFE),
    ("mqtt_receive_maximum", 1, 65_535),
    ("chirpstack_timeout_s", 0.1, 60),
    ("spool_limit", 10, 100_000_000),
    ("batch_entries", 1, 500),
    ("delivery_lanes", 1, 16),
    ("delivery_timeout_s", 1, 300),
    ("retry_least_s", 0.01, 60),
    ("retry_most_s", 0.01, 3_600),
    ("orders_refresh_s", 1, 86_400),
    ("answer_uplinks", 1, 100),
    ("mac_reserve_bytes", 0, 15),
    ("time_late_limit_s", 0, 10 * 365 * 86_400),
    ("time_early_limit_s", 0, 86_400),
    ("log_every_s", 0.1, 86_400),
)
