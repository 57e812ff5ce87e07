"""INA219 power monitor (Texas Instruments SBOS448G). Settings as in power_monitor.py."""

from farwire_node.drivers.power_monitor import BUS_REGISTER, PowerMonitor
from farwire_node.sensors import faults

_CONFIGURATION = 0x00
_TRIGGERED = 0x399B  # 32 V, 320 mV, 12 bits, shunt and bus once (8.6.2.1)
_READY = 0x02  # of the bus register (8.6.3.2); its overflow flag is about arithmetic that is not used
_BUS_STEP_MV = 4


class Ina219(PowerMonitor):
    """One chip: 0 to 26 V."""

    warm_up_ms = 2  # 586 us for each of two conversions, at most (6.5)
    charge_nc = 1_200  # 1 mA at most for them
    shunt_step_nv = 10_000
    full_scale_shunt = 32_000  # 320 mV
    bounds = ((0, 2600), (0, 65_535))

    def wake(self, now_ms: int) -> None:
        """Start a conversion."""
        self._write(_CONFIGURATION, _TRIGGERED)

    def self_test(self, now_ms: int) -> None:
        """Raise FaultError unless the configuration reads as it was written: the chip has no id."""
        self._write(_CONFIGURATION, _TRIGGERED)
        found = self._word(_CONFIGURATION)
        if found != _TRIGGERED:
            raise faults.FaultError(
                faults.WRONG_DEVICE, f"configuration {found:#x}, expected {_TRIGGERED:#x}"
            )

    def _millivolts(self, now_ms: int) -> int:
        word = self._word(BUS_REGISTER)
        if not word & _READY:
            raise faults.FaultError(faults.NOT_READY, "the conversion has not ended")
        return (word >> 3) * _BUS_STEP_MV


make = Ina219
