"""Downlinks to class C devices: a look at their queues once a second [chirpstack/src downlink/scheduler.rs].

A device is left alone for 5 s after each uplink and downlink, and until its first uplink.
"""

from chirpstack_api import common

from farwire_twin.network_server import device_queue, downlink
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.records import Device
from farwire_twin.network_server.state import State

INTERVAL_MS = 1_000  # [network.scheduler.interval]
LOCK_MS = 5_000  # [network.scheduler.class_c_lock_duration]
BATCH = 100  # [network.scheduler.batch_size]


class Scheduler:
    """Ticks only while a class C device has something to send."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._armed = False

    def arm(self, now_ms: int) -> None:
        """Look at the queues at the next whole second, if there is anything in them."""
        if not self._armed and self._devices_with_items():
            self._armed = True
            self._state.timers.at((now_ms // INTERVAL_MS + 1) * INTERVAL_MS, self._tick)

    def _tick(self, now_ms: int) -> None:
        self._armed = False
        for device in [each for each in self._devices_with_items() if self._is_due(each, now_ms)][:BATCH]:
            self._send(device, now_ms)
        self.arm(now_ms)

    def _send(self, device: Device, now_ms: int) -> None:
        state = self._state
        device.scheduler_run_after_ms = now_ms + LOCK_MS
        state.registry.touch("device", device.dev_eui)
        if device.session is None or device.f_cnt_up == 0:
            return
        try:
            downlink.send_class_c(state, state.registry.owners(device.dev_eui), now_ms)
        except RefusedError as error:
            state.refuse(error.reason, **error.facts)

    def _devices_with_items(self) -> list[Device]:
        return [
            device
            for dev_eui in sorted(self._state.registry.queued())
            if (device := self._state.registry.devices[dev_eui]).enabled_class == common.CLASS_C
            and not device.message.is_disabled
        ]

    def _is_due(self, device: Device, now_ms: int) -> bool:
        if (device.scheduler_run_after_ms or 0) >= now_ms:
            return False
        queue = self._state.registry.queue(device.dev_eui)
        return any(not device_queue.is_waiting(item, now_ms) for item in queue)
