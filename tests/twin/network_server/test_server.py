"""The whole server without a broker: in the world's thread, at the world's speed, over a restart."""

import threading

import pytest
from chirpstack_api import gw

from farwire_twin.network_server import DirectBackend, MqttSettings, NetworkServer, NetworkServerSettings
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.provisioning import DeviceToProvision, GatewayToProvision, ProfileToProvision, Provisioner
from tests.twin.network_server.device import Device, uplink_frame
from tests.twin.network_server.rig import EPOCH_MS, GATEWAY
from tests.twin.network_server.running import TOKEN, running


class Plant:
    """A gateway that acknowledges at once, and an application that listens."""

    def __init__(self) -> None:
        self.backend = DirectBackend(self.transmit, self.hear)
        self.frames: list[gw.DownlinkFrame] = []
        self.events: list[PublishEvent] = []

    def transmit(self, frame: gw.DownlinkFrame) -> None:
        self.frames.append(frame)
        ack = gw.DownlinkTxAck(gateway_id=frame.gateway_id, downlink_id=frame.downlink_id)
        ack.items.add(status=gw.OK)
        self.backend.receiver.on_tx_ack(ack)

    def hear(self, event: PublishEvent) -> None:
        self.events.append(event)

    def of(self, kind):
        return [each.message for each in self.events if each.event == kind]


def provision(server, device):
    with server.channel() as channel:
        Provisioner(channel, TOKEN).provision(
            tenant="plant",
            application="pumps",
            profile=ProfileToProvision("node", device_status_a_day=0),
            gateways=[GatewayToProvision(GATEWAY, "roof")],
            devices=[DeviceToProvision(device.eui, "pump 1", device.app_key.hex())],
        )


def exchange(server, plant, phy):
    """Let the gateway hear a frame, and wait out its windows."""
    done = threading.Event()

    def hear() -> None:
        plant.backend.receiver.on_uplink(uplink_frame(phy))
        server.clock.after(5_000, done.set)

    server.world.post(hear)
    assert done.wait(10)


def test_server_goes_on_after_a_restart_with_its_file(tmp_path):
    plant, device, database = Plant(), Device(), tmp_path / "network-server.db"
    with running(backend=plant.backend, speed=0, database=database) as server:
        provision(server, device)
        exchange(server, plant, device.join_request())
        device.take_accept(plant.frames[-1].items[0].phy_payload)
        exchange(server, plant, device.uplink(b"\x01", 2, confirmed=True))
        assert device.read(plant.frames[-1].items[0].phy_payload).ack

    with running(backend=plant.backend, speed=0, database=database) as server:
        provision(server, device)
        exchange(server, plant, device.uplink(b"\x02", 2, confirmed=True))

    assert [event.f_cnt for event in plant.of("up")] == [0, 1]
    assert device.read(plant.frames[-1].items[0].phy_payload).f_cnt == 1


def test_without_a_file_nothing_is_kept():
    plant, device = Plant(), Device()
    with running(backend=plant.backend, speed=0) as server:
        provision(server, device)

    with running(backend=plant.backend, speed=0) as server:
        exchange(server, plant, device.join_request())
        assert server.server.counters["refused unknown device"] == 1


def test_server_without_api_or_broker_has_a_receiver_while_it_runs():
    plant = Plant()
    server = NetworkServer(
        NetworkServerSettings(api_token="t", mqtt=None, api_bind=""),
        post=lambda action: action(),
        now=lambda: EPOCH_MS,
        at=lambda _ms, _action: None,
        backend=plant.backend,
    )
    server.start()
    assert server.api_port is None

    plant.backend.receiver.on_malformed("gateway/x/event/up", "no protobuf")

    assert server.counters == {"refused malformed message": 1}
    server.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = plant.backend.receiver


def test_clock_is_slowed_until_the_downlink_is_decided():
    plant, device = Plant(), Device()
    with running(backend=plant.backend, speed=0) as server:
        provision(server, device)
        exchange(server, plant, device.join_request())
        device.take_accept(plant.frames[-1].items[0].phy_payload)
        slowed: list[int] = []
        server.call(lambda: setattr(server.server, "_slow_until", slowed.append))

        exchange(server, plant, device.uplink(b"\x01", 2))

    heard_ms = plant.of("up")[0].rx_info[0].ns_time.ToMilliseconds()
    assert slowed == [heard_ms + 300]


def test_settings_without_broker_need_a_backend():
    with pytest.raises(ValueError, match="mqtt"):
        NetworkServer(
            NetworkServerSettings(api_token="t", mqtt=None),
            post=lambda _: None,
            now=lambda: 0,
            at=lambda _ms, _action: None,
        )


def test_secrets_are_not_shown():
    shown = repr(NetworkServerSettings(api_token="hush", mqtt=MqttSettings(password="hush")))

    assert "hush" not in shown
