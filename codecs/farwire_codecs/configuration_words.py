"""What people read of configuration: units and meaning of each key, and values as JSON has them. Host only.

A choice is its name in JSON, a boolean true or false, a text and a secret a string; thresholds are in the
integers of the channel's LPP type.
"""

from typing import Any, NamedTuple

from farwire_codecs import configuration_keys as table
from farwire_codecs.configuration_keys import KEYS, Key, choices_of, name_of
from farwire_codecs.configuration_settings import MAXIMUM_INDEX, check_value
from farwire_codecs.errors import RangeError, UnknownTypeError

MASK = "********"
"""Stands for a secret wherever one is shown, and is refused as one."""

RAW = "raw"  # the unit of what is in the integers of the channel's LPP type


class Words(NamedTuple):
    """`unit` "" where there is none; `meaning` one line."""

    unit: str
    meaning: str


WORDS: dict[int, Words] = {
    table.SAMPLING_INTERVAL_S: Words("s", "between two samples of a sensor without an interval of its own"),
    table.REPORTING_INTERVAL_S: Words("s", "longest wait of a record for company before it is sent"),
    table.STATE_INTERVAL_S: Words("s", "between two state reports"),
    table.HIGH: Words(RAW, "alarm HIGH above this"),
    table.LOW: Words(RAW, "alarm LOW below this"),
    table.HYSTERESIS: Words(RAW, "how far back within its limit a value must be to end its alarm"),
    table.RATE_PER_MIN: Words("raw/min", "alarm RATE when a value changes faster"),
    table.STUCK_TIME_S: Words("s", "alarm STUCK when a value has not changed for this long"),
    table.MINIMUM_DURATION_S: Words("s", "how long a condition must hold before it is an alarm"),
    table.NORMAL_LOW: Words(RAW, "low end of the normal range"),
    table.NORMAL_HIGH: Words(RAW, "high end of the normal range"),
    table.PRIORITY: Words("", "of the channel's records over other channels'"),
    table.CALIBRATION_SCALE_PPM: Words("ppm", "a value grows by this part of itself, before the offset"),
    table.CALIBRATION_OFFSET: Words(RAW, "added to a value"),
    table.SENSOR_ENABLED: Words("", "whether the sensor is sampled"),
    table.SENSOR_SAMPLING_INTERVAL_S: Words("s", "between two samples of this sensor"),
    table.SENSOR_REPORTING_INTERVAL_S: Words("s", "as reporting_interval_s, for this sensor's records"),
    table.SENSOR_DRIVER: Words("", "number of the driver; a sensor that is present has one"),
    table.SENSOR_BUS: Words("", "number of the bus or port on the board"),
    table.SENSOR_ADDRESS: Words("", "address on the bus, Modbus unit, 1-Wire serial number, or pin"),
    table.SENSOR_REGISTER: Words("", "first register, where the driver reads registers"),
    table.SENSOR_FIRST_CHANNEL: Words("", "channel of the sensor's first quantity; the others follow it"),
    table.SENSOR_WARM_UP_MS: Words("ms", "between power on and a valid reading"),
    table.RADIO_CLASS: Words("", "LoRaWAN class: A polls, C listens all the time"),
    table.POLL_INTERVAL_S: Words(
        "s", "longest time without an uplink, as only that opens a window in class A"
    ),
    table.FAIR_USE_S_PER_DAY: Words("s/day", "most airtime that ordinary traffic may take"),
    table.ADR: Words("", "whether the network server sets the data rate"),
    table.PAYLOAD_LIMIT: Words("B", "no uplink is longer, even where the data rate allows it"),
    table.RECORDS_PER_FRAME: Words("", "no history batch has more"),
    table.HISTORY_LAYOUT: Words("", "of a history batch: one channel, all, or whichever is smaller"),
    table.HISTORY_CARRY: Words("", "whether a history batch may build on an acknowledged one"),
    table.LPP_LIVE: Words("", "whether live values are sent as Cayenne LPP too"),
    table.BUFFER_WHEN_FULL: Words("", "what gives way to a new record when the memory is full"),
    table.BUFFER_CAPACITY: Words("", "most records that are held"),
    table.LOG_LEVEL: Words("", "the least severe messages that are kept"),
    table.REPORT_CRASHES: Words("", "whether the digest of a crash is sent after the restart"),
    table.ROLLBACK_TIME_S: Words("s", "without the network for this long: back to the configuration before"),
    table.SERVER_PROTOCOL: Words("", "of an IP link; mqtts and https are over TLS"),
    table.SERVER_HOST: Words("", "name or address"),
    table.SERVER_PORT: Words("", "TCP port"),
    table.SERVER_PATH: Words("", "prefix of the MQTT topics, or path of the URL"),
    table.SERVER_USER: Words("", "user name"),
    table.SERVER_PASSWORD: Words("", "password; never shown"),
}

