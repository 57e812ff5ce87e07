"""What a vendor's codec returns becomes readings with names and, where it is certain, units."""

import pytest

from farwire_codecs import ts013, ts013_readings
from farwire_codecs.ts013_errors import ScriptOutputError
from farwire_codecs.ts013_readings import NamedReading, of_data
from farwire_codecs.ts013_units import unit_of
from tests.codecs.ts013_published import OURS

COLD_STORE = ts013.load("cold store", (OURS / "cold-store.js").read_text(encoding="utf-8"))


def test_an_uplink_gives_the_normalised_readings_and_then_the_vendors_own() -> None:
    found = ts013_readings.of_uplink(COLD_STORE, bytes([247, 204, 131, 29, 1]), 10, 0)

    assert found.readings == (
        NamedReading("air.temperature", "°C", -21.0),
        NamedReading("air.relativeHumidity", "%", 65.5),
        NamedReading("temperature", "°C", -21.0),
        NamedReading("humidity", "%", 65.5),
        NamedReading("battery", "V", 2.9),
        NamedReading("door.open", "", True),
    )
    assert found.warnings == ("battery is low",)


def test_objects_and_lists_become_dotted_names() -> None:
    data = {"chn": [{"t": 1}, {"t": 2}], "on": False, "mode": "eco", "none": None, "empty": {}, "no": []}

    assert of_data("x", data) == (
        NamedReading("chn.0.t", "", 1.0),
        NamedReading("chn.1.t", "", 2.0),
        NamedReading("on", "", False),
        NamedReading("mode", "", "eco"),
    )


def test_a_value_with_its_unit_is_one_reading() -> None:
    data = {
        "battery": {"displayName": "Battery", "unit": "V", "value": 3.1},
        "index": {"unit": None, "value": 7},
        "set": {"unit": "x", "values": [1]},
    }

    assert of_data("x", data) == (
        NamedReading("battery", "V", 3.1),
        NamedReading("index", "", 7.0),
        NamedReading("set.unit", "", "x"),
        NamedReading("set.values.0", "", 1.0),
    )


def test_several_normalised_measurements_are_numbered_and_keep_their_units() -> None:
    source = """
        function decodeUplink() { return {data: {}}; }
        function normalizeUplink() {
            return {data: [{soil: {depth: 10, moisture: 20}}, {soil: {depth: 30, moisture: 40}}]};
        }"""

    found = ts013_readings.of_uplink(ts013.load("x", source), b"", 1, 0)

    assert found.readings[3] == NamedReading("1.soil.moisture", "%", 40.0)


def test_a_normaliser_that_fails_costs_its_names_alone() -> None:
    source = """
        function decodeUplink() { return {data: {level: 4}, warnings: ["a"]}; }
        function normalizeUplink() { return null.x; }"""

    found = ts013_readings.of_uplink(ts013.load("x", source), b"", 1, 0)

    assert found.readings == (NamedReading("level", "", 4.0),)
    assert found.warnings[0] == "a"
    assert "normalizeUplink threw" in found.warnings[1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"": 1}, "gave the name ''"),
        ({"a\n": 1}, r"gave the name 'a\\n'"),
        ({"n" * 201: 1}, r"\(201\), expected 1 to 200"),
        ({"a": {"b": 1}, "a.b": 2}, "gave the name 'a.b' twice"),
        ({"a": {"unit": "u" * 21, "value": 1}}, "expected at most 20"),
        ({str(i): i for i in range(257)}, "more than 256 readings"),
    ],
)
def test_what_is_more_than_an_uplink_may_give_is_refused(data: object, message: str) -> None:
    with pytest.raises(ScriptOutputError, match=message):
        of_data("x", data)


def test_more_text_than_an_uplink_may_give_is_refused() -> None:
    source = """function decodeUplink() {
        const data = {};
        for (let i = 0; i < 120; i++) data["n" + i] = "\\u20ac".repeat(500);
        return {data};
    }"""

    with pytest.raises(ScriptOutputError, match=r"gave \d+ bytes of readings, expected at most 65536"):
        ts013_readings.of_uplink(ts013.load("x", source), b"", 1, 0)


def test_a_long_text_is_cut() -> None:
    assert of_data("x", {"schema": "s" * 1000}) == (NamedReading("schema", "", "s" * 500),)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("temperature", "°C"),
        ("Temperature", "°C"),
        ("external_temperature_2", ""),
        ("readings.0.temperature", "°C"),
        ("temperature1", "°C"),
        ("TempC_SHT", ""),
        ("TempC1", "°C"),
        ("temp_c", "°C"),
        ("temperature_f", "°F"),
        ("humidity", "%"),
        ("relativeHumidity", "%"),
        ("co2", "ppm"),
        ("battery", ""),
        ("battery_percent", "%"),
        ("batteryMv", "mV"),
        ("voltage_mV", "mV"),
        ("BatV", "V"),
        ("rssi", "dBm"),
        ("pressure", ""),
        ("pressure_hPa", "hPa"),
        ("3", ""),
        ("", ""),
    ],
)
def test_a_name_has_a_unit_only_where_it_is_certain(name: str, unit: str) -> None:
    assert unit_of(name) == unit
