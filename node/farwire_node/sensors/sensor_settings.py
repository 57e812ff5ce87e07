"""What the configuration says of sensors and channels, as sampler, detector and drivers take it."""

from collections import namedtuple

from farwire_codecs import configuration_keys as keys
from farwire_codecs.schema import Channel
from farwire_node.alarms.detector import Limits
from farwire_node.control.configuration import Configuration
from farwire_node.sensors.fault_watch import Calibration
from farwire_node.sensors.sampler import Plan
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

Place = namedtuple("Place", ("index", "driver", "bus", "address", "register", "first_channel", "warm_up_ms"))
"""Where a sensor is and what drives it, from its settings: 0 where they are silent, `warm_up_ms` then None,
`first_channel` then one more than `index`."""


def limits(running: Configuration, channels: tuple[Channel, ...]) -> list[Limits]:
    """Return the detector's limits, one for each of the channels."""
    return [
        Limits(
            running.value(keys.HIGH, c.channel),
            running.value(keys.LOW, c.channel),
            running.value(keys.HYSTERESIS, c.channel, 0),
            running.value(keys.RATE_PER_MIN, c.channel),
            running.value(keys.STUCK_TIME_S, c.channel),
            running.value(keys.MINIMUM_DURATION_S, c.channel, 0),
            running.value(keys.NORMAL_LOW, c.channel),
            running.value(keys.NORMAL_HIGH, c.channel),
        )
        for c in channels
    ]


def calibrations(running: Configuration, channels: tuple[Channel, ...]) -> list[Calibration]:
    """Return what the sampler corrects values by, one for each of the channels."""
    return [
        Calibration(
            running.value(keys.CALIBRATION_SCALE_PPM, c.channel, 0),
            running.value(keys.CALIBRATION_OFFSET, c.channel, 0),
        )
        for c in channels
    ]


def plans(running: Configuration, sensors: "Sequence[Sensor]") -> list[Plan]:
    """Return when to read each of the sensors."""
    usual_s = running.sampling_interval_s
    return [
        Plan(
            running.value(keys.SENSOR_SAMPLING_INTERVAL_S, index, usual_s),
            bool(running.value(keys.SENSOR_ENABLED, index, True)),
        )
        for index in _indices(sensors)
    ]


def reporting_intervals(running: Configuration, sensors: "Sequence[Sensor]") -> list[int]:
    """Return, a channel, within how many seconds its values are to be reported."""
    usual_s = running.reporting_interval_s
    intervals = []
    for index, sensor in zip(_indices(sensors), sensors):
        own_s = running.value(keys.SENSOR_REPORTING_INTERVAL_S, index, usual_s)
        intervals.extend([own_s] * len(sensor.channels))
    return intervals


def places(running: Configuration) -> list[Place]:
    """Return the sensors that the configuration says are there, by index: those that have a driver."""
    found = []
    for index in running.indices(keys.SENSOR_DRIVER):
        found.append(
            Place(
                index,
                running.value(keys.SENSOR_DRIVER, index),
                running.value(keys.SENSOR_BUS, index, 0),
                running.value(keys.SENSOR_ADDRESS, index, 0),
                running.value(keys.SENSOR_REGISTER, index, 0),
                running.value(keys.SENSOR_FIRST_CHANNEL, index, index + 1),
                running.value(keys.SENSOR_WARM_UP_MS, index),
            )
        )
    return found


def _indices(sensors: "Sequence[Sensor]") -> list[int]:
    return [place if sensor.index is None else sensor.index for place, sensor in enumerate(sensors)]
