"""The edges to nodes without a radio, as far as the settings ask for them."""

from collections.abc import Callable, Iterable
from typing import Any

from farwire_bridge.counters import Counters
from farwire_bridge.ip_https import IpHttps
from farwire_bridge.ip_items import Tags
from farwire_bridge.ip_mailbox import Mailbox
from farwire_bridge.ip_mqtt import IpMqtt
from farwire_bridge.ip_ways import Queue
from farwire_bridge.messages import CHIRPSTACK, HTTPS, MQTT, MqttMessage
from farwire_bridge.settings import Settings

Acknowledge = Callable[[Iterable[MqttMessage]], None]


class IpEdges:
    """MQTT and HTTPS, each where it is set up; raises OSError for files and ports that cannot be used."""

    def __init__(
        self,
        settings: Settings,
        deliver: Callable[[Any], None],
        counters: Counters,
        clock_ms: Callable[[], int],
    ) -> None:
        tags = Tags()
        self.queues: dict[str, Queue] = {}
        self._mqtt = self._https = None
        if settings.ip_mqtt_host is not None:
            self._mqtt = self.queues[MQTT] = IpMqtt(settings, deliver, counters, tags)
        if settings.ip_https_host is not None:
            mailbox = self.queues[HTTPS] = Mailbox(deliver, counters, tags)
            self._https = IpHttps(settings, mailbox, deliver, counters, clock_ms)

    def start(self) -> None:
        """Begin to connect, and to serve."""
        if self._mqtt is not None:
            self._mqtt.start()
        if self._https is not None:
            self._https.start()

    def keep_running(self) -> None:
        """Do what is due."""
        if self._mqtt is not None:
            self._mqtt.keep_running()

    def acknowledging(self, chirpstack: Acknowledge) -> Acknowledge:
        """Return what acknowledges messages to where each came from; those of `chirpstack` to it."""
        ways: dict[str, Acknowledge] = {CHIRPSTACK: chirpstack}
        if self._mqtt is not None:
            ways[MQTT] = self._mqtt.acknowledge
        if self._https is not None:
            ways[HTTPS] = self._https.acknowledge

        def acknowledge(messages: Iterable[MqttMessage]) -> None:
            parted: dict[str, list[MqttMessage]] = {}
            for message in messages:
                parted.setdefault(message.source, []).append(message)
            for source, of_source in parted.items():
                ways[source](of_source)

        return acknowledge

    def close(self) -> None:
        """Disconnect, and serve no more."""
        if self._https is not None:
            self._https.close()
        if self._mqtt is not None:
            self._mqtt.close()
