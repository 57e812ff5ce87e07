"""Cayenne LPP's actuators, device period, sensor period and sensor enable: messages <-> JSON.

The forms are those of the codec for ChirpStack's UI (codecs/README.md).
"""

from typing import Any

from farwire.codec import given as check
from farwire.codec.small_json import hundredths
from farwire_codecs import lpp_actuators, lpp_periods
from farwire_codecs.errors import RangeError


def show_actuators(outputs: list[lpp_actuators.Output]) -> dict[str, Any]:
    """Return the body; of two values for one output the last remains, as at the node."""
    return {"actuators": {str(output.channel): output.value_x100 / 100 for output in outputs}}


def read_actuators(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    given = check.a_map("actuators", body["actuators"])
    return lpp_actuators.encode_actuators(
        [
            lpp_actuators.Output(
                check.whole_key("a channel in actuators", channel, 0, lpp_actuators.HIGHEST_CHANNEL),
                hundredths(f"actuators: value of {channel}", value),
            )
            for channel, value in given.items()
        ]
    )


def show_device_period(message: lpp_periods.DevicePeriod) -> dict[str, Any]:
    """Return the body, without what the frame does not say."""
    return {"device_period": {key: value for key, value in message._asdict().items() if value is not None}}


def read_device_period(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    names = lpp_periods.DevicePeriod._fields
    given = check.an_object("device_period", body["device_period"], (), names)
    values = [check.whole(name, given[name]) if name in given else None for name in names]
    return lpp_periods.encode_device_period(lpp_periods.DevicePeriod(*values))


def show_sensor_periods(periods: list[lpp_periods.SensorPeriod]) -> dict[str, Any]:
    """Return the body: seconds by sensor."""
    return {"sensor_periods": {str(period.sensor): period.period_s for period in periods}}


def read_sensor_periods(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    given = check.a_map("sensor_periods", body["sensor_periods"])
    periods = [
        lpp_periods.SensorPeriod(
            check.whole_key("a sensor in sensor_periods", sensor, 0, lpp_periods.SENSORS - 1),
            check.whole(f"period of sensor {sensor}", period_s),
        )
        for sensor, period_s in given.items()
    ]
    return lpp_periods.encode_sensor_periods(sorted(periods))


def show_sensor_enable(message: lpp_periods.SensorEnable) -> dict[str, Any]:
    """Return the body: which of the first `sensors` are on."""
    sensors = 8 * message.size
    return {
        "sensor_enable": {
            "on": [sensor for sensor in range(sensors) if message.mask >> sensor & 1],
            "sensors": sensors,
        }
    }


def read_sensor_enable(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame; without `sensors` the shortest that has all of `on`."""
    given = check.an_object("sensor_enable", body["sensor_enable"], ("on",), ("sensors",))
    on = [
        check.whole("a sensor in on", sensor, 0, lpp_periods.SENSORS - 1)
        for sensor in check.a_list("on", given["on"])
    ]
    least = 8 * (max(on, default=0) // 8 + 1)
    sensors = check.whole("sensors", given.get("sensors", least), least, lpp_periods.SENSORS)
    if sensors % 8:
        raise RangeError(f"sensors is {sensors}, expected 8, 16, 24 or 32")
    mask = sum(1 << sensor for sensor in set(on))
    return lpp_periods.encode_sensor_enable(lpp_periods.SensorEnable(mask, sensors // 8))
