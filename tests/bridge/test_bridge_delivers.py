"""The bridge between a real broker, a cloud over mutual TLS and a network server's API."""

from collections.abc import Callable

import pytest

from farwire_bridge.settings import Settings
from farwire_codecs import acknowledgement, ports
from tests.bridge import nodes
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
