"""INA226 power monitor (Texas Instruments SBOS547B). Settings as in power_monitor.py."""

from farwire_node.drivers.power_monitor import BUS_REGISTER, PowerMonitor
from farwire_node.sensors import faults

_CONFIGURATION, _MASK, _MAKER, _DIE = 0x00, 0x06, 0xFE, 0xFF
_TRIGGERED = 0x4123  # no average, 1.1 ms each, shunt and bus once (Configuration Register)
_READY = 0x0008  # CVRF of the Mask/Enable Register
_MAKER_ID, _DIE_ID = 0x5449, 0x2260
_BUS_STEP_UV = 1250


class Ina226(PowerMonitor):
    """One chip: 0 to 36 V."""

    warm_up_ms = 3  # 1.21 ms for each of two conversions, at most
    charge_nc = 1_100  # 0.42 mA at most for them
    shunt_step_nv = 2_500
    bounds = ((0, 3600), (0, 65_535))

    def wake(self, now_ms: int) -> None:
        """Start a conversion."""
        self._write(_CONFIGURATION, _TRIGGERED)

    def self_test(self, now_ms: int) -> None:
        """Raise FaultError unless the chip says who made it, and what it is."""
        found = self._word(_MAKER), self._word(_DIE)
        if found != (_MAKER_ID, _DIE_ID):
            raise faults.FaultError(faults.WRONG_DEVICE, f"ids {found}, expected {(_MAKER_ID, _DIE_ID)}")

    def _millivolts(self, now_ms: int) -> int:
        if not self._word(_MASK) & _READY:
            raise faults.FaultError(faults.NOT_READY, "the conversion has not ended")
        return (self._word(BUS_REGISTER) * _BUS_STEP_UV + 500) // 1000


make = Ina226
