"""A Modbus device's registers as channels: a map of registers is all that a new device needs.

As a driver of its own (numbers 32 to 41) it reads one value. The bus is a ModbusPort; SENSOR_ADDRESS is the
unit plus 256 times the channel's LPP type (0: generic); SENSOR_REGISTER the first register as it goes over
the line, from 0. The number of the driver says which registers and how: 32 to 36 holding registers, 37 to 41
input registers, as u16, i16, u32, i32, f32. A float comes in thousandths; the channel's calibration makes the
type's raw integers of what the registers hold.
"""

from collections import namedtuple

from farwire_codecs.schema import Channel
from farwire_node.drivers import modbus, modbus_values
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.modbus_port import Exchange, ModbusPort
    from farwire_node.sensors.sensor_settings import Place

Field = namedtuple("Field", ("register", "kind", "scale", "type_id"))
"""One value: where it begins, a kind of modbus_values, and what makes the LPP type's integers of it."""

FIRST_DRIVER = 32
_KINDS = 5
_FLOAT_SCALE = 1000
_GENERIC = 100


class ModbusSensor(Sensor):
    """One device; its fields become channels, from `place.first_channel` on. One request reads them all."""

    def __init__(
        self, port: "ModbusPort", place: "Place", function: int, fields: "tuple[Field, ...]"
    ) -> None:
        self.channels = tuple(
            [Channel(place.first_channel + at, field.type_id) for at, field in enumerate(fields)]
        )
        self._port = port
        self._fields = fields
        self._first = min([field.register for field in fields])
        end = max([field.register + modbus_values.SIZES[field.kind] for field in fields])
        if end - self._first > modbus.MOST_REGISTERS:
            raise ValueError(f"registers {self._first} to {end - 1} do not fit one request")
        self._request = modbus.read(place.address & 0xFF, function, self._first, end - self._first)
        self.warm_up_ms = port.lead_ms(self._request)
        self._exchange: Exchange | None = None

    def wake(self, now_ms: int) -> None:
        """Ask."""
        self._exchange = None
        self._exchange = self._port.begin(self._request, now_ms)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the fields of the answer; a field that is no number has no value."""
        if self._exchange is None:
            raise faults.FaultError(faults.NOT_READY, "nothing was asked")
        exchange, self._exchange = self._exchange, None
        data = self._port.finish(exchange)
        return tuple([self._value(field, data) for field in self._fields])

    def self_test(self, now_ms: int) -> None:
        """Ask, and wait for the answer."""
        self._port.call(self._request)

    def _value(self, field: Field, data: bytes) -> tuple[int, ...] | None:
        try:
            return (modbus_values.value_at(field.kind, data, field.register - self._first, field.scale),)
        except faults.FaultError:
            return None


def make(port: "ModbusPort", place: "Place") -> ModbusSensor:
    """Return the driver of one value."""
    variant = place.driver - FIRST_DRIVER
    kind = variant % _KINDS
    function = modbus.READ_HOLDING if variant < _KINDS else modbus.READ_INPUT
    scale = _FLOAT_SCALE if kind == modbus_values.F32 else 1
    field = Field(place.register, kind, scale, place.address >> 8 or _GENERIC)
    return ModbusSensor(port, place, function, (field,))
