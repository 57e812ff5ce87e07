"""Who a modem is on its network, and how its commands are filled with it. The key shows in no repr."""

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan.regions.region import Region
from farwire_node.modems.dialect import Dialect

CLASSES = ("A", "C")


class Identity:
    """EUIs as integers, `app_key` 16 bytes."""

    def __init__(self, dev_eui: int, join_eui: int, app_key: bytes) -> None:
        if not 0 <= dev_eui < 1 << 64 or not 0 <= join_eui < 1 << 64:
            raise ConfigurationError("dev_eui and join_eui: expected 64 bits each")
        if len(app_key) != 16:
            raise ConfigurationError(f"app_key has {len(app_key)} bytes, expected 16")
        self.dev_eui = dev_eui
        self.join_eui = join_eui
        self._app_key = app_key

    def __repr__(self) -> str:
        return f"Identity({self.dev_eui:016x}, {self.join_eui:016x})"

    def fields(
        self,
        dialect: Dialect,
        region: Region,
        device_class: str,
        adr: bool,
        initial_dr: int | None,
        sub_band: int | None,
    ) -> "dict[str, str | None]":
        """Return what the commands of a dialect are filled with."""
        band = dialect.bands.get(region.name)
        if band is None:
            known = ", ".join(sorted(dialect.bands))
            raise ConfigurationError(f"{dialect.name} has no region {region.name}, expected one of {known}")
        if sub_band is not None and not (region.bank_masks and 1 <= sub_band <= 8):
            raise ConfigurationError(f"sub_band is {sub_band}, expected 1..8, and none in {region.name}")
        first = 0 if sub_band is None else 8 * (sub_band - 1)
        fields: dict[str, str | None] = {
            "dev_eui": f"{self.dev_eui:016x}".upper(),
            "join_eui": f"{self.join_eui:016x}".upper(),
            "app_key": self._app_key.hex().upper(),
            "band": band,
            "dc_on_off": "ON" if region.sub_bands else "OFF",
            "mask": None if sub_band is None else f"{1 << (sub_band - 1):04X}",
            "channels": None if sub_band is None else f"{first}-{first + 7},{63 + sub_band}",
            "join_dr": None,
            "force": "",  # in "AT+JOIN": give up a session that the network forgot
            "initial_dr": None if initial_dr is None else str(initial_dr),
        }
        fields.update(class_fields(device_class))
        fields.update(adr_fields(adr))
        return fields


def class_fields(device_class: str) -> "dict[str, str | None]":
    """Return the fields that tell a modem its class; ConfigurationError for another than A or C."""
    if device_class not in CLASSES:
        raise ConfigurationError(f"device_class is {device_class!r}, expected one of {CLASSES}")
    return {"class": device_class, "class_lower": device_class.lower()}


def adr_fields(on: bool) -> "dict[str, str | None]":
    """Return the fields that tell a modem whether the network chooses its data rate."""
    word = "on" if on else "off"
    return {"adr01": str(int(on)), "adr_on_off": word.upper(), "adr_on_off_lower": word}
