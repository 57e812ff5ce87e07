"""Eastron SDM120, SDM230 and alike: voltage, current, power of one phase (SDM120-Modbus protocol, input
registers). The bus is a ModbusPort, SENSOR_ADDRESS the unit. For the energy: driver 41, register 342, LPP
type 131. Power that flows back has no LPP value.
"""

from farwire_node.drivers import modbus
from farwire_node.drivers.modbus_sensor import Field, ModbusSensor
from farwire_node.drivers.modbus_values import F32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.modbus_port import ModbusPort
    from farwire_node.sensors.sensor_settings import Place

VOLTAGE, CURRENT, POWER = 116, 117, 128
FIELDS = (Field(0, F32, 100, VOLTAGE), Field(6, F32, 1000, CURRENT), Field(12, F32, 1, POWER))


def make(port: "ModbusPort", place: "Place") -> ModbusSensor:
    """Return the driver."""
    return ModbusSensor(port, place, modbus.READ_INPUT, FIELDS)
