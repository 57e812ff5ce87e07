"""A node on a modem, the emulated modem on a fake air, a network and a cloud: all on one made-up clock.

The serial line takes its time, as its baud rate says. `faults` is where a test breaks it.
"""

import heapq
import random
from collections.abc import Callable
from itertools import count
from typing import Any

from farwire_codecs.configuration import REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_node import node_events
from farwire_node.lorawan.airtime import airtime_ms, symbol_us
from farwire_node.lorawan.frames import DataFrame
from farwire_node.lorawan.regions import EU868, Region
from farwire_node.modems.dialect import Dialect
from farwire_node.modems.identity import Identity
from farwire_node.modems.loop import Loop, Port
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.modem_link import ModemLink
from farwire_node.modems.rak3172 import Rak3172
from farwire_node.modems.rn2483 import Rn2483
from farwire_node.node import Node
from farwire_node.steps import Listen, Transmit
from farwire_node.storage import MemoryStorage
from farwire_twin.modems import lora_e5, rak3172, rn2483
from farwire_twin.modems.faulty_line import FaultyLine
from farwire_twin.modems.modem import Modem
from tests.node.lorawan.fakes import APP_KEY, DEV_EUI, JOIN_EUI, Down, Network, OnAir
from tests.node.program.fakes import TEMPERATURE, FakeCloud, Lamp, SteppingSensor

MODEMS: dict[str, tuple[type[Dialect], type[Modem]]] = {
    "RAK3172": (Rak3172, rak3172.Rak3172),
    "LoRa-E5": (LoraE5, lora_e5.LoraE5),
    "RN2483": (Rn2483, rn2483.Rn2483),
}
SETTINGS = (Setting(SAMPLING_INTERVAL_S, None, 20), Setting(REPORTING_INTERVAL_S, None, 120))
# The codec's; five symbols at SF12, where two lengths of a frame lead to each other (history.py);
# and what the length of the command on the line makes uncertain.
WORST_TIME_ERROR_MS = 63 + 164 + 30
PREAMBLE_SYMBOLS_NEEDED = 4


class Clock:
    """What happens next; ties in the order of asking."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (self.now_ms + max(0, delay_ms), next(self._order), action))

    def next_ms(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> None:
        while self._heap and self._heap[0][0] <= self.now_ms:
            heapq.heappop(self._heap)[2]()


class Air:
    """A modem's radio before one network. What the radio was last told to do is what it does."""

    def __init__(self, clock: Clock, network: Network) -> None:
        self.modem: Modem | None = None
        self.sent: list[tuple[int, Transmit]] = []
        self.deaf = False  # the network hears nothing
        self._clock = clock
        self._network = network
        self._coming: list[OnAir] = []
        self._turn = 0
        self._open: tuple[int, int, int] | None = None

    def transmit(self, step: Transmit) -> None:
        self.stop()
        self.sent.append((self._clock.now_ms, step))
        self._then(step.airtime_ms, lambda: self._transmitted(step))

    def listen(self, step: Listen) -> None:
        self.stop()
        now_ms = self._clock.now_ms
        if step.until_ms is None:
            self._open = step[:3]
            return
        for down in self._coming:
            preamble_end_ms = down.start_ms + 8 * symbol_us(down.sf, down.bw_hz) / 1000
            heard_ms = min(preamble_end_ms, step.until_ms) - max(down.start_ms, now_ms)
            enough_ms = PREAMBLE_SYMBOLS_NEEDED * symbol_us(down.sf, down.bw_hz) / 1000
            if (down.freq_hz, down.sf, down.bw_hz) == step[:3] and heard_ms >= enough_ms:
                self._coming.remove(down)
                end_ms = down.start_ms + airtime_ms(len(down.frame), down.sf, down.bw_hz, False)
                self._then(end_ms - now_ms, lambda frame=down.frame: self._heard(frame))
                return
        self._then(step.until_ms - now_ms, self._heard_nothing)

    def stop(self) -> None:
        self._turn += 1
        self._open = None

    def class_c(self, down: Down) -> bool:
        """Send a downlink in the open window; False if nobody listens there."""
        network = self._network
        freq_hz, dr = network.region.rx2_freq_hz, network.region.rx2_dr
        if self._open != (freq_hz, *network.region.data_rates[dr]):
            return False
        phy = network.seal(down)
        self._then(2_000, lambda: self._heard(phy))
        return True

    def _then(self, delay_ms: int, action: Callable[[], None]) -> None:
        turn = self._turn
        self._clock.after(delay_ms, lambda: action() if turn == self._turn else None)

    def _transmitted(self, step: Transmit) -> None:
        assert self.modem is not None
        down = None if self.deaf else self._network.hear(step, self._clock.now_ms)
        self._coming = [] if down is None else [down]
        self.modem.on_tx_done(self._clock.now_ms)

    def _heard(self, frame: bytes) -> None:
        assert self.modem is not None
        self.modem.on_frame(frame, -80, 7, self._clock.now_ms)

    def _heard_nothing(self) -> None:
        assert self.modem is not None
        self.modem.on_listen_end(self._clock.now_ms)


class Heard(list[DataFrame]):
    """The network's uplinks, each passed on when it comes."""

    def __init__(self, pass_on: Callable[[DataFrame], None]) -> None:
        super().__init__()
        self._pass_on = pass_on

    def append(self, frame: DataFrame) -> None:
        super().append(frame)
        self._pass_on(frame)


