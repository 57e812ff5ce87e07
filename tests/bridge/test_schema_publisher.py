"""Channel tables on their way to ChirpStack's devices, in order, and around those that do not go."""

import dataclasses
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chirpstack_api import api

from farwire_bridge.back_off import BackOff
from farwire_bridge.counters import Counters
from farwire_bridge.messages import Published
from farwire_bridge.schema_publisher import SchemaPublisher
from farwire_bridge.settings import Settings
from farwire_bridge.unpublished import UnpublishedSchema
from farwire_codecs import ports, schema_table
from tests.bridge import nodes
from tests.bridge.conftest import Running, wait_until
from tests.bridge.events_made import DEV_EUI
from tests.bridge.fake_chirpstack import FakeChirpStack
from tests.bridge.fake_cloud import Store
from tests.codecs.javascript_engine import Engine

Start = Callable[[Settings], Running]

SHOWN = "01" + schema_table.to_bytes(nodes.SCHEMA).hex()


class Refusal(grpc.RpcError):  # type: ignore[misc]
    """An error as a call raises it."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "refused by the test"


class Plant:
    """A publisher between lists: what is unpublished, and the variables of devices."""

    def __init__(self) -> None:
        self.schemas: list[UnpublishedSchema] = []
        self.variables: dict[str, str] = {}
        self.tried: list[str] = []
        self.refusals: dict[str, grpc.StatusCode] = {}
        self.published: list[int] = []
        self.counters = Counters()
        self.publisher = SchemaPublisher(
            self, self, BackOff(1.0, 8.0, lambda: 1.0), self.counters, self._on_published
        )

    def add(self, dev_eui: str, schema_id: int) -> None:
        self.schemas.append(UnpublishedSchema(len(self.schemas) + 1, dev_eui, schema_id, b"\x01"))

    def read(self, after: int, most: int) -> list[UnpublishedSchema]:
        return [schema for schema in self.schemas if schema.id > after][:most]

    def change(self, dev_eui: str, name: str, change: Callable[[str], str]) -> bool:
        assert name == "farwire_schema"
        self.tried.append(dev_eui)
        if dev_eui in self.refusals:
            raise Refusal(self.refusals[dev_eui])
        old = self.variables.get(dev_eui, "")
        self.variables[dev_eui] = change(old)
        return self.variables[dev_eui] != old

    def _on_published(self, message: Published) -> None:
        self.published += message.ids


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_tables_of_a_device_go_together_the_newest_first(plant: Plant) -> None:
    for dev_eui, schema_id in (("a", 1), ("b", 7), ("a", 2)):
        plant.add(dev_eui, schema_id)

    waits = [plant.publisher.once() for _ in range(3)]

    assert plant.variables == {"a": "0201,0101", "b": "0701"}
    assert plant.published == [1, 3, 2]
    assert waits == [0.0, 0.0, 1.0]


def test_a_later_table_is_seen(plant: Plant) -> None:
    plant.add("a", 1)
    plant.publisher.once()

    plant.add("a", 2)
    plant.publisher.once()

    assert plant.variables == {"a": "0201,0101"}


def test_after_a_failure_it_waits_and_takes_the_others_first(plant: Plant) -> None:
    plant.refusals["a"] = grpc.StatusCode.UNAVAILABLE
    plant.add("a", 1)
    plant.add("b", 7)
    waits = [plant.publisher.once() for _ in range(2)]
    del plant.refusals["a"]
    plant.add("a", 2)

    plant.publisher.once()

    assert plant.tried == ["a", "b", "a"]
    assert waits == [1.0, 0.0]
    assert plant.variables["a"] == "0201,0101"
    assert plant.counters.snapshot()["publish_failures"] == 1


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "UNAUTHENTICATED", "NOT_FOUND", "UNIMPLEMENTED"])
def test_a_device_that_may_not_be_changed_is_left_alone(
    code: str, plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    plant.refusals["a"] = grpc.StatusCode[code]
    plant.add("a", 1)
    plant.publisher.once()
    for number in range(3):
        plant.add("a", 2 + number)
        plant.publisher.once()

    assert plant.tried == ["a"]
    assert plant.published == []
    assert [record.message for record in caplog.records] == [
        "channel tables of this device are not published"
    ]


# Over real gRPC, with a bridge.


@pytest.fixture
def device(chirpstack: FakeChirpStack) -> Callable[[], Any]:
    chirpstack.devices[DEV_EUI] = api.Device(
        dev_eui=DEV_EUI,
        name="pump 1",
        description="in the cellar",
        join_eui="0807060504030201",
        skip_fcnt_check=True,
        tags={"line": "3"},
        variables={"farwire_lpp_profile": "rak"},
    )
    return lambda: chirpstack.devices[DEV_EUI]


def batch(acknowledgement_wanted: bool = False) -> bytes:
    node = nodes.Node()
    node.sample(3)
    return node.batch(wanted=acknowledgement_wanted)


def test_a_devices_table_stands_in_its_variable_and_all_else_stays(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any]
) -> None:
    expected = api.Device()
    expected.CopyFrom(device())
    expected.variables["farwire_schema"] = SHOWN
    bridge = start(settings)

    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    wait_until(lambda: bridge.count("schemas_published") == 1)

    assert device() == expected
    assert chirpstack.updates == 1


def test_chirpstacks_codec_shows_values_of_the_batches_behind_the_first(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any]
) -> None:
    bridge = start(settings)
    node = nodes.Node()
    node.sample(3)
    chirpstack.uplink(DEV_EUI, ports.HISTORY, node.batch())
    wait_until(lambda: bridge.count("schemas_published") == 1)

    later = node.batch(inline=False)
    known = Engine().decode_uplink(ports.HISTORY, later, dict(device().variables))
    unknown = Engine().decode_uplink(ports.HISTORY, later)

    assert [record["values"] for record in known["data"]["history"]["records"]] == [
        {"temperatureSensor": {"1": value}, "humiditySensor": {"2": 50}} for value in (20.1, 20.2, 20.3)
    ]
    assert "farwire_schema" in unknown["errors"][0]


def test_a_table_that_is_there_is_not_written_again(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any]
) -> None:
    device().variables["farwire_schema"] = SHOWN
    bridge = start(settings)

    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    wait_until(lambda: bridge.count("schemas_published") == 1)

    assert chirpstack.updates == 0


def test_a_table_outlives_a_bridge_that_could_not_publish_it(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any]
) -> None:
    chirpstack.refuse_update = grpc.StatusCode.UNAVAILABLE
    bridge = start(settings)
    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    wait_until(lambda: bridge.count("publish_failures") >= 2)
    bridge.stop()
    chirpstack.refuse_update = None

    bridge = start(settings)
    wait_until(lambda: bridge.count("schemas_published") == 1)

    assert device().variables["farwire_schema"] == SHOWN


def test_without_the_right_records_and_acknowledgements_go_on(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any], store: Store
) -> None:
    chirpstack.refuse_update = grpc.StatusCode.PERMISSION_DENIED
    bridge = start(settings)

    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    wait_until(lambda: bridge.count("publish_failures") == 1)
    downlink = chirpstack.uplink(DEV_EUI, ports.HISTORY, batch(acknowledgement_wanted=True))

    assert downlink is not None
    assert downlink.f_port == ports.ACKNOWLEDGEMENT
    assert sorted(store.records[DEV_EUI]) == [1, 2, 3]
    assert bridge.count("publish_failures") == 1
    assert chirpstack.updates == 0


def test_it_can_be_switched_off(
    settings: Settings, chirpstack: FakeChirpStack, start: Start, device: Callable[[], Any], store: Store
) -> None:
    bridge = start(dataclasses.replace(settings, publish_schemas=False))

    chirpstack.uplink(DEV_EUI, ports.HISTORY, batch())
    wait_until(lambda: len(store.records[DEV_EUI]) == 3)
    bridge.stop()

    assert dict(device().variables) == {"farwire_lpp_profile": "rak"}
    assert chirpstack.updates == 0
