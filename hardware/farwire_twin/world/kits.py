"""Kits: what one node of a plant measures and switches, and at which limits it raises alarms."""

from collections.abc import Callable
from dataclasses import dataclass

from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_twin.world import sensor_models as models
from farwire_twin.world.processes import Battery, Machine, Mains, Process, Pump, Room, Tank
from farwire_twin.world.replay import ReplaySensor, Series
from farwire_twin.world.sensor_models import ModelOutput, ModelSensor, Quantity

# The output's channel, and the channel under which a node reports what its output is at.
OUTPUT_CHANNEL = 20


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything that makes one node differ from another. `limits` are configuration settings."""

    name: str
    sensors: tuple[Sensor, ...]
    actuators: tuple[Actuator, ...] = ()
    limits: tuple[Setting, ...] = ()
    processes: tuple[Process, ...] = ()


def high(channel: int, raw: int, hysteresis: int) -> tuple[Setting, ...]:
    """An alarm above `raw` (integers of the channel's type)."""
    return (
        Setting(configuration.HIGH, channel, raw),
        Setting(configuration.HYSTERESIS, channel, hysteresis),
    )


def low(channel: int, raw: int, hysteresis: int) -> tuple[Setting, ...]:
    """An alarm below `raw`."""
    return (
        Setting(configuration.LOW, channel, raw),
        Setting(configuration.HYSTERESIS, channel, hysteresis),
    )


def machine(seed: str) -> Kit:
    """A machine's temperature (alarm above 85 degrees) and load; the output is its fan."""
    process = Machine(seed)
    sensor = ModelSensor(
        process,
        (
            Quantity(1, models.TEMPERATURE, lambda: (process.temperature_c,)),
            Quantity(2, models.PERCENTAGE, lambda: (100 * process.load,)),
            _output_state(process),
        ),
    )
    return _kit("machine", sensor, process, high(1, 850, 30))


def room(seed: str) -> Kit:
    """A room's temperature (alarm below 15 degrees) and humidity (above 70 %), on a battery."""
    process, battery = Room(seed), Battery(seed)
    sensor = ModelSensor(
        process,
        (
            Quantity(1, models.TEMPERATURE, lambda: (process.temperature_c,)),
            Quantity(2, models.HUMIDITY, lambda: (process.humidity_pct,)),
            _output_state(process),
        ),
        warm_up_ms=20,  # a digital humidity sensor's conversion
    )
    return _kit("room", sensor, process, low(1, 150, 10) + high(2, 140, 6), battery)


def tank(seed: str) -> Kit:
    """A tank's level (alarm below 15 %), on a battery; the output is its drain valve."""
    process, battery = Tank(seed), Battery(seed)
    sensor = ModelSensor(
        process,
        (
            Quantity(1, models.PERCENTAGE, lambda: (process.level_pct,)),
            Quantity(2, models.DISTANCE, lambda: (process.distance_m,)),
            _output_state(process),
        ),
        warm_up_ms=150,  # an ultrasonic sensor's settling
    )
    return _kit("tank", sensor, process, low(1, 15, 3), battery)


def mains(seed: str) -> Kit:
    """A supply's voltage (alarm below 207 V, EN 50160's -10 %), current, power; the output cuts the load."""
    process = Mains(seed)
    sensor = ModelSensor(
        process,
        (
            Quantity(1, models.VOLTAGE, lambda: (process.voltage_v,)),
            Quantity(2, models.CURRENT, lambda: (process.current_a,)),
            Quantity(3, models.POWER, lambda: (process.power_w,)),
            _output_state(process),
        ),
    )
    return _kit("mains", sensor, process, low(1, 20_700, 200))


def pump(seed: str) -> Kit:
    """A pump's vibration (alarm above 0.8 g) and temperature; the output stops it."""
    process = Pump(seed)
    sensor = ModelSensor(
        process,
        (
            Quantity(1, models.ACCELEROMETER, lambda: process.vibration_g),
            Quantity(2, models.TEMPERATURE, lambda: (process.temperature_c,)),
            _output_state(process),
        ),
    )
    return _kit("pump", sensor, process, high(1, 800, 150))


KITS: tuple[Callable[[str], Kit], ...] = (machine, room, tank, mains, pump)


def replayed(series: Series, offset_s: float) -> Kit:
    """A recorded series from `offset_s` on: no output, no alarms."""
    return Kit(series.name.replace("_", "-"), (ReplaySensor(series, offset_s),))


def _output_state(process: Process) -> Quantity:
    return Quantity(OUTPUT_CHANNEL, models.DIGITAL_OUTPUT, lambda: (float(process.switched),))


def _kit(
    name: str,
    sensor: ModelSensor,
    process: Process,
    limits: tuple[Setting, ...],
    battery: Battery | None = None,
) -> Kit:
    sensors: tuple[Sensor, ...] = (sensor,)
    processes: tuple[Process, ...] = (process,)
    if battery is not None:
        sensors += (ModelSensor(battery, (Quantity(10, models.VOLTAGE, lambda: (battery.voltage_v,)),)),)
        processes += (battery,)
    return Kit(name, sensors, (ModelOutput(OUTPUT_CHANNEL, process),), limits, processes)
