"""Real neighbours of the bridge for tests: Mosquitto, a cloud and a network server over gRPC."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from farwire_bridge.counters import Counters
from farwire_bridge.main import run
from farwire_bridge.settings import Settings
from tests.bridge.certificates import Authority, Pair
from tests.bridge.fake_chirpstack import TOKEN, FakeChirpStack
from tests.bridge.fake_cloud import FakeCloud, Store
from tests.servers import Server, mosquitto


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def server_pair(authority: Authority) -> Pair:
    return authority.sign("cloud")


@pytest.fixture(scope="session")
def bridge_pair(authority: Authority) -> Pair:
    return authority.sign("bridge")


@pytest.fixture
def broker() -> Iterator[Server]:
    with mosquitto() as server:
        yield server


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def cloud(store: Store, authority: Authority, server_pair: Pair) -> Iterator[FakeCloud]:
    server = FakeCloud(store, authority.ca.read_bytes(), server_pair)
    yield server
    server.stop()


@pytest.fixture
def chirpstack(broker: Server) -> Iterator[FakeChirpStack]:
    server = FakeChirpStack(broker.port)
    yield server
    server.close()


@pytest.fixture
def settings(
    tmp_path: Path,
    authority: Authority,
    bridge_pair: Pair,
    broker: Server,
    cloud: FakeCloud,
    chirpstack: FakeChirpStack,
) -> Settings:
    return Settings(
        spool_path=tmp_path / "spool.sqlite",
        cloud_ca=authority.ca,
        cloud_cert=bridge_pair.cert,
        cloud_key=bridge_pair.key,
        cloud_address=cloud.address,
        mqtt_port=broker.port,
        chirpstack_address=chirpstack.address,
        chirpstack_token=TOKEN,
        retry_least_s=0.05,
        retry_most_s=0.5,
    )


class Running:
    """A bridge in a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        self.counters = Counters()
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(settings,))
        self._thread.start()

    def count(self, name: str) -> int:
        return self.counters.snapshot()[name]

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def _run(self, settings: Settings) -> None:
        try:
            run(settings, self._stop, counters=self.counters)
        except BaseException as error:
            self.error = error


@pytest.fixture
def start() -> Iterator[Callable[[Settings], Running]]:
    """Start bridges, ended with the test; each is subscribed when it is returned."""
    running: list[Running] = []

    def starter(settings: Settings) -> Running:
        bridge = Running(settings)
        running.append(bridge)
        wait_until(lambda: bridge.count("mqtt_subscriptions") >= 1 or bridge.error)
        return bridge

    yield starter
    for bridge in running:
        bridge.stop()


def wait_until(condition: Callable[[], Any], timeout_s: float = 15.0) -> None:
    """Return when the condition holds; AssertionError after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.005)