BY_NAME = {name_of(key): key for key in KEYS.values()}

_JSON_TYPES = {table.BOOLEAN: "boolean", table.CHOICE: "string", table.TEXT: "string", table.SECRET: "string"}


def named(name: str) -> Key:
    """Return the key of this name; raises UnknownTypeError that names it."""
    key = BY_NAME.get(name)
    if key is None:
        raise UnknownTypeError(f"configuration key {name!r} is not known")
    return key


def from_json(key: Key, value: object) -> object:
    """Return a setting's value; raises RangeError, which never tells a secret."""
    if key.kind == table.CHOICE:
        if value not in choices_of(key):
            raise RangeError(f"{name_of(key)} is {value!r}, expected {expected(key)}")
        return choices_of(key).index(value)
    if key.kind == table.SECRET:
        if not isinstance(value, str) or value == MASK:
            raise RangeError(f"{name_of(key)} is no text, or the mask of one; expected {expected(key)}")
        try:
            value = value.encode()
        except UnicodeError as error:
            raise RangeError(f"{name_of(key)} is no UTF-8") from error
    check_value(key, value)
    return value


def to_json(key: Key, value: Any) -> object:
    """Return a setting's value for people: a choice's name, and MASK for a secret."""
    if key.kind == table.SECRET:
        return MASK
    return choices_of(key)[value] if key.kind == table.CHOICE else value


def expected(key: Key) -> str:
    """Return what values a key takes, in words."""
    if key.kind == table.BOOLEAN:
        return "true or false"
    if key.kind == table.CHOICE:
        return "one of " + ", ".join(choices_of(key))
    if key.kind in table.WORDS:
        return f"a text of {key.low} to {key.high} UTF-8 bytes"
    unit = WORDS[key.number].unit
    return f"an integer from {key.low} to {key.high}" + (f" ({unit})" if unit else "")


def json_schema(key: Key) -> dict[str, Any]:
    """Return the JSON Schema of one setting: its key, its index where it has one, its value or null."""
    words = WORDS[key.number]
    value: dict[str, Any] = {"type": [_JSON_TYPES.get(key.kind, "integer"), "null"]}
    if key.kind == table.CHOICE:
        value["enum"] = [*choices_of(key), None]
    elif key.kind in table.WORDS:
        value |= {"minLength": key.low, "maxLength": key.high}
        if key.kind == table.SECRET:
            value["writeOnly"] = True
    elif key.kind in table.NUMBERS:
        value |= {"minimum": key.low, "maximum": key.high}
    if words.unit:
        value["description"] = f"unit: {words.unit}"
    properties: dict[str, Any] = {"key": {"const": name_of(key)}, "value": value}
    if key.scope != table.NODE:
        which = {"type": "integer", "minimum": 0, "maximum": MAXIMUM_INDEX}
        properties["index"] = {**which, "description": f"which {key.scope}"}
    return {
        "title": name_of(key),
        "description": f"{words.meaning} (of the {key.scope})",
        "type": "object",
        "properties": properties,
        "required": ["key"] if key.scope == table.NODE else ["key", "index"],
    }
