"""A board's program on fakes, in the MicroPython subset: hours of it, and what came of them."""

from board_main import main
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.storage import MemoryStorage
from tests.node.boards.fakes import Lora, Machine, System, Time
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


def tell() -> None:
    """Print what a board did in two hours."""
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
