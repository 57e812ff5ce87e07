"""codecs/README.md is what decoders in other languages are written from, so it must not fall behind."""

import json
import re

import pytest

from farwire_codecs import (
    alarm,
    batch,
    command,
    configuration,
    configuration_keys,
    contexts,
    log_piece,
    ports,
    schema,
    state_report,
)
from farwire_codecs.configuration_keys import choices_of, name_of
from farwire_codecs.lpp_profiles import PROFILES
from farwire_codecs.lpp_types import TYPES
from tests.codecs import frames
from tests.codecs.frames import CASES
from tests.micropython import CODECS

LPP_VECTORS = frames.PATH.with_name("lpp.json")
README = (CODECS.parent / "README.md").read_text(encoding="utf-8")


def test_every_frame_shown_is_a_known_one() -> None:
    shown = re.findall(r"`((?:[0-9a-f]{2} )+[0-9a-f]{2})`", README)
    known = {case["hex"] for case in CASES}
    known |= {vector["hex"] for vector in json.loads(LPP_VECTORS.read_text())["vectors"]}

    assert len(shown) >= 9
    assert [frame for frame in shown if frame.replace(" ", "") not in known | {"ac02"}] == []


def test_first_history_batch_shown_is_explained_bit_by_bit() -> None:
    case = next(case for case in CASES if case["name"] == "carries one record")
    code = bytes.fromhex(case["hex"])[2:]

    for bits, _ in case["code"]:
        assert f"| `{bits}` | " in README
    assert f"C = {int.from_bytes(code[:3], 'big')}, and R = {2**24 - 1}" in README


@pytest.mark.parametrize("name", [name for name in dir(ports) if name.isupper()])
def test_every_port_is_in_the_table(name: str) -> None:
    rows = [line for line in README.splitlines() if re.match(r"\| [\d, to]+ \| (up|down|up, down) \|", line)]
    listed = {int(number) for row in rows for number in re.findall(r"\d+", row.split("|")[1])}

    assert getattr(ports, name) in listed


@pytest.mark.parametrize("number", configuration.KEYS)
def test_every_key_is_in_the_table_with_its_range(number: int) -> None:
    key = configuration.KEYS[number]
    names = ", ".join(f"{index} {name}" for index, name in enumerate(choices_of(key)))
    values = "" if key.kind == configuration_keys.BOOLEAN else names or f"{key.low} to {key.high}"

    assert f"| {number} | {name_of(key)} | {key.scope} | {key.kind} | {values} |\n" in README


def test_every_type_is_in_the_table() -> None:
    table = README.split("### Types")[1].split("## Acknowledgement")[0]

    for type_id in TYPES:
        assert type_id > 255 or re.search(rf"\b{type_id}\b", table), type_id


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_in_the_table(name: str) -> None:
    assert f"| {name} | " in README


def test_numbers_of_reasons_conditions_and_results_are_given() -> None:
    for number, name in enumerate(state_report.RESET_REASONS):
        assert f"{number} {name}" in README
    for module, names in (
        (alarm, ("HIGH", "LOW", "RATE", "STUCK", "SENSOR_FAILED", "OUT_OF_NORMAL")),
        (command, ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED")),
    ):
        for name in names:
            assert f"{getattr(module, name)} {name}" in README


def test_limits_are_given() -> None:
    for limit in (
        f"1 to {batch.MAXIMUM_RECORDS}",
        f"at most {configuration.MAXIMUM_DOCUMENT} bytes",
        f"at most {configuration.MAXIMUM_SETTINGS} settings",
        f"1 to {alarm.MAXIMUM_ALARMS};",
        f"to {state_report.MAXIMUM_SIZE} bytes",
        f"at most {log_piece.MAXIMUM_REPORT} bytes",
        f"{contexts.ALL}, in three tables of {contexts.TABLE}",
        f"3 to {schema.MAXIMUM_STEP2} ",
        f"at most {schema.MAXIMUM_WEIGHT} either way",
        f"1 to {schema.MAXIMUM_CHANNELS} channels",
    ):
        assert limit in README


def test_every_module_of_a_frame_is_named() -> None:
    for path in CODECS.glob("*.py"):
        if path.stem in {
            "alarm",
            "batch",
            "command",
            "configuration",
            "downlink",
            "errors",
            "log_piece",
            "log_report",
            "lpp",
            "lpp_actuators",
            "lpp_history",
            "lpp_periods",
            "lpp_special",
            "state_report",
            "uplink",
        }:
            assert f"`{path.name}`" in README
