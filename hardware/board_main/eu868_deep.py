"""The program of an ESP32 in Europe that sleeps deeply, its records in a file. See README.md."""

import time

import esp32
import machine

from board_main import eu868_flash
from board_main.deep_sleep import DeepSleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from board_main.main import PinRail


def run(sensors: "Callable[[PinRail], tuple[Any, ...]]") -> None:
    """Run the board for ever. `sensors` makes those that are soldered on; it gets their rail."""
    eu868_flash.run(sensors, _deep)


def _deep(settings: "dict[str, Any]") -> DeepSleep:
    return DeepSleep(machine, esp32.gpio_deep_sleep_hold, time.time_ns, settings)
