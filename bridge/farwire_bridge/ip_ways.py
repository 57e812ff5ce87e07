"""Which way each device came last: over ChirpStack, MQTT or HTTPS. Downlinks go the same way back."""

from collections.abc import Callable, Mapping
from typing import Protocol

from farwire_bridge.calls import Call, Reply
from farwire_bridge.database import Database
from farwire_bridge.messages import CHIRPSTACK


class Ways:
    """What the database has of it; written inside its transactions, read by any thread."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection
        self._known: dict[str, str] = dict(self._connection.execute("SELECT dev_eui, way FROM ip_nodes"))

    def of(self, dev_eui: str) -> str:
        """Return the source of a device's last uplink."""
        return self._known.get(dev_eui, CHIRPSTACK)

    def note(self, dev_eui: str, source: str) -> None:
        """Remember where an uplink came from."""
        if self.of(dev_eui) == source:
            return
        if source == CHIRPSTACK:
            del self._known[dev_eui]
            self._connection.execute("DELETE FROM ip_nodes WHERE dev_eui = ?", (dev_eui,))
        else:
            self._known[dev_eui] = source
            self._connection.execute("INSERT OR REPLACE INTO ip_nodes VALUES (?, ?)", (dev_eui, source))


class Queue(Protocol):
    """A queue of downlinks (`chirpstack.DeviceQueue`)."""

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        """Start a call; `then` gets its reply."""
        ...


class Queues:
    """The queues of all devices: each call goes to that of the device's way."""

    def __init__(self, ways: Ways, queues: Mapping[str, Queue]) -> None:
        self._ways = ways
        self._queues = queues

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        """Start a call; `then` gets its reply."""
        way = self._ways.of(call.dev_eui)
        self._queues.get(way, self._queues[CHIRPSTACK]).call(call, then)
