"""A node on Linux over MQTT or HTTPS: the processor's temperature, until told to stop."""

import logging
import random
import threading
import time
from collections.abc import Callable

from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_keys import RADIO_CLASS
from farwire_node import node_events
from farwire_node.ip.https_host import HttpsHost
from farwire_node.ip.ip_link import IpLink
from farwire_node.ip.loop import Loop
from farwire_node.ip.mqtt_host import MqttHost
from farwire_node.ip.servers import HTTP, MQTT, USUAL_PORTS, Server, Turns, configured
from farwire_node.modems.file_storage_host import FileStorage
from farwire_node.modems.main_host import ThermalZone
from farwire_node.modems.serial_driver_host import Clock
from farwire_node.modems.settings_host import NodeSettings
from farwire_node.node import Node
from farwire_node.sensor import Actuator, Sensor
from farwire_node.storage import Storage

log = logging.getLogger("farwire.node")

LONGEST_WAIT_S = 0.2  # how late a stop is noticed


def run(settings: NodeSettings, stop: threading.Event) -> None:
    """Run until `stop` is set. ConfigurationError or OSError where the settings or the folder do not do."""
    storage = FileStorage(settings.data)
    IpNode(settings, (ThermalZone(settings.temperature),), (), storage).run(stop)


class IpNode:
    """A node on an IP link: its program, its carrier, and the servers that its configuration names."""

    def __init__(
        self,
        settings: NodeSettings,
        sensors: tuple[Sensor, ...],
        actuators: tuple[Actuator, ...],
        storage: Storage,
        tell: Callable[[tuple[object, ...]], None] = lambda event: None,
    ) -> None:
        dice = random.SystemRandom()
        is_mqtt = settings.link == "mqtt"
        self.link = IpLink(
            dice.randrange,
            lambda _: time.time_ns() // 1_000_000,
            None if is_mqtt else 1000 * settings.poll_interval_s,
            settings.device_class,
        )
        self.node = Node(
            int(settings.dev_eui, 16),
            sensors,
            actuators,
            self.link,
            storage,
            dice.randrange,
            factory=configuration.canonical(
                (
                    Setting(configuration.SAMPLING_INTERVAL_S, None, settings.sampling_interval_s),
                    Setting(configuration.REPORTING_INTERVAL_S, None, settings.reporting_interval_s),
                    Setting(RADIO_CLASS, None, int(settings.device_class == "C")),
                )
            ),
        )
        self._storage = storage
        self._tell = tell
        self._protocols = MQTT if is_mqtt else HTTP
        protocol = self._protocols[0]
        self._usual = Server(
            protocol,
            settings.server_host,
            settings.server_port or USUAL_PORTS[protocol],
            settings.server_path,
            settings.server_user or settings.dev_eui.lower(),
            settings.server_password,
        )
        self._turns = Turns(self._servers())
        self._wake = threading.Event()
        self._carrier = (MqttHost if is_mqtt else HttpsHost)(
            self.link,
            self._turns,
            settings.dev_eui.lower(),
            settings.server_ca,
            settings.server_cert,
            settings.server_key,
            self._wake.set,
        )
        self._counters = dict(self.link.counters)

    def run(self, stop: threading.Event, clock: Clock | None = None) -> None:
        """Run until `stop` is set, then save what must survive."""
        clock = clock or Clock(int(time.time() * 1000))
        loop = Loop(self.node, self.link, self._carrier)
        while not stop.is_set():
            self._wake.clear()
            until_ms = loop.turn(clock.now_ms())
            self._follow(clock.now_ms())
            self._wake.wait(min(clock.seconds_until(until_ms), LONGEST_WAIT_S))
        loop.close(clock.now_ms())

    def _servers(self) -> list[Server]:
        return configured(self._storage, self._protocols, self._usual)

    def _follow(self, now_ms: int) -> None:
        """Log what is new, and go to other servers when the configuration says so, or went back."""
        for event in self.node.events():
            self._tell(event)
            if isinstance(event, node_events.ConfigurationApplied | node_events.ConfigurationRolledBack):
                self._reconsider(now_ms)
            elif isinstance(event, node_events.Joined):
                log.info("connected", extra={"session": f"{event.dev_addr:08x}"})
            elif isinstance(event, node_events.FrameSent):
                log.info("frame sent", extra={"port": event.port, "bytes": event.size})
            elif isinstance(event, node_events.Released):
                log.info("records acknowledged", extra={"through": event.through, "count": event.count})
        if self.link.counters != self._counters:
            self._counters = dict(self.link.counters)
            log.info("link", extra=self._counters)

    def _reconsider(self, now_ms: int) -> None:
        servers = self._servers()
        if servers != self._turns.servers:
            self._turns.servers = servers
            log.info("other servers", extra={"hosts": ",".join(server.host for server in servers)})
            self.link.move(now_ms)
