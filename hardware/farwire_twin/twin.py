"""The twin's parts, built from its settings and joined: simulation, network server, backhaul, data folder."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc

from farwire_twin.network_server import (
    DirectBackend,
    MqttSettings,
    NetworkServer,
    NetworkServerSettings,
    region_settings,
)
from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.provisioning import (
    DeviceToProvision,
    GatewayToProvision,
    ProfileToProvision,
    Provisioned,
    Provisioner,
)
from farwire_twin.settings import TwinSettings
from farwire_twin.world.backhaul import DirectBackhaul
from farwire_twin.world.gateway_mqtt import BrokerSettings, GatewayMqtt
from farwire_twin.world.keeping import Keeping
from farwire_twin.world.plant import USUAL, Making
from farwire_twin.world.simulation import Simulation
from farwire_twin.world.truth import TruthFile
from farwire_twin.world.world_time import KeptTime, begin

log = logging.getLogger("farwire.twin")

WORLD, TIME_KEY = "world", "time"
TRUTH_NAME = "truth.jsonl"
NETWORK_SERVER_NAME = "network_server.sqlite"
# Broker and network server are given this long to be there at the start.
READY_WITHIN_S = 15.0
RETRY_S = 0.1


class Twin:
    """One run. With `to_application` there is no broker: the embedded network server's events go there, in
    the world's thread, and gateways reach it by a call."""

    def __init__(
        self,
        settings: TwinSettings,
        real_ms: int,
        to_application: Callable[[PublishEvent], None] | None = None,
        making: Making = USUAL,
    ) -> None:
        self.settings = settings
        self._keeping = None if settings.data is None else Keeping(settings.data)
        self._truth = None if settings.data is None else TruthFile(settings.data / TRUTH_NAME)
        start = begin(real_ms, settings.speed, settings.minutes, self._kept_time())
        self.simulation = Simulation(settings, start, self._keeping, self._truth, making)
        self.world = self.simulation.world
        self._direct: DirectBackend | None = None
        self._gateways: list[GatewayMqtt] = []
        if to_application is not None:
            self._direct = DirectBackend(self._to_gateway, to_application)
        self.network_server = self._network_server() if settings.network_server == "embedded" else None

    def start(self) -> dict[str, Any]:
        """Start everything; returns what was registered where. From the main thread, while the world runs.

        OSError when an address cannot be had, or the broker or the network server is not there.
        """
        settings = self.settings
        if self.network_server is not None:
            self.network_server.start()
        provisioned = self._provision()
        if self._direct is not None:
            direct = self._direct
            self.world.call(lambda: self._connect(lambda _gateway_id: DirectBackhaul(direct)))
        else:
            self._connect_gateways()
        self.world.call(self.simulation.begin)
        return {
            "api_address": self._api_address(),
            "tenant_id": "" if provisioned is None else provisioned.tenant_id,
            "application_id": "" if provisioned is None else provisioned.application_id,
            "gateways": list(self.simulation.stations),
            "devices": [node.identity.dev_eui for node in self.simulation.plant.nodes],
            "truth": "" if settings.data is None else str(settings.data / TRUTH_NAME),
            "epoch_ms": self.simulation.clock.epoch_ms,
        }

    def stats(self) -> dict[str, Any]:
        """How things stand; also keeps the time. From the main thread, while the world runs."""
        return self.world.call(self._look)

    def stop(self, *, clean: bool) -> None:
        """Stop everything and save what must stay. The world's thread has ended."""
        for gateway in self._gateways:
            gateway.stop()
        if clean:
            self.simulation.plant.suspend()
        if self.network_server is not None:
            self.network_server.stop()
        if self._truth is not None:
            self._truth.close()
        if self._keeping is not None:
            self._keep_time(clean=clean)
            self._keeping.close()

    def snapshot(self) -> dict[str, Any]:
        """How things stand. In the world's thread, or after it has ended."""
        counters = {} if self.network_server is None else dict(self.network_server.counters)
        return {
            **self.simulation.snapshot(),
            "gateway_unsent": sum(gateway.unsent for gateway in self._gateways),
            "network_server": counters,
        }

    # -- the parts --

    def _network_server(self) -> NetworkServer:
        settings, clock = self.settings, self.simulation.clock
        region = replace(region_settings(settings.region), topic_prefix=settings.gateway_prefix)
        mqtt = MqttSettings(
            host=settings.mqtt_host,
            port=settings.mqtt_port,
            username=settings.mqtt_username,
            password=settings.mqtt_password,
            protocol=settings.mqtt_protocol,
            integration_qos=1,  # an event that the bridge misses is a record that a node must repeat
            marshaler=settings.marshaler,
        )
        return NetworkServer(
            NetworkServerSettings(
                api_token=settings.api_token,
                region=region,
                mqtt=None if self._direct is not None else mqtt,
                api_bind=settings.api_bind,
                database=None if settings.data is None else settings.data / NETWORK_SERVER_NAME,
                seed=settings.seed,
            ),
            post=self.world.post,
            now=lambda: clock.utc_ms,
            at=lambda utc_ms, action: clock.at(utc_ms - clock.epoch_ms, action),
            barrier=self.simulation.barrier,
            slow_until=None
            if self._direct is not None
            else lambda utc_ms: clock.slow_until(utc_ms - clock.epoch_ms),
            backend=self._direct,
        )

    def _api_address(self) -> str:
        if self.network_server is None:
            return self.settings.api_address
        host, _, _ = self.settings.api_bind.rpartition(":")
        return f"{host}:{self.network_server.api_port}"

    def _provision(self) -> Provisioned | None:
        settings, address = self.settings, self._api_address()
        if not address:
            return None
        with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
            return Provisioner(channel, settings.api_token).provision(
                tenant=settings.tenant_name,
                application=settings.application_name,
                profile=ProfileToProvision(
                    f"Farwire {settings.region}",
                    region=region_settings(settings.region).common_name,
                    region_config_id=settings.region_id,
                    class_c=settings.device_class == "C",
                    uplink_interval_s=settings.reporting_interval_s,
                ),
                gateways=[
                    GatewayToProvision(gateway_id, f"gateway-{number}")
                    for number, gateway_id in enumerate(self.simulation.stations, 1)
                ],
                devices=[
                    DeviceToProvision(
                        node.identity.dev_eui,
                        node.name,
                        node.identity.app_key.hex(),
                        node.identity.join_eui,
                        {"kit": node.kit.name},
                    )
                    for node in self.simulation.plant.nodes
                ],
            )

    def _connect(self, backhaul_of: Callable[[str], Any]) -> None:
        for gateway_id, station in self.simulation.stations.items():
            station.start(backhaul_of(gateway_id))

    def _connect_gateways(self) -> None:
        settings = self.settings
        broker = BrokerSettings(
            settings.mqtt_host,
            settings.mqtt_port,
            settings.mqtt_username,
            settings.mqtt_password,
            settings.gateway_prefix,
        )
        barrier = self.simulation.barrier if self.network_server is not None else None
        by_id: dict[str, GatewayMqtt] = {}
        for gateway_id, station in self.simulation.stations.items():
            gateway = GatewayMqtt(gateway_id, broker, self.world.post, station.on_downlink, barrier)
            self._gateways.append(gateway)
            by_id[gateway_id] = gateway
            gateway.start()
        deadline_s = time.monotonic() + READY_WITHIN_S
        for gateway in self._gateways:
            if not gateway.subscribed.wait(max(0.0, deadline_s - time.monotonic())):
                raise OSError(
                    f"the broker at {broker.host}:{broker.port} does not take gateways' subscriptions"
                )
        self.world.call(lambda: self._connect(by_id.__getitem__))
        if self.network_server is not None:
            self._wait_for_network_server(by_id, deadline_s)

    def _wait_for_network_server(self, gateways: dict[str, GatewayMqtt], deadline_s: float) -> None:
        """Return when the embedded network server hears the gateways: no frame is published in vain."""
        server = self.network_server
        assert server is not None
        utc_ms = self.simulation.clock.utc_ms
        while self.world.call(lambda: server.counters["gateway stats"]) < len(gateways):
            if time.monotonic() > deadline_s:
                raise OSError("the network server does not hear its gateways through the broker")
            self.world.call(lambda: self._send_stats(gateways, utc_ms))
            time.sleep(RETRY_S)

    def _send_stats(self, gateways: dict[str, GatewayMqtt], utc_ms: int) -> None:
        for gateway_id, gateway in gateways.items():
            gateway.send_stats(self.simulation.stations[gateway_id].gateway.stats(utc_ms))

    def _to_gateway(self, frame: Any) -> None:
        station = self.simulation.stations.get(frame.gateway_id)
        if station is not None:
            # Not within the network server's own call: its answer comes back as an event of its own.
            self.simulation.clock.after(0, lambda: station.on_downlink(frame))

    # -- time --

    def _look(self) -> dict[str, Any]:
        if self._keeping is not None:
            self._keep_time(clean=False)
        return self.snapshot()

    def _kept_time(self) -> KeptTime | None:
        kept = None if self._keeping is None else self._keeping.load_json(WORLD, TIME_KEY)
        return None if kept is None else KeptTime(**kept)

    def _keep_time(self, *, clean: bool) -> None:
        assert self._keeping is not None
        clock = self.simulation.clock
        kept = {"epoch_ms": clock.epoch_ms, "now_ms": clock.now_ms, "clean": clean}
        self._keeping.save_json(WORLD, TIME_KEY, kept)
