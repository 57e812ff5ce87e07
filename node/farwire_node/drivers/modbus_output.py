"""A coil of a Modbus relay board as a switched output, reported as LPP digital output.

The bus is a ModbusPort; SENSOR_ADDRESS is the unit, SENSOR_REGISTER the coil, from 0.
"""

from farwire_codecs.schema import Channel
from farwire_node.drivers import modbus
from farwire_node.errors import ActuatorError, SensorError
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Actuator, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.modbus_port import Exchange, ModbusPort
    from farwire_node.sensors.sensor_settings import Place

DIGITAL_OUTPUT = 1


class ModbusOutput(Sensor, Actuator):
    """One coil."""

    def __init__(self, port: "ModbusPort", place: "Place") -> None:
        self.channel = place.first_channel
        self.channels = (Channel(self.channel, DIGITAL_OUTPUT),)
        self._port = port
        self._unit = place.address & 0xFF
        self._coil = place.register
        self._request = modbus.read(self._unit, modbus.READ_COILS, self._coil, 1)
        self.warm_up_ms = port.lead_ms(self._request)
        self._exchange: Exchange | None = None

    def set(self, value_x100: int) -> None:
        """Switch, and wait for the device to say that it did."""
        level = modbus.COIL_ON if value_x100 > 0 else modbus.COIL_OFF
        try:
            self._port.call(modbus.write(self._unit, modbus.WRITE_COIL, self._coil, level))
        except (SensorError, OSError) as error:
            raise ActuatorError(str(error))  # noqa: B904  MicroPython loses a cause anyhow

    def wake(self, now_ms: int) -> None:
        """Ask."""
        self._exchange = None
        self._exchange = self._port.begin(self._request, now_ms)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return what the coil is at."""
        if self._exchange is None:
            raise faults.FaultError(faults.NOT_READY, "nothing was asked")
        exchange, self._exchange = self._exchange, None
        return ((self._port.finish(exchange)[0] & 1,),)


make = ModbusOutput
