"""The program of a board in Europe that holds its records in a file, over power cuts too. See README.md."""

import gc
import json
import os
import time

import lora
import machine

from board_main import main
from board_main.eu868 import SETTINGS, THRESHOLD
from farwire_codecs.schema import Schema
from farwire_node.flash.file_flash import FileFlash
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.records.flash_shelf import FlashShelf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from board_main.deep_sleep import DeepSleep
    from board_main.main import PinRail

ONLY = ("farwire_node.lorawan.regions.eu868.EU868",)  # the packer settles what its table says
NEVER = ("farwire_node.records.ram_shelf.RamShelf",)  # the packer leaves it out: records are in the file
RECORDS = "records.log"
SECTORS, SECTOR_BYTES = 32, 4096
IN_MEMORY = 64  # records


def run(
    sensors: "Callable[[PinRail], tuple[Any, ...]]",
    deep_of: "Callable[[dict[str, Any]], DeepSleep] | None" = None,
    records: str = RECORDS,
    sectors: int = SECTORS,
    sector_bytes: int = SECTOR_BYTES,
) -> None:
    """Run the board for ever. `sensors` makes those that are soldered on; it gets their rail.

    `deep_of` makes from the settings what sleeps deeply; None: nothing does. `records` is the file's name.
    """
    gc.threshold(THRESHOLD)  # type: ignore[attr-defined]  # MicroPython's
    with open(SETTINGS) as text:
        settings = json.load(text)
    deep = None if deep_of is None else deep_of(settings)
    if records not in os.listdir():
        open(records, "wb").close()
    file = open(records, "r+b")  # noqa: SIM115 (for ever)
    flash = FileFlash(file, sectors, sector_bytes, os.sync)

    def shelf_of(schema: Schema) -> FlashShelf:
        return FlashShelf(schema, IN_MEMORY, flash)

    loop = main.start(EU868, settings, machine, lora, time, os, gc.collect, sensors, shelf_of, deep)
    while True:
        loop.turn()
