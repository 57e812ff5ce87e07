"""A core with one tenant, application, profile and gateway, driven at instants that the test names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import api, common, gw, integration

from farwire_node.aes_host import HostAes
from farwire_twin.network_server.api import applications, device_profiles, devices, gateways, queue, tenants
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.outputs import DecisionPending, PublishEvent, Refused, SendDownlink
from farwire_twin.network_server.settings import EU868, NetworkServerSettings, RegionSettings
from tests.twin.network_server.device import Device, uplink_frame

EPOCH_MS = 1_700_000_000_000
GATEWAY = "0016c001ff10a235"
SECOND_GATEWAY = "0016c001ff10a236"


@dataclass
class Rig:
    """What came out stands in `downlinks`, `events` and `refused`, oldest first."""

    core: NetworkCore
    tenant_id: str = ""
    application_id: str = ""
    profile_id: str = ""
    now_ms: int = EPOCH_MS
    downlinks: list[gw.DownlinkFrame] = field(default_factory=list)
    events: list[PublishEvent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    decisions_ms: list[int] = field(default_factory=list)

    def run(self, milliseconds: int = 1_000) -> None:
        """Let time pass, doing what is due at its own instant."""
        end_ms = self.now_ms + milliseconds
        while (due_ms := self.core.next_timer()) is not None and due_ms <= end_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.core.handle_timer(self.now_ms)
            self.collect()
        self.now_ms = end_ms

    def collect(self) -> None:
        for output in self.core.take_outputs():
            match output:
                case SendDownlink(frame):
                    self.downlinks.append(frame)
                case PublishEvent():
                    self.events.append(output)
                case Refused(reason):
                    self.refused.append(reason)
                case DecisionPending(until_ms):
                    self.decisions_ms.append(until_ms)

    def hear(self, phy: bytes, gateways_: Sequence[str] = (GATEWAY,), **radio: Any) -> None:
        """Every gateway hears the frame at once."""
        for number, gateway_id in enumerate(gateways_):
            self.core.on_uplink(uplink_frame(phy, gateway_id, uplink_id=number + 1, **radio), self.now_ms)
        self.collect()

    def acknowledge(self, *statuses: int, frame: gw.DownlinkFrame | None = None) -> None:
        """The gateway's word on the last downlink."""
        sent = frame if frame is not None else self.downlinks[-1]
        ack = gw.DownlinkTxAck(gateway_id=sent.gateway_id, downlink_id=sent.downlink_id)
        for status in statuses or (gw.OK,):
            ack.items.add(status=status)
        self.core.on_tx_ack(ack, self.now_ms)
        self.collect()

    def join(self, device: Device, **radio: Any) -> None:
        """Let a device join; its accept is taken, and acknowledged by the gateway."""
        self.hear(device.join_request(), **radio)
        self.run()
        device.take_accept(self.downlinks[-1].items[0].phy_payload)
        self.acknowledge()

    def uplink(self, phy: bytes, **radio: Any) -> None:
        """Hear a frame and let its receive windows be decided."""
        self.hear(phy, **radio)
        self.run()

    def enqueue(self, device: Device, data: bytes, port: int = 10, **asked: Any) -> str:
        """Queue a downlink over the API."""
        item = api.DeviceQueueItem(dev_eui=device.eui, data=data, f_port=port, **asked)
        answer = queue.enqueue(self.core, api.EnqueueDeviceQueueItemRequest(queue_item=item), self.now_ms)
        self.core.queue_changed(self.now_ms)
        return str(answer.id)

    def queue(self, device: Device) -> list[Any]:
        request = api.GetDeviceQueueItemsRequest(dev_eui=device.eui)
        return list(queue.get_queue(self.core, request, self.now_ms).result)

    def add(self, device: Device, **fields: Any) -> None:
        """Register a device with its AppKey."""
        message = api.Device(
            dev_eui=device.eui,
            name="pump 1",
            application_id=self.application_id,
            device_profile_id=self.profile_id,
            **fields,
        )
        devices.create(self.core, api.CreateDeviceRequest(device=message), self.now_ms)
        keys = api.DeviceKeys(dev_eui=device.eui, nwk_key=device.app_key.hex())
        devices.create_keys(self.core, api.CreateDeviceKeysRequest(device_keys=keys), self.now_ms)

    def add_gateway(self, gateway_id: str, tenant_id: str = "", **fields: Any) -> None:
        message = api.Gateway(
            gateway_id=gateway_id,
            name="roof",
            tenant_id=tenant_id or self.tenant_id,
            stats_interval=30,
            **fields,
        )
        gateways.create(self.core, api.CreateGatewayRequest(gateway=message), self.now_ms)

    def of(self, event: str) -> list[Any]:
        """The messages of one kind of event."""
        return [each.message for each in self.events if each.event == event]

    def logs(self) -> list[str]:
        return [integration.LogCode.Name(message.code) for message in self.of("log")]


def rig(plan: RegionSettings = EU868, **profile: Any) -> Rig:
    """A rig whose profile is LoRaWAN 1.0.4 OTAA class A unless told otherwise."""
    made = Rig(NetworkCore(NetworkServerSettings(api_token="t", region=plan, seed=1), HostAes()))
    tenant = api.Tenant(name="plant", can_have_gateways=True)
    made.tenant_id = tenants.create(made.core, api.CreateTenantRequest(tenant=tenant), EPOCH_MS).id
    application = api.Application(name="pumps", tenant_id=made.tenant_id, tags={"app": "a", "who": "app"})
    asked = api.CreateApplicationRequest(application=application)
    made.application_id = applications.create(made.core, asked, EPOCH_MS).id
    fields: dict[str, Any] = {
        "name": "node",
        "tenant_id": made.tenant_id,
        "region": common.Region.Value(plan.common_name),
        "mac_version": common.LORAWAN_1_0_4,
        "reg_params_revision": common.RP002_1_0_4,
        "supports_otaa": True,
        "tags": {"profile": "p", "who": "profile"},
    } | profile
    request = api.CreateDeviceProfileRequest(device_profile=api.DeviceProfile(**fields))
    made.profile_id = device_profiles.create(made.core, request, EPOCH_MS).id
    made.add_gateway(GATEWAY)
    return made


def joined(plan: RegionSettings = EU868, **profile: Any) -> tuple[Rig, Device]:
    """A rig with one device that has joined."""
    made, device = rig(plan, **profile), Device()
    made.add(device, tags={"who": "device"})
    frequency_hz = 868_100_000 if plan.common_name == "EU868" else 902_300_000
    made.join(device, frequency_hz=frequency_hz)
    made.events.clear()
    made.downlinks.clear()
    return made, device
