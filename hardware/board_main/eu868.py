"""The program of a board in Europe: what main.py on its flash imports. README.md says how to make it."""

import gc
import json
import os
import time

import lora
import machine

from board_main import main
from farwire_node.lorawan.regions.eu868 import EU868

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from board_main.main import PinRail

ONLY = ("farwire_node.lorawan.regions.eu868.EU868",)  # the packer settles what its table says
THRESHOLD = 1_000  # bytes: collecting that often keeps the heap from falling into pieces
SETTINGS = "node.json"


def run(sensors: "Callable[[PinRail], tuple[Any, ...]]") -> None:
    """Run the board for ever. `sensors` makes those that are soldered on; it gets their rail."""
    gc.threshold(THRESHOLD)  # type: ignore[attr-defined]  # MicroPython's
    with open(SETTINGS) as file:
        settings = json.load(file)
    loop = main.start(EU868, settings, machine, lora, time, os, gc.collect, sensors)
    while True:
        loop.turn()
