"""The schema of configuration: every setting that exists, once. For people's words: configuration_words.py.

A number never changes its meaning; a new key gets a new number. Whether a node acts on a key is the node's
matter: it keeps and hashes every key of this table.
"""

from collections import namedtuple

Key = namedtuple("Key", ("number", "scope", "kind", "low", "high"))
"""`scope` says what the index of a setting counts; `low` to `high` bounds a number, the seconds of a
duration, the bytes of a text or secret, and the index of a choice's value. `name_of` and `choices_of` have
tables of their own, so that a board, which needs neither, need not hold them."""

NODE, CHANNEL, SENSOR, SERVER = "node", "channel", "sensor", "server"
SCOPES = (NODE, CHANNEL, SENSOR, SERVER)

UNSIGNED, SIGNED, DURATION, BOOLEAN = "unsigned", "signed", "duration", "boolean"
CHOICE, TEXT, SECRET = "choice", "text", "secret"
NUMBERS = (UNSIGNED, SIGNED, DURATION)
WORDS = (TEXT, SECRET)

SAMPLING_INTERVAL_S = 1
REPORTING_INTERVAL_S = 2
STATE_INTERVAL_S = 3
HIGH = 4
LOW = 5
HYSTERESIS = 6
RATE_PER_MIN = 7
STUCK_TIME_S = 8
MINIMUM_DURATION_S = 9
NORMAL_LOW = 10
NORMAL_HIGH = 11
PRIORITY = 12
CALIBRATION_SCALE_PPM = 13
CALIBRATION_OFFSET = 14
SENSOR_ENABLED = 15
SENSOR_SAMPLING_INTERVAL_S = 16
SENSOR_REPORTING_INTERVAL_S = 17
SENSOR_DRIVER = 18
SENSOR_BUS = 19
SENSOR_ADDRESS = 20
SENSOR_REGISTER = 21
SENSOR_FIRST_CHANNEL = 22
SENSOR_WARM_UP_MS = 23
RADIO_CLASS = 24
POLL_INTERVAL_S = 25
FAIR_USE_S_PER_DAY = 26
ADR = 27
PAYLOAD_LIMIT = 28
RECORDS_PER_FRAME = 29
HISTORY_LAYOUT = 30
HISTORY_CARRY = 31
LPP_LIVE = 32
BUFFER_WHEN_FULL = 33
BUFFER_CAPACITY = 34
LOG_LEVEL = 35
REPORT_CRASHES = 36
ROLLBACK_TIME_S = 37
SERVER_PROTOCOL = 38
SERVER_HOST = 39
SERVER_PORT = 40
SERVER_PATH = 41
SERVER_USER = 42
SERVER_PASSWORD = 43

_DAY_S = 86_400
_WEEK_S = 604_800
_U32 = (1 << 32) - 1
_LOWEST = -(1 << 31)  # the integers of a channel's LPP type, whichever it is, lie within this and _U32


