"""The bridge between a real broker, a cloud over mutual TLS and a network server's API."""

import dataclasses
from collections.abc import Callable

import pytest

from farwire_bridge.settings import Settings
from farwire_codecs import acknowledgement, ports
from tests.bridge import nodes
from tests.bridge.carrying_node import CARRIED, CarryingNode
from tests.bridge.conftest import Running, wait_until
from tests.bridge.events_made import DEV_EUI
from tests.bridge.fake_chirpstack import FakeChirpStack
from tests.bridge.fake_cloud import Store

Start = Callable[[Settings], Running]


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_a_batch_of_records_reaches_the_cloud_with_its_times(
    encoding: str, settings: Settings, chirpstack: FakeChirpStack, store: Store, start: Start
) -> None:
    chirpstack.encoding = encoding
    start(settings)
    node = nodes.Node()
    node.sample(3)

    chirpstack.uplink(DEV_EUI, ports.HISTORY, node.batch(), time_ms=1_780_000_000_000)

    wait_until(lambda: len(store.records[DEV_EUI]) == 3)
    assert [record.time_ms for _, record in sorted(store.records[DEV_EUI].items())] == [
        1_780_000_000_000 - age_ms for age_ms in (120_000, 60_000, 0)
    ]


def test_an_acknowledgement_goes_down_in_the_window_of_the_uplink_that_wants_it(
    settings: Settings, chirpstack: FakeChirpStack, start: Start
) -> None:
    chirpstack.window_s = 0.2
    start(settings)
    node = nodes.Node()
    node.sample(4)

    chirpstack.uplink(DEV_EUI, ports.HISTORY, node.batch())
    downlink = chirpstack.uplink(DEV_EUI, ports.HISTORY, node.batch(wanted=True))

    assert downlink is not None
    assert downlink.f_port == ports.ACKNOWLEDGEMENT
    assert acknowledgement.decode(downlink.payload).through == 4


@pytest.mark.parametrize("memory", ["kept", "lost"])
def test_batches_that_build_on_acknowledged_records_reach_the_cloud(
    memory: str, settings: Settings, chirpstack: FakeChirpStack, store: Store, start: Start
) -> None:
    """The bridge is restarted between them; one that lost its memory asks for base and schema."""
    chirpstack.window_s = 0.2
    node = CarryingNode()
    carried = 0
    bridge = start(settings)
    for at in range(12):
        if at == 6:
            bridge.stop()
            if memory == "lost":
                settings = dataclasses.replace(settings, spool_path=settings.spool_path.with_suffix(".new"))
            bridge = start(settings)
        node.sample(((200 + at % 3,), (90,)))
        payload = node.batch()
        carried += bool(payload[0] & CARRIED)
        downlink = chirpstack.uplink(DEV_EUI, ports.HISTORY, payload)
        if downlink is not None:
            node.acknowledged(acknowledgement.decode(downlink.payload))

    wait_until(lambda: len(store.records[DEV_EUI]) == 12)
    assert {
        number: tuple(tuple(reading.raw) for reading in record.readings)
        for number, record in store.records[DEV_EUI].items()
    } == {number: record.values for number, record in node.sent.items()}
    assert carried >= 6
    assert payload[0] & CARRIED
    assert [entry.refused.reason for entry in store.of("refused")] == (
        ["UnknownBaseError", "UnknownSchemaError"] if memory == "lost" else []
    )
