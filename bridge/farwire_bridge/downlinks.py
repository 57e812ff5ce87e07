"""The orders of all devices: routes events to each device's machine, and knows when time is due. Pure."""

import heapq
from collections.abc import Callable, Iterable, Iterator

from farwire_bridge.device_downlinks import DeviceDownlinks, DownlinkInput, Tick
from farwire_bridge.happenings import Heard
from farwire_bridge.order_state import OrderState
from farwire_bridge.outcome import Outcome

NewDevice = Callable[[str, int | None], DeviceDownlinks]
"""Makes the machine of a device: dev_eui, and the payload limit of its last uplink if one was heard."""


class Downlinks:
    """All devices with orders."""

    def __init__(self, new_device: NewDevice, saved: Iterable[OrderState] = ()) -> None:
        self._new_device = new_device
        self._devices: dict[str, DeviceDownlinks] = {}
        self._limits: dict[str, int] = {}  # of every device that was heard
        self._wakes: list[tuple[int, str]] = []  # a heap; entries that `_planned` does not name are outdated
        self._planned: dict[str, int] = {}
        for order in saved:
            self._device(order.dev_eui).restore(order)
            self._plan(order.dev_eui)

    def accept(self, order: OrderState, now_ms: int) -> Outcome:
        """Take a new order."""
        outcome = self._device(order.dev_eui).accept(order, now_ms)
        self._plan(order.dev_eui)
        return outcome

    def handle(self, event: DownlinkInput, now_ms: int) -> Outcome:
        """Take an event of a device or a reply of the network server; one without orders wants nothing."""
        if isinstance(event, Heard):
            self._limits[event.dev_eui] = event.payload_limit
        device = self._devices.get(event.dev_eui)
        if device is None:
            return Outcome()
        outcome = device.handle(event, now_ms)
        self._plan(event.dev_eui)
        return outcome

    def start(self, now_ms: int) -> Iterator[Outcome]:
        """Yield what the restored orders want at once."""
        for dev_eui in list(self._devices):
            yield self.handle(Tick(dev_eui), now_ms)

    def tick(self, now_ms: int) -> Iterator[Outcome]:
        """Yield what follows for each device whose time has come."""
        while self._wakes and self._wakes[0][0] <= now_ms:
            wake_ms, dev_eui = heapq.heappop(self._wakes)
            if self._planned.get(dev_eui) == wake_ms:
                del self._planned[dev_eui]
                yield self.handle(Tick(dev_eui), now_ms)

    def wake_ms(self) -> int | None:
        """Return when `tick` is due next."""
        return self._wakes[0][0] if self._wakes else None

    def open_orders(self) -> tuple[OrderState, ...]:
        """Return all orders that are not at their end."""
        return tuple(order for device in self._devices.values() for order in device.orders)

    def _device(self, dev_eui: str) -> DeviceDownlinks:
        if dev_eui not in self._devices:
            self._devices[dev_eui] = self._new_device(dev_eui, self._limits.get(dev_eui))
        return self._devices[dev_eui]

    def _plan(self, dev_eui: str) -> None:
        wake_ms = self._devices[dev_eui].wake_ms()
        if wake_ms is None:
            self._planned.pop(dev_eui, None)
        elif self._planned.get(dev_eui) != wake_ms:
            self._planned[dev_eui] = wake_ms
            heapq.heappush(self._wakes, (wake_ms, dev_eui))
