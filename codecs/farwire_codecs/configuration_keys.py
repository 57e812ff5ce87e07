"""The schema of configuration: every setting that exists, once. For people's words: configuration_words.py.

A number never changes its meaning; a new key gets a new number. Whether a node acts on a key is the node's
matter: it keeps and hashes every key of this table.
"""

from collections import namedtuple

Key = namedtuple("Key", ("number", "name", "scope", "kind", "low", "high", "names"))
"""`scope` says what the index of a setting counts; `low` to `high` bounds a number, the seconds of a duration
and the bytes of a text or secret; `names` are a choice's, its value is the index of one."""

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


def _key(row: "tuple[object, ...]") -> Key:
    number, name, scope, kind = row[:4]
    if kind == CHOICE:
        return Key(number, name, scope, kind, 0, len(row[4]) - 1, row[4])  # type: ignore[arg-type]
    low, high = row[4:] if len(row) > 4 else (0, 1)
    return Key(number, name, scope, kind, low, high, ())


KEYS = {
    int(row[0]): _key(row)
    for row in (
        (SAMPLING_INTERVAL_S, "sampling_interval_s", NODE, DURATION, 1, _DAY_S),
        (REPORTING_INTERVAL_S, "reporting_interval_s", NODE, DURATION, 1, _WEEK_S),
        (STATE_INTERVAL_S, "state_interval_s", NODE, DURATION, 60, _WEEK_S),
        (HIGH, "high", CHANNEL, SIGNED, _LOWEST, _U32),
        (LOW, "low", CHANNEL, SIGNED, _LOWEST, _U32),
        (HYSTERESIS, "hysteresis", CHANNEL, UNSIGNED, 0, _U32),
        (RATE_PER_MIN, "rate_per_min", CHANNEL, UNSIGNED, 1, _U32),
        (STUCK_TIME_S, "stuck_time_s", CHANNEL, DURATION, 1, _WEEK_S),
        (MINIMUM_DURATION_S, "minimum_duration_s", CHANNEL, DURATION, 0, _DAY_S),
        (NORMAL_LOW, "normal_low", CHANNEL, SIGNED, _LOWEST, _U32),
        (NORMAL_HIGH, "normal_high", CHANNEL, SIGNED, _LOWEST, _U32),
        (PRIORITY, "priority", CHANNEL, CHOICE, ("normal", "low", "high")),
        (CALIBRATION_SCALE_PPM, "calibration_scale_ppm", CHANNEL, SIGNED, -999_999, 9_000_000),
        (CALIBRATION_OFFSET, "calibration_offset", CHANNEL, SIGNED, _LOWEST, _U32),
        (SENSOR_ENABLED, "sensor_enabled", SENSOR, BOOLEAN),
        (SENSOR_SAMPLING_INTERVAL_S, "sensor_sampling_interval_s", SENSOR, DURATION, 1, _DAY_S),
        (SENSOR_REPORTING_INTERVAL_S, "sensor_reporting_interval_s", SENSOR, DURATION, 1, _WEEK_S),
        (SENSOR_DRIVER, "sensor_driver", SENSOR, UNSIGNED, 0, 65_535),
        (SENSOR_BUS, "sensor_bus", SENSOR, UNSIGNED, 0, 255),
        # 48 bits: what is a 1-Wire device's own in its 64-bit ROM code, between family and CRC
        (SENSOR_ADDRESS, "sensor_address", SENSOR, UNSIGNED, 0, (1 << 48) - 1),
        (SENSOR_REGISTER, "sensor_register", SENSOR, UNSIGNED, 0, 65_535),
        (SENSOR_FIRST_CHANNEL, "sensor_first_channel", SENSOR, UNSIGNED, 0, 255),
        (SENSOR_WARM_UP_MS, "sensor_warm_up_ms", SENSOR, UNSIGNED, 0, 600_000),
        (RADIO_CLASS, "radio_class", NODE, CHOICE, ("A", "C")),
        (POLL_INTERVAL_S, "poll_interval_s", NODE, DURATION, 10, _WEEK_S),
        (FAIR_USE_S_PER_DAY, "fair_use_s_per_day", NODE, UNSIGNED, 1, _DAY_S),
        (ADR, "adr", NODE, BOOLEAN),
        (PAYLOAD_LIMIT, "payload_limit", NODE, UNSIGNED, 11, 242),
        (RECORDS_PER_FRAME, "records_per_frame", NODE, UNSIGNED, 1, 2048),
        (HISTORY_LAYOUT, "history_layout", NODE, CHOICE, ("smaller", "all_channels", "one_channel")),
        (HISTORY_CARRY, "history_carry", NODE, BOOLEAN),
        (LPP_LIVE, "lpp_live", NODE, BOOLEAN),
        (BUFFER_WHEN_FULL, "buffer_when_full", NODE, CHOICE, ("thin", "drop_oldest")),
        (BUFFER_CAPACITY, "buffer_capacity", NODE, UNSIGNED, 1, 1_000_000),
        (LOG_LEVEL, "log_level", NODE, CHOICE, ("warning", "info", "error", "debug", "off")),
        (REPORT_CRASHES, "report_crashes", NODE, BOOLEAN),
        (ROLLBACK_TIME_S, "rollback_time_s", NODE, DURATION, 60, _WEEK_S),
        (SERVER_PROTOCOL, "server_protocol", SERVER, CHOICE, ("mqtts", "https", "mqtt", "http")),
        (SERVER_HOST, "server_host", SERVER, TEXT, 1, 128),
        (SERVER_PORT, "server_port", SERVER, UNSIGNED, 1, 65_535),
        (SERVER_PATH, "server_path", SERVER, TEXT, 1, 128),
        (SERVER_USER, "server_user", SERVER, TEXT, 0, 64),
        (SERVER_PASSWORD, "server_password", SERVER, SECRET, 0, 64),
    )
}