KEYS = {
    int(row[0]): Key(*row)
    for row in (
        (SAMPLING_INTERVAL_S, NODE, DURATION, 1, _DAY_S),
        (REPORTING_INTERVAL_S, NODE, DURATION, 1, _WEEK_S),
        (STATE_INTERVAL_S, NODE, DURATION, 60, _WEEK_S),
        (HIGH, CHANNEL, SIGNED, _LOWEST, _U32),
        (LOW, CHANNEL, SIGNED, _LOWEST, _U32),
        (HYSTERESIS, CHANNEL, UNSIGNED, 0, _U32),
        (RATE_PER_MIN, CHANNEL, UNSIGNED, 1, _U32),
        (STUCK_TIME_S, CHANNEL, DURATION, 1, _WEEK_S),
        (MINIMUM_DURATION_S, CHANNEL, DURATION, 0, _DAY_S),
        (NORMAL_LOW, CHANNEL, SIGNED, _LOWEST, _U32),
        (NORMAL_HIGH, CHANNEL, SIGNED, _LOWEST, _U32),
        (PRIORITY, CHANNEL, CHOICE, 0, 2),
        (CALIBRATION_SCALE_PPM, CHANNEL, SIGNED, -999_999, 9_000_000),
        (CALIBRATION_OFFSET, CHANNEL, SIGNED, _LOWEST, _U32),
        (SENSOR_ENABLED, SENSOR, BOOLEAN, 0, 1),
        (SENSOR_SAMPLING_INTERVAL_S, SENSOR, DURATION, 1, _DAY_S),
        (SENSOR_REPORTING_INTERVAL_S, SENSOR, DURATION, 1, _WEEK_S),
        (SENSOR_DRIVER, SENSOR, UNSIGNED, 0, 65_535),
        (SENSOR_BUS, SENSOR, UNSIGNED, 0, 255),
        # 48 bits: what is a 1-Wire device's own in its 64-bit ROM code, between family and CRC
        (SENSOR_ADDRESS, SENSOR, UNSIGNED, 0, (1 << 48) - 1),
        (SENSOR_REGISTER, SENSOR, UNSIGNED, 0, 65_535),
        (SENSOR_FIRST_CHANNEL, SENSOR, UNSIGNED, 0, 255),
        (SENSOR_WARM_UP_MS, SENSOR, UNSIGNED, 0, 600_000),
        (RADIO_CLASS, NODE, CHOICE, 0, 1),
        (POLL_INTERVAL_S, NODE, DURATION, 10, _WEEK_S),
        (FAIR_USE_S_PER_DAY, NODE, UNSIGNED, 1, _DAY_S),
        (ADR, NODE, BOOLEAN, 0, 1),
        (PAYLOAD_LIMIT, NODE, UNSIGNED, 11, 242),
        (RECORDS_PER_FRAME, NODE, UNSIGNED, 1, 2048),
        (HISTORY_LAYOUT, NODE, CHOICE, 0, 2),
        (HISTORY_CARRY, NODE, BOOLEAN, 0, 1),
        (LPP_LIVE, NODE, BOOLEAN, 0, 1),
        (BUFFER_WHEN_FULL, NODE, CHOICE, 0, 1),
        (BUFFER_CAPACITY, NODE, UNSIGNED, 1, 1_000_000),
        (LOG_LEVEL, NODE, CHOICE, 0, 4),
        (REPORT_CRASHES, NODE, BOOLEAN, 0, 1),
        (ROLLBACK_TIME_S, NODE, DURATION, 60, _WEEK_S),
        (SERVER_PROTOCOL, SERVER, CHOICE, 0, 3),
        (SERVER_HOST, SERVER, TEXT, 1, 128),
        (SERVER_PORT, SERVER, UNSIGNED, 1, 65_535),
        (SERVER_PATH, SERVER, TEXT, 1, 128),
        (SERVER_USER, SERVER, TEXT, 0, 64),
        (SERVER_PASSWORD, SERVER, SECRET, 0, 64),
    )
}

# By number, from 1 on.
_NAMES = (
    "sampling_interval_s",
    "reporting_interval_s",
    "state_interval_s",
    "high",
    "low",
    "hysteresis",
    "rate_per_min",
    "stuck_time_s",
    "minimum_duration_s",
    "normal_low",
    "normal_high",
    "priority",
    "calibration_scale_ppm",
    "calibration_offset",
    "sensor_enabled",
    "sensor_sampling_interval_s",
    "sensor_reporting_interval_s",
    "sensor_driver",
    "sensor_bus",
    "sensor_address",
    "sensor_register",
    "sensor_first_channel",
    "sensor_warm_up_ms",
    "radio_class",
    "poll_interval_s",
    "fair_use_s_per_day",
    "adr",
    "payload_limit",
    "records_per_frame",
    "history_layout",
    "history_carry",
    "lpp_live",
    "buffer_when_full",
    "buffer_capacity",
    "log_level",
    "report_crashes",
    "rollback_time_s",
    "server_protocol",
    "server_host",
    "server_port",
    "server_path",
    "server_user",
    "server_password",
)
_CHOICES = {
    PRIORITY: ("normal", "low", "high"),
    RADIO_CLASS: ("A", "C"),
    HISTORY_LAYOUT: ("smaller", "all_channels", "one_channel"),
    BUFFER_WHEN_FULL: ("thin", "drop_oldest"),
    LOG_LEVEL: ("warning", "info", "error", "debug", "off"),
    SERVER_PROTOCOL: ("mqtts", "https", "mqtt", "http"),
}


def name_of(key: Key) -> str:
    """Return what people call a key."""
    return _NAMES[key.number - 1]


def choices_of(key: Key) -> tuple[str, ...]:
    """Return the names of a choice's values, at their index; () for any other kind."""
    return _CHOICES.get(key.number, ())
