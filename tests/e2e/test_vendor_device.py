"""A vendor's sensor on the same bridge: from ChirpStack's topic through its codec file to REST."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from farwire_bridge.settings import Settings
from farwire_cloud import certificates
from tests.bridge.conftest import Running as RunningBridge
from tests.bridge.conftest import wait_until
from tests.bridge.events_made import DEV_EUI, NOW_MS
from tests.bridge.fake_chirpstack import TOKEN, FakeChirpStack
from tests.cloud.memory_table import MemoryTable
from tests.cloud.running import Running as RunningCloud
from tests.cloud.running import running
from tests.codecs.ts013_published import OURS
from tests.servers import mosquitto

PROFILE = "pump profile"  # of events_made's devices
DEVICE = f"/devices/{DEV_EUI}"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    with running(MemoryTable(), tmp_path / "tls") as found:
        yield found


@pytest.fixture
def chirpstack() -> Iterator[tuple[FakeChirpStack, int]]:
    with mosquitto() as broker:
        server = FakeChirpStack(broker.port)
        yield server, broker.port
        server.close()


@pytest.fixture
def settings(tmp_path: Path, cloud: RunningCloud, chirpstack: tuple[FakeChirpStack, int]) -> Settings:
    server, mqtt_port = chirpstack
    return Settings(
        spool_path=tmp_path / "spool.sqlite",
        cloud_ca=cloud.folder / certificates.AUTHORITY,
        cloud_cert=cloud.folder / certificates.CLIENT,
        cloud_key=cloud.folder / certificates.CLIENT_KEY,
        cloud_address=f"127.0.0.1:{cloud.service.grpc_port}",
        mqtt_port=mqtt_port,
        chirpstack_address=server.address,
        chirpstack_token=TOKEN,
        codecs={PROFILE: OURS / "cold-store.js"},
    )


@pytest.fixture
def bridge(settings: Settings) -> Iterator[RunningBridge]:
    found = RunningBridge(settings)
    wait_until(lambda: found.count("mqtt_subscriptions") >= 1 or found.error)
    yield found
    found.stop()


def test_a_vendors_uplink_is_read_by_its_codec_and_shown_by_rest(
    bridge: RunningBridge, chirpstack: tuple[FakeChirpStack, int], cloud: RunningCloud
) -> None:
    server, _ = chirpstack

    server.uplink(DEV_EUI, 10, bytes([247, 204, 131, 36, 1]), time_ms=NOW_MS)
    server.uplink(DEV_EUI, 10, bytes([1, 244, 100, 36, 0]), time_ms=NOW_MS + 60_000)
    server.uplink(DEV_EUI, 10, b"\x01", time_ms=NOW_MS + 120_000)
    wait_until(lambda: bridge.count("delivered") >= 3)

    device = cloud.get(DEVICE)
    shown = {each["name"]: (each["value"], each["unit"]) for each in device["named"]}
    assert shown["air.temperature"] == (5.0, "°C")
    assert shown["battery"] == (3.6, "V")
    assert shown["door.open"] == (False, "")
    history = cloud.get(f"{DEVICE}/named", name="temperature")["readings"]
    assert [(each["time_ms"], each["value"]) for each in history] == [
        (NOW_MS, -21.0),
        (NOW_MS + 60_000, 5.0),
    ]
    (refused,) = cloud.get(f"{DEVICE}/refusals")["refusals"]
    assert refused["reason"] == "ScriptReportedError"
    assert "5 bytes expected, 1 came" in refused["detail"]


def test_a_bridge_says_at_its_start_which_codec_file_is_broken(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken.js"
    broken.write_text("var a = 1;\nfunction decodeUplink( {", encoding="utf-8")

    bridge = RunningBridge(dataclasses.replace(settings, codecs={PROFILE: broken}))
    wait_until(lambda: bridge.error)

    with pytest.raises(Exception, match=r"codecs: pump profile: .*broken\.js.* line 2: SyntaxError"):
        bridge.stop()
