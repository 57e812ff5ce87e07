"""A whole network server on a real clock: its thread is the world's, `speed` how much faster it goes."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from farwire_twin.network_server import MqttSettings, NetworkServer, NetworkServerSettings
from farwire_twin.network_server.backend import Backend
from farwire_twin.world.barrier import Barrier
from farwire_twin.world.clock import Clock
from farwire_twin.world.world import World

TOKEN = "a-token-for-tests"


class Running:
    """The server with its world; `call` runs something in the world's thread.

    With `waits` time stands still until the gateway has left the barrier for each downlink.
    """

    def __init__(
        self, settings: NetworkServerSettings, backend: Backend | None, speed: float, waits: bool
    ) -> None:
        epoch_ms = int(time.time() * 1000)
        self.clock = Clock(epoch_ms=epoch_ms, speed=speed)
        self.barrier = Barrier()
        self.world = World(self.clock, self.barrier)
        self.server = NetworkServer(
            settings,
            post=self.world.post,
            now=lambda: self.clock.utc_ms,
            at=lambda utc_ms, action: self.clock.at(utc_ms - epoch_ms, action),
            barrier=self.barrier if waits else None,
            slow_until=lambda utc_ms: self.clock.slow_until(utc_ms - epoch_ms),
            backend=backend,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.world.run, args=(self._stop,))

    def start(self) -> None:
        self.server.start()
        self.clock.start()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.server.stop()

    def call(self, question: Callable[[], Any]) -> Any:
        return self.world.call(question)

    @contextlib.contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        with grpc.insecure_channel(f"127.0.0.1:{self.server.api_port}") as channel:
            yield channel


@contextlib.contextmanager
def running(
    *,
    mqtt: MqttSettings | None = None,
    backend: Backend | None = None,
    speed: float = 1.0,
    waits: bool = False,
    **settings: Any,
) -> Iterator[Running]:
    asked = NetworkServerSettings(
        api_token=TOKEN, mqtt=mqtt, api_bind=settings.pop("api_bind", "127.0.0.1:0"), **settings
    )
    made = Running(asked, backend, speed, waits)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def eventually(condition: Callable[[], Any], timeout_s: float = 30) -> Any:
    """What `condition` returns once it is true; AssertionError when it never is."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it never came true")
