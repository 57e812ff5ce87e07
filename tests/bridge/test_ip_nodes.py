"""The whole chain of a node without a radio: program, TLS, broker or HTTPS, bridge, cloud, and back."""

import dataclasses
import gc
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farwire_bridge.settings import Settings
from farwire_codecs import configuration
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_codecs.state_report import RESET_REASONS
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Fate
from farwire_node import node_events
from farwire_node.modems.settings_host import NodeSettings
from tests.bridge import ip_plant, orders_made
from tests.bridge.certificates import Authority, Pair
from tests.bridge.conftest import Running, wait_until
from tests.bridge.fake_cloud import FakeCloud, Store
from tests.bridge.ip_plant import NODE_EUI, OTHER_EUI, TOKEN, Plant, node_settings
from tests.servers import Server, free_port, mosquitto

Start = Callable[[Settings], Running]
StartNode = Callable[[NodeSettings], Plant]

CRASH = RESET_REASONS.index("crash")
GOOD = [Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT]


@dataclasses.dataclass
class Way:
    """Both ends of one way: how the bridge and the node are set up for it."""

    bridge: Settings
    node: NodeSettings


@pytest.fixture
def node_pair(authority: Authority) -> Pair:
    return authority.sign(NODE_EUI)


@pytest.fixture
def ip_broker(tmp_path: Path, authority: Authority, server_pair: Pair) -> Iterator[Server]:
    with mosquitto(options=ip_plant.secured(tmp_path, authority, server_pair)) as server:
        yield server


@pytest.fixture
def over_mqtt(
    settings: Settings, tmp_path: Path, authority: Authority, ip_broker: Server, node_pair: Pair
) -> Way:
    pair = authority.sign("bridge")  # its name is its user at the broker
    return Way(
        dataclasses.replace(
            settings,
            ip_mqtt_host="127.0.0.1",
            ip_mqtt_port=ip_broker.port,
            ip_mqtt_ca=authority.ca,
            ip_mqtt_cert=pair.cert,
            ip_mqtt_key=pair.key,
        ),
        node_settings(tmp_path, "mqtt", ip_broker.port, authority.ca, node_pair),
    )


@pytest.fixture
def over_https(settings: Settings, tmp_path: Path, authority: Authority, server_pair: Pair) -> Way:
    port = free_port()
    return Way(
        dataclasses.replace(
            settings,
            ip_https_host="127.0.0.1",
            ip_https_port=port,
            ip_https_cert=server_pair.cert,
            ip_https_key=server_pair.key,
            ip_https_tokens=ip_plant.tokens(tmp_path, NODE_EUI),
        ),
        node_settings(tmp_path, "https", port, authority.ca),
    )


