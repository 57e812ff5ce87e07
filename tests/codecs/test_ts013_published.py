"""Published codec files, unmodified, with their publishers' examples: ours, and those that a tester brings.

    FARWIRE_VENDOR_CODECS=<folder> pytest tests/codecs/test_ts013_published.py

A folder as The Things Network's device repository has them (`vendor/<name>`: `*.js` and `*-codec.yaml`), or
as TS013 drivers are published (`index.js` and `examples.json`).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farwire_codecs import ts013, ts013_readings
from farwire_codecs.ts013_examples import check_examples, examples_of
from farwire_codecs.ts013_process import ScriptProcess
from tests.codecs.ts013_published import OURS, Published, published

VENDORS = os.environ.get("FARWIRE_VENDOR_CODECS")
FOUND = list(published(Path(VENDORS))) if VENDORS else []
[COLD_STORE] = published(OURS)


@pytest.fixture(scope="module")
def process() -> Iterator[ScriptProcess]:
    process = ScriptProcess()
    yield process
    process.close()


def failures(file: Published, process: ScriptProcess) -> list[str]:
    codec = ts013.load(file.name, file.path.read_text(encoding="utf-8-sig"), engine=process)
    report = check_examples(codec, file.examples)
    return [f"{each.example.function}: {each.example.description}: {each.cause}" for each in report.failures]


def test_our_own_codec_does_what_its_examples_say(process: ScriptProcess) -> None:
    assert len(COLD_STORE.examples) == 8
    assert failures(COLD_STORE, process) == []


@pytest.mark.skipif(not VENDORS, reason="FARWIRE_VENDOR_CODECS names no folder with vendors' codec files")
@pytest.mark.parametrize("file", FOUND, ids=[file.name for file in FOUND])
def test_a_published_codec_does_what_its_publisher_says(file: Published, process: ScriptProcess) -> None:
    assert failures(file, process) == []


@pytest.mark.skipif(not VENDORS, reason="FARWIRE_VENDOR_CODECS names no folder with vendors' codec files")
def test_every_published_uplink_becomes_readings(process: ScriptProcess) -> None:
    count = 0
    for file in FOUND:
        codec = ts013.load(file.name, file.path.read_text(encoding="utf-8-sig"), engine=process)
        for example in file.examples:
            if example.function == "decodeUplink" and not example.output.get("errors"):
                value = example.value
                payload = bytes(map(int, value["bytes"]))
                count += len(
                    ts013_readings.of_uplink(
                        codec, payload, value.get("fPort", 1), value.get("recvTime", 0)
                    ).readings
                )

    assert count > 0


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"data": {"temperature": 5.1}}, "data.temperature is '5', the example says '5.1'"),
        ({"warnings": []}, "warnings is"),
        ({"errors": ["no"]}, "errors is 'None'"),
    ],
)
def test_an_example_that_a_codec_does_not_fulfil_is_reported_with_the_cause(
    change: dict[str, object], cause: str
) -> None:
    document = {
        "uplinkDecoder": {
            "examples": [
                {
                    "description": "low",
                    "input": {"fPort": 10, "bytes": [1, 244, 100, 29, 0]},
                    "output": {
                        "data": {
                            "temperature": 5,
                            "humidity": 50,
                            "battery": {"displayName": "Battery voltage", "unit": "V", "value": 2.9},
                            "door": {"open": False},
                        },
                        "warnings": ["battery is low"],
                    }
                    | change,
                }
            ]
        }
    }
    codec = ts013.load("cold store", COLD_STORE.path.read_text(encoding="utf-8"))

    report = check_examples(codec, examples_of(document))

    assert report.passed == 0
    assert report.failures[0].cause.startswith(cause)


def test_the_list_form_of_examples_has_its_bytes_in_hex() -> None:
    documents = [
        {
            "type": "uplink",
            "description": "openings",
            "input": {"bytes": "003c", "fPort": 11, "recvTime": "2026-06-01T14:00:00.000+02:00"},
            "output": {"data": {"openings": [{"at": "2026-06-01T11:59:00.000123Z"}]}},
        },
        {
            "type": "downlink-encode",
            "description": "quarter",
            "input": {"data": {"interval_minutes": 15}},
            "output": {"bytes": "000f", "fPort": 20},
        },
    ]
    codec = ts013.load("cold store", COLD_STORE.path.read_text(encoding="utf-8"))

    assert check_examples(codec, examples_of(documents)).passed == 2


@pytest.mark.parametrize("document", [[{"type": "sideways"}], [5], {"uplinkDecoder": 5}, "text"])
def test_a_document_of_another_form_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="examples are not of a known form"):
        examples_of(document)
