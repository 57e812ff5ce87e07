"""A node on Linux: the processor's temperature, through a modem, until told to stop."""

import logging
import os
import random
import threading
import time
from pathlib import Path

from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_keys import RADIO_CLASS
from farwire_codecs.schema import Channel
from farwire_node import node_events
from farwire_node.drivers import linux_host, registry
from farwire_node.errors import ConfigurationError, SensorError
from farwire_node.lorawan import regions
from farwire_node.modems.file_storage_host import FileStorage
from farwire_node.modems.identity import Identity
from farwire_node.modems.loop import Loop
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.modem_link import ModemLink
from farwire_node.modems.rak3172 import Rak3172
from farwire_node.modems.rn2483 import Rn2483
from farwire_node.modems.serial_driver_host import Clock
from farwire_node.modems.serial_driver_host import run as run_loop
from farwire_node.modems.serial_port_host import SerialPort
from farwire_node.modems.settings_host import NodeSettings
from farwire_node.node import Node
from farwire_node.sensors.sensor import Sensor
from farwire_node.survival.guard import Guard
from farwire_node.survival.safe_node import SAFE_MODE, SafeNode
from farwire_node.survival.service_host import GuardedProgram, tell_of_faults

log = logging.getLogger("farwire.node")

DIALECTS = {"RAK3172": Rak3172, "LoRa-E5": LoraE5, "RN2483": Rn2483}
_TEMPERATURE = 103  # LPP, tenths of a degree


class ThermalZone(Sensor):
    """A temperature as Linux gives it: a file with thousandths of a degree."""

    channels = (Channel(1, _TEMPERATURE),)

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return tenths of a degree."""
        try:
            return ((round(int(self._path.read_text()) / 100),),)
        except (OSError, ValueError) as error:
            raise SensorError(f"{self._path}: {error}") from error


def run(settings: NodeSettings, stop: threading.Event) -> None:
    """Run until `stop` is set. ConfigurationError or OSError where the settings or the folder do not do."""
    dialect = DIALECTS[settings.modem]()
    try:
        buses = linux_host.buses_of(settings.buses)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    storage = FileStorage(settings.data)
    dice = random.SystemRandom()
    identity = Identity(
        int(settings.dev_eui, 16), int(settings.join_eui, 16), bytes.fromhex(settings.app_key)
    )
    factory = configuration.canonical(
        (
            Setting(configuration.SAMPLING_INTERVAL_S, None, settings.sampling_interval_s),
            Setting(configuration.REPORTING_INTERVAL_S, None, settings.reporting_interval_s),
            Setting(RADIO_CLASS, None, int(settings.device_class == "C")),
        )
    )

    def make_link() -> ModemLink:
        return ModemLink(
            DIALECTS[settings.modem](),
            identity,
            regions.by_name(settings.region),
            storage,
            dice.randrange,
            device_class=settings.device_class,
            sub_band=settings.sub_band or None,
        )

    def build(reason: int) -> Node | SafeNode:
        link = make_link()
        loop.renew(link)
        if reason == SAFE_MODE:
            return SafeNode(identity.dev_eui, link, storage, dice.randrange, factory)
        return Node(
            identity.dev_eui,
            (ThermalZone(settings.temperature),),
            (),
            link,
            storage,
            dice.randrange,
            factory=factory,
            reset_reason=reason,
            build=lambda places, used: registry.build(places, buses, used=used),
        )

    program = GuardedProgram(settings.data, os.environ)
    guard = program.guard(build, storage)
    loop = Loop(guard, make_link(), lambda: SerialPort(str(settings.port), dialect.baud))
    told = _Told(guard, loop)
    program.began()
    run_loop(loop, Clock(int(time.time() * 1000)), stop, told.tell, program.ending)
    program.ended()


class _Told:
    """Logs what happened: events by name and size, never what a line held."""

    def __init__(self, node: Guard, loop: Loop) -> None:
        self._node = node
        self._loop = loop
        self._counters = loop.link.counters
        self._plugged: bool | None = None

    def tell(self) -> None:
        """Log what is new."""
        plugged = self._loop.port is not None
        if plugged != self._plugged:
            self._plugged = plugged
            log.info("modem plugged in" if plugged else "modem gone")
        for event in self._node.events():
            tell_of_faults(event)
            if isinstance(event, node_events.Joined):
                log.info("joined", extra={"dev_addr": f"{event.dev_addr:08x}"})
            elif isinstance(event, node_events.FrameSent):
                log.info("frame sent", extra={"port": event.port, "bytes": event.size})
            elif isinstance(event, node_events.SensorRefused):
                log.warning("sensor refused", extra={"sensor": event.index, "reason": event.reason})
            elif isinstance(event, node_events.Released):
                log.info("records acknowledged", extra={"through": event.through, "count": event.count})
        counters = self._loop.link.counters
        if counters != self._counters:
            self._counters = counters
            log.warning("modem trouble", extra=counters)
