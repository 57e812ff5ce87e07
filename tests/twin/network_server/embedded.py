"""The embedded network server as a part of `scene.Network`: its core, with what it says kept step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import api, gw

from farwire_twin.network_server.api import queue
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.network_server.timestamps import to_timestamp
from tests.twin.network_server.device import Device, uplink_frame
from tests.twin.network_server.rig import GATEWAY, Rig


@dataclass
class Said:
    """What came out in one step, in order of its kind."""

    name: str
    events: list[PublishEvent] = field(default_factory=list)
    downlinks: list[gw.DownlinkFrame] = field(default_factory=list)
    queues: list[api.GetDeviceQueueItemsResponse] = field(default_factory=list)


class EmbeddedNetwork:
    """A rig that plays along; `steps` has what it said."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.steps: list[Said] = []
        self._heard = 0

    def step(self, name: str) -> None:
        self.steps.append(Said(name))

    def hear(self, phy: bytes, **radio: Any) -> gw.DownlinkFrame | None:
        self._heard += 1
        frame = uplink_frame(phy, GATEWAY, uplink_id=self._heard, **radio)
        self.rig.core.on_uplink(frame, self.rig.now_ms)
        self.rig.collect()
        self.rig.run()
        return self._take()

    def acknowledge(self, statuses: Iterable[int]) -> None:
        sent = next(each for step in reversed(self.steps) for each in reversed(step.downlinks))
        self.rig.acknowledge(*statuses, frame=sent)
        self._take()

    def enqueue(
        self, device: Device, data: bytes, port: int, expires_in_s: int | None = None, **asked: Any
    ) -> str:
        if expires_in_s is not None:
            asked["expires_at"] = to_timestamp(self.rig.now_ms + 1000 * expires_in_s)
        return self.rig.enqueue(device, data, port, **asked)

    def look(self, device: Device) -> None:
        request = api.GetDeviceQueueItemsRequest(dev_eui=device.eui)
        self.steps[-1].queues.append(queue.get_queue(self.rig.core, request, self.rig.now_ms))

    def flush(self, device: Device) -> None:
        queue.flush_queue(self.rig.core, api.FlushDeviceQueueRequest(dev_eui=device.eui), self.rig.now_ms)

    def _take(self) -> gw.DownlinkFrame | None:
        step = self.steps[-1]
        step.events += self.rig.events
        step.downlinks += self.rig.downlinks
        downlink = self.rig.downlinks[-1] if self.rig.downlinks else None
        self.rig.events.clear()
        self.rig.downlinks.clear()
        return downlink
