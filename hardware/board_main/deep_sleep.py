"""Deep sleep of an ESP32, which wakes by a reset: the node's state lies in the clock's memory meanwhile.

By MicroPython's documentation of `machine` and `esp32`: RTC().memory keeps 2,048 bytes over deep sleep, the
clock goes on in it, its watchdog does not run, and a pin keeps its level only if it is held.
"""

from board_main.clock import Clock
from farwire_node.sleep import hibernation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from farwire_node.survival.guard import Guard

RETAINED_BYTES = 2_048  # MICROPY_HW_RTC_USER_MEM_MAX, unless the firmware is built with another one
LONGEST_MS = 24 * 3_600_000  # machine.deepsleep takes 31 bits of ms
BOOT_MS = 400  # from the wake to the first poll


class DeepSleep:
    """Made first of all at boot. `hold` is esp32.gpio_deep_sleep_hold, `time_ns` time's.

    Of `settings`: `deep_from_ms`, the shortest sleep that is worth a boot; `boot_ms`; `retained_bytes`; pins
    of the radio's select and reset and of the sensors' rail, which keep their levels.
    """

    def __init__(
        self,
        machine: "Any",
        hold: "Callable[[bool], object]",
        time_ns: "Callable[[], int]",
        settings: "dict[str, Any]",
    ) -> None:
        self._machine = machine
        self._time_ns = time_ns
        self._hold = hold
        self._memory = machine.RTC().memory
        self._from_ms = settings["deep_from_ms"]
        self._boot_ms = settings.get("boot_ms", BOOT_MS)
        self._most = settings.get("retained_bytes", RETAINED_BYTES)
        self._pins = ((settings["cs"], 1), (settings["reset"], 1), (settings["sensor_rail"], 0))
        self._found = None
        if machine.reset_cause() == machine.DEEPSLEEP_RESET:
            self._found = hibernation.opened(self._memory())
            self._memory(b"")  # no frame counter may be used twice: what was frozen serves once
        self._keep_pins(False)

    def wake(self, guard: "Guard", clock: Clock) -> None:
        """Have a guard and a clock that were just made go on where they were, if the board slept deeply.

        The clock went on by what the board's own told meanwhile, and never goes back.
        """
        found, self._found = self._found, None
        if found is None:
            return
        now_ms = found[0] + max(0, self._wall_ms() - found[1])
        if hibernation.thaw(guard, found, now_ms):
            clock.go_on(now_ms)

    def sleep(self, guard: "Guard", now_ms: int) -> None:
        """Sleep deeply until shortly before the guard wants to be polled; return if it is not to be.

        The watchdog stands still meanwhile, so its limit does not count.
        """
        length_ms = min(guard.wake_ms - now_ms, LONGEST_MS)
        if length_ms < self._from_ms:
            return
        frozen = hibernation.freeze(guard, now_ms, self._wall_ms())
        if frozen is None or len(frozen) > self._most:
            return
        self._keep_pins(True)
        self._hold(True)
        self._memory(frozen)
        self._machine.deepsleep(max(1, length_ms - self._boot_ms))

    def _keep_pins(self, held: bool) -> None:
        pin = self._machine.Pin
        for number, level in self._pins:
            pin(number, pin.OUT, value=level, hold=held)

    def _wall_ms(self) -> int:
        return self._time_ns() // 1_000_000
