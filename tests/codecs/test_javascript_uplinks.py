"""decodeUplink of codecs/chirpstack/farwire.js: the same values, and the same refusals, as farwire_codecs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import ports
from farwire_codecs.lpp_profiles import PROFILES, Profile
from tests.codecs import javascript_frames
from tests.codecs import javascript_wanted as wanted
from tests.codecs.both_sides import Source
from tests.codecs.frames import CASES
from tests.codecs.javascript_engine import Engine
from tests.codecs.javascript_shown import AGREED

ENGINE = Engine()
FRAMES = 10_000


def assert_all_as_wanted(
    frames: Iterable[tuple[int, bytes]], profile: Profile = AGREED, padded: bool = False
) -> int:
    """Compare every frame; return how many were refused by both."""
    frames = list(frames)
    variables = {} if profile is AGREED else {"farwire_lpp_profile": profile.name}
    variables |= {"farwire_lpp_padded": "true"} if padded else {}
    results = ENGINE.decode_uplinks((f_port, payload, variables) for f_port, payload in frames)
    refused = 0
    for (f_port, payload), result in zip(frames, results, strict=True):
        assert result == wanted.of_uplink(f_port, payload, profile, padded), (
            f_port,
            payload.hex(),
        )
        refused += "errors" in result
    return refused


def test_known_frames_of_ours_are_shown() -> None:
    numbers = {
        "alarm": ports.ALARM,
        "state_report": ports.STATE,
        "command_answer": ports.COMMAND_ANSWER,
        "log_piece": ports.LOG,
    }
    frames = [
        (numbers[case["frame"]], bytes.fromhex(case["hex"])) for case in CASES if case["frame"] in numbers
    ]

    assert len(frames) >= 5
    assert assert_all_as_wanted(frames) == 0


def test_known_lpp_frames_are_shown() -> None:
    path = Path(__file__).parent.parent / "vectors" / "lpp.json"
    vectors = json.loads(path.read_text())["vectors"]
    kinds = {"uplink-dynamic": 1, "conflict": 1, "malformed": 1, "odd-but-legal": 1, "uplink-packed": 2}
    frames = [(kinds[v["kind"]], bytes.fromhex(v["hex"])) for v in vectors if v["kind"] in kinds]

    assert len(frames) >= 50
    assert 0 < assert_all_as_wanted(frames) < len(frames) / 2


def test_known_alarm_is_shown_with_names_units_and_times() -> None:
    result = ENGINE.decode_uplink(ports.ALARM, bytes.fromhex("0100036781140390"))

    alarm = result["data"]["alarms"][0]
    assert alarm["condition"] == "HIGH"
    assert alarm["active"] is True
    assert (alarm["name"], alarm["value"], alarm["unit"], alarm["raw"]) == (
        "temperatureSensor",
        91.2,
        "°C",
        912,
    )
    assert (alarm["age_s"], alarm["time"]) == (2.5, "2026-03-01T11:59:57.500Z")


def test_known_lpp_values_stand_where_chirpstacks_own_codec_puts_them() -> None:
    data = ENGINE.decode_uplink(ports.LPP_DYNAMIC, bytes.fromhex("03670110056700ff"))["data"]

    assert data["temperatureSensor"] == {"3": 27.2, "5": 25.5}


@pytest.mark.parametrize("seed", [1, 2])
def test_random_frames_whole_and_damaged_are_read_or_refused_alike(seed: int) -> None:
    refused = assert_all_as_wanted(javascript_frames.uplinks(Source(seed), FRAMES))  # type: ignore[no-untyped-call]

    assert FRAMES / 10 < refused < FRAMES / 2


@pytest.mark.parametrize("name", PROFILES)
def test_random_frames_of_an_lpp_profile_are_read_or_refused_alike(name: str) -> None:
    profile = PROFILES[name]
    frames = javascript_frames.uplinks(Source(3), 3000, profile)  # type: ignore[no-untyped-call]
    lpp_frames = [(f_port, payload) for f_port, payload in frames if f_port < 200]

    assert 0 < assert_all_as_wanted(lpp_frames, profile) < len(lpp_frames)


def test_random_frames_with_zeros_behind_them_are_read_or_refused_alike() -> None:
    frames = javascript_frames.uplinks(Source(4), 3000)  # type: ignore[no-untyped-call]
    padded = [(f_port, payload + bytes(len(payload) % 9)) for f_port, payload in frames]

    assert 0 < assert_all_as_wanted(padded, padded=True) < len(padded)


@given(f_port=st.sampled_from([*wanted.UPLINKS, 210, 220, 0]), payload=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_alike(f_port: int, payload: bytes) -> None:
    if f_port != ports.HISTORY:
        assert ENGINE.decode_uplink(f_port, payload) == wanted.of_uplink(f_port, payload)


def test_profile_that_there_is_not_is_named() -> None:
    result = ENGINE.decode_uplink(1, b"", {"farwire_lpp_profile": "toString"})

    assert result["errors"][0].startswith('farwire_lpp_profile is "toString", expected one of (agreed, ')


def test_padding_is_on_or_off() -> None:
    result = ENGINE.decode_uplink(1, b"", {"farwire_lpp_padded": "yes"})

    assert result["errors"] == ['farwire_lpp_padded is "yes", expected "true" or "false"']


def test_variable_that_is_wrong_hides_no_frame_that_does_not_need_it() -> None:
    result = ENGINE.decode_uplink(ports.COMMAND_ANSWER, b"\x01\x01\x02", {"farwire_lpp_profile": "?"})

    assert result["data"]["result"] == "DONE"


def test_names_of_types_hide_no_field_of_ours() -> None:
    names = {name.name for profile in PROFILES.values() for name in profile.names.values()}

    assert not names & {"frame", "items"}


@pytest.mark.parametrize(
    ("text", "schema_id", "table"),
    [
        ("05 02 01 67 02 68", 5, [2, 1, 103, 2, 104]),
        ("05020167, 06010268 ,", 6, [1, 2, 104]),
        ("05010167", 6, None),
        ("", 0, None),
    ],
)
def test_channel_table_is_read_from_the_devices_variable(text: str, schema_id: int, table: Any) -> None:
    variables = json.dumps({"farwire_schema": text})

    assert ENGINE.evaluate(f"farwire.schemaTable({variables}, {schema_id}) || null") == table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5=1:103", 'farwire_schema is "5=1:103", expected pairs of hexadecimal digits'),
        ("050", 'farwire_schema is "050", expected pairs of hexadecimal digits'),
        ("05", "length of farwire_schema is 1, expected 2 to 4096"),
    ],
)
def test_channel_table_that_cannot_be_is_refused(text: str, message: str) -> None:
    tried = (
        f"(() => {{ try {{ farwire.schemaTable({json.dumps({'farwire_schema': text})}, 5); return ''; }}"
        " catch (error) { return error.message; } })()"
    )

    assert ENGINE.evaluate(tried) == message
