"""A node on Linux over MQTT or HTTPS: the processor's temperature, until told to stop."""

import logging
import os
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
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_node.storage import Storage
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from farwire_node.survival.service_host import GuardedProgram, tell_of_faults

log = logging.getLogger("farwire.node")

LONGEST_WAIT_S = 0.2  # how late a stop is noticed


def run(settings: NodeSettings, stop: threading.Event) -> None:
    """Run until `stop` is set. ConfigurationError or OSError where the settings or the folder do not do."""
    storage = FileStorage(settings.data)
    program = GuardedProgram(settings.data, os.environ)
    IpNode(settings, (ThermalZone(settings.temperature),), (), storage, guard=program.guard).run(
        stop, began=program.began, ending=program.ending
    )
    program.ended()


class IpNode:
    """A guarded node on an IP link: its program, its carrier, and the servers that its configuration names.

    `guard` makes the guard from what builds the node and the storage.
    """

    def __init__(
        self,
        settings: NodeSettings,
        sensors: tuple[Sensor, ...],
        actuators: tuple[Actuator, ...],
        storage: Storage,
        tell: Callable[[tuple[object, ...]], None] = lambda event: None,
        guard: Callable[[Callable[[int], Node | SafeNode], Storage], Guard] = Guard,
    ) -> None:
        self._settings = settings
        self._sensors = sensors
        self._actuators = actuators
        self._storage = storage
        self._dice = random.SystemRandom()
        self._tell = tell
        is_mqtt = settings.link == "mqtt"
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
        link = self._make_link()
        carrier = (MqttHost if is_mqtt else HttpsHost)(
            link,
            self._turns,
            settings.dev_eui.lower(),
            settings.server_ca,
            settings.server_cert,
            settings.server_key,
            self._wake.set,
        )
        self.node = guard(self._build, storage)
        self._loop = Loop(self.node, link, carrier)
        self._counters = dict(link.counters)

    @property
    def link(self) -> IpLink:
        """The link; another one after each restart of the node."""
        return self._loop.link

    def run(
        self,
        stop: threading.Event,
        clock: Clock | None = None,
        began: Callable[[], None] = lambda: None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        """Run until `stop` is set, then save what must survive; `began` and `ending` are called meanwhile."""
        clock = clock or Clock(int(time.time() * 1000))
        began()
        try:
            while not stop.is_set():
                self._wake.clear()
                until_ms = self._loop.turn(clock.now_ms())
                self._follow(clock.now_ms())
                self._wake.wait(min(clock.seconds_until(until_ms), LONGEST_WAIT_S))
        finally:
            ending()
            self._loop.close(clock.now_ms())

    def _make_link(self) -> IpLink:
        settings = self._settings
        return IpLink(
            self._dice.randrange,
            lambda _: time.time_ns() // 1_000_000,
            None if settings.link == "mqtt" else 1000 * settings.poll_interval_s,
            settings.device_class,
            settings.long_poll_s,
            self._storage,
        )

    def _build(self, reason: int) -> Node | SafeNode:
        """Make the node anew, with its link, for the servers that are configured now."""
        settings = self._settings
        self._turns.servers = self._servers()
        link = self._make_link()
        self._loop.renew(link)
        factory = configuration.canonical(
            (
                Setting(configuration.SAMPLING_INTERVAL_S, None, settings.sampling_interval_s),
                Setting(configuration.REPORTING_INTERVAL_S, None, settings.reporting_interval_s),
                Setting(RADIO_CLASS, None, int(settings.device_class == "C")),
            )
        )
        identity = int(settings.dev_eui, 16)
        if reason == SAFE_MODE:
            return SafeNode(identity, link, self._storage, self._dice.randrange, factory)
        return Node(
            identity,
            self._sensors,
            self._actuators,
            link,
            self._storage,
            self._dice.randrange,
            factory=factory,
            reset_reason=reason,
        )

    def _servers(self) -> list[Server]:
        return configured(self._storage, self._protocols, self._usual)

    def _follow(self, now_ms: int) -> None:
        """Log what is new, and go to other servers when the configuration says so, or went back."""
        for event in self.node.events():
            self._tell(event)
            tell_of_faults(event)
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