class Wire(Port):
    """The host's end of the line, with the time that each byte takes."""

    def __init__(self, clock: Clock, faults: FaultyLine) -> None:
        self._clock = clock
        self._faults = faults
        self._came = b""
        self._busy_ms = {"up": 0, "down": 0}
        self._check()

    def read(self) -> bytes:
        self._check()
        came, self._came = self._came, b""
        return came

    def write(self, data: bytes) -> None:
        self._check()

        def arrive() -> None:
            if self._faults.plugged:
                self._faults.write(data, self._clock.now_ms)

        self._later("up", len(data), arrive)

    def close(self) -> None:
        pass

    def carry(self) -> None:
        """Take what the modem said."""
        if not self._faults.plugged:
            self._faults.modem.output()
            return
        data = self._faults.read()
        if data:
            self._later("down", len(data), lambda: self._arrived(data))

    def _arrived(self, data: bytes) -> None:
        self._came += data

    def _later(self, way: str, size: int, action: Callable[[], None]) -> None:
        start_ms = max(self._clock.now_ms, self._busy_ms[way])
        self._busy_ms[way] = start_ms + size * 10_000 // self._faults.modem.baud + 1
        self._clock.after(self._busy_ms[way] - self._clock.now_ms, action)

    def _check(self) -> None:
        if not self._faults.plugged:
            raise OSError("unplugged")


class Bench:
    """Everything from the sensor to the cloud, with a modem in between."""

    def __init__(
        self,
        name: str,
        seed: int = 1,
        device_class: str = "A",
        region: Region = EU868,
        **options: Any,
    ) -> None:
        _, emulator = MODEMS[name]
        self.name = name
        self.clock = Clock()
        self.cloud = FakeCloud()
        self.network = Network(region)
        self.network.uplinks = Heard(self._heard)
        self.air = Air(self.clock, self.network)
        self.modem = emulator(self.air, region, seed)
        self.air.modem = self.modem
        self.faults = FaultyLine(self.modem)
        self.sensor = SteppingSensor(TEMPERATURE)
        self.lamp = Lamp()
        self.storage = MemoryStorage()
        self.told: list[Any] = []
        self.sampled: dict[int, tuple[int, tuple[object, ...]]] = {}
        self._device_class = device_class
        self._options = options
        self._dice = random.Random(seed)
        self.modem.power_on(0)
        self.modem.output()  # long before the host looks
        self.start_host()

    def start_host(self) -> None:
        """Start the node's program (again) from what is in storage."""
        self.link = ModemLink(
            MODEMS[self.name][0](),
            Identity(DEV_EUI, JOIN_EUI, APP_KEY),
            self.network.region,
            self.storage,
            self._dice.randrange,
            device_class=self._device_class,
            **self._options,
        )
        self.node = Node(
            DEV_EUI,
            (self.sensor,),
            (self.lamp,),
            self.link,
            self.storage,
            self._dice.randrange,
            factory=SETTINGS,
            capacity=512,
        )
        self.wire: Wire | None = None
        self.loop = Loop(self.node, self.link, self._open)

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms

    def run(self, for_s: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time go by, at most until something is so; return whether it is."""
        end_ms = self.now_ms + round(1000 * for_s)
        while True:
            self.clock.run_due()
            wake_ms = self._turn()
            if until():
                return True
            if self.now_ms >= end_ms:
                return False
            next_ms = self.clock.next_ms()
            moments = [end_ms, wake_ms] + ([] if next_ms is None else [next_ms])
            self.clock.now_ms = max(self.now_ms, min(moments))

    def run_until(self, until: Callable[[], bool], within_s: float = 3600) -> None:
        assert self.run(within_s, until), "it never came to that"

    def join(self) -> None:
        """Let the node join, and its first frames go."""
        self.run_until(lambda: self.link.joined and len(self.cloud.records) >= 3)

    def finish(self) -> None:
        """Stop sampling, and let everything be acknowledged."""
        self.node.stop_sampling()
        self.run_until(lambda: self.node.pending() == 0, 4 * 3600)

    def assert_all_arrived(self) -> None:
        assert set(self.cloud.records) == set(self.sampled)
        for number, (time_ms, values) in self.sampled.items():
            stored_ms, stored = self.cloud.records[number]
            assert stored == values
            assert abs(stored_ms - time_ms) <= WORST_TIME_ERROR_MS, f"record {number}"

    def events(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    def _open(self) -> Port:
        self.wire = Wire(self.clock, self.faults)
        return self.wire

    def _turn(self) -> int:
        wake_ms = self.loop.turn(self.now_ms)
        self._note()
        modem_ms = self.modem.poll(self.now_ms)
        if self.wire is not None:
            self.wire.carry()
        return max(self.now_ms + 1, min(wake_ms, modem_ms))

    def _note(self) -> None:
        for event in self.node.events():
            self.told.append(event)
            if isinstance(event, node_events.Sampled):
                number, time_s, values = event.record
                self.sampled[number] = (1000 * time_s, values)

    def _heard(self, frame: DataFrame) -> None:
        if frame.port is None:
            return
        self.cloud.hear(frame.port, frame.payload, self.now_ms)
        while self.cloud.queue:
            port, payload = self.cloud.queue.pop(0)
            self.network.queue.append(Down(payload, port))
