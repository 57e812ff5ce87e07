"""Nodes without a radio for tests: the real program, a real carrier, a broker as a plant would set it up."""

import hashlib
import threading
from pathlib import Path

from farwire_codecs.schema import Channel
from farwire_node.ip.main_host import IpNode
from farwire_node.modems.file_storage_host import FileStorage
from farwire_node.modems.serial_driver_host import Clock
from farwire_node.modems.settings_host import NodeSettings
from farwire_node.sensors.sensor import Actuator, Sensor
from tests.bridge.certificates import Authority, Pair

NODE_EUI = "70b3d57ed0000a01"
OTHER_EUI = "70b3d57ed0000a02"
TOKEN = "a token that nobody guesses"

ACL = """
user bridge
topic read farwire/+/up
topic write farwire/+/down

pattern write farwire/%u/up
pattern read farwire/%u/down
"""


class Steps(Sensor):
    """A temperature that rises by a tenth of a degree."""

    channels = (Channel(1, 103),)

    def __init__(self) -> None:
        self.count = 0

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        self.count += 1
        return ((self.count,),)


class Lamp(Actuator):
    """Remembers what it was set to."""

    def __init__(self, channel: int) -> None:
        self.channel = channel
        self.history: list[int] = []

    def set(self, value_x100: int) -> None:
        self.history.append(value_x100)


class Plant:
    """One node in a thread, faster than real time; its storage outlives it.

    Over HTTPS only four times as fast: the server keeps an answer back for two real seconds.
    """

    def __init__(self, settings: NodeSettings) -> None:
        speed = 20.0 if settings.link == "mqtt" else 4.0
        self.sensor = Steps()
        self.lamp = Lamp(4)
        self.events: list[tuple[object, ...]] = []
        self.inner = IpNode(
            settings, (self.sensor,), (self.lamp,), FileStorage(settings.data), self.events.append
        )
        self._stop = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(Clock(1_000_000_000_000, speed),))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def crash(self, where: str) -> None:
        """Have the link raise at its next call of a method."""

        def broken(*arguments: object) -> None:
            raise IndexError(where)

        setattr(self.inner.link, where, broken)

    def of(self, kind: type) -> list[tuple[object, ...]]:
        """Return the node's events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def _run(self, clock: Clock) -> None:
        try:
            self.inner.run(self._stop, clock)
        except BaseException as error:
            self.error = error


def node_settings(folder: Path, link: str, port: int, ca: Path, pair: Pair | None = None) -> NodeSettings:
    """Settings of a node that samples every second and reports every five."""
    return NodeSettings(
        dev_eui=NODE_EUI,
        link=link,  # type: ignore[arg-type]
        data=folder / "node",
        sampling_interval_s=1,
        reporting_interval_s=5,
        server_host="127.0.0.1",
        server_port=port,
        server_password="" if pair else TOKEN,
        server_ca=ca,
        server_cert=pair.cert if pair else None,
        server_key=pair.key if pair else None,
    )


def secured(folder: Path, authority: Authority, server: Pair) -> list[str]:
    """Lines of a broker's configuration: TLS, each client by its certificate's name, topics by that name."""
    acl = folder / "acl"
    acl.write_text(ACL)
    acl.chmod(0o600)
    return [
        *("user root", "allow_anonymous false", f"acl_file {acl}"),
        *(f"cafile {authority.ca}", f"certfile {server.cert}", f"keyfile {server.key}"),
        *("require_certificate true", "use_identity_as_username true"),
    ]


def tokens(folder: Path, *dev_euis: str) -> Path:
    """A file that lets these nodes in with TOKEN."""
    path = folder / "tokens"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    path.write_text("# nodes\n\n" + "".join(f"{dev_eui} {digest}\n" for dev_eui in dev_euis))
    return path
