"""Nothing is lost and nothing counts twice, whatever dies: the bridge, the broker, the cloud."""

import contextlib
import dataclasses
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from farwire_bridge.settings import Settings
from farwire_bridge.spool import Spool
from farwire_codecs import ports
from farwire_contract.v1.telemetry_pb2 import DeliverResponse, EntryResult
from tests.bridge import events_made, nodes, orders_made
from tests.bridge.bridge_process import BridgeProcess
from tests.bridge.certificates import Authority, Pair
from tests.bridge.conftest import Running, wait_until
from tests.bridge.events_made import DEV_EUI
from tests.bridge.fake_chirpstack import FakeChirpStack
from tests.bridge.fake_cloud import FakeCloud, Store
from tests.servers import free_port, mosquitto

Start = Callable[[Settings], Running]

DEVICES = [f"00000000000000{number:02x}" for number in range(8)]


@pytest.fixture
def process(settings: Settings) -> Iterator[BridgeProcess]:
    process = BridgeProcess(settings)
    yield process
    process.kill()


class Plant:
    """Nodes that send one record a frame, each frame once: what is lost is lost for good."""

    def __init__(self, chirpstack: FakeChirpStack) -> None:
        self.chirpstack = chirpstack
        self._nodes = {dev_eui: nodes.Node() for dev_eui in DEVICES}
        self.sent = 0
        self.time_ms = 1_780_000_000_000

    def send(self, frames: int) -> None:
        for _ in range(frames):
            self.time_ms += nodes.INTERVAL_S * 1000
            for dev_eui, node in self._nodes.items():
                node.sample(1)
                node.forget(node.records[-1].number - 1)
                event = events_made.up(
                    dev_eui, ports.HISTORY, node.batch(), time_ms=self.time_ms, f_cnt=self.sent
                )
                self.chirpstack.publish("up", event)
            self.sent += 1


def everything_is_stored_once(store: Store, frames: int) -> None:
    """Every record of every device, at one time each."""
    for dev_eui in DEVICES:
        assert sorted(store.records[dev_eui]) == list(range(1, frames + 1))
    assert len(store.record_times) == frames * len(DEVICES)


def stored(store: Store) -> int:
    with store.lock:
        return sum(len(records) for records in store.records.values())


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_a_bridge_that_is_killed_again_and_again_loses_nothing(
    process: BridgeProcess, chirpstack: FakeChirpStack, store: Store, encoding: str
) -> None:
    chirpstack.encoding = encoding
    plant = Plant(chirpstack)
    process.start()
    process.kill()  # even before it could connect
    process.start()
    wait_until(lambda: subscribed(chirpstack, store))

    stop = threading.Event()
    talk = threading.Thread(target=lambda: [plant.send(1) for _ in iter(stop.is_set, True)])
    talk.start()
    for pause_s in (0.3, 0.15, 0.4, 0.25):
        count = stored(store)
        wait_until(lambda count=count: stored(store) > count)  # type: ignore[misc]
        time.sleep(pause_s)
        process.kill()
        process.start()
    stop.set()
    talk.join()

    wait_until(lambda: stored(store) == plant.sent * len(DEVICES), timeout_s=30)
    assert plant.sent > 20
    everything_is_stored_once(store, plant.sent)


def subscribed(chirpstack: FakeChirpStack, store: Store) -> bool:
    """Publish until something arrives."""
    chirpstack.publish("up", events_made.up("f" * 16, 1, b"\x01\x66\x01"))
    time.sleep(0.05)
    return bool(store.of("live"))


