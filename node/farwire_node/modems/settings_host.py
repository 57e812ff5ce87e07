"""What a node on Linux is told: in a TOML file the table [node], or FARWIRE_NODE_..."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One node. Raises ValueError. Put the key into FARWIRE_NODE_APP_KEY, a password into
    FARWIRE_NODE_SERVER_PASSWORD, never into a shared file."""

    dev_eui: str  # 16 hexadecimal digits
    link: Literal["modem", "mqtt", "https"] = "modem"
    port: Path | None = None  # of the modem, for example /dev/serial/by-id/...
    modem: Literal["RAK3172", "LoRa-E5", "RN2483"] = "RAK3172"
    join_eui: str = ""
    app_key: str = field(default="", repr=False)  # 32 hexadecimal digits
    data: Path = Path("node")  # where what must survive a restart is kept
    region: str = "EU868"
    sub_band: int = 0  # 1 to 8: the channels that the network hears in US915 and AU915; 0: all
    device_class: Literal["A", "C"] = "A"
    sampling_interval_s: int = 60
    reporting_interval_s: int = 600
    temperature: Path = Path("/sys/class/thermal/thermal_zone0/temp")  # of the processor; channel 1
    buses: dict[str, str] = field(default_factory=dict)  # what sensors hang on: drivers/linux_host.py
    # Of MQTT and HTTPS; the configuration's server_... come before these.
    server_host: str = ""
    server_port: int = 0  # 0: 8883 (MQTT), 443 (HTTPS)
    server_path: str = "farwire"  # prefix of the topics, or path of the URL
    server_user: str = ""  # at the broker; empty: the DevEUI
    server_password: str = field(default="", repr=False)  # at the broker; the bearer token of HTTPS
    server_ca: Path | None = None  # PEM file: authority of the server's certificate, if it is no public one
    server_cert: Path | None = None  # PEM file: the node's own certificate, where the server asks for one
    server_key: Path | None = None  # PEM file: the key of `server_cert`
    poll_interval_s: int = 60  # HTTPS: how often a node that has nothing to say asks for downlinks
    long_poll_s: int = (
        25  # HTTPS, class C: how long the server may hold an answer back for a downlink; 0: not
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be run; a key is not repeated in the message."""
        lengths = {"dev_eui": 16}
        if self.link == "modem":
            lengths |= {"join_eui": 16, "app_key": 32}
            if self.port is None:
                raise ValueError("port is not set, expected the modem's")
        elif not self.server_host:
            raise ValueError("server_host is not set, expected a name or an address")
        for name, digits in lengths.items():
            text = getattr(self, name)
            if len(text) != digits or not all(letter in "0123456789abcdefABCDEF" for letter in text):
                raise ValueError(f"{name} has {len(text)} characters, expected {digits} hexadecimal digits")
        if (self.server_cert is None) != (self.server_key is None):
            raise ValueError("server_cert and server_key belong together; one of them is not set")
        if not 0 <= self.server_port <= 65_535:
            raise ValueError(f"server_port is {self.server_port}, expected 0 to 65535")
        if not 0 <= self.long_poll_s <= 30:
            raise ValueError(f"long_poll_s is {self.long_poll_s}, expected 0 to 30")
        for name, highest in (
            ("sampling_interval_s", 86_400),
            ("reporting_interval_s", 604_800),
            ("poll_interval_s", 604_800),
        ):
            if not 1 <= getattr(self, name) <= highest:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 to {highest}")
