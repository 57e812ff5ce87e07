"""What a node on Linux with a modem is told: in a TOML file the table [node], or FARWIRE_NODE_..."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One node. Raises ValueError. Put the key into FARWIRE_NODE_APP_KEY, never into a shared file."""

    port: Path  # of the modem, for example /dev/serial/by-id/...
    modem: Literal["RAK3172", "LoRa-E5", "RN2483"]
    dev_eui: str  # 16 hexadecimal digits
    join_eui: str
    app_key: str = field(repr=False)  # 32 hexadecimal digits
    data: Path = Path("node")  # where what must survive a restart is kept
    region: str = "EU868"
    sub_band: int = 0  # 1 to 8: the channels that the network hears in US915 and AU915; 0: all
    device_class: Literal["A", "C"] = "A"
    sampling_interval_s: int = 60
    reporting_interval_s: int = 600
    temperature: Path = Path("/sys/class/thermal/thermal_zone0/temp")  # of the processor; channel 1
    buses: dict[str, str] = field(default_factory=dict)  # what sensors hang on: drivers/linux_host.py

    def __post_init__(self) -> None:
        """Refuse what cannot be run; a key is not repeated in the message."""
        for name, digits in (("dev_eui", 16), ("join_eui", 16), ("app_key", 32)):
            text = getattr(self, name)
            if len(text) != digits or not all(letter in "0123456789abcdefABCDEF" for letter in text):
                raise ValueError(f"{name} has {len(text)} characters, expected {digits} hexadecimal digits")
        for name, highest in (("sampling_interval_s", 86_400), ("reporting_interval_s", 604_800)):
            if not 1 <= getattr(self, name) <= highest:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 to {highest}")
