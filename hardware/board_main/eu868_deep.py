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

ONLY = ("farwire_node.lorawan.regions.eu868.EU868",)  # as in eu868_flash
NEVER = ("farwire_node.records.ram_shelf.RamShelf",)
RECORDS = "deep.log"  # not that of eu868_flash, whose sectors are longer
SECTORS, SECTOR_BYTES = 128, 1024  # a boot reads half of the newest sector, on the average


def run(sensors: "Callable[[PinRail], tuple[Any, ...]]") -> None:
    """Run the board for ever. `sensors` makes those that are soldered on; it gets their rail."""
    eu868_flash.run(sensors, _deep, RECORDS, SECTORS, SECTOR_BYTES)


def _deep(settings: "dict[str, Any]") -> DeepSleep:
    return DeepSleep(machine, esp32.gpio_deep_sleep_hold, time.time_ns, settings)
