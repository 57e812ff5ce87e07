"""Core, storage, backend and API, joined to the world's thread and clock."""

import logging
from collections.abc import Callable, Mapping

from chirpstack_api import gw, integration

from farwire_node.aes_host import HostAes
from farwire_twin.network_server.api.server import ApiServer
from farwire_twin.network_server.backend import Backend, Barrier, NoBarrier
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.mqtt import MqttBackend, Post
from farwire_twin.network_server.outputs import (
    DecisionPending,
    Output,
    PublishEvent,
    Refused,
    SendDownlink,
)
from farwire_twin.network_server.settings import NetworkServerSettings
from farwire_twin.network_server.storage import Storage

log = logging.getLogger("farwire.twin")


class NetworkServer:
    """A running network server. All its methods but `start` and `stop` belong to the world's thread.

    `post` runs a function in that thread, from any other; `now` is UTC ms there; `at` has a function run at a
    UTC ms; `slow_until` asks the clock to go no faster than real time until a UTC ms, so that an application
    has its real time to answer within a receive window.
    """

    def __init__(
        self,
        settings: NetworkServerSettings,
        *,
        post: Post,
        now: Callable[[], int],
        at: Callable[[int, Callable[[], None]], None],
        barrier: Barrier | None = None,
        slow_until: Callable[[int], None] | None = None,
        backend: Backend | None = None,
    ) -> None:
        self.core = NetworkCore(settings, HostAes(), now())
        self._post = post
        self._now = now
        self._at = at
        self._slow_until = slow_until
        self._armed_ms: int | None = None
        self._settling = False
        self._storage = Storage(settings.database) if settings.database is not None else None
        if self._storage is not None:
            self.core.restore(self._storage.load(), now())
        if backend is None:
            if settings.mqtt is None:
                raise ValueError("mqtt: expected the broker's settings, or a backend")
            backend = MqttBackend(settings.mqtt, settings.region.topic_prefix, post, barrier or NoBarrier())
        self._backend = backend
        self._api = ApiServer(settings, self, post) if settings.api_bind else None

    def start(self) -> None:
        """Connect and listen. OSError when the API's address cannot be had."""
        if self._api is not None:
            self._api.start()
        self._backend.start(self)
        self._post(self.settle)

    def stop(self) -> None:
        """Disconnect, and close the file. The world's thread must have ended, or be the caller."""
        if self._api is not None:
            self._api.stop()
        self._backend.stop()
        if self._storage is not None:
            self._storage.save(self.core.state.registry)
            self._storage.close()

    @property
    def api_port(self) -> int | None:
        """The port that the gRPC API listens on; None without API."""
        return self._api.port if self._api is not None else None

    @property
    def counters(self) -> Mapping[str, int]:
        """How often what happened."""
        return self.core.state.counters

    # --- Receiver

    def on_uplink(self, frame: gw.UplinkFrame) -> None:
        """A gateway heard a frame."""
        self.core.on_uplink(frame, self._now())
        self.settle()

    def on_tx_ack(self, ack: gw.DownlinkTxAck) -> None:
        """A gateway tells what became of a downlink."""
        self.core.on_tx_ack(ack, self._now())
        self.settle()

    def on_stats(self, stats: gw.GatewayStats) -> None:
        """A gateway's periodic report."""
        self.core.on_stats(stats, self._now())
        self.settle()

    def on_command(self, application_id: str, dev_eui: str, command: integration.DownlinkCommand) -> None:
        """The application's `command/down`."""
        self.core.on_command(application_id, dev_eui, command, self._now())
        self.settle()

    def on_malformed(self, topic: str, error: str) -> None:
        """Something arrived that is no message."""
        self.core.state.refuse("malformed message", topic=topic, error=error)
        self.settle()

    # --- the world's thread

    def now_ms(self) -> int:
        """UTC ms of now."""
        return self._now()

    def settle(self) -> None:
        """After every input: write what changed, then say what is to be said, then set the timer.

        A gateway in process may answer a downlink at once, in the midst of this: its input is taken, and its
        outputs come after those that are being said.
        """
        if self._settling:
            return
        self._settling = True
        try:
            self._keep()
            while outputs := self.core.take_outputs():
                for output in outputs:
                    self._say(output)
                self._keep()
        finally:
            self._settling = False
        self._arm()

    def _keep(self) -> None:
        if self._storage is not None:
            self._storage.save(self.core.state.registry)
        else:
            self.core.state.registry.touched.clear()

    def _say(self, output: Output) -> None:
        match output:
            case SendDownlink(frame):
                self._backend.send_downlink(frame)
            case PublishEvent():
                self._backend.publish_event(output)
            case DecisionPending(until_ms):
                if self._slow_until is not None:
                    self._slow_until(until_ms)
            case Refused(reason, facts):
                log.info("refused", extra={"reason": reason, **facts})

    def _arm(self) -> None:
        next_ms = self.core.next_timer()
        if next_ms is not None and (self._armed_ms is None or next_ms < self._armed_ms):
            self._armed_ms = next_ms
            self._at(next_ms, lambda: self._on_timer(next_ms))

    def _on_timer(self, armed_ms: int) -> None:
        if armed_ms != self._armed_ms:
            return  # an earlier one was set since
        self._armed_ms = None
        self.core.handle_timer(self._now())
        self.settle()
