"""Pulses of a water, gas or energy meter: the total over the node's whole life, and pulses per minute.

Both are LPP generic values on two channels. The bus is a PulseInput: a counter (machine.Counter, or an
IrqCounter on any pin) and the storage that keeps the total. The total is written with each reading that found
pulses, at most every SAVE_EVERY_MS, and when the node is suspended: a power cut without warning costs the
pulses since then. README.md says what that wears.
"""

import struct

from farwire_codecs.schema import Channel
from farwire_node.sensors.sensor import Sensor
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.drivers.buses import Counter
    from farwire_node.sensors.sensor_settings import Place

GENERIC = 100
SAVE_EVERY_MS = 60_000  # 1,440 writings a day at most
_SMALL = (1 << 28) - 1  # stays a small integer on 32-bit boards: an interrupt must not allocate
_WRAP = 1 << 32  # of the total that LPP can carry
_MINUTE_MS = 60_000


class IrqCounter:
    """Counts falling edges of a pin, at least `debounce_ms` apart; `ticks_ms` and `ticks_diff` are time's."""

    def __init__(
        self,
        pin: object,
        trigger: int,
        ticks_ms: "Callable[[], int]",
        ticks_diff: "Callable[[int, int], int]",
        debounce_ms: int,
    ) -> None:
        self._count = 0
        self._last_ms = ticks_ms()
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._debounce_ms = debounce_ms
        pin.irq(self._on_edge, trigger)  # type: ignore[attr-defined]

    def value(self) -> int:
        """Return the pulses so far, modulo 2^28."""
        return self._count

    def _on_edge(self, _pin: object) -> None:
        now_ms = self._ticks_ms()
        if self._ticks_diff(now_ms, self._last_ms) >= self._debounce_ms:
            self._count = (self._count + 1) & _SMALL
        self._last_ms = now_ms


class PulseInput:
    """A counter that wraps at `modulus`, and where its total is kept (under `key`)."""

    def __init__(self, counter: "Counter", storage: Storage, key: str, modulus: int = _SMALL + 1) -> None:
        self._counter = counter
        self._storage = storage
        self._key = key
        self._modulus = modulus
        saved = storage.load(key)
        self._total = struct.unpack(">I", saved)[0] if saved and len(saved) == 4 else 0
        self._saved = self._total
        self._seen = counter.value()

    def total(self) -> int:
        """Return all pulses ever, modulo 2^32. To be called at least once in `modulus` pulses."""
        count = self._counter.value()
        self._total = (self._total + (count - self._seen) % self._modulus) % _WRAP
        self._seen = count
        return self._total

    def save(self) -> None:
        """Write the total, if it changed."""
        if self.total() != self._saved:
            self._saved = self._total
            self._storage.save(self._key, struct.pack(">I", self._total))


class PulseCounter(Sensor):
    """Total and rate of one input."""

    remembers = True  # it counts while the board sleeps

    def __init__(self, pulses: PulseInput, place: "Place") -> None:
        first = place.first_channel
        self.channels = (Channel(first, GENERIC), Channel(first + 1, GENERIC))
        self._pulses = pulses
        self._last: tuple[int, int] | None = None  # ms, total
        self._saved_ms: int | None = None

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return the total, and the pulses per minute since the reading before."""
        total = self._pulses.total()
        rate = None
        if self._last is not None and now_ms > self._last[0]:
            between_ms = now_ms - self._last[0]
            rate = ((2 * _MINUTE_MS * ((total - self._last[1]) % _WRAP) + between_ms) // (2 * between_ms),)
        self._last = (now_ms, total)
        if self._saved_ms is None or now_ms - self._saved_ms >= SAVE_EVERY_MS:
            self.suspend(now_ms)
        return ((total,), rate)

    def suspend(self, now_ms: int) -> None:
        """Write the total."""
        self._saved_ms = now_ms
        self._pulses.save()


make = PulseCounter
