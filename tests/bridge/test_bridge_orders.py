"""Orders from the cloud's stream to the node and back, over real gRPC, MQTT and TLS."""

import dataclasses
from collections.abc import Callable

import grpc

from farwire_bridge.settings import Settings
from farwire_codecs import command, configuration, ports, state_report
from farwire_contract.v1.telemetry_pb2 import Fate
from tests.bridge import orders_made
from tests.bridge.conftest import Running, wait_until
from tests.bridge.events_made import DEV_EUI
from tests.bridge.fake_chirpstack import Downlink, FakeChirpStack
from tests.bridge.fake_cloud import FakeCloud, Store

Start = Callable[[Settings], Running]

LIVE = b"\x01\x66\x01"
ACCEPTED, ENQUEUED, SENT = Fate.ACCEPTED, Fate.ENQUEUED, Fate.SENT


def answer(number: int) -> bytes:
    return command.encode_answer(command.CommandAnswer(number, command.DONE))


def state(hash_: int) -> bytes:
    return state_report.encode(state_report.StateReport(hash_, 0, 1, 0, 1, 1, 0, 60, 0))


def downlinks(chirpstack: FakeChirpStack, count: int) -> list[Downlink]:
    """Let the device talk until it got so many downlinks."""
    got: list[Downlink] = []
    for _ in range(4 * count):
        if downlink := chirpstack.uplink(DEV_EUI, 1, LIVE):
            got.append(downlink)
        if len(got) == count:
            break
    return got


def test_a_command_is_followed_from_the_stream_to_the_nodes_answer(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    bridge = start(settings)
    order = orders_made.set_output(DEV_EUI)

    cloud.order(order)
    (downlink,) = downlinks(chirpstack, 1)
    chirpstack.uplink(DEV_EUI, ports.COMMAND_ANSWER, answer(order.command.number))

    assert command.decode(downlink.payload) == command.SetOutput(order.command.number, 4, 100)
    wait_until(lambda: bridge.count("orders_done") == 1)
    assert store.fates(order.order_id) == [ACCEPTED, ENQUEUED, SENT]
    assert [entry.answer.command_number for entry in store.of("answer")] == [order.command.number]


def test_a_confirmed_command_is_acknowledged_and_a_missed_one_repeated(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    start(settings)
    order = orders_made.set_output(DEV_EUI, confirmed=True)
    cloud.order(order)
    downlinks(chirpstack, 1)

    again = chirpstack.uplink(DEV_EUI, 1, LIVE, ack=False) or chirpstack.uplink(DEV_EUI, 1, LIVE)
    chirpstack.uplink(DEV_EUI, 1, LIVE, ack=True)

    assert again is not None
    assert command.decode(again.payload) == command.SetOutput(order.command.number, 4, 100)
    fates = [ACCEPTED, ENQUEUED, SENT, ENQUEUED, SENT, Fate.ACKNOWLEDGED]
    wait_until(lambda: store.fates(order.order_id) == fates)
    attempts = [entry.fate.attempt for entry in store.of("fate")]
    assert attempts == [1, 1, 1, 2, 2, 2]


def test_a_configuration_goes_in_pieces_and_ends_with_the_nodes_report(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    bridge = start(settings)
    chirpstack.uplink(DEV_EUI, 1, LIVE)
    order = orders_made.configure(DEV_EUI, settings=20)
    cloud.order(order)

    document = configuration.assemble([downlink.payload for downlink in downlinks(chirpstack, 3)])
    chirpstack.uplink(DEV_EUI, ports.STATE, state(configuration.document_hash(document)))

    assert configuration.encode_document(document) == order.configuration.document
    wait_until(lambda: bridge.count("orders_done") == 1)
    assert store.fates(order.order_id) == [ACCEPTED, ENQUEUED, SENT]


def test_what_a_join_flushed_is_enqueued_again(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    start(settings)
    order = orders_made.set_output(DEV_EUI)
    cloud.order(order)
    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED, ENQUEUED])

    chirpstack.join(DEV_EUI)
    (downlink,) = downlinks(chirpstack, 1)

    assert downlink.f_port == ports.COMMAND


def test_an_enqueue_whose_reply_was_lost_is_not_made_twice(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    chirpstack.lose_replies = 1
    start(settings)
    order = orders_made.set_output(DEV_EUI)

    cloud.order(order)
    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED, ENQUEUED])
    downlinks(chirpstack, 1)

    wait_until(lambda: store.fates(order.order_id)[-1] == SENT)
    assert len(chirpstack.enqueued) == 1


def test_orders_outlive_a_bridge_and_a_network_server_that_is_away(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    chirpstack.refuse = grpc.StatusCode.UNAVAILABLE
    bridge = start(settings)
    order = orders_made.set_output(DEV_EUI)
    cloud.order(order)
    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED])
    bridge.stop()
    chirpstack.refuse = None

    start(settings)
    (downlink,) = downlinks(chirpstack, 1)

    assert downlink.f_port == ports.COMMAND
    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED, ENQUEUED, SENT])


def test_an_order_expires_when_the_device_stays_silent(
    settings: Settings, cloud: FakeCloud, store: Store, start: Start
) -> None:
    start(settings)
    order = orders_made.set_output(DEV_EUI, lasts_s=0.6)

    cloud.order(order)

    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED, ENQUEUED, Fate.EXPIRED])
    assert not store.open_orders


def test_an_unknown_device_fails_an_order_with_the_network_servers_words(
    settings: Settings, chirpstack: FakeChirpStack, cloud: FakeCloud, store: Store, start: Start
) -> None:
    start(settings)
    chirpstack.refuse_enqueue = grpc.StatusCode.NOT_FOUND
    order = orders_made.set_output(DEV_EUI)

    cloud.order(order)

    wait_until(lambda: store.fates(order.order_id) == [ACCEPTED, Fate.FATE_FAILED])
    assert store.of("fate")[-1].fate.detail.startswith("NOT_FOUND")


def test_orders_are_followed_again_when_the_stream_ends(
    settings: Settings, cloud: FakeCloud, store: Store, start: Start
) -> None:
    bridge = start(dataclasses.replace(settings, orders_refresh_s=1))
    wait_until(lambda: cloud.follows >= 2)
    order = orders_made.set_output(DEV_EUI)

    cloud.order(order)
    wait_until(lambda: cloud.follows >= 4)

    assert store.fates(order.order_id)[0] == ACCEPTED
    assert store.fates(order.order_id).count(ACCEPTED) == 1
    assert bridge.count("orders") == 1
