"""What INA219 and INA226 have in common: bus voltage and, over a shunt, current, as LPP voltage and current.

SENSOR_ADDRESS is the I2C address (0: 0x40), SENSOR_REGISTER the shunt in milliohms (0: 100). The chips' own
arithmetic for current and power is not used: it needs a register that a brown-out clears. A current that
flows backwards beyond NOISE_MA has no LPP value.
"""

from farwire_codecs.schema import Channel
from farwire_node.sensors import faults
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import I2c
    from farwire_node.sensors.sensor_settings import Place

VOLTAGE, CURRENT = 116, 117
ADDRESS = 0x40
SHUNT_MOHM = 100
NOISE_MA = 2  # an idle line reads some steps below 0
SHUNT_REGISTER, BUS_REGISTER = 1, 2


class PowerMonitor(Sensor):
    """One chip, two channels. A kind of chip sets the numbers and implements `wake` and `_millivolts`."""

    full_scale_shunt = 0x7FFF  # the highest reading of the shunt register
    shunt_step_nv = 0

    def __init__(self, bus: "I2c", place: "Place") -> None:
        first = place.first_channel
        self.channels = (Channel(first, VOLTAGE), Channel(first + 1, CURRENT))
        self._bus = bus
        self._address = place.address or ADDRESS
        self._shunt_mohm = place.register or SHUNT_MOHM

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return voltage and current."""
        millivolts = self._millivolts(now_ms)
        shunt = self._word(SHUNT_REGISTER)
        if shunt & 0x8000:
            shunt -= 0x10000
        if abs(shunt) >= self.full_scale_shunt:
            raise faults.FaultError(faults.OUT_OF_RANGE, "more over the shunt than the converter measures")
        divisor = 1000 * self._shunt_mohm
        milliamperes = (2 * shunt * self.shunt_step_nv + divisor) // (2 * divisor)
        if -NOISE_MA <= milliamperes < 0:
            milliamperes = 0
        return (((millivolts + 5) // 10,), None if milliamperes < 0 else (milliamperes,))

    def _millivolts(self, now_ms: int) -> int:
        """Return the bus voltage of the conversion that `wake` started."""
        raise NotImplementedError

    def _word(self, register: int) -> int:
        answer = self._bus.readfrom_mem(self._address, register, 2)
        return answer[0] << 8 | answer[1]

    def _write(self, register: int, word: int) -> None:
        self._bus.writeto_mem(self._address, register, bytes((word >> 8, word & 0xFF)))
