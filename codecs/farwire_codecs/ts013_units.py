"""Units of values that vendors' codecs name, where a name leaves no doubt. Host only.

A unit is given to what `normalizeUplink` returns, because The Things Stack defines it; else only to a name
that says its unit itself (`voltage_mV`) or that has one unit in every published codec that we know. `battery`
has none: it is a voltage here and a percentage there.
"""

import re
from collections.abc import Mapping

NORMALIZED: Mapping[str, str] = {
    "soil.depth": "cm",
    "soil.moisture": "%",
    "soil.temperature": "°C",
    "soil.ec": "dS/m",
    "soil.n": "ppm",
    "soil.p": "ppm",
    "soil.k": "ppm",
    "air.temperature": "°C",
    "air.relativeHumidity": "%",
    "air.pressure": "hPa",
    "air.co2": "ppm",
    "air.lightIntensity": "lx",
    "wind.speed": "m/s",
    "wind.direction": "°",
}
"""Names of The Things Stack's normalised payload and their units (lorawan-devices, lib/payload.json)."""

_WHOLE: Mapping[str, str] = {
    "temperature": "°C",
    "humidity": "%",
    "relative_humidity": "%",
    "co2": "ppm",
    "illuminance": "lx",
    "rssi": "dBm",
    "snr": "dB",
    "batv": "V",
}
"""Last part of a name in lower case, digits at its end left out."""

_ENDINGS: Mapping[str, str] = {
    "celsius": "°C",
    "degc": "°C",
    "temp_c": "°C",
    "temperature_c": "°C",
    "fahrenheit": "°F",
    "temp_f": "°F",
    "temperature_f": "°F",
    "mv": "mV",
    "millivolt": "mV",
    "millivolts": "mV",
    "volt": "V",
    "volts": "V",
    "ma": "mA",
    "percent": "%",
    "percentage": "%",
    "pct": "%",
    "ppm": "ppm",
    "ppb": "ppb",
    "hpa": "hPa",
    "kpa": "kPa",
    "mbar": "mbar",
    "lux": "lx",
    "dbm": "dBm",
    "mm": "mm",
    "cm": "cm",
    "kwh": "kWh",
    "hz": "Hz",
}
"""Last words of a name in lower case, joined by _."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def unit_of(name: str) -> str:
    """Return the unit of a value by its dotted name in a decoder's output; empty where it is not certain."""
    last = next((part for part in reversed(name.split(".")) if not part.isdigit()), "")
    for snake in (last, _HUMP.sub("_", last)):  # voltage_mV, batteryMv
        words = snake.lower()
        bare = words.rstrip("0123456789_")  # temperature1, but co2
        for known in (words, bare):
            if known in _WHOLE or known.replace("_", "") in _WHOLE:
                return _WHOLE.get(known) or _WHOLE[known.replace("_", "")]
        parts = bare.split("_")
        for count in (2, 1):
            ending = "_".join(parts[-count:])
            if len(parts) >= count and ending in _ENDINGS:
                return _ENDINGS[ending]
    return ""
