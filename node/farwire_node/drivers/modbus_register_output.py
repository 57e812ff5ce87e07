"""A holding register of a Modbus device as an analog output: a set point, a drive's speed.

The bus is a ModbusPort; SENSOR_ADDRESS is the unit, SENSOR_REGISTER the register, from 0, which takes
hundredths. What it holds is reported as LPP analog output.
"""

from farwire_node.drivers import modbus, modbus_values
from farwire_node.drivers.modbus_sensor import Field, ModbusSensor
from farwire_node.errors import ActuatorError, SensorError
from farwire_node.sensors.sensor import Actuator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.modbus_port import ModbusPort
    from farwire_node.sensors.sensor_settings import Place

ANALOG_OUTPUT = 3


class ModbusRegisterOutput(ModbusSensor, Actuator):
    """One signed register."""

    minimum_x100 = -32_768
    maximum_x100 = 32_767

    def __init__(self, port: "ModbusPort", place: "Place") -> None:
        field = Field(place.register, modbus_values.I16, 1, ANALOG_OUTPUT)
        ModbusSensor.__init__(self, port, place, modbus.READ_HOLDING, (field,))
        self.channel = place.first_channel
        self._unit = place.address & 0xFF
        self._register = place.register

    def set(self, value_x100: int) -> None:
        """Write, and wait for the device to say that it did."""
        word = value_x100 & 0xFFFF
        try:
            self._port.call(modbus.write(self._unit, modbus.WRITE_REGISTER, self._register, word))
        except (SensorError, OSError) as error:
            raise ActuatorError(str(error))  # noqa: B904  MicroPython loses a cause anyhow


make = ModbusRegisterOutput
