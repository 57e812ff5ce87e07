"""A node without a radio with the real cloud: HTTPS, bridge, gRPC, REST; command and configuration back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farwire_bridge.settings import Settings
from farwire_cloud import certificates
from tests.bridge import ip_plant
from tests.bridge.certificates import Authority
from tests.bridge.conftest import Running as RunningBridge
from tests.bridge.conftest import wait_until
from tests.bridge.ip_plant import NODE_EUI, Plant, node_settings
from tests.cloud.memory_table import MemoryTable
from tests.cloud.running import API, running
from tests.cloud.running import Running as RunningCloud
from tests.servers import free_port, mosquitto

DEVICE = f"/devices/{NODE_EUI}"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    with running(MemoryTable(), tmp_path / "tls") as found:
        yield found


@pytest.fixture
def plant(tmp_path: Path, cloud: RunningCloud) -> Iterator[Plant]:
    """A node that reports through a bridge to the cloud."""
    authority, port = Authority(tmp_path / "authority"), free_port()
    pair = authority.sign("bridge")
    with mosquitto() as broker:  # ChirpStack's, which is silent
        bridge = RunningBridge(
            Settings(
                spool_path=tmp_path / "spool.sqlite",
                cloud_ca=cloud.folder / certificates.AUTHORITY,
                cloud_cert=cloud.folder / certificates.CLIENT,
                cloud_key=cloud.folder / certificates.CLIENT_KEY,
                cloud_address=f"127.0.0.1:{cloud.service.grpc_port}",
                mqtt_port=broker.port,
                ip_https_host="127.0.0.1",
                ip_https_port=port,
                ip_https_cert=pair.cert,
                ip_https_key=pair.key,
                ip_https_tokens=ip_plant.tokens(tmp_path, NODE_EUI),
            )
        )
        found = Plant(node_settings(tmp_path, "https", port, authority.ca))
        wait_until(lambda: bridge.count("delivered") >= 3 or bridge.error, 30)
        yield found
        found.stop()
        bridge.stop()


def test_its_readings_are_shown_and_their_acknowledgement_comes_back(
    plant: Plant, cloud: RunningCloud
) -> None:
    assert cloud.get(DEVICE)["application_id"] == "ip"
    shown = cloud.get(f"{DEVICE}/readings", channel=1)["readings"]
    assert {0.1, 0.2, 0.3} <= {each["values"][0] for each in shown}
    wait_until(lambda: plant.sensor.count > 0 and plant.inner.node.pending() < plant.sensor.count, 60)


def test_its_output_is_switched_by_rest_and_the_order_ends_well(plant: Plant, cloud: RunningCloud) -> None:
    body = {"command": "set_output", "channel": 4, "value": 1}
    answer = cloud.api.post(f"{API}{DEVICE}/commands", json=body)
    assert answer.status_code == 202, answer.text
    order = f"{DEVICE}/orders/{answer.json()['order_id']}"

    wait_until(lambda: cloud.get(order)["fate"] == "acknowledged", 30)

    assert plant.lamp.history == [100]


def test_its_configuration_gets_in_sync(plant: Plant, cloud: RunningCloud) -> None:
    body = {"settings": [{"key": "sampling_interval_s", "value": 2}]}
    answer = cloud.api.put(f"{API}{DEVICE}/configuration", json=body)
    assert answer.status_code == 202, answer.text

    wait_until(lambda: cloud.get(f"{DEVICE}/configuration")["in_sync"], 60)
