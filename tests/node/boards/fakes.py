"""A board without hardware, in the MicroPython subset: `machine`, `lora`, `time`, `os` as a board has them.

Time stands still but for sleeps. The modem gives what it sends to a network, and hears what that answers when
a window is open for it.
"""

from farwire_node.lorawan.airtime import airtime_us

WRAP = 1 << 30  # of ticks


class Time:
    """The module `time`."""

    def __init__(self, start: int = WRAP - 5_000) -> None:  # ticks wrap soon
        self.ms = start
        self.booted_ms = 0  # ticks are counted from here
        self.slept_ms = 0  # lightly
        self.naps: list[int] = []
        self.behind_ms = 0  # of the clock that goes on in deep sleep

    def time(self) -> int:
        """Seconds on a real-time clock that went on."""
        return self.ms // 1000

    def time_ns(self) -> int:
        return 1_000_000 * (self.ms - self.behind_ms)

    def ticks(self, ms: int) -> int:
        return (ms - self.booted_ms) % WRAP

    def ticks_ms(self) -> int:
        return self.ticks(self.ms)

    def ticks_diff(self, one: int, other: int) -> int:
        return (one - other + WRAP // 2) % WRAP - WRAP // 2

    def sleep_ms(self, length_ms: int) -> None:
        self.ms += length_ms


HELD: "dict[object, int]" = {}  # levels of the pins that keep theirs in deep sleep


class Pin:
    """machine.Pin."""

    IN, OUT = 0, 1

    def __init__(self, number: object, mode: int = 0, value: int = 0, hold: "bool | None" = None) -> None:
        self.number = number
        if hold is not None:
            HELD.pop(number, None)
        if hold:
            HELD[number] = value
        self.level = value
        self.changes: list[int] = []

    def value(self, level: int) -> None:
        self.level = level
        self.changes.append(level)


class ADC:
    """machine.ADC: half of full scale, whatever the pin."""

    code = 0x8000

    def __init__(self, pin: Pin) -> None:
        self.pin = pin

    def read_u16(self) -> int:
        return self.code


class SPI:
    """machine.SPI."""

    def __init__(
        self, number: int, baudrate: int, sck: object = None, mosi: object = None, miso: object = None
    ):
        self.number = number


class WDT:
    """machine.WDT; late feeding is remembered."""

    def __init__(self, clock: Time, timeout: int) -> None:
        self.clock = clock
        self.timeout = timeout
        self.fed_ms = clock.ms
        self.bitten = False

    def feed(self) -> None:
        self.bitten = self.bitten or self.clock.ms - self.fed_ms > self.timeout
        self.fed_ms = self.clock.ms


class RTC:
    """machine.RTC of a board that keeps no memory in it."""


class AsleepError(Exception):
    """The board sleeps deeply: what ran is over."""


class Chip:
    """What of an ESP32 outlives a reset: its clock's memory of so many bytes, and why it was reset.

    `off_ppt`: by how many thousandths deep sleeps are longer than its clock tells.
    """

    def __init__(self, retains: int = 2048, off_ppt: int = 0) -> None:
        self.retains = retains
        self.off_ppt = off_ppt
        self.kept = b""
        self.cause = 1
        self.holds = False
        self.deep: list[int] = []  # lengths of deep sleeps
        self.sizes: list[int] = []  # of what was kept in them

    def memory(self, data: "bytes | None" = None) -> "bytes | None":
        if data is None:
            return self.kept
        if len(data) > self.retains:
            raise ValueError("buffer too long")
        self.kept = bytes(data)
        return None

    def gpio_deep_sleep_hold(self, hold: bool) -> None:
        """As the module `esp32` has it."""
        self.holds = hold


class Machine:
    """The module `machine`. `stops`: ticks stand still in light sleep. `chip`: of one that sleeps deeply."""

    PWRON_RESET, WDT_RESET, DEEPSLEEP_RESET = 1, 3, 4
    Pin = Pin
    SPI = SPI
    ADC = ADC
    RTC = RTC

    def __init__(self, clock: Time, stops: bool = False, chip: "Chip | None" = None) -> None:
        self.clock = clock
        self.chip = chip
        if chip is not None:
            self.RTC = lambda: chip
        self.stops = stops
        self.dogs: list[WDT] = []

    def WDT(self, timeout: int) -> WDT:
        self.dogs.append(WDT(self.clock, timeout))
        return self.dogs[-1]

    def reset_cause(self) -> int:
        return self.PWRON_RESET if self.chip is None else self.chip.cause

    def deepsleep(self, length_ms: int) -> None:
        chip = self.chip
        assert chip is not None
        chip.deep.append(length_ms)
        chip.sizes.append(len(chip.kept))
        off_ms = length_ms * chip.off_ppt // 1000
        self.clock.ms += length_ms + off_ms
        self.clock.behind_ms += off_ms
        chip.cause = self.DEEPSLEEP_RESET
        raise AsleepError

    def lightsleep(self, length_ms: int) -> None:
        self.clock.naps.append(length_ms)
        self.clock.slept_ms += length_ms
        if not self.stops:
            self.clock.ms += length_ms


class Packet(bytearray):
    """lora.RxPacket."""

    rssi = -97
    snr = 26  # in quarters of a dB


class Modem:
    """One of lora's classes: SX1262, SX1276."""

    def __init__(self, air: "Lora", spi: object, cs: object, given: "dict[str, object]") -> None:
        self.air = air
        self.given = given
        self.settings: dict[str, object] = {}
        self.state = "standby"
        self.packet = b""
        self.until = 0
        self.log: list[str] = []

    def configure(self, settings: "dict[str, object]") -> None:
        assert self.state in ("standby", "sleep"), self.state
        self.settings.update(settings)

    def prepare_send(self, packet: bytes) -> None:
        assert self.state in ("standby", "sleep"), self.state
        self.packet = bytes(packet)
        self.state = "ready"

    def start_send(self) -> bool:
        assert self.state == "ready"
        self.state = "sending"
        length_us = airtime_us(len(self.packet), self.settings["sf"], 1000 * self.settings["bw"])
        self.until = self.air.clock.ms - (-length_us // 1000)
        return False

    def poll_send(self) -> "bool | int":
        if self.state != "sending":
            return False
        if self.air.clock.ms < self.until:
            return True
        self.state = "standby"
        self.air.sent(self.packet, dict(self.settings))
        return self.air.clock.ticks(self.until)

    def start_recv(self, timeout_ms: "int | None" = None, continuous: bool = False) -> bool:
        assert self.state in ("standby", "sleep"), self.state
        assert continuous == (timeout_ms is None)
        self.state = "receiving"
        self.until = 1 << 60 if timeout_ms is None else self.air.clock.ms + timeout_ms
        return False

    def poll_recv(self) -> "bool | Packet":
        if self.state != "receiving":
            return False
        heard = self.air.heard(self.settings)
        if heard is not None:
            self.state = "standby"
            return Packet(heard)
        if self.air.clock.ms < self.until:
            return True
        self.state = "standby"
        return False

    def standby(self) -> None:
        self.state = "standby"

    def sleep(self) -> None:
        self.state = "sleep"


class Lora:
    """The package `lora`, and the air: `answer(packet)` gives a downlink or None for an uplink."""

    def __init__(self, clock: Time, answer: object) -> None:
        self.clock = clock
        self.answer = answer
        self.modem: Modem | None = None
        self.uplinks: list[tuple[int, dict[str, object]]] = []
        self.downlink: bytes | None = None

    def SX1262(self, spi: object, cs: object, **given: object) -> Modem:
        self.modem = Modem(self, spi, cs, given)
        return self.modem

    def SX1276(self, spi: object, cs: object, **given: object) -> Modem:
        self.modem = Modem(self, spi, cs, given)
        return self.modem

    def sent(self, packet: bytes, settings: "dict[str, object]") -> None:
        self.uplinks.append((self.clock.ms, settings))
        self.downlink = self.answer(packet, self.clock.ms)

    def heard(self, settings: "dict[str, object]") -> "bytes | None":
        found, self.downlink = self.downlink, None
        assert found is None or settings["invert_iq_rx"]
        return found


class System:
    """The module `os`: random bytes."""

    def __init__(self) -> None:
        self.state = 1

    def urandom(self, count: int) -> bytes:
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return bytes([(self.state >> (4 + 5 * at)) & 255 for at in range(count)])

    def rename(self, old: str, new: str) -> None:
        """As os.rename; not reached: storage is a fake as well."""