def test_what_comes_while_the_bridge_is_away_waits_at_the_broker(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, start: Start
) -> None:
    plant = Plant(chirpstack)
    start(settings).stop()

    plant.send(30)
    start(settings)

    wait_until(lambda: stored(store) == 30 * len(DEVICES))
    everything_is_stored_once(store, 30)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_broker_that_restarts_is_found_again_and_subscribed_again(
    settings: Settings, store: Store, start: Start, tmp_path: Path, protocol: str
) -> None:
    port, folder = free_port(), tmp_path / "broker"
    folder.mkdir()
    settings = dataclasses.replace(settings, mqtt_port=port, mqtt_protocol=protocol)  # type: ignore[arg-type]
    with mosquitto(port=port, folder=folder), contextlib.closing(FakeChirpStack(port)) as chirpstack:
        bridge = start(settings)
        plant = Plant(chirpstack)
        plant.send(5)
        wait_until(lambda: stored(store) == 5 * len(DEVICES))
    wait_until(lambda: bridge.count("mqtt_disconnects") >= 1)

    with mosquitto(port=port, folder=tmp_path), contextlib.closing(FakeChirpStack(port)) as chirpstack:
        # Another folder: this broker knows no session, as after a lost disk.
        wait_until(lambda: bridge.count("mqtt_subscriptions") >= 2)
        plant.chirpstack = chirpstack
        plant.send(5)

        wait_until(lambda: stored(store) == 10 * len(DEVICES))
    everything_is_stored_once(store, 10)


def test_a_cloud_that_was_down_gets_everything_when_it_is_back(
    settings: Settings,
    chirpstack: FakeChirpStack,
    store: Store,
    cloud: FakeCloud,
    authority: Authority,
    server_pair: Pair,
    start: Start,
) -> None:
    plant = Plant(chirpstack)
    bridge = start(settings)
    plant.send(3)
    wait_until(lambda: stored(store) == 3 * len(DEVICES))
    cloud.stop()
    plant.send(40)
    wait_until(lambda: bridge.count("acknowledged") == 43 * len(DEVICES))
    assert bridge.count("delivery_failures") > 0

    back = FakeCloud(store, authority.ca.read_bytes(), server_pair, cloud.port)
    wait_until(lambda: stored(store) == 43 * len(DEVICES), timeout_s=30)

    everything_is_stored_once(store, 43)
    back.stop()


def test_a_spool_that_is_full_leaves_the_rest_with_the_broker(
    settings: Settings,
    chirpstack: FakeChirpStack,
    store: Store,
    cloud: FakeCloud,
    start: Start,
) -> None:
    cloud.before = lambda _, context: context.abort(grpc.StatusCode.UNAVAILABLE, "down")
    plant = Plant(chirpstack)
    bridge = start(dataclasses.replace(settings, spool_limit=50, mqtt_receive_maximum=20))
    plant.send(20)
    wait_until(lambda: bridge.count("held") > 0)
    assert bridge.count("acknowledged") <= 51

    cloud.before = None
    wait_until(lambda: stored(store) == 20 * len(DEVICES))

    everything_is_stored_once(store, 20)


def test_answers_of_the_cloud_that_are_lost_make_nothing_count_twice(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, cloud: FakeCloud, start: Start
) -> None:
    lost = iter([True, False] * 4 + [False] * 10_000)

    def before(request: object, context: grpc.ServicerContext) -> None:
        if next(lost):
            with store.lock:
                for entry in request.entries:  # type: ignore[attr-defined]
                    store.keep(entry)
            context.abort(grpc.StatusCode.UNAVAILABLE, "the answer was lost")

    cloud.before = before  # type: ignore[assignment]
    plant = Plant(chirpstack)
    bridge = start(settings)
    plant.send(10)

    wait_until(lambda: bridge.count("delivered") == 10 * len(DEVICES))
    everything_is_stored_once(store, 10)


def test_an_entry_that_makes_the_cloud_reject_a_request_does_not_stop_the_others(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, cloud: FakeCloud, start: Start
) -> None:
    def before(request: object, context: grpc.ServicerContext) -> None:
        if any(entry.uplink.f_cnt == 3 for entry in request.entries):  # type: ignore[attr-defined]
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "f_cnt 3 is not to the test's taste")

    cloud.before = before  # type: ignore[assignment]
    plant = Plant(chirpstack)
    bridge = start(settings)
    plant.send(8)

    wait_until(lambda: bridge.count("delivered") == 7 * len(DEVICES))
    wait_until(lambda: bridge.count("refused_by_cloud") == len(DEVICES))
    for dev_eui in DEVICES:
        assert sorted(store.records[dev_eui]) == [1, 2, 3, 5, 6, 7, 8]


