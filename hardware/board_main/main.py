"""Puts a MicroPython board together: radio, storage, watchdog, node.

`start` gets the interpreter's modules, so that a test can give others. What differs between boards is in
`settings`, the file node.json on the board's flash: see README.md.
"""

from board_main.battery import battery
from board_main.clock import Clock
from board_main.loop import LONGEST_MS, Loop
from board_main.radio import Radio
from farwire_node import aes_board
from farwire_node.file_storage import BoardFiles, FileStorage
from farwire_node.lorawan.mac import Mac
from farwire_node.node import CAPACITY, Node
from farwire_node.power.power import Ledger
from farwire_node.sensors.sensor import Rail
from farwire_node.survival import reset_board
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from board_main.deep_sleep import DeepSleep
    from farwire_codecs.schema import Schema
    from farwire_node.lorawan.regions.region import Region
    from farwire_node.records.flash_shelf import FlashShelf

DOG_MS = 8_000  # RP2040's longest is 8388 ms


class PinRail(Rail):
    """The sensors' supply behind a load switch on `pin`, high for on."""

    def __init__(self, pin: "Any") -> None:
        super().__init__()
        self._pin = pin
        pin.value(0)

    def switch(self, on: bool) -> None:
        """Drive the load switch."""
        self._pin.value(1 if on else 0)


def start(
    region: "Region",
    settings: "dict[str, Any]",
    machine: "Any",
    lora: "Any",
    time: "Any",
    system: "Any",
    collect: "Callable[[], object]",
    sensors: "Callable[[PinRail], tuple[Any, ...]]",
    shelf_of: "Callable[[Schema], FlashShelf] | None" = None,
    deep: "DeepSleep | None" = None,
) -> Loop:
    """Return the loop to be turned for ever. `system`: module `os`; `sensors` makes what is soldered on.

    `shelf_of` makes the shelf in flash that records are held on; None: in RAM. `deep`: how to sleep deeply,
    which a node without flash for its records does not do; None: not at all.
    """
    rail = PinRail(machine.Pin(settings["sensor_rail"], machine.Pin.OUT))
    radio = Radio(
        modem(settings, machine, lora),
        settings["output_dbm"],
        settings["antenna_dbi"],
        settings.get("tx_ant"),
    )
    storage = FileStorage(BoardFiles(system, settings.get("folder", "")))
    dog = reset_board.watchdog(machine, DOG_MS) if settings.get("watchdog", True) else None
    power = Ledger()
    things = sensors(rail)
    cell = battery(settings, machine)

    def random_below(n: int) -> int:
        return int.from_bytes(system.urandom(4), "big") % n

    def build(reason: int) -> "Node | SafeNode":
        link = Mac(
            region,
            int(settings["dev_eui"], 16),
            int(settings["join_eui"], 16),
            bytes.fromhex(settings["app_key"]),
            aes_board.best(),
            storage,
            random_below,
            max_eirp_dbm=settings["output_dbm"][1] + settings["antenna_dbi"],
        )
        link.set_class(settings.get("device_class", "A"))
        identity = int(settings["dev_eui"], 16)
        battery_mv = None if cell is None else lambda: cell.tell(link)
        if battery_mv is not None:
            battery_mv()
        if reason == SAFE_MODE:
            return SafeNode(identity, link, storage, random_below, (), battery_mv)
        capacity = settings.get("capacity", CAPACITY)
        return Node(
            identity,
            things,
            (),
            link,
            storage,
            random_below,
            (),
            capacity,
            reason,
            battery_mv,
            power=power,
            shelf_of=shelf_of,
        )

    guard = Guard(build, storage, reset_board.cause(machine), dog, reset_board.breadcrumb(machine))
    clock = Clock(time.ticks_ms, time.ticks_diff, settings.get("ticks_stop", False))
    if settings.get("rtc_goes_on", False):
        clock.go_on(1000 * time.time())
    if deep is not None:
        deep.wake(guard, clock)
    return Loop(
        guard,
        radio,
        clock,
        machine.lightsleep,
        time.sleep_ms,
        collect,
        LONGEST_MS if dog is None or dog.within_ms is None else dog.within_ms,
        deep,
    )


def modem(settings: "dict[str, Any]", machine: "Any", lora: "Any") -> "Any":
    """Return the radio's driver: a class of the package `lora`, wired as the settings say."""
    pin = machine.Pin
    wires = {}
    if "sck" in settings:  # elsewhere the pins belong to the bus
        wires = {name: pin(settings[name]) for name in ("sck", "mosi", "miso")}
    spi = machine.SPI(settings["spi"], baudrate=2_000_000, **wires)
    given: dict[str, Any] = {
        name: pin(settings[name], pin.IN) for name in ("busy", "dio0", "dio1") if name in settings
    }
    given["reset"] = pin(settings["reset"], pin.OUT, value=1)
    if "tcxo_millivolts" in settings:
        given["dio3_tcxo_millivolts"] = settings["tcxo_millivolts"]
    return getattr(lora, settings["chip"])(spi, pin(settings["cs"], pin.OUT, value=1), **given)
