"""An analog input pin as a bus: the median of several conversions, as a voltage or a shunt's current."""

from farwire_node.sensors import faults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.drivers.buses import Adc

CONVERSIONS = 5  # the median of them throws away what a switching regulator or a relay does to one or two
_TOP = 0xFFFF


class AnalogInput:
    """`full_scale_mv` at the terminal gives the highest code (divider included); `shunt_mohm` for a loop."""

    def __init__(self, adc: "Adc", full_scale_mv: int, shunt_mohm: int = 0) -> None:
        self._adc = adc
        self._full_scale_mv = full_scale_mv
        self._shunt_mohm = shunt_mohm

    def millivolts(self) -> int:
        """Return the voltage; raises FaultError above the converter's range."""
        code = self._code()
        if code == _TOP:
            raise faults.FaultError(faults.OUT_OF_RANGE, f"above {self._full_scale_mv} mV")
        return (2 * code * self._full_scale_mv + _TOP) // (2 * _TOP)

    def microamperes(self) -> int:
        """Return the current through the shunt; at the converter's top it is at least what is returned."""
        divisor = _TOP * self._shunt_mohm
        return (2 * self._code() * self._full_scale_mv * 1_000_000 + divisor) // (2 * divisor)

    def _code(self) -> int:
        codes = sorted([self._adc.read_u16() for _ in range(CONVERSIONS)])
        return codes[CONVERSIONS // 2]
