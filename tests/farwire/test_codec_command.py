"""`farwire codec` at a bench: what one types, what one sees, and what is said about a mistake."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from farwire_codecs import base, batch
from farwire_codecs.javascript import generate
from farwire_codecs.schema import Channel, plain
from tests.farwire.codec_command import VECTORS, codec, decoded, encoded, known_frames, schema_hex

COLD_STORE = str(VECTORS / "ts013" / "cold-store.js")
README = (VECTORS.parents[1] / "farwire" / "codec" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^    farwire codec (.+)$", README, re.MULTILINE)
WEATHER = plain(5, (Channel(1, 103), Channel(2, 104)), 60)
RECORDS = [batch.Record(1000 + n, 60 * n, ((215 + n,), (93,) if n else None)) for n in range(4)]
HISTORY = batch.encode(WEATHER, RECORDS, 181_500, 51)[0].hex()


@pytest.mark.parametrize(
    "typed", ["03670110", "03 67 01 10", "0x03,0x67, 0x01 0x10", "03:67:01:10", "A2cBEA=="]
)
def test_a_payload_is_taken_as_one_finds_it(typed: str) -> None:
    assert decoded(1, typed)["items"][0]["value"] == 27.2


def test_a_payload_may_be_several_words() -> None:
    assert codec("decode", "--port", "1", "--json", "03", "67", "01", "10").json == decoded(1, "03670110")


def test_base64_that_could_be_hex_is_told_by_the_option() -> None:
    as_base64 = decoded(1, "AAAA", "--base64")

    assert as_base64["items"] == decoded(1, "000000")["items"]
    assert codec("decode", "--port", "1", "AAAA").code == 2


def test_a_frame_is_shown_as_a_table_with_names_units_values_and_integers() -> None:
    ran = codec("decode", "--port", "1", "0367011004680c")

    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["port", "1", "lpp_dynamic"]
    assert ["channel", "type", "name", "unit", "value", "raw"] in lines
    assert ["3", "103", "temperatureSensor", "°C", "27.2", "272"] in lines


def test_a_table_of_records_has_a_column_for_each_channel() -> None:
    ran = codec("decode", "--port", "210", HISTORY, "--schema", schema_hex(WEATHER))

    assert "number  age_s  1 temperatureSensor °C  2 humiditySensor % RH" in ran.out
    assert "1003    1.5    21.8 (218)              46.5 (93)" in ran.out
    assert "1000    181.5  21.5 (215)\n" in ran.out


def test_standard_input_has_a_frame_a_line_and_goes_on_after_a_refused_one() -> None:
    ran = codec("decode", "--port", "1", "--json", "-", stdin="03670110\n\n# lab\n0367\n04680c\n")

    assert [json.loads(line)["items"][0]["channel"] for line in ran.out.splitlines()] == [3, 4]
    assert ran.code == 2
    assert ran.err.startswith("farwire: line 4: LPP type 103 at byte 1 needs 2 bytes, 0 are left")


def test_a_profile_reads_the_types_that_a_vendor_adds() -> None:
    assert codec("decode", "--port", "1", "01700123").code == 2
    assert decoded(1, "01700123", "--profile", "rak")["items"][0]["name"] == "preciseHumidity"


def test_a_special_type_is_shown_too() -> None:
    item = decoded(1, "01f53fc00000", "--profile", "rak")["items"][0]

    assert (item["name"], item["value"], item["raw"]) == ("float", 1.5, [0x3FC00000])


def test_padding_is_left_out_when_asked() -> None:
    assert len(decoded(1, "03670110000000")["items"]) == 2
    assert len(decoded(1, "03670110000000", "--padded")["items"]) == 1


def test_a_schema_comes_from_a_batch_that_had_its_table(tmp_path: Path) -> None:
    with_table = batch.encode(WEATHER, RECORDS[:1], 181_500, 51, inline_schema=True)[0].hex()
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(decoded(210, with_table)))

    by_file = decoded(210, HISTORY, "--schema-file", str(file))

    assert by_file == decoded(210, HISTORY, "--schema", schema_hex(WEATHER))
    assert [record["number"] for record in by_file["records"]] == [1000, 1001, 1002, 1003]


def test_a_batch_without_its_schema_names_it() -> None:
    ran = codec("decode", "--port", "210", HISTORY)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "farwire: schema 5 is not known here, and the batch does not carry it\n"


def test_a_batch_on_a_base_says_that_the_model_is_the_bridges() -> None:
    found = base.seed(WEATHER, 1001, RECORDS[1].values)
    carried = batch.encode(WEATHER, RECORDS[2:], 181_500, 51, base=found)[0].hex()

    ran = codec("decode", "--port", "210", carried, "--schema", schema_hex(WEATHER), "--explain")

    assert ran.code == 2
    assert "only the bridge that acknowledged the record has the model" in ran.err
    assert "builds on a base" in ran.out


def test_pieces_of_a_configuration_are_put_together() -> None:
    document = {"sampling_interval_s": 60, "high": {"3": 850, "4": 900}, "server_host": {"0": "example.org"}}
    pieces = encoded({"configuration": document}, "--limit", "11")

    ran = codec("decode", "--port", "222", "--json", "-", stdin=pieces)

    shown = [json.loads(line) for line in ran.out.splitlines()]
    assert len(shown) == len(pieces.split()) + 1 > 2
    assert shown[-1] == {"port": 222, "frame": "configuration", "configuration": document}


def test_a_configuration_goes_as_the_difference_to_what_runs(tmp_path: Path) -> None:
    running = tmp_path / "running.json"
    running.write_text(json.dumps({"configuration": {"sampling_interval_s": 60, "adr": True}}))

    frame = encoded({"configuration": {"sampling_interval_s": 90}}, "--running", str(running))

    found = decoded(222, frame)["configuration_difference"]
    assert (found["changed"], found["removed"]) == ({"sampling_interval_s": 90}, ["adr"])


def test_a_secret_is_masked_and_a_mask_is_refused() -> None:
    frame = encoded({"configuration": {"server_password": {"0": "hunter2"}}})

    ran = codec("decode", "--port", "222", "--explain", frame)

    assert "hunter2" not in ran.out
    assert "********" in ran.out
    again = codec("encode", json.dumps(decoded(222, frame)))
    assert (again.code, again.out) == (2, "")
    assert "server_password" in again.err


def test_a_command_is_typed_in_short() -> None:
    short = '{"set_output": {"number": 7, "channel": 2, "value": 1.5}}'

    ran = codec("encode", short, "--with-port")

    assert ran.out == "221 010007020096\n"
    assert codec("encode", '{"command": ' + short + "}", "--base64").out == "AQAHAgCW\n"


def test_an_item_needs_only_its_name_and_value() -> None:
    message = {"items": [{"channel": 3, "name": "temperatureSensor", "value": 27.24}]}

    assert encoded(message, "--port", "1") == "03670110"
    assert encoded(message | {"frame": "lpp_dynamic"}) == "03670110"


def test_several_messages_are_encoded_one_after_the_other(tmp_path: Path) -> None:
    file = tmp_path / "messages.json"
    file.write_text('{"reboot": {"number": 1}}\n{"report_state": {"number": 2}}\n')

    assert codec("encode", str(file)).out == "030001\n020002\n"
    assert codec("encode", "-", stdin=file.read_text()).out == "030001\n020002\n"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            {"set_output": {"number": 7, "channel": 2, "value": 400}},
            "value is 400, expected -327.68 to 327.67",
        ),
        (
            {"set_output": {"number": 7, "channel": 256, "value": 1}},
            "channel is 256, expected an integer from 0",
        ),
        ({"set_output": {"number": 7, "chanel": 2}}, "unknown key 'chanel', expected number, channel, value"),
        ({"reboot": {}}, "reboot has no number"),
        ({"configuration": {"sampling_interval": 60}}, "configuration key 'sampling_interval' is not known"),
        ({"configuration": {"high": 850}}, "high is 850, expected an object by channel"),
        ({"configuration": {"high": {"3": "x"}}}, "channel 3: high is x, expected -2147483648 to 4294967295"),
        (
            {"frame": "lpp_dynamic", "items": [{"channel": 3, "type": 103}]},
            "item 0 has neither value nor raw",
        ),
        (
            {"frame": "lpp_dynamic", "items": [{"channel": 3, "type": 103, "value": 27.3, "raw": 272}]},
            "item 0: raw is 272, but the fields beside it say 273",
        ),
        (
            {"frame": "lpp_dynamic", "items": [{"channel": 3, "type": 103, "value": 5000}]},
            "LPP type 103: the value is 50000, expected -32768 to 32767",
        ),
        ({"port": 220, "reboot": {"number": 1}}, "unknown key"),
        ({"port": 220, "command": {"reboot": {"number": 1}}}, "port is 220, but command goes to port 221"),
        (
            {"acknowledgement": {"through": 5, "stored": [6]}},
            "a record in stored is 6, expected an integer from 7",
        ),
        ({"frame": "alarms"}, "frame is 'alarms', expected"),
        ([], "message is [], expected an object"),
    ],
)
def test_a_message_that_is_no_frame_is_refused_by_field_value_and_what_was_expected(
    message: object, said: str
) -> None:
    ran = codec("encode", json.dumps(message))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("farwire: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("decode", "03"), "--port is missing"),
        (("decode", "--port", "1"), "payload is missing"),
        (
            ("decode", "--port", "1", "037"),
            "payload is '037', expected an even number of hex digits, or --base64",
        ),
        (("decode", "--port", "1", "--hex", "A2cBEA=="), "expected an even number of hex digits"),
        (("decode", "--port", "9", "03"), "port is 9, expected one of 1, 2, 3, 10"),
        (("decode", "--port", "1", "03", "--profile", "acme"), "--profile is acme, expected one of agreed"),
        (("decode", "--port", "210", "00", "--schema", "05"), "channel table ends inside number of channels"),
        (("decode", "--port", "1", "03", "--check", "x.json"), "--check needs --vendor"),
        (("encode", "{"), "JSON is not JSON: "),
        (("encode", '{"value": NaN}'), "NaN is no number of JSON"),
        (("encode", "/nowhere/x.json"), "/nowhere/x.json cannot be read"),
        (("encode", '{"reboot": {"number": 1}}', "--limit", "2"), "frame has 3 bytes, the limit is 2"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(argv: tuple[str, ...], said: str) -> None:
    ran = codec(*argv)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_vendors_file_decodes_a_frame_to_readings() -> None:
    message = decoded(10, "f7cc832401", "--vendor", COLD_STORE)

    assert message["data"]["temperature"] == -21
    assert {"name": "air.temperature", "unit": "°C", "value": -21.0} in message["readings"]


def test_a_vendors_file_encodes_a_downlink_and_reads_it_back() -> None:
    ran = codec("encode", '{"interval_minutes": 15}', "--vendor", COLD_STORE, "--with-port")
    shown = decoded(20, "000f", "--vendor", COLD_STORE, "--down")

    assert ran.out == "20 000f\n"
    assert shown["data"] == {"interval_minutes": 15}
    assert encoded(shown, "--vendor", COLD_STORE) == "000f"


def test_what_a_vendors_file_reports_is_the_message() -> None:
    ran = codec("decode", "--port", "10", "01", "--vendor", COLD_STORE)

    assert (ran.code, ran.out) == (2, "")
    assert "decodeUplink reports: 5 bytes expected, 1 came" in ran.err


def test_a_publishers_examples_are_checked(tmp_path: Path) -> None:
    examples = VECTORS / "ts013" / "cold-store-codec.json"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(examples.read_text().replace('"temperature": -21,', '"temperature": -22,', 1))

    good = codec("decode", "--vendor", COLD_STORE, "--check", str(examples))
    bad = codec("decode", "--vendor", COLD_STORE, "--check", str(wrong))

    assert (good.code, bad.code) == (0, 1)
    assert "examples fulfilled" in good.out
    assert "temperature is '-21', the example says '-22'" in bad.out


def test_examples_in_yaml_are_read_as_javascript_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "door.js"
    file.write_text(
        "function decodeUplink(i) { return {data: {door: i.bytes[0] ? 'On' : 'Off', n: 12, m: 1.5}}; }"
    )
    examples = tmp_path / "codec.yaml"
    examples.write_text(
        "uplinkDecoder:\n  fileName: door.js\n  examples:\n"
        "    - {input: {fPort: 1, bytes: [1]}, output: {data: {door: On, n: 12, m: 1.5}}}\n"
    )

    ran = codec("decode", "--vendor", str(file), "--check", str(examples))

    assert (ran.code, ran.out) == (0, "1 of 1 examples fulfilled\n")


def test_a_file_without_examples_is_no_success(tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text("[]")

    ran = codec("decode", "--vendor", COLD_STORE, "--check", str(empty))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"farwire: {empty} has no examples\n"


def test_the_javascript_codec_is_printed_as_it_is_pasted() -> None:
    assert codec("javascript").out == generate()


def test_the_types_are_printed_with_size_resolution_and_range() -> None:
    lines = [line.split() for line in codec("types").out.splitlines()]

    assert ["103", "temperatureSensor", "°C", "2", "s16", "0.1", "-3276.8", "to", "3276.7"] in lines
    assert "preciseHumidity" in codec("types", "--profile", "rak", "--json").out


def test_a_refused_frame_is_explained_until_the_error() -> None:
    ran = codec("decode", "--port", "211", "--explain", "010003678114")

    assert ran.code == 2
    assert ran.out.splitlines()[-1].split()[:3] == ["5", "14", "age"]
    assert "ends inside" in ran.err


def test_bits_of_the_range_coded_part_are_told_record_by_record() -> None:
    ran = codec("decode", "--port", "210", "--explain", HISTORY, "--schema", schema_hex(WEATHER))

    for number in range(1000, 1004):
        assert f"record {number}" in ran.out
    assert "1: 21.6 °C " in ran.out
    assert "bits before rounding to bytes" in ran.out


def test_the_command_line_starts_without_rooms_engines_or_clients() -> None:
    names = ["grpc", "boto3", "paho", "quickjs", "farwire_bridge", "farwire_cloud", "farwire_codecs.lpp"]
    script = f"import farwire.cli, sys; print([name for name in {names} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout == "[]\n"


def test_decoding_needs_the_codecs_alone() -> None:
    script = (
        "import sys; from farwire.cli import main; main(['codec', 'decode', '--port', '1', '03670110']);"
        "print([name for name in sys.modules if name in ('grpc', 'boto3', 'paho', 'quickjs', 'yaml')])"
    )

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.endswith("[]\n")


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_in_the_readme_does_what_it_says(line: str) -> None:
    ran = codec(*shlex.split(line))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out


@pytest.mark.parametrize("limit", ["0", "243", "x"])
def test_a_limit_is_what_lorawan_carries(limit: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        codec("encode", "{}", "--limit", limit)


def test_known_frames_are_of_every_port() -> None:
    assert {frame.port for frame in known_frames()} >= {
        1,
        2,
        10,
        11,
        13,
        14,
        210,
        211,
        212,
        213,
        214,
        220,
        221,
    }