@pytest.fixture(params=["over_mqtt", "over_https"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def start_node() -> Iterator[StartNode]:
    """Start nodes, ended with the test."""
    plants: list[Plant] = []

    def starter(settings: NodeSettings) -> Plant:
        plants.append(Plant(settings))
        return plants[-1]

    yield starter
    for plant in plants:
        plant.stop()


def released(plant: Plant) -> int:
    """Return through which record the cloud acknowledged all."""
    return max((event.through for event in plant.of(node_events.Released)), default=0)  # type: ignore[attr-defined]


def test_records_reach_the_cloud_and_its_acknowledgement_releases_them(
    way: Way, store: Store, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(way.node)

    wait_until(lambda: released(plant) >= 5, 60)

    records = store.records[NODE_EUI]
    assert {1, 2, 3, 4, 5} <= set(records)
    assert [records[number].readings[0].raw[0] for number in (1, 2, 5)] == [1, 2, 5]
    heard = store.of("records")[0]
    assert heard.device.application_id == "ip"
    assert heard.uplink.gateways == 0
    assert bridge.count("refused") == bridge.count("malformed") == 0


def test_a_command_is_executed_and_answered(
    way: Way, store: Store, cloud: FakeCloud, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(way.node)
    wait_until(lambda: released(plant), 30)
    order = orders_made.set_output(NODE_EUI)

    cloud.order(order)
    wait_until(lambda: bridge.count("orders_done") == 1, 30)

    assert plant.lamp.history == [100]
    wait_until(lambda: store.fates(order.order_id) == GOOD)
    wait_until(lambda: store.of("answer"))
    assert [entry.answer.command_number for entry in store.of("answer")] == [order.command.number]


def test_a_confirmed_command_is_acknowledged_by_the_node_itself(
    way: Way, store: Store, cloud: FakeCloud, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(way.node)
    wait_until(lambda: released(plant), 30)
    order = orders_made.set_output(NODE_EUI, confirmed=True)

    cloud.order(order)
    wait_until(lambda: bridge.count("orders_done") == 1, 30)

    assert plant.lamp.history == [100]
    wait_until(lambda: store.fates(order.order_id)[:4] == [*GOOD, Fate.ACKNOWLEDGED])


def configure(*settings: Setting) -> Order:
    """An order for a document of these settings."""
    document = configuration.canonical(settings)
    order = orders_made.configure(NODE_EUI)
    order.configuration.document = configuration.encode_document(document)
    order.configuration.hash = configuration.document_hash(document)
    return order


def test_a_configuration_gets_in_sync(
    way: Way, store: Store, cloud: FakeCloud, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(way.node)
    wait_until(lambda: released(plant), 30)
    order = configure(
        Setting(keys.SAMPLING_INTERVAL_S, None, 2),
        Setting(keys.REPORTING_INTERVAL_S, None, 6),
        *(Setting(keys.HIGH, channel, 1_000_000 + channel) for channel in range(2, 40)),
    )

    cloud.order(order)
    wait_until(lambda: bridge.count("orders_done") == 1, 60)

    wait_until(lambda: store.fates(order.order_id) == GOOD)
    wait_until(lambda: store.of("state")[-1].state.configuration_hash == order.configuration.hash)
    assert plant.of(node_events.ConfigurationApplied)


def test_a_node_goes_to_the_server_that_its_configuration_names(
    over_mqtt: Way,
    cloud: FakeCloud,
    start: Start,
    start_node: StartNode,
    tmp_path: Path,
    authority: Authority,
    server_pair: Pair,
) -> None:
    start(over_mqtt.bridge)
    plant = start_node(over_mqtt.node)
    wait_until(lambda: released(plant), 30)
    (tmp_path / "other").mkdir()
    with mosquitto(options=ip_plant.secured(tmp_path / "other", authority, server_pair)) as other:
        order = configure(
            Setting(keys.SAMPLING_INTERVAL_S, None, 1),
            Setting(keys.SERVER_HOST, 0, "127.0.0.1"),
            Setting(keys.SERVER_PORT, 0, other.port),
        )

        cloud.order(order)
        wait_until(lambda: NODE_EUI in other.log.read_text(), 30)
        wait_until(lambda: len(plant.of(node_events.Joined)) >= 2, 30)

        plant.stop()


def test_what_comes_while_the_bridge_is_away_is_kept_by_the_broker(
    over_mqtt: Way, store: Store, start: Start, start_node: StartNode, ip_broker: Server
) -> None:
    bridge = start(over_mqtt.bridge)
    wait_until(lambda: bridge.count("ip_mqtt_subscriptions"))
    plant = start_node(over_mqtt.node)
    wait_until(lambda: released(plant) >= 5, 30)

    bridge.stop()
    before = plant.sensor.count
    wait_until(lambda: plant.sensor.count >= before + 40, 30)
    start(over_mqtt.bridge)
    wait_until(lambda: set(range(1, before + 41)) <= set(store.records[NODE_EUI]), 60)


def test_a_broker_that_restarts_finds_bridge_and_node_again(
    settings: Settings,
    store: Store,
    start: Start,
    start_node: StartNode,
    tmp_path: Path,
    authority: Authority,
    server_pair: Pair,
    node_pair: Pair,
) -> None:
    folder, port = tmp_path / "broker", free_port()
    folder.mkdir()
    options = ip_plant.secured(tmp_path, authority, server_pair)
    pair = authority.sign("bridge")
    bridge_settings = dataclasses.replace(
        settings,
        ip_mqtt_host="127.0.0.1",
        ip_mqtt_port=port,
        ip_mqtt_ca=authority.ca,
        ip_mqtt_cert=pair.cert,
        ip_mqtt_key=pair.key,
    )
    with mosquitto(port=port, folder=folder, options=options):
        bridge = start(bridge_settings)
        plant = start_node(node_settings(tmp_path, "mqtt", port, authority.ca, node_pair))
        wait_until(lambda: released(plant) >= 5, 30)
    wait_until(lambda: plant.inner.link.counters["lost"] == 1)
    count = plant.sensor.count
    wait_until(lambda: plant.sensor.count >= count + 20)

    with mosquitto(port=port, folder=folder, options=options):
        wait_until(lambda: set(range(1, count + 21)) <= set(store.records[NODE_EUI]), 60)
        plant.stop()
        bridge.stop()


def test_a_node_that_starts_again_goes_on_where_it_was(
    way: Way, store: Store, start: Start, start_node: StartNode
) -> None:
    start(way.bridge)
    first = start_node(way.node)
    wait_until(lambda: released(first) >= 5, 30)
    first.stop()
    count = first.sensor.count

    start_node(way.node)
    wait_until(lambda: set(range(1, count + 6)) <= set(store.records[NODE_EUI]), 60)

    values = [store.records[NODE_EUI][number].readings[0].raw[0] for number in range(1, count + 2)]
    assert values == [*range(1, count + 1), 1]  # nothing under the number of something else


def test_a_wrong_token_gets_nothing_in_and_shows_in_no_log(
    over_https: Way, store: Store, start: Start, start_node: StartNode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bridge = start(over_https.bridge)
    plant = start_node(dataclasses.replace(over_https.node, server_password=TOKEN + "x"))

    wait_until(lambda: bridge.count("ip_requests_refused") >= 2, 30)

    assert not store.entries
    assert not plant.inner.link.joined
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(over_https.node)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho drops its socket
def test_a_server_with_a_strangers_certificate_gets_nothing(
    way: Way, store: Store, start: Start, start_node: StartNode, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", "somebody else")
    bridge = start(way.bridge)
    plant = start_node(dataclasses.replace(way.node, server_ca=stranger.ca))

    wait_until(lambda: len(plant.inner.link.counters) and plant.inner.link._pauses.attempts >= 2, 30)

    assert not plant.inner.link.joined
    assert not store.entries
    assert bridge.count("received") == bridge.count("ip_requests") == 0
    plant.stop()
    gc.collect()


def test_a_node_cannot_speak_for_another(
    over_mqtt: Way, store: Store, start: Start, start_node: StartNode
) -> None:
    bridge = start(over_mqtt.bridge)
    wait_until(lambda: bridge.count("ip_mqtt_subscriptions"))
    plant = start_node(dataclasses.replace(over_mqtt.node, dev_eui=OTHER_EUI))

    # The broker acknowledges what it throws away, as it must with MQTT 3.1.1.
    wait_until(lambda: len(plant.of(node_events.FrameSent)) >= 3, 30)

    assert not store.entries
    assert bridge.count("received") == 0


@pytest.mark.parametrize("where", ["poll", "on_taken", "on_downlink"])
def test_a_crash_amid_it_all_loses_nothing_doubles_nothing_and_is_reported(
    way: Way, where: str, store: Store, cloud: FakeCloud, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(dataclasses.replace(way.node, device_class="C"))
    wait_until(lambda: released(plant) >= 5, 30)
    first = plant.inner.link
    order = orders_made.set_output(NODE_EUI)

    plant.crash(where)
    cloud.order(order)
    wait_until(lambda: plant.of(node_events.Crashed), 30)
    wait_until(lambda: bridge.count("orders_done") == 1, 60)
    count = plant.sensor.count
    wait_until(lambda: set(range(1, count + 11)) <= set(store.records[NODE_EUI]), 60)

    assert plant.inner.link is not first
    copies = [record for entry in store.of("records") for record in entry.records.records]
    assert {record.number for record in copies if record.readings[0].raw[0] != record.number} == set()
    assert plant.lamp.history == [100]
    wait_until(lambda: f"IndexError: {where}".encode() in crash_report(store), 30)
    assert store.of("state")[-1].state.reset_reason == CRASH


def crash_report(store: Store) -> bytes:
    """Return what came of the node's crash report."""
    return b"".join(entry.log_piece.data for entry in store.of("log_piece"))


def test_a_class_c_node_over_https_hears_a_command_at_once_and_reports_meanwhile(
    over_https: Way, store: Store, cloud: FakeCloud, start: Start, start_node: StartNode
) -> None:
    bridge = start(over_https.bridge)
    plant = start_node(dataclasses.replace(over_https.node, device_class="C"))
    wait_until(lambda: released(plant) >= 5, 30)
    took_s = []
    for number in range(1, 6):
        began_s = time.monotonic()
        cloud.order(orders_made.set_output(NODE_EUI))
        wait_until(lambda: len(plant.lamp.history) == number, 30)  # noqa: B023 (it is done when that changes)
        took_s.append(time.monotonic() - began_s)
        wait_until(lambda: bridge.count("orders_done") == number, 30)  # noqa: B023
    print(f"\ncommands over HTTPS to a class C node: {[round(each, 3) for each in took_s]} s")

    count = plant.sensor.count
    wait_until(lambda: set(range(1, count + 11)) <= set(store.records[NODE_EUI]), 60)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho drops its socket
def test_a_server_whose_certificate_names_another_host_gets_nothing(
    way: Way, store: Store, start: Start, start_node: StartNode
) -> None:
    bridge = start(way.bridge)
    plant = start_node(dataclasses.replace(way.node, server_host="localhost"))

    wait_until(lambda: plant.inner.link._pauses.attempts >= 2, 30)

    assert not plant.inner.link.joined
    assert not store.entries
    assert bridge.count("received") == bridge.count("ip_requests") == 0
    plant.stop()
    gc.collect()
