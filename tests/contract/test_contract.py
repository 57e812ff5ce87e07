"""The contract of bridge and cloud: its stubs, its promises to older bridges, its numbers in codecs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from farwire_codecs import alarm, command
from farwire_contract.v1 import orders_pb2, telemetry_pb2

CLOUD = Path(__file__).resolve().parents[2] / "cloud"
STUBS = sorted((CLOUD / "farwire_contract/v1").glob("*_pb2*"))
PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))["published"]
MODULES = (telemetry_pb2, orders_pb2)


def kind_of(field: FieldDescriptor) -> str:
    """A field's number and type as published.json writes them."""
    if field.message_type:
        name = field.message_type.name
    elif field.enum_type:
        name = field.enum_type.name
    else:
        name = {1: "double", 3: "int64", 4: "uint64", 2: "float", 8: "bool", 9: "string"}.get(field.type) or {
            12: "bytes",
            13: "uint32",
            17: "sint32",
            18: "sint64",
        }[field.type]
    return f"{field.number} {'repeated ' if field.is_repeated else ''}{name}"


def present() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for module in MODULES:
        descriptor: Any = module.DESCRIPTOR
        for name, message in descriptor.message_types_by_name.items():
            found[name] = {field.name: kind_of(field) for field in message.fields}
        for name, enum in descriptor.enum_types_by_name.items():
            found[name] = {value.name: str(value.number) for value in enum.values}
        for name, service in descriptor.services_by_name.items():
            found[name] = {
                method.name: f"{method.input_type.name} -> {method.output_type.name}"
                for method in service.methods
            }
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_was_published_never_changes(name: str) -> None:
    assert PUBLISHED[name].items() <= present()[name].items()


def test_the_stubs_are_those_of_the_protos(tmp_path: Path) -> None:
    protos = [str(path.relative_to(CLOUD)) for path in sorted(CLOUD.glob("farwire_contract/v1/*.proto"))]
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]

    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I.", *outputs, *protos], cwd=CLOUD, check=True
    )

    assert len(STUBS) == 6
    for stub in STUBS:
        made = tmp_path / stub.relative_to(CLOUD)
        assert made.read_text(encoding="utf-8") == stub.read_text(encoding="utf-8"), (
            f"make proto: {stub.name}"
        )


def test_alarm_conditions_have_the_numbers_that_nodes_send() -> None:
    names = {number: name for name, number in telemetry_pb2.Condition.items()}

    assert {names[number]: number for number in alarm.CONDITIONS} == {
        "HIGH": alarm.HIGH,
        "LOW": alarm.LOW,
        "RATE": alarm.RATE,
        "STUCK": alarm.STUCK,
        "SENSOR_FAILED": alarm.SENSOR_FAILED,
        "OUT_OF_NORMAL": alarm.OUT_OF_NORMAL,
    }
    assert max(telemetry_pb2.Condition.values()) == max(alarm.CONDITIONS)


def test_command_results_have_the_numbers_that_nodes_send() -> None:
    for name in ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED"):
        assert telemetry_pb2.CommandResult.Value(name) == getattr(command, name)


def test_an_entry_of_a_newer_bridge_is_read_by_an_older_cloud() -> None:
    entry = telemetry_pb2.Entry(id=5, time_ms=7)
    unknown_field_200 = b"\xc2\x0c\x03new"

    read = telemetry_pb2.Entry.FromString(entry.SerializeToString() + unknown_field_200)

    assert (read.id, read.time_ms, read.WhichOneof("body")) == (5, 7, None)
