"""The battery's voltage at an ADC pin behind a divider, for state reports and the network's DevStatusReq."""

from farwire_node.drivers.adc import AnalogInput
from farwire_node.errors import SensorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from farwire_node.drivers.buses import Adc
    from farwire_node.lorawan.mac import Mac

EMPTY, FULL, NOT_KNOWN = 1, 254, 255  # DevStatusAns (TS001-1.0.4 §5.5)


class Battery:
    """`full_scale_mv` at the battery gives the ADC's highest code; empty and full are its voltages then."""

    def __init__(self, adc: "Adc", full_scale_mv: int, empty_mv: int, full_mv: int) -> None:
        self._input = AnalogInput(adc, full_scale_mv)
        self._empty_mv = empty_mv
        self._full_mv = full_mv

    def millivolts(self) -> int:
        """Return the voltage, 0 where it cannot be measured."""
        try:
            return self._input.millivolts()
        except SensorError:
            return 0

    def level(self, millivolts: int) -> int:
        """Return the level that DevStatusAns tells: 1 (empty) to 254 (full), 255 for 0 mV."""
        if not millivolts:
            return NOT_KNOWN
        part = (millivolts - self._empty_mv) * (FULL - EMPTY) // (self._full_mv - self._empty_mv)
        return EMPTY + max(0, min(FULL - EMPTY, part))

    def tell(self, link: "Mac") -> int:
        """Measure, let the link know the level, and return the voltage."""
        millivolts = self.millivolts()
        link.set_battery(self.level(millivolts))
        return millivolts


def battery(settings: "dict[str, Any]", machine: "Any") -> "Battery | None":
    """Return the battery that the settings tell of, None if they tell of none."""
    if "battery_adc" not in settings:
        return None
    adc = machine.ADC(machine.Pin(settings["battery_adc"]))
    return Battery(
        adc, settings["battery_full_scale_mv"], settings["battery_empty_mv"], settings["battery_full_mv"]
    )
