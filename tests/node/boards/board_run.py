"""A board's program on fakes, in the MicroPython subset: hours of it, and what came of them."""

import io

from board_main import main
from board_main.deep_sleep import DeepSleep
from farwire_node.flash.file_flash import FileFlash
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.storage import MemoryStorage
from tests.node.boards.fakes import HELD, AsleepError, Chip, Lora, Machine, System, Time
from tests.node.program.whole_node import Dice, Network, Wandering

SETTINGS = {
    "dev_eui": "0000000000000001",
    "join_eui": "0000000000000002",
    "app_key": "000102030405060708090a0b0c0d0e0f",
    "chip": "SX1262",
    "spi": 1,
    "sck": 7,
    "mosi": 9,
    "miso": 8,
    "cs": 41,
    "reset": 42,
    "busy": 40,
    "dio1": 39,
    "tcxo_millivolts": 1800,
    "sensor_rail": 4,
    "output_dbm": (-9, 22),
    "antenna_dbi": 2,
    "capacity": 256,
}
HOUR_MS = 3_600_000


class Trial:
    """One board, its air and its network."""

    def __init__(self, shelf_of: object = None, **other: object) -> None:
        settings = dict(SETTINGS)
        settings.update(other)
        self.time = Time()
        self.started_ms = self.time.ms
        self.machine = Machine(self.time, bool(settings.get("ticks_stop")))
        self.network = Network(Dice(5), 0, EU868.rx2_dr)
        self.lora = Lora(self.time, self.network.answer)
        self.rails: list[main.PinRail] = []
        storage = MemoryStorage()
        main.FileStorage = lambda _files: storage  # the flash of this board
        self.collected = 0
        self.loop = main.start(
            EU868,
            settings,
            self.machine,
            self.lora,
            self.time,
            System(),
            self.collect,
            self.sensors,
            shelf_of,
        )

    def sensors(self, rail: "main.PinRail") -> "tuple[Wandering, ...]":
        self.rails.append(rail)
        sensor = Wandering(1, 103, 200, Dice(3))
        sensor.rail = rail
        sensor.power_up_ms = 5
        sensor.warm_up_ms = 15
        return (sensor,)

    def collect(self) -> None:
        self.collected += 1

    def now_ms(self) -> int:
        """The time that really passed, sleeps in which ticks stood still included."""
        return self.time.ms - self.started_ms + (self.time.slept_ms if self.machine.stops else 0)

    def advance(self, for_ms: int) -> None:
        end_ms = self.now_ms() + for_ms
        while self.now_ms() < end_ms:
            self.loop.turn()


class DeepTrial:
    """An ESP32 that sleeps deeply, its records in flash; a boot takes it `boots_in_ms`."""

    def __init__(self, in_flash: bool = True, chip: "Chip | None" = None, **other: object) -> None:
        self.settings = dict(SETTINGS, deep_from_ms=16_000)
        self.settings.update(other)
        self.time = Time()
        self.started_ms = self.time.ms
        self.chip = Chip() if chip is None else chip
        self.network = Network(Dice(5), 0, EU868.rx2_dr)
        self.lora = Lora(self.time, self.network.answer)
        self.sensor = Wandering(1, 103, 200, Dice(3))
        self.sensor.power_up_ms = 5
        self.sensor.warm_up_ms = 15
        self.system = System()
        self.storage = MemoryStorage()
        self.flash = FileFlash(io.BytesIO(), 8, 4096)
        self.in_flash = in_flash
        self.boots_in_ms = 380
        self.boots = 0
        self.bitten = False
        HELD.clear()
        self.boot()

    def boot(self) -> None:
        """Reset the board."""
        self.boots += 1
        self.time.booted_ms = self.time.ms
        self.time.ms += self.boots_in_ms
        main.FileStorage = lambda _files: self.storage
        self.machine = Machine(self.time, False, self.chip)
        deep = DeepSleep(self.machine, self.chip.gpio_deep_sleep_hold, self.time.time_ns, self.settings)
        shelf_of = self.shelf if self.in_flash else None
        self.loop = main.start(
            EU868, self.settings, self.machine, self.lora, self.time, self.system, lambda: None,
            self.sensors, shelf_of, deep,
        )  # fmt: skip

    def shelf(self, schema: object) -> FlashShelf:
        return FlashShelf(schema, 16, self.flash)

    def sensors(self, rail: "main.PinRail") -> "tuple[Wandering, ...]":
        self.sensor.rail = rail
        return (self.sensor,)

    def advance(self, for_ms: int) -> None:
        end_ms = self.time.ms + for_ms
        while self.time.ms < end_ms:
            self.turn()

    def turn(self) -> None:
        """Turn the loop once, and boot if the board slept deeply."""
        if self.falls_asleep():
            self.boot()

    def falls_asleep(self) -> bool:
        """Turn the loop once; return whether the board slept deeply, and is to be booted."""
        try:
            self.loop.turn()
        except AsleepError:
            self.check_asleep()
            return True
        return False

    def check_asleep(self) -> None:
        """See to it that all sleeps that should."""
        assert self.lora.modem.state == "sleep"
        assert HELD == {41: 1, 42: 1, 4: 0}  # select and reset of the radio, the sensors' rail
        assert self.chip.holds
        self.bitten = self.bitten or any(dog.bitten for dog in self.machine.dogs)

    @property
    def node(self) -> object:
        return self.loop._node.node


def tell() -> None:
    """Print what a board did in two hours, and one that sleeps deeply."""
    deep = DeepTrial()
    deep.advance(2 * HOUR_MS)
    network = deep.network
    print(deep.boots, network.joins, sorted(network.records), network.frames, deep.chip.sizes[-1] > 0)
    trial = Trial()
    trial.advance(2 * HOUR_MS)
    network = trial.network
    print(
        network.joins,
        sorted(network.records),
        network.frames,
        network.downlinks,
        trial.machine.dogs[0].bitten,
    )
