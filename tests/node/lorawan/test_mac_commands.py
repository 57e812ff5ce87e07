"""MAC commands: known answers, round trips, and bytes that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.lorawan import mac_commands
from tests.node.lorawan import vectors

ROWS = vectors.load("lorawan_frames.json")["mac_commands"]
NAMES = {"frequency_hz": "freq_hz", "uplink_dwell": "uplink_dwell"}


@pytest.mark.parametrize("row", vectors.by_id(ROWS))
def test_known_command_is_read_and_written(row):
    commands = mac_commands.decode(bytes.fromhex(row["bytes"]), row["direction"] == "up")

    assert len(commands) == 1
    assert type(commands[0]).__name__ == row["name"]
    fields = {NAMES.get(name, name): value for name, value in row["fields"].items()}
    assert commands[0]._asdict() == fields
    assert mac_commands.encode(commands[0]).hex() == row["bytes"]


def test_margin_of_a_device_status_is_signed():
    answer = mac_commands.DevStatusAns(115, -7)

    raw = mac_commands.encode(answer)

    assert raw.hex() == "067339"
    assert mac_commands.decode(raw, True) == [answer]


def test_commands_are_read_in_their_order():
    commands = mac_commands.decode(bytes.fromhex("06" + "080f" + "0312040045" + "06"), False)

    assert [type(command).__name__ for command in commands] == [
        "DevStatusReq",
        "RXTimingSetupReq",
        "LinkADRReq",
        "DevStatusReq",
    ]


def test_nothing_after_an_unknown_command_is_read():
    assert mac_commands.decode(bytes.fromhex("06" + "80" + "06"), False) == [mac_commands.DevStatusReq()]


def test_command_cut_short_is_dropped():
    assert mac_commands.decode(bytes.fromhex("06" + "031204"), False) == [mac_commands.DevStatusReq()]


@given(data=st.binary(max_size=60), uplink=st.booleans())
def test_any_bytes_give_commands_that_encode_to_what_was_read(data, uplink):
    commands = mac_commands.decode(data, uplink)

    again = b"".join(mac_commands.encode(command) for command in commands)
    assert len(again) <= len(data)
    assert mac_commands.decode(again, uplink) == commands


def test_what_is_no_command_has_no_encoding():
    with pytest.raises(ValueError, match="no MAC command"):
        mac_commands.encode(("LinkCheckReq",))
