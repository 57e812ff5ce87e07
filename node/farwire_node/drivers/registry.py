"""The numbers of drivers (SENSOR_DRIVER), and how the sensors that a configuration names are made.

A driver is a module with `make(bus, place)`: `bus` is what the board has under SENSOR_BUS, `place` a
sensor_settings.Place. It returns a Sensor; one that is an Actuator too is an output. A module is imported
when a configuration names it: a board's memory holds what it uses.
"""

from collections import namedtuple

from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import MAXIMUM_CHANNELS, Channel
from farwire_node.errors import ConfigurationError
from farwire_node.sensors.sensor import Actuator, Rail, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from farwire_node.sensors.sensor_settings import Place

_HERE = "farwire_node.drivers."
DRIVERS = {
    1: _HERE + "digital_in",
    2: _HERE + "digital_out",
    3: _HERE + "pulse_counter",
    4: _HERE + "analog",
    5: _HERE + "current_loop",
    6: _HERE + "ds18b20",
    7: _HERE + "bme280",
    8: _HERE + "sht3x",
    9: _HERE + "ina219",
    10: _HERE + "ina226",
    42: _HERE + "modbus_output",
    43: _HERE + "modbus_register_output",
    44: _HERE + "sdm120",
}
DRIVERS.update([(number, _HERE + "modbus_sensor") for number in range(32, 42)])
OWN = 32_768  # from here on numbers are the board's own

Built = namedtuple("Built", ("sensors", "actuators", "refused"))
"""What could be made, in the order of the settings; `refused` (index, reason) of each that could not."""


def build(
    places: "Sequence[Place]",
    buses: "Mapping[int, object]",
    rails: "Mapping[int, Rail] | None" = None,
    own: "Mapping[int, str] | None" = None,
    used: "Sequence[Channel]" = (),
) -> Built:
    """Make the sensors at these places; raises nothing.

    `buses` is the board's table: number -> I2C, 1-Wire, port, pin. `rails`: number of a bus -> the supply of
    what hangs on it, where that can be switched. `own`: number of a driver from OWN on -> its module. `used`:
    channels of other sensors.
    """
    sensors: list[Sensor] = []
    actuators: list[Actuator] = []
    refused: list[tuple[int, str]] = []
    taken = list(used)
    for bus in buses.values():
        if hasattr(bus, "forget_turns"):  # what was made before is replaced
            bus.forget_turns()
    for place in places:
        try:
            sensor = _sensor(place, buses, own or {})
            _check(sensor, taken)
        except Exception as error:  # a driver is foreign code
            refused.append((place.index, str(error) or repr(error)))
            continue
        sensor.index = place.index
        sensor.rail = (rails or {}).get(place.bus)
        if place.warm_up_ms is not None:
            if sensor.rail is not None:
                sensor.power_up_ms = place.warm_up_ms
            else:
                sensor.warm_up_ms = max(sensor.warm_up_ms, place.warm_up_ms)
        taken.extend(sensor.channels)
        sensors.append(sensor)
        if isinstance(sensor, Actuator):
            actuators.append(sensor)
    return Built(tuple(sensors), tuple(actuators), tuple(refused))


def _sensor(place: "Place", buses: "Mapping[int, object]", own: "Mapping[int, str]") -> Sensor:
    name = own.get(place.driver) if place.driver >= OWN else DRIVERS.get(place.driver)
    if name is None:
        raise ConfigurationError(f"driver {place.driver} is not known here")
    if place.bus not in buses:
        raise ConfigurationError(f"this board has no bus {place.bus}")
    sensor = __import__(name, None, None, ("make",)).make(buses[place.bus], place)
    if not isinstance(sensor, Sensor):
        raise ConfigurationError(f"driver {place.driver} made no Sensor")
    return sensor


def _check(sensor: Sensor, taken: "list[Channel]") -> None:
    """Raise ConfigurationError unless a batch can carry the sensor's channels beside those taken."""
    if len(taken) + len(sensor.channels) > MAXIMUM_CHANNELS:
        raise ConfigurationError(f"more than {MAXIMUM_CHANNELS} channels")
    for channel in sensor.channels:
        if channel in taken or not 0 <= channel.channel <= 255:
            raise ConfigurationError(f"channel {channel.channel} of type {channel.type_id} is not free")
        try:
            type_of(channel.type_id)
        except CodecError as error:
            raise ConfigurationError(str(error))  # noqa: B904  MicroPython loses a cause anyhow