def test_an_answer_that_leaves_entries_out_has_them_sent_again(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, cloud: FakeCloud, start: Start
) -> None:
    answers = iter([0, 1] + [None] * 1_000)

    def before(request: object, _: grpc.ServicerContext) -> DeliverResponse | None:
        count = next(answers)
        if count is None:
            return None
        entries = request.entries[:count]  # type: ignore[attr-defined]
        with store.lock:
            for entry in entries:
                store.keep(entry)
        return DeliverResponse(results=[EntryResult(id=entry.id, status="STORED") for entry in entries])

    cloud.before = before
    plant = Plant(chirpstack)
    start(settings)
    plant.send(5)

    wait_until(lambda: stored(store) == 5 * len(DEVICES))
    everything_is_stored_once(store, 5)


def test_a_bridge_without_a_certificate_of_the_clouds_authority_delivers_nothing(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, tmp_path: Path, start: Start
) -> None:
    stranger = Authority(tmp_path / "strangers", "another authority").sign("stranger")
    bridge = start(dataclasses.replace(settings, cloud_cert=stranger.cert, cloud_key=stranger.key))

    Plant(chirpstack).send(1)
    wait_until(lambda: bridge.count("delivery_failures") >= 2)

    wait_until(lambda: bridge.count("acknowledged") == len(DEVICES))
    assert stored(store) == 0


def test_a_bridge_trusts_no_cloud_of_another_authority(
    settings: Settings, chirpstack: FakeChirpStack, store: Store, tmp_path: Path, start: Start
) -> None:
    other = Authority(tmp_path / "strangers", "another authority")
    bridge = start(dataclasses.replace(settings, cloud_ca=other.ca))

    Plant(chirpstack).send(1)
    wait_until(lambda: bridge.count("delivery_failures") >= 2)

    assert stored(store) == 0


def test_after_an_error_of_the_disk_the_bridge_starts_over(
    settings: Settings,
    chirpstack: FakeChirpStack,
    store: Store,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append, failures = Spool.append, iter([False] * 5 + [True] + [False] * 100_000)

    def failing(self: Spool, entries: object) -> None:
        if entries and next(failures):
            raise sqlite3.OperationalError("database or disk is full")
        append(self, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(Spool, "append", failing)
    plant = Plant(chirpstack)
    bridge = start(settings)
    plant.send(10)

    wait_until(lambda: stored(store) == 10 * len(DEVICES), timeout_s=30)
    assert bridge.count("restarts") == 1
    everything_is_stored_once(store, 10)


def test_a_killed_bridge_carries_its_orders_on(
    process: BridgeProcess, chirpstack: FakeChirpStack, store: Store, cloud: FakeCloud
) -> None:
    order = orders_made.set_output(DEV_EUI)
    process.start()
    wait_until(lambda: _hears(chirpstack, store), timeout_s=30)  # else the broker keeps nothing for it
    cloud.order(order)
    wait_until(lambda: chirpstack.enqueued, timeout_s=30)
    process.kill()
    looks = chirpstack.looks

    process.start()
    wait_until(lambda: len(store.fates(order.order_id)) >= 2, timeout_s=30)
    wait_until(lambda: chirpstack.looks > looks, timeout_s=30)  # else it counts as sent without a word
    downlink = chirpstack.uplink(DEV_EUI, 1, b"\x01\x66\x01")

    wait_until(lambda: len(store.fates(order.order_id)) >= 3)
    assert downlink is not None
    assert len(chirpstack.enqueued) == 1


def _hears(chirpstack: FakeChirpStack, store: Store) -> bool:
    """Publish another device's uplink; return whether one has come through the bridge."""
    chirpstack.publish("up", events_made.up(DEVICES[0], 1, b"\x01\x66\x01"))
    return bool(store.of("live"))
