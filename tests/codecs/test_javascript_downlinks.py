"""encodeDownlink and decodeDownlink of codecs/chirpstack/farwire.js: farwire_codecs' frames, or a refusal."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from farwire_codecs import acknowledgement, command, configuration, lpp_actuators, ports
from farwire_codecs.configuration_keys import SERVER_PASSWORD
from farwire_codecs.configuration_words import MASK
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_types import to_raw
from tests.codecs import (
    configuration_strategies,
    javascript_frames,
    javascript_shown,
    strategies,
)
from tests.codecs import javascript_wanted as wanted
from tests.codecs.both_sides import Source
from tests.codecs.frames import CASES, message_of
from tests.codecs.javascript_engine import Engine
from tests.micropython import CODECS

ENGINE = Engine()
FRAMES = 10_000
README = (CODECS.parent / "README.md").read_text(encoding="utf-8")


def sent(f_port: int, payload: bytes) -> dict[str, Any]:
    """Return what encodeDownlink must return."""
    return {"bytes": list(payload), "fPort": f_port}


def refusal(typed: Any) -> str:
    """Return the one error that typing this gives."""
    result = ENGINE.encode_downlink(typed)
    assert set(result) == {"errors"}
    assert len(result["errors"]) == 1
    return str(result["errors"][0])


def test_known_frames_are_what_one_types() -> None:
    numbers = {"acknowledgement": ports.ACKNOWLEDGEMENT, "command": ports.COMMAND}
    cases = [case for case in CASES if case["frame"] in numbers]

    assert len(cases) >= 5
    for case in cases:
        typed = wanted.DOWNLINKS[numbers[case["frame"]]](message_of(case))
        frame = bytes.fromhex(case["hex"])
        assert ENGINE.encode_downlink(typed) == sent(numbers[case["frame"]], frame)
        assert ENGINE.decode_downlink(numbers[case["frame"]], frame) == {"data": typed}


@pytest.mark.parametrize("seed", [1, 2])
def test_random_frames_whole_and_damaged_are_read_or_refused_alike(seed: int) -> None:
    frames = list(javascript_frames.downlinks(Source(seed), FRAMES))  # type: ignore[no-untyped-call]

    read = []
    for frame, result in zip(frames, wanted.downlinks_read(ENGINE, frames), strict=True):
        assert result == wanted.of_downlink(*frame), frame
        if "data" in result and result["data"] != {"actuators": {}} and frame[0] != ports.CONFIGURATION:
            read.append((frame, result["data"]))

    assert FRAMES / 3 < len(read) < FRAMES
    for (frame, typed), result in zip(read, ENGINE.encode_downlinks(data for _, data in read), strict=True):
        assert result == sent(*plain(*frame)), typed


def plain(f_port: int, payload: bytes) -> tuple[int, bytes]:
    """Return the frame that an encoder writes: actuators in order, none twice, with their end marked."""
    if f_port != ports.LPP_ACTUATORS:
        return f_port, payload
    outputs = {output.channel: output for output in lpp_actuators.decode_actuators(payload)}
    return f_port, lpp_actuators.encode_actuators([outputs[channel] for channel in sorted(outputs)])


@given(f_port=st.sampled_from([*wanted.DOWNLINKS, ports.ALARM]), payload=st.binary(max_size=30))
def test_any_bytes_are_read_or_refused_alike(f_port: int, payload: bytes) -> None:
    assert next(wanted.downlinks_read(ENGINE, [(f_port, payload)])) == wanted.of_downlink(f_port, payload)


@given(message=strategies.acknowledgements)
def test_acknowledgement_is_typed_by_its_record_numbers(message: acknowledgement.Acknowledgement) -> None:
    typed = javascript_shown.acknowledgement(message)

    frame = acknowledgement.encode(message, 242)
    assert ENGINE.encode_downlink(typed) == sent(ports.ACKNOWLEDGEMENT, frame)


@given(value=st.floats(-327.68, 327.67) | st.integers(-32768, 32767).map(lambda n: n / 100 + 0.005))
def test_value_of_an_output_is_rounded_as_python_rounds_it(value: float) -> None:
    typed = {"command": {"set_output": {"number": 1, "channel": 2, "value": value}}}
    try:
        frame = command.encode(command.SetOutput(1, 2, to_raw(2, (value,))[0]))
    except CodecError:
        assert refusal(typed) == f"value is {number(value)}, expected -327.68 to 327.67"
    else:
        assert ENGINE.encode_downlink(typed) == sent(ports.COMMAND, frame)


@given(document=configuration_strategies.documents)
def test_configuration_is_typed_by_the_names_of_its_keys(
    document: tuple[configuration.Setting, ...],
) -> None:
    typed = {"configuration": javascript_shown.document(document)}
    for key, index, value in document:
        if key == SERVER_PASSWORD:
            assume(value != MASK.encode() and is_utf_8(value))
            typed["configuration"]["server_password"][str(index)] = value.decode()

    frames = configuration.pieces(document, 242)
    if len(frames) == 1:
        assert ENGINE.encode_downlink(typed) == sent(ports.CONFIGURATION, frames[0])
    else:
        assert refusal(typed).endswith(" bytes, expected at most 242")


@given(document=configuration_strategies.documents, old=configuration_strategies.documents)
def test_configuration_and_its_difference_are_read_back(
    document: tuple[configuration.Setting, ...], old: tuple[configuration.Setting, ...]
) -> None:
    frames = configuration.pieces(document, 255)
    with contextlib.suppress(CodecError):  # too long for a difference
        frames += configuration.difference_pieces(old, document, 255)

    for frame in frames:
        assert ENGINE.decode_downlink(ports.CONFIGURATION, frame) == wanted.of_downlink(
            ports.CONFIGURATION, frame
        )


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeError:
        return False
    return True


def number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


@pytest.mark.parametrize(
    ("value", "value_x100"),
    [
        (1.005, 101),
        (-1.005, -101),
        (1.115, 112),
        (0.285, 29),
        (1e-7, 0),
        (-0.005, -1),
        (0.00499999, 0),
        (1, 100),
    ],
)
def test_value_of_an_output_means_the_decimal_that_one_typed(value: float, value_x100: int) -> None:
    typed = {"command": {"set_output": {"number": 1, "channel": 2, "value": value}}}

    assert ENGINE.encode_downlink(typed)["bytes"] == list(command.encode(command.SetOutput(1, 2, value_x100)))


def test_port_without_a_downlink_is_named() -> None:
    result = ENGINE.decode_downlink(ports.ALARM, b"")

    assert result == {"errors": ["FPort 211 carries no downlink that is decoded here"]}


OUTPUT = {"number": 7, "channel": 2, "value": 1.5}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "downlink has the fields (), expected one of (command, "),
        ({"comand": {}}, 'downlink has the fields ("comand"), expected one of (command, '),
        ({"command": {}, "acknowledgement": {}}, 'downlink has the fields ("command", "acknowledgement"), '),
        ({"command": 3}, "command is 3, expected an object"),
        ({"command": None}, "command is null, expected an object"),
        ({"command": [1]}, "command is [1], expected an object"),
        (
            {"command": {"explode": {"number": 1}}},
            'command has the fields ("explode"), expected one of (set_output, ',
        ),
        (
            {"command": {"toString": {"number": 1}}},
            'command has the fields ("toString"), expected one of (set_output',
        ),
        ({"command": {"reboot": {}}}, 'reboot has no field "number", expected (number)'),
        ({"command": {"reboot": {"number": 1, "now": 1}}}, 'reboot has a field "now", expected (number)'),
        ({"command": {"reboot": {"number": 65536}}}, "number is 65536, expected 0 to 65535"),
        ({"command": {"reboot": {"number": -1}}}, "number is -1, expected 0 to 65535"),
        ({"command": {"reboot": {"number": 1.5}}}, "number is 1.5, expected 0 to 65535"),
        ({"command": {"reboot": {"number": "1"}}}, 'number is "1", expected 0 to 65535'),
        ({"command": {"reboot": {"number": None}}}, "number is null, expected 0 to 65535"),
        ({"command": {"reboot": {"number": True}}}, "number is true, expected 0 to 65535"),
        ({"command": {"set_output": OUTPUT | {"channel": 256}}}, "channel is 256, expected 0 to 255"),
        (
            {"command": {"set_output": OUTPUT | {"value": 327.68}}},
            "value is 327.68, expected -327.68 to 327.67",
        ),
        (
            {"command": {"set_output": OUTPUT | {"value": 1e300}}},
            "value is 1e+300, expected -327.68 to 327.67",
        ),
        ({"command": {"set_output": OUTPUT | {"value": "on"}}}, 'value is "on", expected -327.68 to 327.67'),
        ({"command": {"send_log": {"number": 1, "kind": "core"}}}, 'kind is "core", expected one of (log, '),
        (
            {"command": {"send_log": {"number": 1, "kind": "log", "offset": 65536}}},
            "offset is 65536, expected 0 to 65535",
        ),
        ({"command": {"erase": {"number": 1}}}, 'erase has no field "what", expected (number, what)'),
        (
            {"command": {"erase": {"number": 1, "what": []}}},
            "what is [], expected some of (records, alarms, logs)",
        ),
        (
            {"command": {"erase": {"number": 1, "what": "logs"}}},
            'what is "logs", expected some of (records, ',
        ),
        (
            {"command": {"erase": {"number": 1, "what": ["logs", "logs"]}}},
            'what is ["logs","logs"], expected some of (records, alarms, logs)',
        ),
        (
            {"command": {"erase": {"number": 1, "what": ["records", "all"]}}},
            'what to erase is "all", expected one of (records, alarms, logs)',
        ),
        ({"actuators": {}}, "actuators is {}, expected one output or more"),
        ({"actuators": {"255": 1}}, "a channel in actuators is 255, expected 0 to 254"),
        ({"actuators": {"01": 1}}, 'a channel in actuators is "01", expected 0 to 254'),
        ({"actuators": {"1": True}}, "actuators: value of 1 is true, expected -327.68 to 327.67"),
        ({"device_period": {}}, "LPP device period: neither utc_s nor transmit_period_s is given"),
        ({"device_period": {"utc_s": 4294967296}}, "utc_s is 4294967296, expected 0 to 4294967295"),
        ({"sensor_periods": {}}, "LPP sensor period: there are no periods, expected 1 or more"),
        ({"sensor_periods": {"32": 1}}, "a sensor in sensor_periods is 32, expected 0 to 31"),
        ({"sensor_periods": {"3": -1}}, "period of sensor 3 is -1, expected 0 to 4294967295"),
        ({"sensor_enable": {}}, 'sensor_enable has no field "on", expected (on)'),
        ({"sensor_enable": {"on": 3}}, "on is 3, expected a list of sensors"),
        ({"sensor_enable": {"on": [32]}}, "a sensor in on is 32, expected 0 to 31"),
        ({"sensor_enable": {"on": [8], "sensors": 8}}, "a sensor in on is 8, expected 0 to 7"),
        ({"sensor_enable": {"on": [8], "sensors": 12}}, "sensors is 12, expected 8, 16, 24 or 32"),
        ({"configuration": {"hihg": {"3": 1}}}, 'configuration key "hihg" is not known'),
        ({"configuration": {"high": 850}}, "high is 850, expected an object"),
        ({"configuration": {"high": {"256": 1}}}, "channel of high is 256, expected 0 to 255"),
        (
            {"configuration": {"high": {"3": 85.5}}},
            "high of channel 3 is 85.5, expected -2147483648 to 4294967295",
        ),
        ({"configuration": {"adr": 1}}, "adr is 1, expected true or false"),
        ({"configuration": {"radio_class": "B"}}, 'radio_class is "B", expected one of (A, C)'),
        (
            {"configuration": {"server_host": {"1": ""}}},
            "length of server_host of server 1 in bytes is 0, expected 1 to 128",
        ),
        (
            {"configuration": {"server_host": {"1": "a\nb"}}},
            "server_host of server 1 has control characters",
        ),
        (
            {"configuration": {"server_password": {"1": "\ud800"}}},
            "server_password of server 1 is no UTF-8",
        ),
        (
            {"configuration": {"server_password": {"1": MASK}}},
            "server_password of server 1 is no text, or the mask of one; expected a text of 0 to 64 bytes",
        ),
        ({"acknowledgement": {}}, 'acknowledgement has no field "through", expected (through)'),
        ({"acknowledgement": {"through": 4294967296}}, "through is 4294967296, expected 0 to 4294967295"),
        (
            {"acknowledgement": {"through": 5, "stored": [6]}},
            "a record in stored is 6, expected 7 to 1910",
        ),
        (
            {"acknowledgement": {"through": 5, "stored": [1911]}},
            "a record in stored is 1911, expected 7 to 1910",
        ),
        ({"acknowledgement": {"through": 5, "stored": 7}}, "stored is 7, expected a list of record numbers"),
        (
            {"acknowledgement": {"through": 5, "schema_wanted": 1}},
            "schema_wanted is 1, expected true or false",
        ),
    ],
)
def test_what_no_frame_can_carry_is_refused_by_name(typed: Any, message: str) -> None:
    assert refusal(typed).startswith(message)


@pytest.mark.parametrize(
    ("typed", "f_port", "frame"),
    [
        ({"actuators": {"3": 1}}, 10, "030064ff"),
        ({"actuators": {"10": -0.005, "2": 0.5}}, 10, "0200320affffff"),
        ({"device_period": {"transmit_period_s": 300}}, 11, "020000012c"),
        ({"sensor_periods": {"8": 3600, "1": 60}}, 13, "020000003c0100000e10"),
        ({"sensor_enable": {"on": [0, 2, 15]}}, 14, "0580"),
        ({"sensor_enable": {"on": []}}, 14, "00"),
        ({"sensor_enable": {"on": [1], "sensors": 24}}, 14, "020000"),
        ({"command": {"send_log": {"number": 9, "kind": "crash_report"}}}, 221, "0400090100"),
        ({"command": {"erase": {"number": 9, "what": ["logs", "records"]}}}, 221, "05000905"),
    ],
)
def test_lpp_and_logs_are_asked_for_by_number_and_name(typed: Any, f_port: int, frame: str) -> None:
    assert ENGINE.encode_downlink(typed) == sent(f_port, bytes.fromhex(frame))


def test_longest_acknowledgement_fits_the_largest_payload() -> None:
    result = ENGINE.encode_downlink({"acknowledgement": {"through": 5, "stored": [1910]}})

    assert len(result["bytes"]) == 242
    assert acknowledgement.decode(bytes(result["bytes"])).stored_above[-1] == 0x80


def test_every_object_that_the_readme_shows_is_taken_on_its_port() -> None:
    rows = re.findall(r"^\| (\d+) \| (`\{.*) \|$", README, re.MULTILINE)
    shown = [
        (int(port), json.loads(typed)) for port, cell in rows for typed in re.findall(r"`(\{.*?\})`", cell)
    ]

    assert {port for port, _ in shown} == set(wanted.DOWNLINKS)
    for port, typed in shown:
        assert ENGINE.encode_downlink(typed)["fPort"] == port, typed
